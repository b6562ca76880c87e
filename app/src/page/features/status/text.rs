//! The engine's status in sentences.

use crate::{
    page::{
        effects::Notice,
        engine::{BackendReason, EngineStatus, Fault, Phase},
        ui::numbers::{self, plural},
    },
    protocol::{Backend, Stage},
};
use glimpse_model::pack::Tower;

/// The button for another try after a failure.
pub const RETRY: &str = "Try again";
/// The progress bar's name.
pub const PROGRESS: &str = "Getting the model ready";
/// Before a backend is chosen.
pub const CHOOSING: &str = "Finding out what this device can do\u{2026}";
/// The image tower is ready, the text tower is still on its way.
pub const IMAGE_TOWER_READY: &str = "Photos are already answered with the labels offered here. Your own follow as soon as the part that reads has arrived.";

/// The status line: what runs or why nothing does, then the notice if there is one.
pub fn line(status: &EngineStatus) -> String {
    let running = match (&status.phase, &status.backend) {
        (Phase::Failed(fault), _) => failed(fault),
        (_, Some((running, reason))) => backend(*running, reason, status.image_tower_ready),
        (_, None) => CHOOSING.to_owned(),
    };
    match status.notice.map(notice) {
        Some(notice) => format!("{running} {notice}"),
        None => running,
    }
}

/// Something out of the ordinary.
fn notice(notice: Notice) -> &'static str {
    match notice {
        Notice::Restarted => "The model stopped and was started again.",
        Notice::PackRefused => {
            "The pack in the address is on another site, so the default one is used."
        }
        Notice::ModelGone => {
            "The model you used last time is no longer here, so the default one is used."
        }
        Notice::ChosenDeleted => "The model in use was deleted, so the default one is used.",
    }
}

/// Which backend runs, and why; `is_ready` once the image tower is loaded.
fn backend(backend: Backend, reason: &BackendReason, is_ready: bool) -> String {
    let verb = if is_ready { "Running" } else { "Getting ready" };
    let device = match backend {
        Backend::Cpu => "on the processor",
        Backend::WebGpu => "on your graphics card (WebGPU)",
    };
    match reason {
        BackendReason::Card => format!("{verb} {device}."),
        BackendReason::NoWebGpu => format!("{verb} {device}: this browser offers no WebGPU."),
        BackendReason::Software => format!(
            "{verb} {device}: the only WebGPU here is a software one, which would be slower."
        ),
        BackendReason::Small => {
            format!("{verb} {device}, which needs less memory and a smaller download than WebGPU.")
        }
        BackendReason::Asked => {
            let name = backend.name();
            let device = if backend == Backend::WebGpu {
                "on WebGPU"
            } else {
                device
            };
            format!("{verb} {device}, because you asked for it (?backend={name}).")
        }
        BackendReason::Building => format!(
            "{verb} {device}: the program for the graphics card is still being compiled, on the machine that serves this page. As soon as it is there, the page takes it up by itself."
        ),
        BackendReason::FellBack(fault) => {
            format!("{verb} {device}: WebGPU failed here ({}).", clause(fault))
        }
    }
}

/// No worker runs.
fn failed(fault: &Fault) -> String {
    match fault {
        Fault::Said(reason) if reason.is_empty() => {
            "The model could not be started, and the browser doesn't say why. Try again, or another browser.".into()
        }
        fault => format!("The model could not be started: {}.", clause(fault)),
    }
}

/// A fault without a full stop, to stand inside a sentence.
fn clause(fault: &Fault) -> &str {
    let reason = match fault {
        Fault::Unreachable => "its program could not be fetched",
        Fault::NotCompiled => "its program could not be compiled",
        Fault::Said(reason) => reason.trim().trim_end_matches('.'),
    };
    if reason.is_empty() {
        "no reason given"
    } else {
        reason
    }
}

/// The step that is going on while the model is loaded.
pub fn stage(stage: Stage, image_tower_ready: bool) -> &'static str {
    match stage {
        Stage::Download if image_tower_ready => "Fetching the part that reads",
        Stage::Download => "Fetching the model",
        Stage::Load(Tower::Image) => "Unpacking the part that looks",
        Stage::Load(Tower::Text) => "Unpacking the part that reads",
        Stage::WarmUp(Tower::Image) => "Checking the part that looks",
        Stage::WarmUp(Tower::Text) => "Checking the part that reads",
    }
}

/// Before the model's first byte; `total` is its size in bytes.
pub fn starting(total: Option<u64>) -> String {
    match total {
        Some(total) => format!("Starting. The model is {} MB.", numbers::megabytes(total)),
        None => "Starting\u{2026}".into(),
    }
}

/// How many bytes of how many have been fetched.
pub fn bytes((so_far, total): (u64, u64)) -> String {
    format!(
        "{} of {} MB",
        numbers::megabytes(so_far),
        numbers::megabytes(total)
    )
}

/// How long loading, the last photo and the last sentences took, in milliseconds; sentences come with
/// their number.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn status(phase: Phase, backend: Option<(Backend, BackendReason)>) -> EngineStatus {
        EngineStatus {
            phase,
            backend,
            ..EngineStatus::default()
        }
    }

    #[test]
    fn a_failure_says_why_as_far_as_anyone_knows() {
        let unknown = "The model could not be started, and the browser doesn't say why. Try again, or another browser.";
        let began = "The model could not be started: ";
        for (fault, text) in [
            (Fault::Said("".into()), unknown.to_owned()),
            (
                Fault::Said("no memory. ".into()),
                format!("{began}no memory."),
            ),
            (
                Fault::Unreachable,
                format!("{began}its program could not be fetched."),
            ),
        ] {
            assert_eq!(line(&status(Phase::Failed(fault), None)), text);
        }
    }

    #[test]
    fn a_fall_back_names_the_fault_of_webgpu() {
        for (fault, text) in [
            (Fault::Said("lost.".into()), "lost"),
            (Fault::Said("".into()), "no reason given"),
            (Fault::NotCompiled, "its program could not be compiled"),
        ] {
            let backend = Some((Backend::Cpu, BackendReason::FellBack(fault)));
            assert_eq!(
                line(&status(Phase::Starting, backend)),
                format!("Getting ready on the processor: WebGPU failed here ({text}).")
            );
        }
    }

    #[test]
    fn a_notice_stands_behind_what_runs() {
        let mut status = status(Phase::Ready, Some((Backend::WebGpu, BackendReason::Card)));
        status.image_tower_ready = true;
        status.notice = Some(Notice::Restarted);
        assert_eq!(
            line(&status),
            "Running on your graphics card (WebGPU). The model stopped and was started again."
        );
    }
}
