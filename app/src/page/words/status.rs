//! The worker's life in words.

use super::{
    super::{engine::Why, numbers},
    plural,
};
use crate::protocol::{Backend, Stage};
use glimpse_model::pack::Tower;

/// In a failed state.
pub const RETRY: &str = "Try again";
/// The progress bar's name.
pub const PROGRESS: &str = "Getting the model ready";
/// The worker died over a photo.
pub const CRASHED_ON_PHOTO: &str = "The model stopped while looking at this photo, perhaps for lack of memory. The other photos go on. Try a smaller copy of this one.";
/// The worker died and was started again.
pub const RESTARTED: &str = "The model stopped and was started again.";
/// `?pack=` to another site.
pub const PACK_REFUSED: &str =
    "The pack in the address is on another site, so the default one is used.";
/// Worker module missing.
pub const UNREACHABLE: &str = "its program could not be fetched";

/// Worker module that couldn't be built.
pub const NOT_COMPILED: &str = "its program could not be compiled";

/// Which backend runs, and why.
pub fn backend(backend: Backend, why: &Why, ready: bool) -> String {
    let verb = if ready { "Running" } else { "Getting ready" };
    let place = match backend {
        Backend::Cpu => "on the processor",
        Backend::WebGpu => "on your graphics card (WebGPU)",
    };
    match why {
        Why::Card => format!("{verb} {place}."),
        Why::NoWebGpu => format!("{verb} {place}: this browser offers no WebGPU."),
        Why::Software => format!(
            "{verb} {place}: the only WebGPU here is a software one, which would be slower."
        ),
        Why::Small => {
            format!("{verb} {place}, which needs less memory and a smaller download than WebGPU.")
        }
        Why::Asked => {
            let name = backend.name();
            let place = if backend == Backend::WebGpu {
                "on WebGPU"
            } else {
                place
            };
            format!("{verb} {place}, because you asked for it (?backend={name}).")
        }
        Why::Building => format!(
            "{verb} {place}: the program for the graphics card is still being compiled, on the machine that serves this page. As soon as it is there, the page takes it up by itself."
        ),
        Why::FellBack(reason) => {
            format!("{verb} {place}: WebGPU failed here ({}).", bare(reason))
        }
    }
}

/// Before a backend is chosen.
pub const CHOOSING: &str = "Finding out what this device can do\u{2026}";

/// The worker can't be had.
pub fn failed(reason: &str) -> String {
    if reason.is_empty() {
        "The model could not be started, and the browser doesn't say why. Try again, or another browser.".into()
    } else {
        format!("The model could not be started: {}.", bare(reason))
    }
}

/// A reason without its full stop, to stand inside a sentence.
fn bare(reason: &str) -> &str {
    let reason = reason.trim().trim_end_matches('.');
    if reason.is_empty() {
        "no reason given"
    } else {
        reason
    }
}

/// Photos are answered, the part that reads is still on its way.
pub const SEES: &str = "Photos are already answered with the labels offered here. Your own follow as soon as the part that reads has arrived.";

/// A label has to wait for the part that reads.
pub fn label_waits(label: &str) -> String {
    format!("\u{201c}{label}\u{201d} is answered as soon as the part that reads has arrived.")
}

/// What is going on while the model opens; `sees` once the part that looks is there.
pub fn stage(stage: Stage, sees: bool) -> &'static str {
    match stage {
        Stage::Download if sees => "Fetching the part that reads",
        Stage::Download => "Fetching the model",
        Stage::Load(Tower::Image) => "Unpacking the part that looks",
        Stage::Load(Tower::Text) => "Unpacking the part that reads",
        Stage::WarmUp(Tower::Image) => "Checking the part that looks",
        Stage::WarmUp(Tower::Text) => "Checking the part that reads",
    }
}

/// Before the model's first byte.
pub fn starting(total: Option<u64>) -> String {
    match total {
        Some(total) => format!("Starting. The model is {} MB.", numbers::megabytes(total)),
        None => "Starting\u{2026}".into(),
    }
}

/// Bytes of bytes.
pub fn bytes((so_far, total): (u64, u64)) -> String {
    format!(
        "{} of {} MB",
        numbers::megabytes(so_far),
        numbers::megabytes(total)
    )
}

/// How long things took.
pub fn timings(load: Option<f64>, photo: Option<f64>, texts: Option<(usize, f64)>) -> String {
    let mut parts = Vec::new();
    if let Some(load) = load {
        parts.push(format!("ready in {}", numbers::duration(load)));
    }
    if let Some(photo) = photo {
        parts.push(format!("photo {}", numbers::duration(photo)));
    }
    if let Some((count, time)) = texts {
        parts.push(format!(
            "{} {}",
            plural(count, "label"),
            numbers::duration(time)
        ));
    }
    parts.join(" \u{b7} ")
}
