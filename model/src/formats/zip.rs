//! ZIP archives whose files are stored without compression, read in place ([`ZipFolder`],
//! [`Archive`]).

use super::{Folder, ReadSeek};
use crate::{limits::at_most, pack::is_plain_file_name};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read, Seek, SeekFrom},
};

/// Entries of an archive: a PyTorch file has one for each tensor.
const MAX_ENTRIES: u64 = 1 << 18;

/// What archivers and file managers add.
const JUNK_FOLDER: &str = "__MACOSX";
const JUNK_FILES: [&str; 3] = [".DS_Store", "Thumbs.db", "desktop.ini"];
/// Before the name of a file that holds another one's resource fork.
const JUNK_PREFIX: &str = "._";

/// A file in an archive.
pub(super) struct Entry {
    /// Its path in the archive, with `/` between folders.
    pub path: String,
    /// Its first byte in the archive and its length in bytes; `None` if it isn't stored as it is.
    range: Option<(u64, u64)>,
}

impl Entry {
    /// Its first byte in the archive, and its length in bytes.
    ///
    /// # Errors
    /// For one that is compressed or encrypted.
    pub(super) fn stored(&self) -> io::Result<(u64, u64)> {
        self.range.ok_or_else(|| {
            let path = &self.path;
            wrong(format!(
                "{path} is compressed or encrypted inside the archive; unpack it first"
            ))
        })
    }

    /// The folder that it is in, empty for the outermost one, and its name there.
    fn split(&self) -> (&str, &str) {
        self.path.rsplit_once('/').unwrap_or(("", &self.path))
    }

    fn is_junk(&self) -> bool {
        let (_, name) = self.split();
        let is_inside = self.path.split('/').any(|folder| folder == JUNK_FOLDER);
        is_inside || JUNK_FILES.contains(&name) || name.starts_with(JUNK_PREFIX)
    }
}

/// The directory of an archive, once it is known to be sound: every file that is stored lies within
/// the archive, as long as it says, and none in another.
pub(super) struct Archive {
    /// All files, in no particular order; folders are none.
    pub entries: Vec<Entry>,
}

fn wrong(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

impl Archive {
    /// Reads the directory.
    ///
    /// # Errors
    /// What is wrong with the archive.
    pub(super) fn read(mut reader: impl Read + Seek) -> io::Result<Self> {
        let total = reader.seek(SeekFrom::End(0))?;
        reader.seek(SeekFrom::Start(0))?;
        let mut archive = zip::ZipArchive::new(reader)?;
        at_most(
            "the number of files in it",
            archive.len() as u64,
            MAX_ENTRIES,
        )
        .map_err(|limit| io::Error::new(io::ErrorKind::InvalidData, limit))?;
        let mut entries = Vec::new();
        for index in 0..archive.len() {
            let file = archive.by_index_raw(index)?;
            if file.is_dir() {
                continue;
            }
            // Archives from Windows may have its separators.
            let path = file.name()?.replace('\\', "/");
            let is_stored =
                file.compression() == zip::CompressionMethod::Stored && !file.encrypted();
            let range = match file.data_start() {
                Some(start) if is_stored => Some((start, file.size())),
                _ => None,
            };
            let is_inside = |(start, length): (u64, u64)| {
                let end = start.checked_add(length);
                end.is_some_and(|end| end <= total) && length == file.compressed_size()
            };
            if !range.is_none_or(is_inside) {
                let size = file.size();
                return Err(wrong(format!(
                    "{path} has {size} bytes by the archive's directory, which do not lie in it"
                )));
            }
            entries.push(Entry { path, range });
        }
        let archive = Self { entries };
        archive.refuse_overlaps()?;
        Ok(archive)
    }

    /// Files in one another would make more of an archive than it has.
    fn refuse_overlaps(&self) -> io::Result<()> {
        let mut ranges: Vec<(u64, u64, &str)> = self
            .entries
            .iter()
            .filter_map(|entry| {
                let (start, length) = entry.range.filter(|&(_, length)| length > 0)?;
                Some((start, start + length, &*entry.path))
            })
            .collect();
        ranges.sort_unstable();
        for pair in ranges.windows(2) {
            if let &[(_, end, one), (start, _, other)] = pair
                && start < end
            {
                return Err(wrong(format!("{one} and {other} lie in the same place")));
            }
        }
        Ok(())
    }

    /// The files that make up one folder. All of them, as long as no name comes twice; else those
    /// of the outermost folder that has any, if there is one outermost.
    fn one_folder(&self) -> io::Result<Vec<&Entry>> {
        // Nobody asks for a name that is none.
        let usable = |entry: &&Entry| !entry.is_junk() && is_plain_file_name(entry.split().1);
        let entries: Vec<&Entry> = self.entries.iter().filter(usable).collect();
        let mut seen = BTreeMap::new();
        let twice = entries.iter().find_map(|entry| {
            let (folder, name) = entry.split();
            let other = seen.insert(name, folder)?;
            Some((name, other, folder))
        });
        let Some((name, one, other)) = twice else {
            return Ok(entries);
        };
        let depth = |folder: &str| match folder {
            "" => 0,
            folder => folder.split('/').count(),
        };
        let folders: BTreeSet<&str> = entries.iter().map(|entry| entry.split().0).collect();
        let least = folders.iter().map(|folder| depth(folder)).min();
        let mut outermost = folders.iter().filter(|folder| Some(depth(folder)) == least);
        let (Some(&outermost), None) = (outermost.next(), outermost.next()) else {
            return Err(wrong(format!(
                "{name} is in it twice, in \"{one}/\" and in \"{other}/\"; put the files of one \
                 model into an archive of their own"
            )));
        };
        let is_inside = |entry: &&Entry| entry.split().0 == outermost;
        let entries: Vec<&Entry> = entries.into_iter().filter(is_inside).collect();
        let names: BTreeSet<&str> = entries.iter().map(|entry| entry.split().1).collect();
        if names.len() < entries.len() {
            return Err(wrong(format!("{name} is in it twice, in one folder")));
        }
        Ok(entries)
    }
}

/// The files of a ZIP archive that are stored as they are, all in one folder: a pack as a single
/// file. What archivers add (`__MACOSX`, `.DS_Store` and the like) is left out. Where a name comes
/// twice, only the outermost folder counts.
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
        let archive = Archive::read(open()?)?;
        let mut files = BTreeMap::new();
        for entry in archive.one_folder()? {
            files.insert(entry.split().1.to_owned(), entry.stored()?);
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
            .seek(SeekFrom::Start(self.start + self.position))?;
        let read = self.reader.read(&mut buffer[..wanted])?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for SubReader {
    fn seek(&mut self, target: io::SeekFrom) -> io::Result<u64> {
        let position = match target {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
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

    /// An archive of these paths, each with its own path in it.
    fn archive(paths: &[&str]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for path in paths {
            writer.start_file(*path, options).unwrap();
            writer.write_all(path.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn open(bytes: Vec<u8>) -> io::Result<impl Folder> {
        let bytes: Arc<[u8]> = bytes.into();
        ZipFolder::new(move || Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn ReadSeek>))
    }

    fn refusal(bytes: Vec<u8>) -> String {
        open(bytes).err().map(|error| error.to_string()).unwrap()
    }

    fn text(folder: &dyn Folder, name: &str) -> String {
        let mut text = String::new();
        let mut reader = folder.open(name).unwrap();
        reader.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn stored_files_are_read_in_place() {
        let folder = open(archive(&["pack/a.json"])).unwrap();
        assert_eq!(folder.names(), ["a.json"]);
        let missing = folder.open("b.json").err().unwrap();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        assert_eq!(text(&folder, "a.json"), "pack/a.json");
        let mut reader = folder.open("a.json").unwrap();
        reader.seek(SeekFrom::End(-4)).unwrap();
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "json");
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let open = || Ok(Box::new(Cursor::new(b"PK\x03\x04 nothing")) as Box<dyn ReadSeek>);
        assert!(ZipFolder::new(open).is_err());
    }

    #[test]
    fn what_archivers_add_is_left_out() {
        let folder = open(archive(&[
            "pack/a.json",
            "__MACOSX/pack/a.json",
            "__MACOSX/pack/._a.json",
            "pack/.DS_Store",
            "pack/._b.json",
        ]));
        let folder = folder.unwrap();
        assert_eq!(folder.names(), ["a.json"]);
        assert_eq!(text(&folder, "a.json"), "pack/a.json");
        // Compressed, as macOS leaves it: its method, in both headers, is 8.
        let mut bytes = archive(&["__MACOSX/._a.json", "pack/a.json"]);
        let directory = bytes
            .windows(4)
            .position(|four| four == b"PK\x01\x02")
            .unwrap();
        bytes[8] = 8;
        bytes[directory + 10] = 8;
        assert_eq!(open(bytes.clone()).unwrap().names(), ["a.json"]);
        let own = bytes
            .windows(4)
            .rposition(|four| four == b"PK\x01\x02")
            .unwrap();
        bytes[own + 10] = 8;
        let error = refusal(bytes);
        assert!(error.contains("pack/a.json is compressed"), "{error}");
    }

    #[test]
    fn folders_are_not_mixed_up() {
        // Files of several folders, as long as each has its own name.
        let folder = open(archive(&["README.md", "pack/a.json"])).unwrap();
        assert_eq!(folder.names(), ["README.md", "a.json"]);
        // The outermost folder counts, as in sentence-transformers' own.
        let folder = open(archive(&[
            "m/1_Pooling/config.json",
            "m/config.json",
            "m/1_Pooling/x",
        ]));
        let folder = folder.unwrap();
        assert_eq!(folder.names(), ["config.json"]);
        assert_eq!(text(&folder, "config.json"), "m/config.json");
        let error = refusal(archive(&["a/config.json", "b/config.json", "b/more.json"]));
        for part in ["config.json is in it twice", "\"a/\"", "\"b/\""] {
            assert!(error.contains(part), "{error}");
        }
        // Windows' separators are separators.
        let folder = open(archive(&["a\\config.json", "a\\..\\..\\x.json"])).unwrap();
        assert_eq!(folder.names(), ["config.json", "x.json"]);
        // A name that leads elsewhere is none.
        assert_eq!(open(archive(&["a/..", "a/b"])).unwrap().names(), ["b"]);
    }

    /// Overwrites four bytes of an entry's headers: its own, and that in the directory.
    fn set(bytes: &mut [u8], index: usize, offset: [usize; 2], value: u32) {
        for (signature, offset) in [b"PK\x03\x04", b"PK\x01\x02"].into_iter().zip(offset) {
            let all = bytes.windows(4).enumerate();
            let at = all
                .filter(|(_, four)| *four == signature)
                .nth(index)
                .unwrap()
                .0;
            bytes[at + offset..at + offset + 4].copy_from_slice(&value.to_le_bytes());
        }
    }

    #[test]
    fn sizes_are_not_believed() {
        // More than the archive has, compressed and not.
        let mut bytes = archive(&["a", "b"]);
        set(&mut bytes, 0, [18, 20], 1 << 30);
        set(&mut bytes, 0, [22, 24], 1 << 30);
        let error = refusal(bytes);
        assert!(
            error.contains("a has 1073741824 bytes by the archive's directory"),
            "{error}"
        );
        // More than is stored.
        let mut bytes = archive(&["a", "b"]);
        set(&mut bytes, 0, [22, 24], 100);
        assert!(refusal(bytes).contains("a has 100 bytes"));
        // One file in the other.
        let mut bytes = archive(&["a", "b"]);
        set(&mut bytes, 0, [18, 20], 40);
        set(&mut bytes, 0, [22, 24], 40);
        let error = refusal(bytes);
        assert!(error.contains("a and b lie in the same place"), "{error}");
    }
}
