//! Models in words: the menu, what each one is, and how one is brought.

use super::{
    super::{models::Import, numbers},
    language,
};
use crate::protocol::{ImportStep, ImportedTower};
use glimpse_model::{
    pack::{Manifest, Quantisation, Tower},
    score::ScoreMode,
};

/// On the menu's button, before the chosen one's name.
pub const MODEL: &str = "Model";
/// There is none whose name is known.
pub const MODEL_UNKNOWN: &str = "not known yet";
/// On the menu's button.
pub const CHANGE: &str = "Change";
/// On the open menu's button.
pub const CLOSE: &str = "Close";
/// Above the list.
pub const MODELS: &str = "Models";
/// A model's button.
pub const USE: &str = "Use";
/// In place of it, for the one that runs.
pub const IN_USE: &str = "In use";
/// Where a model lies.
pub const IN_STORAGE: &str = "in this browser";
/// The tap that shows the rest.
pub const MORE: &str = "What it is";
/// A kept model's button.
pub const DELETE: &str = "Delete";
/// Confirms.
pub const DELETE_NOW: &str = "Yes, delete";
/// Doesn't.
pub const KEEP: &str = "Keep it";
/// The model of the last visit is gone.
pub const MODEL_GONE: &str =
    "The model you used last time is no longer here, so the default one is used.";
/// The chosen model was deleted.
pub const CHOSEN_DELETED: &str = "The model in use was deleted, so the default one is used.";

/// Above the buttons.
pub const BRING: &str = "Bring a model";
/// Under it.
pub const BRING_HINT: &str = "A published CLIP or SigLIP model, or a Glimpse pack: its folder, or a pack\u{2019}s ZIP file. You can also drop it anywhere on the page. It is read and kept on this device; nothing is uploaded.";
/// Opens a folder picker.
pub const BRING_FOLDER: &str = "Choose its folder";
/// Opens a file picker.
pub const BRING_FILES: &str = "Choose its files";
/// Names the choice of precision.
pub const STORE_AS: &str = "Store its weights as";
/// What a folder without a name is called.
pub const NAMELESS: &str = "Imported model";
/// Stops an import.
pub const CANCEL: &str = "Cancel";
/// The import's progress bar.
pub const IMPORT_PROGRESS: &str = "Bringing the model in";
/// Another import is wanted meanwhile.
pub const IMPORT_BUSY: &str =
    "A model is still being brought in. Wait for it or cancel it, then bring the next one.";

/// The button of a model that isn't the one in use, for a screen reader.
pub fn use_model(title: &str) -> String {
    format!("Use {title}")
}

/// Likewise.
pub fn delete_model(title: &str) -> String {
    format!("Delete {title}")
}

/// Asks whether that is meant.
pub fn delete_question(title: &str, in_use: bool) -> String {
    let then = if in_use {
        " The default model takes its place."
    } else {
        ""
    };
    format!(
        "Delete {title} from this browser? To use it again you would have to bring it again.{then}"
    )
}

/// Read out afterwards.
pub fn deleted(title: &str, gone: bool) -> String {
    if gone {
        format!("{title} was deleted.")
    } else {
        format!(
            "{title} could not be deleted: another tab may be using it. Close that and try again."
        )
    }
}

/// Read out when another model is chosen.
pub fn changing(title: &str) -> String {
    format!("Changing to {title}. Photos and labels stay and are looked at again.")
}

/// How precisely weights are stored: plain, with the exact term.
pub fn quantisation(quantisation: Quantisation) -> &'static str {
    match quantisation {
        Quantisation::F32 => "full size (f32)",
        Quantisation::F16 => "half size (f16)",
        Quantisation::Int8 => "quarter size (int8)",
        Quantisation::Int4 => "eighth size (int4)",
    }
}

/// In the choice, for a checkpoint that is brought.
pub fn quantisation_choice(quantisation: Quantisation) -> &'static str {
    match quantisation {
        Quantisation::F32 => "f32 \u{2013} exact, large",
        Quantisation::F16 => "f16 \u{2013} half of that, as good as exact",
        Quantisation::Int8 => "int8 \u{2013} a quarter, recommended",
        Quantisation::Int4 => "int4 \u{2013} smallest, a little less sharp",
    }
}

/// One line about a model: its size, its languages, how it is stored.
pub fn summary(manifest: &Manifest) -> String {
    format!(
        "{} \u{b7} {} \u{b7} {}",
        numbers::size(manifest.total_bytes()),
        languages(manifest),
        manifest.quantisation
    )
}

const NOT_STATED: &str = "not stated in its files";

fn languages(manifest: &Manifest) -> String {
    match manifest.languages.as_slice() {
        [] => "languages not stated".to_owned(),
        tags if tags.len() > 6 => format!("{} languages", tags.len()),
        tags => {
            let names: Vec<&str> = tags.iter().map(|tag| language(tag)).collect();
            names.join(", ")
        }
    }
}

/// What a model is, as terms and their descriptions.
pub fn details(manifest: &Manifest) -> Vec<(&'static str, String)> {
    let stated = |text: &str| match text {
        "" | "unknown" => NOT_STATED.to_owned(),
        text => text.to_owned(),
    };
    let scoring = match manifest.scoring.mode {
        ScoreMode::Softmax => "The labels share 100\u{202f}% among themselves (softmax).",
        ScoreMode::Sigmoid => "Each label is judged on its own: all may fit, or none (sigmoid).",
    };
    let (height, width) = manifest.preprocessing.output_size();
    let calibrated = manifest.calibration.as_ref();
    let calibrated = calibrated.map(|c| ("Calibrated on", stated(&c.fitted_on.join("; "))));
    let facts = [
        ("Comes from", stated(&manifest.source.join("; "))),
        ("Licence", stated(&manifest.licence)),
        (
            "Languages",
            match manifest.languages.as_slice() {
                [] => NOT_STATED.to_owned(),
                _ => languages(manifest),
            },
        ),
        ("Stored at", quantisation(manifest.quantisation).to_owned()),
        ("Scores", scoring.to_owned()),
        (
            "Looks at",
            format!(
                "pictures of {width}\u{202f}\u{d7}\u{202f}{height} pixels; makes {} numbers of each (projection_dim)",
                manifest.architecture.projection_dim
            ),
        ),
    ];
    facts.into_iter().chain(calibrated).collect()
}

/// How good a model is, a measure a line; empty where nobody measured.
pub fn measures(manifest: &Manifest) -> Vec<String> {
    let mut measures: Vec<_> = manifest.accuracy.iter().collect();
    // By length first, so that "recall@5" comes before "recall@10".
    measures.sort_by_key(|(name, _)| (name.len(), name.as_str()));
    measures
        .into_iter()
        .map(|(name, &value)| measure(name, value))
        .collect()
}

/// Above the measures.
pub const MEASURED: &str = "Measured";
/// Under them, where there is a recall.
pub const RECALL: &str = "recall@5: how often the right one is among the first five.";

fn measure(name: &str, value: f64) -> String {
    match name {
        "image_embeds least cosine to float" => {
            format!("pictures at least {value:.5} alike to the unshrunk model\u{2019}s (cosine)")
        }
        "text_embeds least cosine to float" => {
            format!("words at least {value:.5} alike to the unshrunk model\u{2019}s (cosine)")
        }
        name if name.contains("recall@") || name.contains("top") => {
            format!("{name}: {:.1}\u{202f}%", value * 100.0)
        }
        name => format!("{name}: {value}"),
    }
}

/// Under the list.
pub fn space(used: u64, quota: u64, persists: bool) -> String {
    let promise = if persists {
        ""
    } else {
        " The browser may clear it when the disk runs full."
    };
    format!(
        "This page keeps {} of at most {} in this browser.{promise}",
        numbers::size(used),
        numbers::size(quota)
    )
}

/// What an import is doing.
pub fn import_step(step: Option<ImportStep>) -> &'static str {
    match step {
        None => "Reading its files",
        Some(ImportStep::Copy) => "Checking and keeping its files",
        Some(ImportStep::Weights(Tower::Image)) => "Taking in the part that looks",
        Some(ImportStep::Weights(Tower::Text)) => "Taking in the part that reads",
        Some(ImportStep::Check(Tower::Image)) => "Trying out the part that looks",
        Some(ImportStep::Check(Tower::Text)) => "Trying out the part that reads",
    }
}

/// The import's worker ended without an answer.
pub fn import_broke(reason: &str) -> String {
    let reason = match reason.trim().trim_end_matches('.') {
        "" => "the browser does not say why",
        reason => reason,
    };
    format!(
        "The import stopped, perhaps for lack of memory ({reason}). Close other tabs and bring the model again."
    )
}

/// Under the name of a model that was brought: what became of each part.
pub fn imported(tower: &ImportedTower) -> String {
    let part = match tower.tower {
        Tower::Image => "Part that looks (image tower)",
        Tower::Text => "Part that reads (text tower)",
    };
    format!(
        "{part}: {}, at least {:.5} alike to the original (cosine)",
        numbers::size(tower.bytes),
        tower.least_cosine
    )
}

/// After a pack came in, which nothing was done to.
pub const PACK_CHECKED: &str = "Every file is as its manifest says.";

/// After a model's name, once it is there.
pub const IS_KEPT: &str = "is kept in this browser.";

/// Read out.
pub fn import_news(import: &Import) -> Option<String> {
    match import {
        Import::None => None,
        Import::Running { name, .. } => Some(format!("Bringing in {name}.")),
        Import::Done(_) => Some("The model is kept in this browser and can be used.".to_owned()),
        Import::Failed(reason) => Some(reason.to_string()),
        Import::Cancelled => Some(CANCELLED.to_owned()),
    }
}

/// After an import was stopped.
pub const CANCELLED: &str = "Cancelled. Nothing of it was kept.";
