//! ZIP archives whose files are stored without compression, read in place ([`ZipFolder`]).

use super::{Folder, ReadSeek};
use std::{
    collections::BTreeMap,
    io::{self, Read, Seek},
};

/// The files of a ZIP archive that are stored as they are, all in one folder: a pack as a single
/// file.
pub struct ZipFolder<F> {
    open: F,
    /// Each file's first byte in the archive, and its length in bytes, by name.
    files: BTreeMap<String, (u64, u64)>,
}

impl<F: Fn() -> io::Result<Box<dyn ReadSeek>>> ZipFolder<F> {
    /// Reads the archive's directory; `open` opens the archive, once for every file.
    ///
    /// # Errors
    /// What is wrong with the archive, or a file in it that is compressed.
    pub fn new(open: F) -> io::Result<Self> {
        let mut archive = zip::ZipArchive::new(open()?)?;
        let mut files = BTreeMap::new();
        for index in 0..archive.len() {
            let file = archive.by_index_raw(index)?;
            if file.is_dir() {
                continue;
            }
            let path = file.name()?.into_owned();
            let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
            let start = file.data_start();
            match (file.compression(), start) {
                (zip::CompressionMethod::Stored, Some(start)) => {
                    files.insert(name, (start, file.size()));
                }
                _ => {
                    return Err(io::Error::other(format!(
                        "{path} is compressed inside the archive; unpack it first"
                    )));
                }
            }
        }
        Ok(Self { open, files })
    }
}

impl<F: Fn() -> io::Result<Box<dyn ReadSeek>>> Folder for ZipFolder<F> {
    fn names(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek>> {
        let &(start, length) = self.files.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(SubReader {
            reader: (self.open)()?,
            start,
            length,
            position: 0,
        }))
    }
}

/// Reads a range of another reader's bytes as if it were a file of its own.
struct SubReader {
    reader: Box<dyn ReadSeek>,
    start: u64,
    length: u64,
    position: u64,
}

impl Read for SubReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.position);
        let wanted = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        self.reader
            .seek(io::SeekFrom::Start(self.start + self.position))?;
        let read = self.reader.read(&mut buffer[..wanted])?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for SubReader {
    fn seek(&mut self, target: io::SeekFrom) -> io::Result<u64> {
        let position = match target {
            io::SeekFrom::Start(position) => Some(position),
            io::SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            io::SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Cursor, Write},
        sync::Arc,
    };
    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

    fn archive(method: CompressionMethod) -> Arc<[u8]> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file("pack/a.json", options).unwrap();
        writer.write_all(b"{\"a\": 1}").unwrap();
        writer.finish().unwrap().into_inner().into()
    }

    #[test]
    fn stored_files_are_read_in_place() {
        let bytes = archive(CompressionMethod::Stored);
        let folder =
            ZipFolder::new(move || Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn ReadSeek>));
        let folder = folder.unwrap();
        let folder: &dyn Folder = &folder;
        assert_eq!(folder.names(), ["a.json"]);
        let missing = folder.open("b.json").err().unwrap();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        let mut reader = folder.open("a.json").unwrap();
        let mut json = String::new();
        reader.read_to_string(&mut json).unwrap();
        assert_eq!(json, "{\"a\": 1}");
        reader.seek(io::SeekFrom::End(-2)).unwrap();
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "1}");
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let open = || Ok(Box::new(Cursor::new(b"PK\x03\x04 nothing")) as Box<dyn ReadSeek>);
        assert!(ZipFolder::new(open).is_err());
    }
}
