//! Image preprocessing, exact to Pillow: RGBA in, a tower's input out, by the checkpoint's own
//! resize, crop and normalise ([`Preprocessing`]); what files can be opened ([`check`]) and how
//! they are shown ([`Presentation`]), and what of a picture is seen ([`View`], [`Grid`]).
//!
//! Transparency is laid over white, as a page shows it, and as transformers 5 does.
//! transformers 4 and open_clip drop the alpha channel (Pillow's `convert("RGB")`), which uncovers
//! whatever colour is stored under it.

mod format;
mod grid;
mod orientation;
mod preprocess;
mod presentation;
mod raw;
mod resample;
mod view;

pub use format::{Format, MAX_PIXELS, OpenError, OtherFormat, PictureFormat, check};
pub use grid::Grid;
pub use orientation::{Block, Orientation};
pub use preprocess::{
    CropOffset, CropSize, PixelError, Preprocessing, Preprocessor, Resizer, Rounding, Size,
};
pub use presentation::{Edit, FileBytes, HeadTooShort, Presentation};
pub use raw::{RawPreview, is_raw, raw_preview};
pub use resample::Filter;
pub use view::{Rectangle, View};
