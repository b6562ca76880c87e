//! Image preprocessing, exact to Pillow: RGBA in, a tower's input out, by the checkpoint's own
//! resize, crop and normalise ([`Preprocessing`]); what files can be opened ([`check`]), and what
//! of a picture is seen ([`View`], [`Grid`]).

mod format;
mod grid;
mod orientation;
mod preprocess;
mod presentation;
mod resample;
mod view;

pub use format::{Format, MAX_PIXELS, OpenError, check};
pub use grid::Grid;
pub use orientation::{Block, Orientation};
pub use preprocess::{
    CropOffset, CropSize, PixelError, Preprocessing, Preprocessor, Resizer, Rounding, Size,
};
pub use presentation::{Edit, FileBytes, HeadTooShort, Presentation};
pub use resample::Filter;
pub use view::{Rectangle, View};
