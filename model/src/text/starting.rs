//! The labels that a visitor finds on the page, and may add with one tap. Packs may bring their
//! embeddings along, so that photos are answered before the text tower has arrived.

use super::Template;

/// The labels that are on the page at first.
pub const FIRST: [&str; 8] = [
    "cat",
    "dog",
    "cup of coffee",
    "rocket",
    "person",
    "horse",
    "brick wall",
    "night sky",
];

/// Living beings, one word each.
pub const ANIMALS: &[&str] = &[
    "dog", "cat", "bird", "horse", "fish", "insect", "bear", "sheep",
];

/// Dishes and drinks, and what they are made of.
pub const FOOD: &[&str] = &[
    "pizza",
    "salad",
    "cake",
    "fruit",
    "soup",
    "bread",
    "cup of coffee",
    "sandwich",
];

/// Where a photo may have been taken.
pub const PLACES: &[&str] = &[
    "beach",
    "forest",
    "mountain",
    "city street",
    "kitchen",
    "office",
    "field of grass",
];

/// Moods of people and scenes.
pub const FEELINGS: &[&str] = &[
    "happy person",
    "sad person",
    "angry person",
    "surprised person",
    "calm scene",
    "scary scene",
    "funny scene",
];

/// Colours that the main thing may have.
pub const COLOURS: &[&str] = &[
    "red object",
    "orange object",
    "yellow object",
    "green object",
    "blue object",
    "purple object",
    "brown object",
    "black object",
    "white object",
];

/// What people do in a photo, or that there are none.
pub const HAPPENINGS: &[&str] = &[
    "people playing a game",
    "someone running",
    "someone riding a bike",
    "someone eating",
    "someone swimming",
    "someone sleeping",
    "a crowd of people",
    "nobody there",
];

/// Everyday objects, one word each.
pub const THINGS: &[&str] = &[
    "car",
    "motorcycle",
    "bicycle",
    "phone",
    "book",
    "clock",
    "chair",
    "camera",
];

/// Kinds of pictures, whatever they show.
pub const KINDS: &[&str] = &[
    "portrait",
    "landscape",
    "close-up",
    "black and white photo",
    "drawing",
    "page of text",
];

/// The sentence around a label that nobody chose another for: kinds of pictures aren't what a photo is
/// of.
pub fn template(label: &str) -> Template {
    if KINDS.contains(&label) {
        Template::new("{a}")
    } else {
        Template::default()
    }
}

/// All of them, [`FIRST`] first, none twice.
pub fn labels() -> Vec<&'static str> {
    let sets = [
        &FIRST, ANIMALS, FOOD, PLACES, FEELINGS, COLOURS, HAPPENINGS, THINGS, KINDS,
    ];
    let mut labels = Vec::new();
    for &label in sets.into_iter().flatten() {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

/// Each of [`labels`] in its usual sentence.
pub fn sentences() -> Vec<String> {
    let labels = labels().into_iter();
    labels.map(|label| template(label).fill(label)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sentence_comes_twice() {
        let sentences = sentences();
        let cats = sentences
            .iter()
            .filter(|sentence| *sentence == "a photo of a cat");
        assert_eq!(cats.count(), 1);
        assert!(sentences.contains(&"a photo of a pizza".to_owned()));
    }
}
