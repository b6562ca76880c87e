//! Sentences about models: the menu, what each one is, and how one is imported.

use super::import::ImportStatus;
use crate::{
    page::ui::{language, numbers},
    protocol::{ImportStep, ImportedTower},
};
use glimpse_model::{
    order::sorted,
    pack::{Manifest, Quantisation, Tower},
    score::ScoreMode,
};

/// Before the chosen model's name.
pub const MODEL: &str = "Model";
/// In place of the chosen model's name, until that is known.
pub const MODEL_UNKNOWN: &str = "not known yet";
/// The button that opens the menu.
pub const CHANGE: &str = "Change";
/// The button that closes the menu.
pub const CLOSE: &str = "Close";
/// The menu's title.
pub const MODELS: &str = "Models";
/// The button that chooses a model.
pub const USE: &str = "Use";
/// The badge of the chosen model.
pub const IN_USE: &str = "In use";
/// Beside a model that was imported: where it lies.
pub const IN_STORAGE: &str = "in this browser";
/// Opens a model's description.
pub const MORE: &str = "What it is";
/// The button that deletes an imported model, or a served one's copy.
pub const DELETE: &str = "Delete";
/// The button that confirms a deletion.
pub const CONFIRM_DELETE: &str = "Yes, delete";
/// The button that cancels a deletion.
pub const CANCEL_DELETE: &str = "Keep it";

/// The title above the import's buttons.
pub const IMPORT: &str = "Bring a model";
/// Under the import's title: what can be imported.
pub const IMPORT_HINT: &str = "A published CLIP or SigLIP model, or a Glimpse pack: its folder, or a pack\u{2019}s ZIP file. You can also drop it anywhere on the page. It is read and kept on this device; nothing is uploaded.";
/// The button that picks a model's folder.
pub const IMPORT_FOLDER: &str = "Choose its folder";
/// The button that picks a model's files.
pub const IMPORT_FILES: &str = "Choose its files";
/// The choice of quantisation.
pub const STORE_AS: &str = "Store its weights as";
/// The name of a model whose folder and files have none.
pub const NAMELESS: &str = "Imported model";
/// The button that cancels an import.
pub const CANCEL: &str = "Cancel";
/// The name of the import's progress bar.
pub const IMPORT_PROGRESS: &str = "Bringing the model in";
/// Read out when another import is started meanwhile.
pub const IMPORT_BUSY: &str =
    "A model is still being brought in. Wait for it or cancel it, then bring the next one.";

/// The button that chooses a model, for a screen reader.
pub fn use_model(title: &str) -> String {
    format!("Use {title}")
}

/// The button that deletes a model, for a screen reader.
pub fn delete_model(title: &str) -> String {
    format!("Delete {title}")
}

/// Asks whether an imported model is to be deleted.
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

/// Asks whether a served model's copy is to be deleted.
pub fn delete_copy_question(title: &str) -> String {
    format!("Delete {title} from this device? The next time it is used, it is downloaded again.")
}

/// Beside a served model of which there is a copy, complete or not.
pub fn cached(size: &str, is_complete: bool) -> String {
    if is_complete {
        format!("kept on this device \u{b7} {size}")
    } else {
        format!("kept in part \u{b7} {size}")
    }
}

/// Read out after a deletion, or after one that failed.
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

/// How precisely a model's weights are stored: plain, with the exact term.
fn quantisation(quantisation: Quantisation) -> &'static str {
    match quantisation {
        Quantisation::F32 => "full size (f32)",
        Quantisation::F16 => "half size (f16)",
        Quantisation::Int8 => "quarter size (int8)",
        Quantisation::Int4 => "eighth size (int4)",
    }
}

/// How precisely an imported checkpoint's weights can be stored: an option of the choice.
pub fn quantisation_choice(quantisation: Quantisation) -> &'static str {
    match quantisation {
        Quantisation::F32 => "f32 \u{2013} exact, large",
        Quantisation::F16 => "f16 \u{2013} half of that, as good as exact",
        Quantisation::Int8 => "int8 \u{2013} a quarter, recommended",
        Quantisation::Int4 => "int4 \u{2013} smallest, a little less sharp",
    }
}

/// A line about a model: its size, its languages, its quantisation.
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
            let names: Vec<&str> = tags.iter().map(|tag| language::name(tag)).collect();
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

/// A model's measured quality, a measure a line; empty where nobody measured.
pub fn measures(manifest: &Manifest) -> Vec<String> {
    // By length first, so that "recall@5" comes before "recall@10". They are sorted by name already.
    let by_length = |a: &(&String, &f64), b: &(&String, &f64)| a.0.len().cmp(&b.0.len());
    sorted(manifest.accuracy.iter().collect(), by_length)
        .into_iter()
        .map(|(name, &value)| measure(name, value))
        .collect()
}

/// The term before a model's measures.
pub const MEASURED: &str = "Measured";
/// Under a model's measures: what a recall is.
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

/// Under the list: how much of the browser's storage is used, in bytes.
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

/// What an import is doing; no step while it starts.
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

/// An import that failed because its worker ended without an answer.
pub fn import_broke(reason: &str) -> String {
    let reason = match reason.trim().trim_end_matches('.') {
        "" => "the browser does not say why",
        reason => reason,
    };
    format!(
        "The import stopped, perhaps for lack of memory ({reason}). Close other tabs and bring the model again."
    )
}

/// Under an imported model's name: what became of a tower.
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

/// Under an imported pack's name: its weights are stored as they were.
pub const PACK_CHECKED: &str = "Every file is as its manifest says.";

/// After an imported model's name.
pub const IS_STORED: &str = "is kept in this browser.";

/// Read out when an import starts or ends.
pub fn import_news(status: &ImportStatus) -> Option<String> {
    match status {
        ImportStatus::None => None,
        ImportStatus::Running { name, .. } => Some(format!("Bringing in {name}.")),
        ImportStatus::Done(_) => {
            Some("The model is kept in this browser and can be used.".to_owned())
        }
        ImportStatus::Failed(reason) => Some(reason.to_string()),
        ImportStatus::Cancelled => Some(CANCELLED.to_owned()),
    }
}

/// An import that was cancelled.
pub const CANCELLED: &str = "Cancelled. Nothing of it was kept.";
