//! What visitors read about searching their photos.

use crate::page::locale::texts;

texts! {
    /// Label of the query's field.
    TITLE = "Find among your photos";
    /// Placeholder in the query's field.
    EXAMPLE = "Find, e.g. a dog + at night \u{2212} snow";
    /// Instructions under the query's field.
    HINT = "The photos are put in order, the best match first. Add with +, take away with \u{2212}; \u{201c}More like this\u{201d} on a photo adds the photo itself.";
    /// Button that empties the query.
    CLEAR = "Clear";
    /// Exact term for a query with several terms; opens [`EXACT`].
    TERM = "embedding arithmetic";
    /// Definition of [`TERM`]: how terms are added up, and photos put in order.
    EXACT = "Each word and each photo is a direction in one space. The directions are added or taken away, and photos are ordered by the cosine between their own direction and the sum. It often works and sometimes doesn\u{2019}t: the model never learnt to calculate.";
    /// For a screen reader: the button with the sign of a photo that is taken away.
    ADD_INSTEAD = "{name} is taken away; add it instead";
    /// For a screen reader: the button with the sign of a photo that is added.
    SUBTRACT_INSTEAD = "{name} is added; take it away instead";
    /// For a screen reader: the button that takes a photo out of the query.
    REMOVE_TERM = "Don\u{2019}t look for {name}";
    /// For a screen reader: another photo matches best.
    FOUND = "Best match: {name}";
}

/// For a screen reader: the button with the sign of a photo in the query.
pub fn flip_sign(name: &str, minus: bool) -> String {
    let text = if minus { ADD_INSTEAD } else { SUBTRACT_INSTEAD };
    text.fill(&[("name", name)])
}

/// For a screen reader: the button that takes a photo out of the query.
pub fn remove_term(name: &str) -> String {
    REMOVE_TERM.fill(&[("name", name)])
}

/// For a screen reader: another photo matches best.
pub fn announce_found(name: &str) -> String {
    FOUND.fill(&[("name", name)])
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
