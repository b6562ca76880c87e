//! RGBA in, a tower's input out: the checkpoint's own resize, crop and normalise, exact to Pillow.

mod format;
mod grid;
mod preprocess;
mod resample;
mod view;

pub use format::{Format, MAX_PIXELS, OpenError, check};
pub use grid::Grid;
pub use preprocess::{
    CropOffset, CropSize, PixelError, Preprocessing, Preprocessor, Resizer, Rounding, Size,
};
pub use resample::Filter;
pub use view::{Rectangle, View};
