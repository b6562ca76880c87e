//! What is kept of exports.

/// Nothing: each export is made of what is on the page by then.
#[derive(Default)]
pub struct Export;
