//! What a failed import reads as, and what is said of models that can be brought.

use crate::{
    page::{
        engine::text::{of_file, pack_failure},
        locale::texts,
    },
    protocol::{FilePurpose, ImportFailure},
};
use glimpse_model::pack::Tower;

texts! {
    /// No room for the model.
    FULL = "There is no room left in this browser\u{2019}s storage. Delete a model, or free some disk space, and bring this one again.";
    /// No storage at all.
    NO_STORAGE = "This browser does not let the page keep files, so a model can\u{2019}t be imported here. A private window may be the reason; Chrome, Edge, Firefox and Safari can do it. (The browser says: {said}.)";
    /// A file that isn't there any more.
    MOVED = "{file} was moved, changed or deleted since it was chosen. Bring it again.";
    /// A file that can't be read or written.
    FILE = "{file} can't be read or written ({said}).";
    /// A file that is no ZIP archive.
    ARCHIVE = "{file} is not a ZIP archive that can be read ({said}).";
    /// A file that a pack's manifest lists is missing.
    MISSING_OF_PACK = "{file} is missing: the pack\u{2019}s manifest.json lists it. Bring all files of the pack.";
    /// Files that are neither a checkpoint nor a pack.
    NOT_A_MODEL = "This is no checkpoint that can be read: a Hugging Face folder has a config.json, an open_clip folder an open_clip_config.json. Found: {found}.";
    /// In place of the names of files.
    NO_FILES = "no files at all";
    /// A checkpoint without its preprocessing.
    MISSING_PREPROCESSING = "{file} is missing: it says how pictures are resized, cropped and normalised.";
    /// A checkpoint without its tokenizer.
    MISSING_TOKENIZER = "{file} is missing: it says how sentences are cut into tokens (a slow tokenizer\u{2019}s files can be turned into it with transformers).";
    /// A checkpoint without its weights, or a shard of them.
    MISSING_WEIGHTS = "{file} is missing: the weights are in it.";
    /// A config that there is no code for.
    UNSUPPORTED = "{file}: {what} is not supported, only {supported}.";
    /// A config that contradicts itself.
    INCONSISTENT = "{file} contradicts itself: {said} should hold.";
    /// A config that can't be read.
    NOT_A_CONFIG = "{file} is not what it should be ({said}).";
    /// A weight file that can't be read.
    NOT_WEIGHTS = "{file} is not a weight file that can be read ({said}).";
    /// A tokenizer that can't be read.
    NOT_A_TOKENIZER = "{file} is not a tokenizer that can be read ({said}).";
    /// A file that can't be taken.
    DAMAGED_FILE = "{file} is damaged, or does not belong to this model ({said}).";
    /// A tower whose embeddings are none.
    LIFELESS_IMAGE = "The part that looks gives no numbers: its weights are damaged.";
    /// A tower whose embeddings are none.
    LIFELESS_TEXT = "The part that reads gives no numbers: its weights are damaged.";
    /// The device stopped computing while a tower was tried out.
    STOPPED = "The model could not be tried out ({said}).";
    /// The title of published models that can be brought.
    WHICH = "Which model for what?";
    /// What a published model is for.
    FOR_PHONES = "For phones and large folders, licensed for research only";
    /// What a published model is for.
    FOR_COMPARISON = "The one that everybody compares with";
    /// What a published model is for.
    FOR_ACCURACY = "For the best answers in English";
    /// What a published model is for.
    FOR_LANGUAGES = "For labels in other languages";
    /// What a published model reads.
    ENGLISH = "English";
    /// What a published model reads.
    MANY_LANGUAGES = "many languages";
    /// What is known of a published model.
    FACTS = "{download} to download, about {kept} kept as int8 \u{b7} {languages} \u{b7} licence {licence} \u{b7} {accuracy} of ImageNet\u{2019}s photos named right among 1\u{202f}000 names";
    /// Where an accuracy is published.
    SOURCE = "source";
    /// How a published model is got.
    HOW = "At a terminal, the last line of each fetches its folder. In a browser: on its page, under \u{201c}Files\u{201d}, download the .json and .txt files and one file of weights (.safetensors, or else .bin) into one folder. Then choose that folder here. The accuracies are their publishers\u{2019}, not measured here.";
    /// A worker without the code for it.
    NOT_HERE = "This program does not bring models in.";
}

/// Why a model couldn't be imported.
pub fn failure(failure: &ImportFailure) -> String {
    match failure {
        ImportFailure::Full => FULL.into(),
        ImportFailure::NoStorage(said) => NO_STORAGE.fill(&[("said", said)]),
        ImportFailure::Moved(file) => MOVED.fill(&[("file", file)]),
        ImportFailure::File(fault) => of_file(FILE, fault),
        ImportFailure::Archive(fault) => of_file(ARCHIVE, fault),
        ImportFailure::Pack(failure) => format!("{}.", pack_failure(failure)),
        ImportFailure::MissingOfPack(file) => MISSING_OF_PACK.fill(&[("file", file)]),
        ImportFailure::NotAModel(found) => NOT_A_MODEL.fill(&[("found", &names(found))]),
        ImportFailure::Missing(missing) => {
            let text = match missing.purpose {
                FilePurpose::Preprocessing => MISSING_PREPROCESSING,
                FilePurpose::Tokenizer => MISSING_TOKENIZER,
                FilePurpose::Weights => MISSING_WEIGHTS,
            };
            text.fill(&[("file", &missing.file)])
        }
        ImportFailure::Unsupported(fault) => UNSUPPORTED.fill(&[
            ("file", &fault.file),
            ("what", &fault.what),
            ("supported", &fault.supported),
        ]),
        ImportFailure::Inconsistent(fault) => of_file(INCONSISTENT, fault),
        ImportFailure::NotAConfig(fault) => of_file(NOT_A_CONFIG, fault),
        ImportFailure::NotWeights(fault) => of_file(NOT_WEIGHTS, fault),
        ImportFailure::NotATokenizer(fault) => of_file(NOT_A_TOKENIZER, fault),
        ImportFailure::Damaged(fault) => of_file(DAMAGED_FILE, fault),
        ImportFailure::Lifeless(Tower::Image) => LIFELESS_IMAGE.into(),
        ImportFailure::Lifeless(Tower::Text) => LIFELESS_TEXT.into(),
        ImportFailure::Device(said) => STOPPED.fill(&[("said", said)]),
        ImportFailure::NotHere => NOT_HERE.into(),
    }
}

fn names(found: &[String]) -> String {
    match found {
        [] => NO_FILES.into(),
        found => found.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{page::locale::catalog, protocol::PackFailure};

    #[test]
    fn german_is_complete() {
        catalog::check(ALL, include_str!("text.de.json"));
    }

    #[test]
    fn failures_are_whole_sentences() {
        let unlisted = ImportFailure::Pack(PackFailure::Unlisted("text.safetensors".into()));
        assert_eq!(
            failure(&unlisted),
            "manifest.json does not list text.safetensors."
        );
        let nothing = failure(&ImportFailure::NotAModel(Vec::new()));
        assert!(nothing.ends_with("Found: no files at all."), "{nothing}");
    }
}
