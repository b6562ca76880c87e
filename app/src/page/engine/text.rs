//! What workers' failures read as. What only a library or the browser can name follows in brackets, in
//! its own words.

use crate::{
    page::locale::{Text, numbers, texts},
    protocol::{FileFault, ImageFailure, OpenFailure, PackFailure, TextsFailure},
};
use glimpse_model::{
    pack::Tower,
    pixels::{MAX_PIXELS, OpenError, OtherFormat},
};

texts! {
    /// A photo: a file of 0 bytes.
    EMPTY = "This file is empty (0 bytes). Try saving or downloading it again.";
    /// A photo: a file that is no picture.
    NOT_A_PICTURE = "This is {kind}, not a picture. Try a JPEG, PNG, WebP or GIF.";
    /// A photo that the browser can't decode.
    UNDECODABLE = "This {format} file can't be opened: it is damaged, cut short, or of a kind that can't be decoded here. Try opening it in a photo app and saving it again.";
    /// A photo in a format that nothing here decodes.
    UNSUPPORTED = "This is a {format} file, which can't be opened here. Save it as JPEG or PNG in a photo app first.";
    /// A raw file without a preview.
    NO_PREVIEW = "This RAW file holds no preview that can be opened. Develop it to a JPEG first.";
    /// A film.
    FILM = "This is a video, not a picture. Save a frame of it as a picture first.";
    /// A photo: the part of the page that decodes its format can't be loaded.
    NO_DECODER = "The part of this page that opens such photos could not be loaded ({said}). Check the connection and try again.";
    /// A photo over which the decoder broke.
    DECODER_BROKE = "This {format} photo could not be decoded: it is damaged, or takes more memory than it may. The other photos go on. Try a smaller copy, or save it as JPEG.";
    /// A photo: too many pixels.
    TOO_LARGE = "This picture is {width} \u{d7} {height}: {megapixels} megapixels, and at most {most} can be opened here. Try a smaller copy.";
    /// A photo whose file isn't there any more.
    UNREADABLE = "This file can't be read ({said}). It may have been moved or deleted; add it again.";
    /// A photo that can't be drawn on a canvas.
    CANVAS = "This browser could not show the picture's pixels ({said}). Try a smaller copy.";
    /// A photo whose sides don't suit the model.
    PIXELS = "This picture doesn't fit the model ({said}).";
    /// Photos or labels: the device failed.
    DEVICE = "The model stopped computing on this device ({said}). Reload the page and try again.";
    /// Photos or labels: asked too early.
    NOT_READY = "The model is not loaded yet. Try again in a moment.";
    /// Labels: the tokenizer refuses a letter.
    REFUSED = "The model can't read this text ({said}). Try other words.";

    /// A kind of file, with its article.
    GZIP = "a compressed archive";
    /// A kind of file, with its article.
    PDF = "a PDF document";
    /// A kind of file, with its article.
    SOUND = "a sound file";
    /// A kind of file, with its article.
    SOUND_OR_VIDEO = "a sound or video file";
    /// A kind of file, with its article.
    TEXT_FILE = "a text file";
    /// A kind of file, with its article.
    UNKNOWN = "a file of an unknown kind";
    /// A kind of file, with its article.
    VIDEO = "a video";
    /// A kind of file, with its article.
    ZIP = "a ZIP archive or an office document";

    /// The model, inside a sentence: the network failed.
    NETWORK = "{file} could not be downloaded ({said}). Check the connection; the page goes on by itself when it is back";
    /// The model, inside a sentence: what the browser kept can't be read.
    STORAGE = "{file} could not be read from this browser\u{2019}s storage ({said}). Delete the model there and bring it again";
    /// The model, inside a sentence: no device.
    NO_DEVICE = "WebGPU could not be started ({said})";
    /// The model, inside a sentence: the device failed.
    DEVICE_LOST = "the device stopped computing ({said})";
    /// The model, inside a sentence: the image tower's check failed.
    WRONG_PICTURE = "the part that looks gives wrong numbers on this device (its check embedding has cosine {cosine} to the right one)";
    /// The model, inside a sentence: the text tower's check failed.
    WRONG_WORDS = "the part that reads gives wrong numbers on this device (its check embedding has cosine {cosine} to the right one)";

    /// A pack, inside a sentence.
    NOT_A_MANIFEST = "manifest.json is not a pack\u{2019}s manifest ({said})";
    /// A pack, inside a sentence.
    OTHER_FORMAT = "the pack\u{2019}s format is {format}, which this version of Glimpse does not read";
    /// A pack, inside a sentence.
    UNLISTED = "manifest.json does not list {file}";
    /// A pack, inside a sentence.
    LENGTH = "{file} has {found} bytes instead of {expected}: it is cut short or from another pack. Loading it again may help";
    /// A pack, inside a sentence.
    ALTERED = "{file} is not the file that the manifest describes (its SHA-256 differs): it was altered or damaged. Loading it again may help";
    /// A pack, inside a sentence.
    TOO_LARGE_FILE = "{file} is too large for the memory that this browser gives a page";
    /// A pack, inside a sentence.
    DAMAGED = "{file} is damaged, or does not belong to this model ({said})";
}

/// Why a photo can't be embedded or inspected, as a sentence.
pub fn image_failure(failure: &ImageFailure) -> String {
    let fill = |text: Text, said: &str| text.fill(&[("said", said)]);
    match failure {
        ImageFailure::Open(error) => not_opened(*error),
        ImageFailure::Unreadable(said) => fill(UNREADABLE, said),
        ImageFailure::Canvas(said) => fill(CANVAS, said),
        ImageFailure::NoDecoder(said) => fill(NO_DECODER, said),
        ImageFailure::DecoderBroke(format) => DECODER_BROKE.fill(&[("format", format.name())]),
        ImageFailure::Pixels(said) => fill(PIXELS, said),
        ImageFailure::Device(said) => fill(DEVICE, said),
        ImageFailure::NotReady => NOT_READY.into(),
    }
}

/// Why a photo can't be opened.
fn not_opened(error: OpenError) -> String {
    match error {
        OpenError::Empty => EMPTY.into(),
        OpenError::NotAPicture(OtherFormat::Video) => FILM.into(),
        OpenError::Unsupported(format) => UNSUPPORTED.fill(&[("format", format.name())]),
        OpenError::NoPreview => NO_PREVIEW.into(),
        OpenError::NotAPicture(format) => NOT_A_PICTURE.fill(&[("kind", &kind(format).get())]),
        OpenError::Undecodable(format) => UNDECODABLE.fill(&[("format", format.name())]),
        OpenError::TooLarge { width, height } => TOO_LARGE.fill(&[
            ("width", &width.to_string()),
            ("height", &height.to_string()),
            ("megapixels", &(width * height / 1_000_000).to_string()),
            ("most", &(MAX_PIXELS / 1_000_000).to_string()),
        ]),
    }
}

/// A kind of file, with its article.
fn kind(format: OtherFormat) -> Text {
    match format {
        OtherFormat::Gzip => GZIP,
        OtherFormat::Pdf => PDF,
        OtherFormat::Sound => SOUND,
        OtherFormat::SoundOrVideo => SOUND_OR_VIDEO,
        OtherFormat::Text => TEXT_FILE,
        OtherFormat::Unknown => UNKNOWN,
        OtherFormat::Video => VIDEO,
        OtherFormat::Zip => ZIP,
    }
}

/// Why sentences can't be embedded, as a sentence.
pub fn texts_failure(failure: &TextsFailure) -> String {
    match failure {
        TextsFailure::Refused(said) => REFUSED.fill(&[("said", said)]),
        TextsFailure::Device(said) => DEVICE.fill(&[("said", said)]),
        TextsFailure::NotReady => NOT_READY.into(),
    }
}

/// Why a model can't be opened, without a full stop, to stand inside a sentence.
pub fn open_failure(failure: &OpenFailure) -> String {
    match failure {
        OpenFailure::Network(fault) => of_file(NETWORK, fault),
        OpenFailure::Storage(fault) => of_file(STORAGE, fault),
        OpenFailure::Pack(failure) => pack_failure(failure),
        OpenFailure::NoDevice(said) => NO_DEVICE.fill(&[("said", said)]),
        OpenFailure::DeviceLost(said) => DEVICE_LOST.fill(&[("said", said)]),
        OpenFailure::WrongNumbers(check) => {
            let text = match check.tower {
                Tower::Image => WRONG_PICTURE,
                Tower::Text => WRONG_WORDS,
            };
            text.fill(&[("cosine", &numbers::decimal(check.cosine.into(), 3))])
        }
    }
}

/// Why a pack isn't one, without a full stop, to stand inside a sentence.
pub fn pack_failure(failure: &PackFailure) -> String {
    match failure {
        PackFailure::NotAManifest(said) => NOT_A_MANIFEST.fill(&[("said", said)]),
        PackFailure::OtherFormat(format) => OTHER_FORMAT.fill(&[("format", format)]),
        PackFailure::Unlisted(file) => UNLISTED.fill(&[("file", file)]),
        PackFailure::Length(length) => LENGTH.fill(&[
            ("found", &length.found.to_string()),
            ("expected", &length.expected.to_string()),
            ("file", &length.file),
        ]),
        PackFailure::Altered(file) => ALTERED.fill(&[("file", file)]),
        PackFailure::Damaged(fault) => of_file(DAMAGED, fault),
        PackFailure::TooLarge(file) => TOO_LARGE_FILE.fill(&[("file", file)]),
    }
}

/// A sentence about a file and what was said of it.
pub fn of_file(text: Text, fault: &FileFault) -> String {
    text.fill(&[("file", &fault.file), ("said", &fault.said)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::locale::{Language, catalog};
    use glimpse_model::pixels::PictureFormat;

    const GERMAN: &str = include_str!("text.de.json");

    #[test]
    fn german_is_complete() {
        catalog::check(ALL, GERMAN);
    }

    #[test]
    fn photos_that_cannot_be_opened_say_what_they_are() {
        let said = |error| image_failure(&ImageFailure::Open(error));
        let text = said(OpenError::NotAPicture(OtherFormat::Text));
        assert_eq!(
            text,
            "This is a text file, not a picture. Try a JPEG, PNG, WebP or GIF."
        );
        let (width, height) = (12_000, 12_000);
        let huge = said(OpenError::TooLarge { width, height });
        assert!(
            huge.contains("12000 \u{d7} 12000: 144 megapixels, and at most 120"),
            "{huge}"
        );
        let psd = said(OpenError::Unsupported(PictureFormat::Photoshop));
        assert!(psd.contains("a Photoshop file"), "{psd}");
        let cut = said(OpenError::Undecodable(PictureFormat::JpegXl));
        assert!(
            cut.starts_with("This JPEG XL file can't be opened"),
            "{cut}"
        );
        catalog::speak(Language::German, GERMAN);
        let text = said(OpenError::NotAPicture(OtherFormat::Pdf));
        assert!(text.starts_with("Das ist ein PDF-Dokument"), "{text}");
    }
}
