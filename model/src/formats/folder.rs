//! Folders of files, wherever they are ([`Folder`]): a directory, files dropped on a page, an
//! archive. All of them hand out readers, so that nothing has to be in memory as a whole.

use std::{
    collections::BTreeMap,
    io::{self, Cursor, Read, Seek},
    sync::Arc,
};

/// A reader that can seek, as a trait object.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// A flat folder: files by name, without folders inside.
pub trait Folder {
    /// The files' names, in no particular order.
    fn names(&self) -> Vec<String>;
    /// Opens the file `name` for reading.
    ///
    /// # Errors
    /// The system's, `NotFound` among them.
    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek>>;
}

/// A folder in memory: files' bytes by name.
#[derive(Debug, Clone, Default)]
pub struct MemoryFolder(pub BTreeMap<String, Arc<[u8]>>);

impl Folder for MemoryFolder {
    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek>> {
        let bytes = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(bytes.clone())))
    }
}
