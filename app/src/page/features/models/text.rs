//! Sentences about models: the menu, what each one is, and how one is imported.

use super::{
    import::{ImportStatus, import_failure},
    spending::AskReason,
    storage::PackFault,
};
use crate::{
    page::locale::{Text, language_name, numbers, texts},
    protocol::{ImportStep, ImportedTower},
};
use glimpse_model::{
    order::sorted,
    pack::{PackSummary, Quantisation, Tower},
    score::ScoreMode,
};

texts! {
    /// In a model's line: its size, as it comes over the network.
    TO_DOWNLOAD = "{size} to download";
    /// Before a download, if its size is known.
    ASK_SIZE = "To look at photos, this page needs its model, {model}: {size}. It is fetched once and then stays on this device.";
    /// Before a download, if its size isn't known.
    ASK = "To look at photos, this page needs its model, {model}. It is fetched once and then stays on this device.";
    /// Why it is asked: the visitor wants it.
    ASK_SETTING = "You wanted to be asked before.";
    /// Why it is asked: the browser saves data.
    ASK_DATA_SAVER = "Your browser\u{2019}s data saver is on, so nothing is fetched before you say so.";
    /// Why it is asked: the device is on a mobile network.
    ASK_METERED = "You are on a mobile network, so nothing is fetched before you say so.";
    /// The button that starts the download.
    GO_AHEAD = "Fetch the model";
    /// The setting by which downloads are asked about.
    ASK_FIRST = "Ask before a model is fetched";

    /// Before the chosen model's name.
    MODEL = "Model";
    /// In place of the chosen model's name, until that is known.
    MODEL_UNKNOWN = "not known yet";
    /// The button that opens the menu.
    CHANGE = "Change";
    /// The button that closes the menu.
    CLOSE = "Close";
    /// For a screen reader: the heading of the models, and what [`CHANGE`] opens.
    MODELS = "Models";
    /// The button that chooses a model.
    USE = "Use";
    /// The button that chooses a model, for a screen reader.
    USE_MODEL = "Use {title}";
    /// The badge of the chosen model.
    IN_USE = "In use";
    /// Beside a model that was imported: where it lies.
    IN_STORAGE = "in this browser";
    /// Beside a served model of which there is a whole copy.
    CACHED = "kept on this device \u{b7} {size}";
    /// Beside a served model of which there is a part of a copy.
    CACHED_IN_PART = "kept in part \u{b7} {size}";
    /// Under a model's name: opens its description.
    MORE = "What it is";
    /// The button that deletes an imported model, or a served one's copy.
    DELETE = "Delete";
    /// The button that deletes a model, for a screen reader.
    DELETE_MODEL = "Delete {title}";
    /// Asks whether an imported model is to be deleted.
    DELETE_QUESTION = "Delete {title} from this browser? To use it again you would have to bring it again.";
    /// Asks whether the imported model that is in use is to be deleted.
    DELETE_CHOSEN_QUESTION = "Delete {title} from this browser? To use it again you would have to bring it again. The default model takes its place.";
    /// Asks whether a served model's copy is to be deleted.
    DELETE_COPY_QUESTION = "Delete {title} from this device? The next time it is used, it is downloaded again.";
    /// The button that confirms a deletion.
    CONFIRM_DELETE = "Yes, delete";
    /// The button that cancels a deletion.
    CANCEL_DELETE = "Keep it";
    /// Read out after a deletion.
    DELETED = "{title} was deleted.";
    /// Read out after a deletion that failed.
    NOT_DELETED = "{title} could not be deleted: another tab may be using it. Close that and try again.";
    /// Read out when another model is chosen.
    CHANGING = "Changing to {title}. Photos and labels stay and are looked at again.";
    /// In place of a model's name.
    UNFINISHED = "Unfinished import";
    /// Under it.
    UNFINISHED_MEANS = "Its import broke off, when the tab was closed perhaps. It can\u{2019}t be used: bring the model again, and delete this.";
    /// In place of a model's name.
    DAMAGED = "Damaged model";
    /// Under it.
    DAMAGED_MEANS = "Its manifest.json can\u{2019}t be understood. Bring the model again, and delete this.";
    /// In place of a model's name.
    OTHER_VERSION = "Model of another version";
    /// Under it.
    OTHER_VERSION_MEANS = "Another version of this page keeps it, and can use it.";
    /// In place of a model's name.
    UNREADABLE = "Model that can\u{2019}t be read now";
    /// Under it.
    UNREADABLE_MEANS = "The browser could not read it just now. Reload the page; it may be all right then.";
    /// Under the list: how much of the browser's storage is used.
    SPACE = "This page keeps {used} of at most {quota} in this browser.";
    /// Under the list: how much of the browser's storage is used, where that is no promise.
    SPACE_UNTIL_CLEARED = "This page keeps {used} of at most {quota} in this browser. The browser may clear it when the disk runs full.";

    /// In a line about a model whose files name no languages.
    LANGUAGES_NOT_STATED = "languages not stated";
    /// In place of more languages than a line holds.
    LANGUAGES_COUNT = "{count} languages";
    /// In place of a fact that a model's files don't tell.
    NOT_STATED = "not stated in its files";
    /// The term before a model's sources.
    SOURCE = "Comes from";
    /// The term before a model's licence.
    LICENCE = "Licence";
    /// The term before a model's languages.
    LANGUAGES = "Languages";
    /// The term before one of the sizes that follow.
    STORED_AT = "Stored at";
    /// How precisely a model's weights are stored.
    F32 = "full size (f32)";
    /// How precisely a model's weights are stored.
    F16 = "half size (f16)";
    /// How precisely a model's weights are stored.
    INT8 = "quarter size (int8)";
    /// How precisely a model's weights are stored.
    INT4 = "eighth size (int4)";
    /// The term before how a model scores.
    SCORES = "Scores";
    /// How a model scores: by a softmax.
    SOFTMAX = "The labels share 100\u{202f}% among themselves (softmax).";
    /// How a model scores: by a sigmoid.
    SIGMOID = "Each label is judged on its own: all may fit, or none (sigmoid).";
    /// The term before the pictures that a model takes.
    LOOKS_AT = "Looks at";
    /// The pictures that a model takes, and what it makes of them.
    PICTURES = "pictures of {width}\u{202f}\u{d7}\u{202f}{height} pixels; makes {numbers} numbers of each (projection_dim)";
    /// The term before the data that a model was calibrated on.
    CALIBRATED_ON = "Calibrated on";
    /// The term before a model's measures.
    MEASURED = "Measured";
    /// A measure: how much the pictures' embeddings changed by quantisation.
    PICTURES_ALIKE = "pictures at least {cosine} alike to the unshrunk model\u{2019}s (cosine)";
    /// A measure: how much the sentences' embeddings changed by quantisation.
    WORDS_ALIKE = "words at least {cosine} alike to the unshrunk model\u{2019}s (cosine)";
    /// Under a model's measures: what a recall is.
    RECALL = "recall@5: how often the right one is among the first five.";

    /// The title above the import's buttons.
    IMPORT = "Bring a model";
    /// Under the import's title: what can be imported.
    IMPORT_HINT = "A published CLIP or SigLIP model, or a Glimpse pack: its folder, or a pack\u{2019}s ZIP file. You can also drop it anywhere on the page. It is read and kept on this device; nothing is uploaded.";
    /// The button that picks a model's folder.
    IMPORT_FOLDER = "Choose its folder";
    /// The button that picks a model's files.
    IMPORT_FILES = "Choose its files";
    /// The name of the choice of quantisation.
    STORE_AS = "Store its weights as";
    /// An option of the choice of quantisation.
    AS_F32 = "f32 \u{2013} exact, large";
    /// An option of the choice of quantisation.
    AS_F16 = "f16 \u{2013} half of that, as good as exact";
    /// An option of the choice of quantisation.
    AS_INT8 = "int8 \u{2013} a quarter, recommended";
    /// An option of the choice of quantisation.
    AS_INT4 = "int4 \u{2013} smallest, a little less sharp";
    /// The name of a model whose folder and files have none.
    NAMELESS = "Imported model";
    /// The button that cancels an import.
    CANCEL = "Cancel";
    /// The name of the import's progress bar.
    IMPORT_PROGRESS = "Bringing the model in";
    /// Read out when an import starts.
    IMPORT_STARTS = "Bringing in {name}.";
    /// Read out when another import is started meanwhile.
    IMPORT_BUSY = "A model is still being brought in. Wait for it or cancel it, then bring the next one.";
    /// What an import is doing before its worker tells of a step.
    STEP_START = "Reading its files";
    /// What an import is doing ([`ImportStep::Copy`]).
    STEP_COPY = "Checking and keeping its files";
    /// What an import is doing ([`ImportStep::Weights`] of the image tower).
    STEP_IMAGE_WEIGHTS = "Taking in the part that looks";
    /// What an import is doing ([`ImportStep::Weights`] of the text tower).
    STEP_TEXT_WEIGHTS = "Taking in the part that reads";
    /// What an import is doing ([`ImportStep::Check`] of the image tower).
    STEP_IMAGE_CHECK = "Trying out the part that looks";
    /// What an import is doing ([`ImportStep::Check`] of the text tower).
    STEP_TEXT_CHECK = "Trying out the part that reads";
    /// An import that failed because its worker ended without an answer.
    IMPORT_BROKE = "The import stopped, perhaps for lack of memory ({reason}). Close other tabs and bring the model again.";
    /// An import that failed because its worker ended without an answer, nobody knows why.
    IMPORT_BROKE_SILENTLY = "The import stopped, perhaps for lack of memory (the browser does not say why). Close other tabs and bring the model again.";
    /// Under an imported model's name: what became of its image tower.
    IMAGE_TOWER = "Part that looks (image tower): {size}, at least {cosine} alike to the original (cosine)";
    /// Under an imported model's name: what became of its text tower.
    TEXT_TOWER = "Part that reads (text tower): {size}, at least {cosine} alike to the original (cosine)";
    /// Under an imported pack's name: its weights are stored as they were.
    PACK_CHECKED = "Every file is as its manifest says.";
    /// After an imported model's name.
    IS_STORED = "is kept in this browser.";
    /// Read out when an import has ended well.
    IMPORTED = "The model is kept in this browser and can be used.";
    /// How an import ended: the visitor cancelled it.
    CANCELLED = "Cancelled. Nothing of it was kept.";
}

/// The button that chooses a model, for a screen reader.
pub fn use_model(title: &str) -> String {
    USE_MODEL.fill(&[("title", title)])
}

/// The button that deletes a model, for a screen reader.
pub fn delete_model(title: &str) -> String {
    DELETE_MODEL.fill(&[("title", title)])
}

/// Asks whether an imported model is to be deleted.
pub fn delete_question(title: &str, in_use: bool) -> String {
    let text = if in_use {
        DELETE_CHOSEN_QUESTION
    } else {
        DELETE_QUESTION
    };
    text.fill(&[("title", title)])
}

/// Asks whether a served model's copy is to be deleted.
pub fn delete_copy_question(title: &str) -> String {
    DELETE_COPY_QUESTION.fill(&[("title", title)])
}

/// Beside a served model of which there is a copy, complete or not.
pub fn cached(size: &str, is_complete: bool) -> String {
    let text = if is_complete { CACHED } else { CACHED_IN_PART };
    text.fill(&[("size", size)])
}

/// Read out after a deletion, or after one that failed.
pub fn deleted(title: &str, gone: bool) -> String {
    let text = if gone { DELETED } else { NOT_DELETED };
    text.fill(&[("title", title)])
}

/// Read out when another model is chosen.
pub fn changing(title: &str) -> String {
    CHANGING.fill(&[("title", title)])
}

/// How precisely a model's weights are stored: plain, with the exact term.
fn quantisation(quantisation: Quantisation) -> Text {
    match quantisation {
        Quantisation::F32 => F32,
        Quantisation::F16 => F16,
        Quantisation::Int8 => INT8,
        Quantisation::Int4 => INT4,
    }
}

/// How precisely an imported checkpoint's weights can be stored: an option of the choice.
pub fn quantisation_choice(quantisation: Quantisation) -> Text {
    match quantisation {
        Quantisation::F32 => AS_F32,
        Quantisation::F16 => AS_F16,
        Quantisation::Int8 => AS_INT8,
        Quantisation::Int4 => AS_INT4,
    }
}

/// What stands in place of the name where a folder holds no pack that can be used.
pub fn fault(fault: PackFault) -> Text {
    match fault {
        PackFault::Unfinished => UNFINISHED,
        PackFault::Damaged => DAMAGED,
        PackFault::OtherVersion => OTHER_VERSION,
        PackFault::Unreadable => UNREADABLE,
    }
}

/// Why that is so, and what can be done.
pub fn fault_means(fault: PackFault) -> Text {
    match fault {
        PackFault::Unfinished => UNFINISHED_MEANS,
        PackFault::Damaged => DAMAGED_MEANS,
        PackFault::OtherVersion => OTHER_VERSION_MEANS,
        PackFault::Unreadable => UNREADABLE_MEANS,
    }
}

/// A line about a model: its size, its languages, its quantisation. The size is what it takes to
/// download, in bytes, if that is known, or else what it takes in storage.
pub fn summary(manifest: &PackSummary, download: Option<u64>) -> String {
    let size = match download {
        Some(bytes) => TO_DOWNLOAD.fill(&[("size", &numbers::size(bytes))]),
        None => numbers::size(manifest.total_bytes()),
    };
    format!(
        "{size} \u{b7} {} \u{b7} {}",
        languages(manifest),
        manifest.quantisation
    )
}

/// What a model takes to download, before that is done: `bytes`, if they are known.
pub fn ask(title: &str, bytes: Option<u64>) -> String {
    match bytes {
        Some(bytes) => ASK_SIZE.fill(&[("size", &numbers::size(bytes)), ("model", title)]),
        None => ASK.fill(&[("model", title)]),
    }
}

/// Why it is asked.
pub fn ask_reason(reason: AskReason) -> Text {
    match reason {
        AskReason::Setting => ASK_SETTING,
        AskReason::DataSaver => ASK_DATA_SAVER,
        AskReason::Metered => ASK_METERED,
    }
}

fn languages(manifest: &PackSummary) -> String {
    match manifest.languages.as_slice() {
        [] => LANGUAGES_NOT_STATED.into(),
        tags if tags.len() > 6 => LANGUAGES_COUNT.fill(&[("count", &tags.len().to_string())]),
        tags => {
            let names: Vec<String> = tags.iter().map(|tag| language_name(tag)).collect();
            names.join(", ")
        }
    }
}

/// What a model is, as terms and their descriptions.
pub fn details(manifest: &PackSummary) -> Vec<(Text, String)> {
    let stated = |text: &str| match text {
        "" | "unknown" => NOT_STATED.into(),
        text => text.to_owned(),
    };
    let scoring = match manifest.scoring.mode {
        ScoreMode::Softmax => SOFTMAX,
        ScoreMode::Sigmoid => SIGMOID,
    };
    let (height, width) = manifest.input_size();
    let pictures = PICTURES.fill(&[
        ("width", &width.to_string()),
        ("height", &height.to_string()),
        ("numbers", &manifest.projection_dim().to_string()),
    ]);
    let languages = match manifest.languages.as_slice() {
        [] => NOT_STATED.into(),
        _ => languages(manifest),
    };
    let calibrated = manifest.calibration.as_ref();
    let calibrated = calibrated.map(|c| (CALIBRATED_ON, stated(&c.fitted_on.join("; "))));
    let facts = [
        (SOURCE, stated(&manifest.source.join("; "))),
        (LICENCE, stated(&manifest.licence)),
        (LANGUAGES, languages),
        (STORED_AT, quantisation(manifest.quantisation).into()),
        (SCORES, scoring.into()),
        (LOOKS_AT, pictures),
    ];
    facts.into_iter().chain(calibrated).collect()
}

/// A model's measured quality, a measure a line; empty where nobody measured.
pub fn measures(manifest: &PackSummary) -> Vec<String> {
    // By length first, so that "recall@5" comes before "recall@10". They are sorted by name already.
    let by_length = |a: &(&String, &f64), b: &(&String, &f64)| a.0.len().cmp(&b.0.len());
    sorted(manifest.accuracy.iter().collect(), by_length)
        .into_iter()
        .map(|(name, &value)| measure(name, value))
        .collect()
}

fn measure(name: &str, value: f64) -> String {
    let alike = |text: Text| text.fill(&[("cosine", &numbers::decimal(value, 5))]);
    match name {
        "image_embeds least cosine to float" => alike(PICTURES_ALIKE),
        "text_embeds least cosine to float" => alike(WORDS_ALIKE),
        name if name.contains("recall@") || name.contains("top") => {
            format!("{name}: {}\u{202f}%", numbers::decimal(value * 100.0, 1))
        }
        name => format!("{name}: {}", in_full(value)),
    }
}

/// A number with as many decimals as it has.
fn in_full(value: f64) -> String {
    let digits = value.to_string();
    let decimals = digits.split_once('.').map_or(0, |(_, after)| after.len());
    numbers::decimal(value, decimals)
}

/// Under the list: how much of the browser's storage is used, in bytes.
pub fn space(used: u64, quota: u64, persists: bool) -> String {
    let text = if persists { SPACE } else { SPACE_UNTIL_CLEARED };
    text.fill(&[
        ("used", &numbers::size(used)),
        ("quota", &numbers::size(quota)),
    ])
}

/// What an import is doing; no step while it starts.
pub fn import_step(step: Option<ImportStep>) -> Text {
    match step {
        None => STEP_START,
        Some(ImportStep::Copy) => STEP_COPY,
        Some(ImportStep::Weights(Tower::Image)) => STEP_IMAGE_WEIGHTS,
        Some(ImportStep::Weights(Tower::Text)) => STEP_TEXT_WEIGHTS,
        Some(ImportStep::Check(Tower::Image)) => STEP_IMAGE_CHECK,
        Some(ImportStep::Check(Tower::Text)) => STEP_TEXT_CHECK,
    }
}

/// An import that failed because its worker ended without an answer.
pub fn import_broke(reason: &str) -> String {
    match reason.trim().trim_end_matches('.') {
        "" => IMPORT_BROKE_SILENTLY.into(),
        reason => IMPORT_BROKE.fill(&[("reason", reason)]),
    }
}

/// Under an imported model's name: what became of a tower.
pub fn imported(tower: &ImportedTower) -> String {
    let text = match tower.tower {
        Tower::Image => IMAGE_TOWER,
        Tower::Text => TEXT_TOWER,
    };
    text.fill(&[
        ("size", &numbers::size(tower.bytes)),
        ("cosine", &numbers::decimal(tower.least_cosine.into(), 5)),
    ])
}

/// Read out when an import starts or ends.
pub fn import_news(status: &ImportStatus) -> Option<String> {
    match status {
        ImportStatus::None => None,
        ImportStatus::Running { name, .. } => Some(IMPORT_STARTS.fill(&[("name", name)])),
        ImportStatus::Done(_) => Some(IMPORTED.into()),
        ImportStatus::Failed(failure) => Some(import_failure(failure)),
        ImportStatus::Broke(reason) => Some(import_broke(reason)),
        ImportStatus::Cancelled => Some(CANCELLED.into()),
    }
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

    #[test]
    fn measures_have_their_decimals() {
        assert_eq!(measure("recall@5", 0.9346), "recall@5: 93.5\u{202f}%");
        assert_eq!(measure("loss", 0.0625), "loss: 0.0625");
        assert_eq!(measure("pairs", 5000.0), "pairs: 5000");
        assert_eq!(
            measure("text_embeds least cosine to float", 0.99987),
            "words at least 0.99987 alike to the unshrunk model\u{2019}s (cosine)"
        );
        catalog::speak(Language::German, GERMAN);
        assert_eq!(measure("loss", 0.0625), "loss: 0,0625");
    }

    #[test]
    fn a_worker_that_ends_may_say_why() {
        let told = import_broke(" Out of memory. ");
        assert!(told.contains("(Out of memory). Close"), "{told}");
        let told = import_broke("");
        assert!(
            told.contains("(the browser does not say why). Close"),
            "{told}"
        );
    }
}
