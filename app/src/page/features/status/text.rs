//! The engine's status in sentences.

use crate::{
    page::{
        effects::Notice,
        engine::{BackendReason, EngineStatus, Fault, Phase, text::open_failure},
        locale::{Text, numbers, plural, texts},
    },
    protocol::{Backend, Stage},
};
use glimpse_model::pack::Tower;

texts! {
    /// The button for another try after a failure.
    RETRY = "Try again";
    /// The button that loads the page anew after a failure.
    RELOAD = "Reload the page";
    /// The tap that shows what the model runs on, and how fast.
    HOW_FAST = "How it runs here";
    /// The progress bar's name.
    PROGRESS = "Getting the model ready";
    /// Before a backend is chosen.
    CHOOSING = "Finding out what this device can do\u{2026}";
    /// The image tower is ready, the text tower is still on its way.
    IMAGE_TOWER_READY = "Photos are already answered with the labels offered here. Your own follow as soon as the part that reads has arrived.";

    /// Notice: the worker broke.
    RESTARTED = "The model stopped and was started again.";
    /// Notice: the address names a pack that isn't taken.
    PACK_REFUSED = "The pack in the address is on another site, so the default one is used.";
    /// Notice: the model of the last visit is gone.
    MODEL_GONE = "The model you used last time is no longer here, so the default one is used.";
    /// Notice: the model that ran was deleted.
    CHOSEN_DELETED = "The model in use was deleted, so the default one is used.";

    /// Where the model runs, to begin a sentence.
    RUNNING_CPU = "Running on the processor";
    /// Where the model runs, to begin a sentence.
    RUNNING_CARD = "Running on your graphics card (WebGPU)";
    /// Where the model runs, to begin a sentence: perhaps not on a graphics card.
    RUNNING_WEBGPU = "Running on WebGPU";
    /// Where the model will run, to begin a sentence.
    PREPARING_CPU = "Getting ready on the processor";
    /// Where the model will run, to begin a sentence.
    PREPARING_CARD = "Getting ready on your graphics card (WebGPU)";
    /// Where the model will run, to begin a sentence: perhaps not on a graphics card.
    PREPARING_WEBGPU = "Getting ready on WebGPU";
    /// Why it runs there: the best choice.
    CARD = "{running}.";
    /// Why it runs there: the browser has no WebGPU.
    NO_WEBGPU = "{running}: this browser offers no WebGPU.";
    /// Why it runs there: WebGPU would run on the processor.
    SOFTWARE = "{running}: the only WebGPU here is a software one, which would be slower.";
    /// Why it runs there: a small device.
    SMALL = "{running}, which needs less memory and a smaller download than WebGPU.";
    /// Why it runs there: the address says so.
    ASKED = "{running}, because you asked for it (?backend={name}).";
    /// Why it runs there: the module for WebGPU isn't there yet.
    BUILDING = "{running}: the program for the graphics card is still being compiled, on the machine that serves this page. As soon as it is there, the page takes it up by itself.";
    /// Why it runs there: WebGPU broke.
    FELL_BACK = "{running}: WebGPU failed here ({reason}).";

    /// Nothing runs, for a reason that is known.
    FAILED = "The model could not be started: {reason}.";
    /// Nothing runs, and nobody knows why.
    FAILED_SILENTLY = "The model could not be started, and the browser doesn't say why. Try again, or another browser.";
    /// Reason of a failure, inside a sentence: the site was replaced while the page was open.
    OUTDATED = "there is a newer version of this page, which its program belongs to";
    /// Nothing runs, since the network is gone.
    NO_NETWORK = "The program that runs the model could not be fetched. Check the connection; the page goes on by itself when it is back.";
    /// Reason of a failure, inside a sentence.
    UNREACHABLE = "its program could not be fetched";
    /// Reason of a failure, inside a sentence.
    NOT_COMPILED = "its program could not be compiled";
    /// Reason of a failure, inside a sentence.
    NO_NUMBERS = "an answer without numbers arrived";
    /// Reason of a failure, inside a sentence.
    HUNG = "it gave no sign of life for three minutes";
    /// Stands in for the reason of a failure, inside a sentence.
    NO_REASON = "no reason given";

    /// Step: what the image tower needs is there already.
    FETCHING_TEXT = "Fetching the part that reads";
    /// Step: the weights come in, from the network or the browser's cache.
    FETCHING = "Fetching the model";
    /// Step: the image tower is decoded.
    UNPACKING_IMAGE = "Unpacking the part that looks";
    /// Step: the text tower is decoded.
    UNPACKING_TEXT = "Unpacking the part that reads";
    /// Step: the image tower runs for the first time.
    CHECKING_IMAGE = "Checking the part that looks";
    /// Step: the text tower runs for the first time.
    CHECKING_TEXT = "Checking the part that reads";
    /// Before the model's first byte, if its size is known.
    STARTING_SIZE = "Starting. The model is {size} MB.";
    /// Before the model's first byte, if its size isn't known.
    STARTING = "Starting\u{2026}";
    /// How much has been fetched.
    FETCHED = "{so_far} of {total} MB";

    /// The device, where that is the CPU.
    PROCESSOR = "processor, SIMD";
    /// The device, where its name isn't known.
    GRAPHICS_CARD = "graphics card";
    /// How long loading took.
    LOADED_IN = "ready in {time}";
    /// How long the last photo took.
    PHOTO_TIME = "photo {time}";
    /// Before the time that the last sentences took.
    ONE_LABEL = "1 label";
    /// Before the time that the last sentences took.
    LABELS = "{count} labels";
}

/// What a visitor has to know of what runs: why nothing does, that something went wrong, or that
/// something better follows. Nothing while all is as it should be.
pub fn remark(status: &EngineStatus) -> Option<String> {
    let notice = status.notice.map(|notice| notice_text(notice).into());
    let remark = match (&status.phase, &status.backend) {
        (Phase::Failed(_), _)
        | (_, Some((_, BackendReason::FellBack(_) | BackendReason::Building))) => {
            Some(line(status))
        }
        _ => None,
    };
    let parts: Vec<String> = [remark, notice].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// What runs, or why nothing does.
pub fn line(status: &EngineStatus) -> String {
    match (&status.phase, &status.backend) {
        (Phase::Failed(fault), _) => failed(fault),
        (_, Some((running, reason))) => backend(*running, reason, status.image_tower_ready),
        (_, None) => CHOOSING.into(),
    }
}

/// The sentence behind the status line about something out of the ordinary.
fn notice_text(notice: Notice) -> Text {
    match notice {
        Notice::Restarted => RESTARTED,
        Notice::PackRefused => PACK_REFUSED,
        Notice::ModelGone => MODEL_GONE,
        Notice::ChosenDeleted => CHOSEN_DELETED,
    }
}

/// Which backend runs, and why; `is_ready` once the image tower is loaded.
fn backend(backend: Backend, reason: &BackendReason, is_ready: bool) -> String {
    let running = running(backend, reason, is_ready).get();
    let running = ("running", &*running);
    match reason {
        BackendReason::Card => CARD.fill(&[running]),
        BackendReason::NoWebGpu => NO_WEBGPU.fill(&[running]),
        BackendReason::Software => SOFTWARE.fill(&[running]),
        BackendReason::Small => SMALL.fill(&[running]),
        BackendReason::Asked => ASKED.fill(&[running, ("name", backend.name())]),
        BackendReason::Building => BUILDING.fill(&[running]),
        BackendReason::FellBack(fault) => FELL_BACK.fill(&[running, ("reason", &clause(fault))]),
    }
}

/// Where the model runs, or will run, to begin a sentence.
fn running(backend: Backend, reason: &BackendReason, is_ready: bool) -> Text {
    let [preparing, running] = match (backend, reason) {
        (Backend::Cpu, _) => [PREPARING_CPU, RUNNING_CPU],
        (Backend::WebGpu, BackendReason::Asked) => [PREPARING_WEBGPU, RUNNING_WEBGPU],
        (Backend::WebGpu, _) => [PREPARING_CARD, RUNNING_CARD],
    };
    if is_ready { running } else { preparing }
}

/// The status line while no worker runs: why none does.
fn failed(fault: &Fault) -> String {
    match fault {
        Fault::Said(reason) if reason.is_empty() => FAILED_SILENTLY.into(),
        Fault::Unreachable => NO_NETWORK.into(),
        fault => FAILED.fill(&[("reason", &clause(fault))]),
    }
}

/// A fault without a full stop, to stand inside a sentence.
fn clause(fault: &Fault) -> String {
    match fault {
        Fault::Unreachable => UNREACHABLE.into(),
        Fault::NotCompiled => NOT_COMPILED.into(),
        Fault::Outdated => OUTDATED.into(),
        Fault::NotOpened(failure) => open_failure(failure),
        Fault::NoNumbers => NO_NUMBERS.into(),
        Fault::Hung => HUNG.into(),
        Fault::Said(reason) => match reason.trim().trim_end_matches('.') {
            "" => NO_REASON.into(),
            reason => reason.to_owned(),
        },
    }
}

/// The step that is going on while the model is loaded.
pub fn stage(stage: Stage, image_tower_ready: bool) -> Text {
    match stage {
        Stage::Download if image_tower_ready => FETCHING_TEXT,
        Stage::Download => FETCHING,
        Stage::Load(Tower::Image) => UNPACKING_IMAGE,
        Stage::Load(Tower::Text) => UNPACKING_TEXT,
        Stage::WarmUp(Tower::Image) => CHECKING_IMAGE,
        Stage::WarmUp(Tower::Text) => CHECKING_TEXT,
    }
}

/// Before the model's first byte; `total` is its size in bytes.
pub fn starting(total: Option<u64>) -> String {
    match total {
        Some(total) => STARTING_SIZE.fill(&[("size", &numbers::megabytes(total))]),
        None => STARTING.into(),
    }
}

/// How many bytes of how many have been fetched.
pub fn bytes((so_far, total): (u64, u64)) -> String {
    FETCHED.fill(&[
        ("so_far", &numbers::megabytes(so_far)),
        ("total", &numbers::megabytes(total)),
    ])
}

/// The name of the device that computes, or its kind if the browser names none.
pub fn device(status: &EngineStatus) -> String {
    match (&*status.device, &status.backend) {
        ("", Some((Backend::WebGpu, _))) => GRAPHICS_CARD.into(),
        ("", _) => PROCESSOR.into(),
        (name, _) => name.to_owned(),
    }
}

/// How long loading, the last photo and the last sentences took, in milliseconds; sentences come with
/// their number.
pub fn timings(load: Option<f64>, photo: Option<f64>, texts: Option<(usize, f64)>) -> String {
    let load = load.map(|time| LOADED_IN.fill(&[("time", &numbers::duration(time))]));
    let photo = photo.map(|time| PHOTO_TIME.fill(&[("time", &numbers::duration(time))]));
    let texts = texts.map(|(count, time)| {
        let labels = plural(count, ONE_LABEL, LABELS);
        format!("{labels} {}", numbers::duration(time))
    });
    let parts: Vec<String> = [load, photo, texts].into_iter().flatten().collect();
    parts.join(" \u{b7} ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::locale::{Language, catalog};

    const GERMAN: &str = include_str!("text.de.json");

    #[test]
    fn german_is_complete() {
        catalog::check(ALL, GERMAN);
    }

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
            (Fault::Unreachable, NO_NETWORK.english().to_owned()),
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
    fn only_what_is_out_of_the_ordinary_is_remarked() {
        let mut status = status(Phase::Ready, Some((Backend::WebGpu, BackendReason::Card)));
        status.image_tower_ready = true;
        assert_eq!(remark(&status), None);
        status.notice = Some(Notice::Restarted);
        let restarted = "The model stopped and was started again.";
        assert_eq!(remark(&status).as_deref(), Some(restarted));
        let reason = BackendReason::FellBack(Fault::Hung);
        status.backend = Some((Backend::Cpu, reason));
        let remark = remark(&status).unwrap_or_default();
        assert!(
            remark.starts_with("Running on the processor: WebGPU failed here"),
            "{remark}"
        );
        assert!(remark.ends_with(restarted), "{remark}");
    }

    #[test]
    fn webgpu_that_was_asked_for_may_not_be_a_graphics_card() {
        for (backend, text) in [
            (
                Backend::Cpu,
                "Getting ready on the processor, because you asked for it (?backend=cpu).",
            ),
            (
                Backend::WebGpu,
                "Getting ready on WebGPU, because you asked for it (?backend=webgpu).",
            ),
        ] {
            let backend = Some((backend, BackendReason::Asked));
            assert_eq!(line(&status(Phase::Starting, backend)), text);
        }
    }

    #[test]
    fn times_are_told_as_far_as_they_are_known() {
        let times = timings(Some(1500.0), None, Some((1, 20.0)));
        assert_eq!(times, "ready in 1.5\u{202f}s \u{b7} 1 label 20\u{202f}ms");
        let times = timings(None, Some(30.0), Some((2, 20.0)));
        assert_eq!(times, "photo 30\u{202f}ms \u{b7} 2 labels 20\u{202f}ms");
    }

    #[test]
    fn german_has_its_own_clauses() {
        catalog::speak(Language::German, GERMAN);
        let backend = Some((Backend::Cpu, BackendReason::FellBack(Fault::NotCompiled)));
        assert_eq!(
            line(&status(Phase::Starting, backend)),
            "Startet auf dem Prozessor: WebGPU hat hier nicht funktioniert (sein Programm konnte nicht kompiliert werden)."
        );
    }
}
