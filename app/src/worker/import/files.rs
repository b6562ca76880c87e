//! A visitor's files as a folder that can be read in place: no file is ever in memory as a whole.

use super::{super::writer::io_error, ImportError};
use glimpse_model::checkpoint::{Folder, ReadSeek, ZipFolder};
use js_sys::{Array, Uint8Array};
use std::{
    collections::BTreeMap,
    io::{self, Read, Seek, SeekFrom},
};
use wasm_bindgen::JsCast;
use web_sys::{File, FileReaderSync};

/// Bytes read at once, at least: asking the browser takes its time.
const CHUNK_SIZE: usize = 1 << 20;

/// The fault of a file that was moved, changed or deleted since it was chosen.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("moved, changed or deleted since it was chosen")]
pub struct Moved;

/// Opens an `Array` of `File`s as a folder, or a single ZIP archive as the folder inside it.
pub fn open(files: &Array) -> Result<Box<dyn Folder>, ImportError> {
    let files: Vec<File> = files.iter().map(JsCast::unchecked_into).collect();
    if let [file] = files.as_slice()
        && file.name().to_lowercase().ends_with(".zip")
    {
        let archive = file.clone();
        let open = move || Ok(Box::new(FileReader::open(&archive)?) as Box<dyn ReadSeek>);
        let folder = ZipFolder::new(open).map_err(|source| ImportError::Archive {
            file: file.name(),
            source,
        })?;
        return Ok(Box::new(folder));
    }
    let files = files.into_iter().map(|file| (file.name(), file));
    Ok(Box::new(Files(files.collect())))
}

struct Files(BTreeMap<String, File>);

impl Folder for Files {
    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek>> {
        let file = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(FileReader::open(file)?))
    }
}

/// A file's bytes, fetched as they are needed. Jumps inside the last chunk cost nothing, since
/// small tensors lie side by side.
struct FileReader {
    reader: FileReaderSync,
    file: File,
    length: u64,
    position: u64,
    /// The chunk that was read last.
    chunk: Vec<u8>,
    /// Where in the file it begins.
    chunk_start: u64,
}

impl FileReader {
    fn open(file: &File) -> io::Result<Self> {
        Ok(Self {
            reader: FileReaderSync::new().map_err(|error| io_error(&error))?,
            file: file.clone(),
            length: file.size() as u64,
            position: 0,
            chunk: Vec::new(),
            chunk_start: 0,
        })
    }

    fn fetch(&self, length: usize) -> io::Result<Uint8Array> {
        let end = (self.position + length as u64).min(self.length);
        let slice = self
            .file
            .slice_with_f64_and_f64(self.position as f64, end as f64)
            .map_err(|error| io_error(&error))?;
        let buffer = self.reader.read_as_array_buffer(&slice);
        // The browser's own words say less: "A requested file or directory could not be found at
        // the time an operation was processed."
        let buffer = buffer.map_err(|_| io::Error::other(Moved))?;
        Ok(Uint8Array::new(&buffer))
    }

    /// The part of the last chunk that lies at the position and behind it.
    fn buffered(&self) -> &[u8] {
        let offset = self.position.checked_sub(self.chunk_start);
        let offset = offset.and_then(|offset| usize::try_from(offset).ok());
        offset
            .and_then(|offset| self.chunk.get(offset..))
            .unwrap_or_default()
    }
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.position >= self.length {
            return Ok(0);
        }
        if self.buffered().is_empty() {
            if buffer.len() >= CHUNK_SIZE {
                let bytes = self.fetch(buffer.len())?;
                let count = bytes.length() as usize;
                bytes.copy_to(&mut buffer[..count]);
                self.position += count as u64;
                return Ok(count);
            }
            self.chunk = self.fetch(CHUNK_SIZE)?.to_vec();
            self.chunk_start = self.position;
        }
        let bytes = self.buffered();
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for FileReader {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let position = match target {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
