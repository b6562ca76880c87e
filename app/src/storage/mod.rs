//! The browser's own storage for files (the origin private file system): [packs that a visitor
//! brought](opfs), and [copies of those that are served](pack_cache).

pub mod opfs;
pub mod pack_cache;
