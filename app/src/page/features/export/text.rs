//! What is said of an export.

/// The file couldn't be made, or the browser takes no downloads.
pub const FAILED: &str = "The results could not be saved by this browser.";
