//! What errors of the model read as at a terminal, where they deserve more than a cause: what can be
//! done about them.

use glimpse_model::{
    checkpoint::{CheckpointError, Purpose},
    pack::PackError,
    pixels::{MAX_PIXELS, OpenError, OtherFormat, PictureFormat},
    pretrain::PretrainError,
};
use std::error::Error;

/// The sentence for an error; `None` where what it says of itself is enough.
pub fn of(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref() {
        return Some(not_opened(*error));
    }
    match error.downcast_ref() {
        Some(PackError::Length { .. } | PackError::Hash { .. }) => {
            return Some(format!(
                "{error}. Copy or download the pack again, or make it anew (glimpse import)."
            ));
        }
        Some(
            PackError::Foreign { .. } | PackError::OtherTower { .. } | PackError::TooLarge { .. },
        )
        | None => {}
    }
    if let Some(PretrainError::Diverged { .. }) = error.downcast_ref() {
        return Some(format!("{error}: a lower learning rate may help"));
    }
    match error.downcast_ref()? {
        CheckpointError::Foreign { found } => Some(format!(
            "this is no checkpoint that can be read: a Hugging Face folder has a config.json, an \
             open_clip folder an open_clip_config.json. Found: {}",
            match found.as_slice() {
                [] => "no files at all".to_owned(),
                found => found.join(", "),
            }
        )),
        CheckpointError::MissingFile {
            purpose: Purpose::Tokenizer,
            ..
        } => Some(format!(
            "{error} (transformers makes it from a slow tokenizer's files: \
             AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER))"
        )),
        _ => None,
    }
}

/// Why a file isn't opened as a picture.
pub fn not_opened(error: OpenError) -> String {
    match error {
        OpenError::Empty => "this file is empty (0 bytes)".to_owned(),
        OpenError::NotAPicture(OtherFormat::Video) => {
            "this is a video, not a picture: save a frame of it first (ffmpeg does that)".to_owned()
        }
        OpenError::NotAPicture(format) => format!("this is {}, not a picture", kind(format)),
        OpenError::Undecodable(PictureFormat::Svg) => {
            "SVG drawings can't be opened here: convert it to PNG first (rsvg-convert does that)"
                .to_owned()
        }
        OpenError::Undecodable(format) => format!(
            "this {format} file can't be opened: it is damaged, cut short, or of a kind that isn't \
             supported"
        ),
        OpenError::Unsupported(format) => format!(
            "this is a {format} file, which can't be opened here: convert it first ({})",
            converter(format)
        ),
        OpenError::NoPreview => {
            "this RAW file holds no preview that can be opened: develop it to a \
                                 JPEG first (darktable-cli does that)"
                .to_owned()
        }
        OpenError::TooLarge { width, height } => format!(
            "this picture is {width} × {height}: {} megapixels, and at most {} can be opened",
            width * height / 1_000_000,
            MAX_PIXELS / 1_000_000
        ),
    }
}

/// What makes a picture that can be opened of such a file.
fn converter(format: PictureFormat) -> &'static str {
    match format {
        PictureFormat::Jpeg2000 => "opj_decompress does that",
        PictureFormat::JpegXr => "JxrDecApp does that",
        PictureFormat::OpenExr | PictureFormat::Photoshop | PictureFormat::Xcf => {
            "ImageMagick does that"
        }
        _ => "any photo program does that",
    }
}

/// A kind of file, with its article.
fn kind(format: OtherFormat) -> &'static str {
    match format {
        OtherFormat::Gzip => "a gzip archive",
        OtherFormat::Pdf => "a PDF document",
        OtherFormat::Sound => "a sound file",
        OtherFormat::SoundOrVideo => "a sound or video file",
        OtherFormat::Text => "a text file",
        OtherFormat::Unknown => "a file of an unknown kind",
        OtherFormat::Video => "a video",
        OtherFormat::Zip => "a ZIP archive or an office document",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_no_browser() {
        let said = |format| of(&OpenError::Undecodable(format)).unwrap();
        let psd = of(&OpenError::Unsupported(PictureFormat::Photoshop)).unwrap();
        assert!(
            psd.contains("a Photoshop file") && psd.contains("convert"),
            "{psd}"
        );
        for format in [PictureFormat::Heic, PictureFormat::Png, PictureFormat::Svg] {
            assert!(!said(format).contains("Safari"), "{}", said(format));
        }
        let text = of(&OpenError::NotAPicture(OtherFormat::Text));
        assert_eq!(text.unwrap(), "this is a text file, not a picture");
    }
}
