//! Telling whether something was already made from exactly these files.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Files above this size are known by their length and time, not by what is in them.
const LARGE: u64 = 1 << 20;

/// A running digest over files and words.
#[derive(Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds a word, such as a version.
    pub fn word(mut self, word: &str) -> Self {
        self.add(word.as_bytes());
        self
    }

    /// Adds a file, or every file of a folder; one that isn't there counts as not being there.
    pub fn path(mut self, path: &Path) -> Result<Self> {
        self.add_path(path)
            .with_context(|| format!("couldn't read {}", path.display()))?;
        Ok(self)
    }

    /// The digest in hexadecimal.
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }

    fn add(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn add_path(&mut self, path: &Path) -> io::Result<()> {
        let Ok(facts) = fs::metadata(path) else {
            self.add(b"absent");
            return Ok(());
        };
        self.add(path.as_os_str().as_encoded_bytes());
        if facts.is_dir() {
            let mut entries = fs::read_dir(path)?
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<io::Result<Vec<_>>>()?;
            entries.sort();
            for entry in entries {
                self.add_path(&entry)?;
            }
        } else if facts.len() > LARGE {
            let time = facts.modified()?.duration_since(UNIX_EPOCH);
            let time = time.unwrap_or_default().as_nanos();
            self.add(&facts.len().to_le_bytes());
            self.add(&time.to_le_bytes());
        } else {
            self.add(&fs::read(path)?);
        }
        Ok(())
    }
}

/// Whether the stamp of this name says that its thing was made from this fingerprint.
pub fn is_current(stamp: &Path, fingerprint: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|made_from| made_from == fingerprint)
}

/// Notes what a thing was made from.
pub fn record(stamp: &Path, fingerprint: &str) -> Result<()> {
    if let Some(folder) = stamp.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(stamp, fingerprint).with_context(|| format!("couldn't write {}", stamp.display()))
}

/// The SHA-256 of a file, in hexadecimal.
pub fn sha256_of(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("couldn't read {}", path.display()))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            count => digest.update(&buffer[..count]),
        }
    }
}

/// The SHA-256 of bytes, in hexadecimal.
pub fn sha256_of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_apart() {
        let one = Fingerprint::default().word("ab").word("c").finish();
        let other = Fingerprint::default().word("a").word("bc").finish();
        assert_ne!(one, other);
    }

    #[test]
    fn absent_file_differs_from_an_empty_one() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("glimpse-print-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let file = folder.join("file");
        let absent = Fingerprint::default().path(&file)?.finish();
        fs::write(&file, "")?;
        let empty = Fingerprint::default().path(&file)?.finish();
        fs::remove_dir_all(&folder)?;
        assert_ne!(absent, empty);
        Ok(())
    }
}
