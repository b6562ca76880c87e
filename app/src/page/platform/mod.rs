//! The browser's objects, behind functions that know no feature.
//!
//! [`files`] reads drops and pickers, and [`dropped`] tells photos from a model's files.

pub mod clipboard;
pub mod dom;
pub mod download;
pub mod dropped;
pub mod fetch;
pub mod files;
pub mod share_target;
pub mod storage;
pub mod svg;
pub mod walk;
