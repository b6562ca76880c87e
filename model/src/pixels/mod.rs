//! RGBA in, a tower's input out: the checkpoint's own resize, crop and normalise, exact to Pillow.

mod format;
mod preprocess;
mod resample;

pub use format::{Format, MAX_PIXELS, OpenError, check};
pub use preprocess::{
    CropOffset, CropSize, PixelError, Preprocessing, Preprocessor, Resizer, Rounding, Size,
};
pub use resample::Filter;
