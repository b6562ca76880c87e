//! The browser's own storage for files (the origin private file system): [packs that a visitor
//! brought](opfs), and [copies of those that are served](pack_cache); and the [locks] by which those
//! who use it know of each other.

pub mod locks;
pub mod opfs;
pub mod pack_cache;
