//! What the camera's button and section say.

/// The button that switches the camera on.
pub const START: &str = "Use the camera";
/// The same button while the browser asks the visitor.
pub const ASKING: &str = "Waiting for the camera\u{2026}";
/// The name of the section, and of the video in it.
pub const TITLE: &str = "Camera, looked at live";
/// The button that makes a photo of what the camera shows.
pub const KEEP: &str = "Keep this picture";
/// The button that switches the camera off.
pub const STOP: &str = "Switch camera off";
/// What becomes of the frames.
pub const HINT: &str = "The pictures are looked at on this device and forgotten at once. A tap on the picture keeps it among your photos.";
/// The browser offers no camera.
pub const NO_CAMERA: &str =
    "This browser offers no camera to this page. It does so only over https.";
/// The browser made no photo of what the camera shows.
pub const NO_PICTURE: &str = "The camera gave no picture. Try again.";

/// Why the camera can't be used, by the browser's own name for the error; empty if it gave none.
pub fn refused(name: &str) -> &'static str {
    match name {
        "NotAllowedError" => {
            "The camera was not allowed. If you change your mind, allow it beside the address, then try again."
        }
        "NotFoundError" | "OverconstrainedError" => "There is no camera on this device.",
        "NotReadableError" => "The camera is in use by another program. Close that and try again.",
        _ => NO_CAMERA,
    }
}

/// The file name of a photo that the camera took.
pub fn photo_name([hours, minutes, seconds]: [u32; 3]) -> String {
    format!("camera {hours:02}-{minutes:02}-{seconds:02}.jpg")
}

/// The frame rate.
pub fn rate(rate: Option<f64>) -> String {
    match rate {
        Some(rate) => format!("Live: {rate:.1} pictures a second"),
        None => "Live".into(),
    }
}
