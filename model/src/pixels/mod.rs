//! Image preprocessing, exact to Pillow: RGBA in, a tower's input out, by the checkpoint's own
//! resize, crop and normalise ([`Preprocessing`]); what files can be opened ([`check`]), and what
//! of a picture is seen ([`View`], [`Grid`]).

mod format;
mod grid;
mod preprocess;
mod resample;
mod view;

pub use format::{Format, MAX_PIXELS, OpenError, OtherFormat, PictureFormat, check};
pub use grid::Grid;
pub use preprocess::{
    CropOffset, CropSize, PixelError, Preprocessing, Preprocessor, Resizer, Rounding, Size,
};
pub use resample::Filter;
pub use view::{Rectangle, View};
