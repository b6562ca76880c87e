//! What is said of an export.

use crate::page::locale::texts;

texts! {
    /// The file couldn't be made, or the browser takes no downloads.
    FAILED = "The results could not be saved by this browser.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::locale::catalog::check;

    #[test]
    fn german_is_complete() {
        check(ALL, include_str!("text.de.json"));
    }
}
