//! Pictures with labels or captions, in a folder or in a WebDataset tar file.

mod captions;
mod labels;
mod samples;
mod webdataset;

pub use captions::captioned;
pub use labels::labelled;

use crate::{failure::Failed, pictures::Picture};

/// Pictures that each belong to one of several classes.
#[derive(Debug, PartialEq)]
pub struct Labelled {
    /// The classes' names, sorted.
    pub labels: Vec<String>,
    /// Pictures and their class's place in `labels`.
    pub pictures: Vec<(Picture, usize)>,
}

/// Pictures that each have captions.
#[derive(Debug, PartialEq)]
pub struct Captioned {
    /// Pictures and at least one caption each.
    pub pictures: Vec<(Picture, Vec<String>)>,
}

/// A data set, and what of it can't be used.
pub struct Found<T> {
    pub data: T,
    pub failed: Vec<Failed>,
}
