//! What visitors read about searching their photos.

/// Label of the query's field.
pub const TITLE: &str = "Find among your photos";

/// Placeholder in the query's field.
pub const EXAMPLE: &str = "e.g. a dog + at night \u{2212} snow";

/// Instructions under the query's field.
pub const HINT: &str = "The photos are put in order, the best match first. Add with +, take away with \u{2212}; \u{201c}More like this\u{201d} on a photo adds the photo itself.";

/// Button that empties the query.
pub const CLEAR: &str = "Clear";

/// Exact term for a query with several terms; opens [`EXACT`].
pub const TERM: &str = "embedding arithmetic";

/// Definition of [`TERM`].
pub const EXACT: &str = "Each word and each photo is a direction in one space. The directions are added or taken away, and photos are ordered by the cosine between their own direction and the sum. It often works and sometimes doesn\u{2019}t: the model never learnt to calculate.";

/// For a screen reader: the button with the sign of a photo in the query.
pub fn flip_sign(name: &str, minus: bool) -> String {
    if minus {
        format!("{name} is taken away; add it instead")
    } else {
        format!("{name} is added; take it away instead")
    }
}

/// For a screen reader: the button that takes a photo out of the query.
pub fn remove_term(name: &str) -> String {
    format!("Don\u{2019}t look for {name}")
}

/// For a screen reader: another photo matches best.
pub fn announce_found(name: &str) -> String {
    format!("Best match: {name}")
}
