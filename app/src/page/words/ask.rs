//! Asking in other ways: reading the scores, looking for photos, links.

use super::super::{numbers, reading::Reading};
use glimpse_model::{pack::Manifest, score::ScoreMode};

/// Several sentences around each label, whose mean is taken.
pub const TEMPLATES: [&str; 7] = [
    "a photo of a {}",
    "a close-up photo of a {}",
    "a picture of the {}",
    "a blurry photo of a {}",
    "a bright photo of a {}",
    "a drawing of a {}",
    "there is a {} in this picture",
];

/// Above the dial.
pub const READ_SCORES: &str = "How to read the scores";
/// The dial.
pub const SHARPNESS: &str = "Sharpness";
/// At its left end.
pub const SOFTER: &str = "softer";
/// In its middle.
pub const TRAINED: &str = "\u{25b2} as trained";
/// At its right end.
pub const SHARPER: &str = "sharper";
/// Its exact term.
pub const SHARPNESS_TERM: &str = "temperature";

/// A way to read the scores.
pub fn reading(reading: Reading) -> &'static str {
    match reading {
        Reading::Calibrated => "Honest",
        Reading::Softmax => "Contest",
        Reading::Sigmoid => "One by one",
    }
}

/// What it means.
pub fn reading_means(reading: Reading, model: &Manifest) -> String {
    match reading {
        Reading::Calibrated => "Shares that come true about as often as they say, with \u{201c}none of these\u{201d} among them. (Exact term: calibrated softmax.)".into(),
        Reading::Softmax => "Your labels share 100\u{202f}% among themselves, so one always wins \u{2013} even if nothing fits. Try it with a photo of something else! (Exact term: softmax.)".into(),
        Reading::Sigmoid => {
            let trained = match (model.scoring.mode, &model.calibration) {
                (ScoreMode::Sigmoid, _) => String::new(),
                (ScoreMode::Softmax, Some(calibration)) => format!(
                    " This model was trained as a contest, so the cosine of 50\u{202f}%, {}, was found afterwards.",
                    numbers::signed(calibration.alone.midpoint, 3)
                ),
                (ScoreMode::Softmax, None) => {
                    " This model was trained as a contest and never learnt where \u{201c}fits\u{201d} begins, so these numbers are all too high.".into()
                }
            };
            format!("Each label is judged by itself: all may fit, or none. (Exact term: sigmoid.){trained}")
        }
    }
}

/// The dial's stand.
pub fn sharpness(scale: &str, as_trained: bool) -> String {
    let trained = if as_trained { " (as trained)" } else { "" };
    format!("\u{d7}\u{202f}{scale}{trained}")
}

/// The dial's definition.
pub fn sharpness_exact(trained: f32) -> String {
    format!(
        "Cosines are multiplied by this number before softmax or sigmoid; 1 divided by it is called the temperature. Training found {trained:.1}, which is best for telling thousands of captions apart. Turn it down and all labels become alike; turn it up and the best takes everything, though no label moved any closer."
    )
}

/// Above the field that looks for photos.
pub const SEARCH: &str = "Find among your photos";
/// In the empty field.
pub const SEARCH_EXAMPLE: &str = "e.g. a dog + at night \u{2212} snow";
/// Under the field.
pub const SEARCH_HINT: &str = "The photos are put in order, the best match first. Add with +, take away with \u{2212}; \u{201c}More like this\u{201d} on a photo adds the photo itself.";
/// Empties it.
pub const SEARCH_CLEAR: &str = "Clear";
/// Its exact term.
pub const SEARCH_TERM: &str = "embedding arithmetic";
/// Its definition.
pub const SEARCH_EXACT: &str = "Each word and each photo is a direction in one space. The directions are added or taken away, and photos are ordered by the cosine between their own direction and the sum. It often works and sometimes doesn\u{2019}t: the model never learnt to calculate.";
/// On a card.
pub const MORE_LIKE_THIS: &str = "More like this";
/// The same for a screen reader.
pub fn more_like(name: &str) -> String {
    format!("More like this: {name}")
}
/// Before a match's cosine.
pub const MATCH: &str = "match";

/// Turns a photo of a query.
pub fn turn_term(name: &str, minus: bool) -> String {
    if minus {
        format!("{name} is taken away; add it instead")
    } else {
        format!("{name} is added; take it away instead")
    }
}

/// Takes a photo out of a query.
pub fn drop_term(name: &str) -> String {
    format!("Don\u{2019}t look for {name}")
}

/// Read out when the best match changes.
pub fn announce_found(name: &str) -> String {
    format!("Best match: {name}")
}

/// Copies the page's address.
pub const COPY_LINK: &str = "Copy link to this setup";

/// What came of it.
pub fn link_copied(done: bool) -> &'static str {
    if done {
        "Copied. The link holds your labels and settings, never photos."
    } else {
        "The browser didn\u{2019}t allow copying: take the link from the address line."
    }
}

/// Switches the camera on.
pub const CAMERA: &str = "Use the camera";
/// While the browser asks.
pub const CAMERA_ASKING: &str = "Waiting for the camera\u{2026}";
/// The stream.
pub const CAMERA_TITLE: &str = "Camera, looked at live";
/// Keeps a picture.
pub const CAMERA_KEEP: &str = "Keep this picture";
/// Switches it off.
pub const CAMERA_STOP: &str = "Switch camera off";
/// What becomes of the pictures.
pub const CAMERA_HINT: &str = "The pictures are looked at on this device and forgotten at once. A tap on the picture keeps it among your photos.";
/// No camera to be had.
pub const NO_CAMERA: &str =
    "This browser offers no camera to this page. It does so only over https.";
/// A picture that couldn\u{2019}t be taken.
pub const NO_PICTURE: &str = "The camera gave no picture. Try again.";

/// Why the camera can't be used, by the browser's own name for it.
pub fn camera_refused(name: &str) -> String {
    match name {
        "NotAllowedError" => "The camera was not allowed. If you change your mind, allow it beside the address, then try again.".into(),
        "NotFoundError" | "OverconstrainedError" => "There is no camera on this device.".into(),
        "NotReadableError" => "The camera is in use by another program. Close that and try again.".into(),
        _ => NO_CAMERA.into(),
    }
}

/// A kept picture's name.
pub fn camera_photo([hours, minutes, seconds]: [u32; 3]) -> String {
    format!("camera {hours:02}-{minutes:02}-{seconds:02}.jpg")
}

/// How fast pictures are looked at.
pub fn rate(rate: Option<f64>) -> String {
    match rate {
        Some(rate) => format!("Live: {rate:.1} pictures a second"),
        None => "Live".into(),
    }
}
