//! What the camera's button and section say.

use crate::page::locale::{Text, numbers, texts};

texts! {
    /// The button that switches the camera on.
    START = "Use the camera";
    /// The same button while the browser asks the visitor.
    ASKING = "Waiting for the camera\u{2026}";
    /// The name of the section, and of the video in it.
    TITLE = "Camera, looked at live";
    /// The button that makes a photo of what the camera shows.
    KEEP = "Keep this picture";
    /// The button that switches the camera off.
    STOP = "Switch camera off";
    /// What becomes of the frames.
    HINT = "The pictures are looked at on this device and forgotten at once. A tap on the picture keeps it among your photos.";
    /// The browser offers no camera.
    NO_CAMERA = "This browser offers no camera to this page. It does so only over https.";
    /// The browser made no photo of what the camera shows.
    NO_PICTURE = "The camera gave no picture. Try again.";
    /// The visitor didn't allow the camera.
    NOT_ALLOWED = "The camera was not allowed. If you change your mind, allow it beside the address, then try again.";
    /// The device has no camera.
    NONE_THERE = "There is no camera on this device.";
    /// Another program has the camera.
    IN_USE = "The camera is in use by another program. Close that and try again.";
    /// Beside the video: how many frames a second are embedded.
    RATE = "Live: {rate} pictures a second";
    /// Before the frame rate is known.
    LIVE = "Live";
}

/// Why the camera can't be used, by the browser's own name for the error; empty if it gave none.
pub fn refused(name: &str) -> Text {
    match name {
        "NotAllowedError" => NOT_ALLOWED,
        "NotFoundError" | "OverconstrainedError" => NONE_THERE,
        "NotReadableError" => IN_USE,
        _ => NO_CAMERA,
    }
}

/// The file name of a photo that the camera took.
pub fn photo_name([hours, minutes, seconds]: [u32; 3]) -> String {
    format!("camera {hours:02}-{minutes:02}-{seconds:02}.jpg")
}

/// Beside the video: the frame rate, as far as it is known.
pub fn rate(rate: Option<f64>) -> String {
    match rate {
        Some(rate) => RATE.fill(&[("rate", &numbers::decimal(rate, 1))]),
        None => LIVE.into(),
    }
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
