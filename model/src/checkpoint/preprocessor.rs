//! A checkpoint's preprocessing of pictures, from the config of either layout: [`hugging_face`],
//! [`open_clip`].

use super::{CheckpointError, Folder, Purpose, config::over, hugging_face::Family};
use crate::pixels::{CropOffset, CropSize, Filter, Preprocessing, Resizer, Rounding, Size};
use serde::Deserialize;
use serde_json::{Value, json};

const FILE: &str = "preprocessor_config.json";
/// Where newer folders keep the same fields, under `image_processor`.
const NEWER_FILE: &str = "processor_config.json";

/// Those of the pictures that OpenAI's CLIP was trained on (its `clip.py`).
const OPENAI_MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const OPENAI_STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

#[derive(Deserialize)]
struct Published {
    do_resize: bool,
    size: Side,
    resample: Filter,
    do_center_crop: bool,
    crop_size: Option<Side>,
    do_rescale: bool,
    rescale_factor: f64,
    do_normalize: bool,
    image_mean: [f32; 3],
    image_std: [f32; 3],
}

/// A size as the years have written it.
#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum Side {
    Number(usize),
    Shortest { shortest_edge: usize },
    Both { height: usize, width: usize },
}

/// Reads `preprocessor_config.json` over the defaults of its class.
pub(super) fn hugging_face(
    folder: &dyn Folder,
    family: Family,
    image_size: usize,
) -> Result<Preprocessing, CheckpointError> {
    let (file, published) = match folder.json::<Value>(FILE)? {
        Some(published) => (FILE, published),
        None => match folder.json::<Value>(NEWER_FILE)? {
            Some(mut newer) if newer["image_processor"].is_object() => {
                (NEWER_FILE, newer["image_processor"].take())
            }
            _ => {
                return Err(CheckpointError::MissingFile {
                    file: FILE.to_owned(),
                    purpose: Purpose::Preprocessing,
                });
            }
        },
    };
    let defaults = match family {
        Family::Clip => json!({
            "do_resize": true, "size": {"shortest_edge": 224}, "resample": 3,
            "do_center_crop": true, "crop_size": {"height": 224, "width": 224},
            "do_rescale": true, "rescale_factor": 1.0 / 255.0,
            "do_normalize": true, "image_mean": OPENAI_MEAN, "image_std": OPENAI_STD,
        }),
        Family::Siglip => json!({
            "do_resize": true, "size": {"height": 224, "width": 224}, "resample": 3,
            "do_center_crop": false, "crop_size": null,
            "do_rescale": true, "rescale_factor": 1.0 / 255.0,
            "do_normalize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
        }),
    };
    let published: Published = super::config::parse(file, over(defaults, &published))?;
    let unsupported = |what: String, supported: &str| CheckpointError::Unsupported {
        file: file.to_owned(),
        what,
        supported: supported.to_owned(),
    };
    if !published.do_resize {
        return Err(unsupported("do_resize false".to_owned(), "true"));
    }
    if !published.do_rescale || (published.rescale_factor * 255.0 - 1.0).abs() > 1e-3 {
        let what = match published.do_rescale {
            true => format!("rescale_factor {}", published.rescale_factor),
            false => "do_rescale false".to_owned(),
        };
        return Err(unsupported(what, "true, by 1/255"));
    }
    let size = match (published.size, family) {
        // A bare number was the shorter side for CLIP, a square for SigLIP.
        (Side::Number(shortest_edge), Family::Clip) | (Side::Shortest { shortest_edge }, _) => {
            Size::ShortestEdge { shortest_edge }
        }
        (Side::Number(side), Family::Siglip) => Size::Exact {
            height: side,
            width: side,
        },
        (Side::Both { height, width }, _) => Size::Exact { height, width },
    };
    let crop_size = published
        .crop_size
        .filter(|_| published.do_center_crop)
        .map(|crop| match crop {
            Side::Number(side)
            | Side::Shortest {
                shortest_edge: side,
            } => CropSize {
                height: side,
                width: side,
            },
            Side::Both { height, width } => CropSize { height, width },
        });
    let (image_mean, image_std) = if published.do_normalize {
        (published.image_mean, published.image_std)
    } else {
        ([0.0; 3], [1.0; 3])
    };
    fitting(
        file,
        image_size,
        Preprocessing {
            size,
            crop_size,
            resample: published.resample,
            resizer: Resizer::Torchvision,
            longer_side: Rounding::Truncate,
            crop_offset: CropOffset::Floor,
            image_mean,
            image_std,
        },
    )
}

#[derive(Deserialize)]
struct OpenClip {
    mean: [f32; 3],
    std: [f32; 3],
    interpolation: String,
    resize_mode: String,
    fill_color: u8,
}

/// Reads `preprocess_cfg`, which stands inside `file`.
pub(super) fn open_clip(
    file: &str,
    published: &Value,
    image_size: usize,
) -> Result<Preprocessing, CheckpointError> {
    let defaults = json!({
        "mean": OPENAI_MEAN, "std": OPENAI_STD,
        "interpolation": "bicubic", "resize_mode": "shortest", "fill_color": 0,
    });
    let published: OpenClip = super::config::parse(file, over(defaults, published))?;
    let unsupported = |what: String, supported: &str| CheckpointError::Unsupported {
        file: file.to_owned(),
        what,
        supported: supported.to_owned(),
    };
    let side = image_size;
    let (size, crop_size) = match published.resize_mode.as_str() {
        "shortest" => (
            Size::ShortestEdge {
                shortest_edge: side,
            },
            Some(CropSize {
                height: side,
                width: side,
            }),
        ),
        "longest" => (
            Size::LongestEdge {
                longest_edge: side,
                fill_color: published.fill_color,
            },
            Some(CropSize {
                height: side,
                width: side,
            }),
        ),
        "squash" => (
            Size::Exact {
                height: side,
                width: side,
            },
            None,
        ),
        other => {
            let what = format!("preprocess_cfg.resize_mode \"{other}\"");
            return Err(unsupported(what, "\"shortest\", \"longest\", \"squash\""));
        }
    };
    let resample = match published.interpolation.as_str() {
        "bicubic" => Filter::Bicubic,
        "bilinear" => Filter::Bilinear,
        other => {
            let what = format!("preprocess_cfg.interpolation \"{other}\"");
            return Err(unsupported(what, "\"bicubic\", \"bilinear\""));
        }
    };
    fitting(
        file,
        image_size,
        Preprocessing {
            size,
            crop_size,
            resample,
            resizer: Resizer::Pillow,
            longer_side: Rounding::Truncate,
            crop_offset: CropOffset::HalfToEven,
            image_mean: published.mean,
            image_std: published.std,
        },
    )
}

/// What comes out must be what the tower takes.
fn fitting(
    file: &str,
    image_size: usize,
    preprocessing: Preprocessing,
) -> Result<Preprocessing, CheckpointError> {
    let (height, width) = preprocessing.output_size();
    let uncropped = matches!(preprocessing.size, Size::ShortestEdge { .. })
        && preprocessing.crop_size.is_none();
    if height != image_size || width != image_size || uncropped {
        return Err(CheckpointError::Inconsistent {
            file: file.to_owned(),
            what: format!(
                "{width} × {height}{} = image_size {image_size} × {image_size}",
                if uncropped { " or longer" } else { "" }
            ),
        });
    }
    Ok(preprocessing)
}
