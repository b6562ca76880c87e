//! Integrity of a pack's files: length and SHA-256 against the manifest, while a file comes in
//! ([`Verifier`]).

use super::{FileEntry, Tower};
use sha2::{Digest, Sha256};

/// Why a pack's file was refused. Every variant names the file.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Fewer or more bytes than the manifest says.
    #[error(
        "{file} has {found} bytes, {expected} by the manifest: cut short, or from another pack"
    )]
    Length {
        /// The file's name in the pack.
        file: String,
        /// Bytes that the manifest says.
        expected: u64,
        /// Bytes that came; where there are too many, those up to the piece that passed the length.
        found: u64,
    },
    /// A file of the right length, with other bytes.
    #[error("{file} has another SHA-256 than in the manifest: altered or damaged")]
    Hash {
        /// The file's name in the pack.
        file: String,
    },
    /// A file that does not fit in this device's memory.
    #[error("{file} is too large for this device: it has {bytes} bytes")]
    TooLarge {
        /// The file's name in the pack.
        file: String,
        /// Its length, as the manifest says.
        bytes: u64,
    },
    /// A file that is no tower's.
    #[error("{file} is not a tower of a Glimpse pack: {reason}")]
    Foreign {
        /// The file's name in the pack.
        file: String,
        /// What is wrong with it, as the end of a sentence.
        reason: String,
    },
    /// A file that holds the other tower.
    #[error("{file} holds the {found}, expected the {expected}")]
    OtherTower {
        /// The file's name in the pack.
        file: String,
        /// The tower that was asked for.
        expected: Tower,
        /// What the file says it holds.
        found: String,
    },
}

/// Takes a file's bytes in pieces and tells at the end whether they were the right ones.
pub struct Verifier<'a> {
    file: &'a str,
    entry: &'a FileEntry,
    hash: Sha256,
    bytes: u64,
}

impl<'a> Verifier<'a> {
    /// Begins to check `file`, which must be as `entry` says.
    pub fn new(file: &'a str, entry: &'a FileEntry) -> Self {
        Self {
            file,
            entry,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// Takes the file's next bytes.
    ///
    /// # Errors
    /// [`PackError::Length`] as soon as there are too many.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), PackError> {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > self.entry.bytes {
            return Err(self.length());
        }
        self.hash.update(bytes);
        Ok(())
    }

    /// Compares length and hash with the manifest's.
    ///
    /// # Errors
    /// [`PackError::Length`] and [`PackError::Hash`].
    pub fn finish(self) -> Result<(), PackError> {
        if self.bytes != self.entry.bytes {
            return Err(self.length());
        }
        if hexadecimal(&self.hash.finalize()) != self.entry.sha256 {
            return Err(PackError::Hash {
                file: self.file.to_owned(),
            });
        }
        Ok(())
    }

    fn length(&self) -> PackError {
        PackError::Length {
            file: self.file.to_owned(),
            expected: self.entry.bytes,
            found: self.bytes,
        }
    }
}

impl FileEntry {
    /// The length and hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.len() as u64,
            sha256: hexadecimal(&Sha256::digest(bytes)),
        }
    }

    /// Checks a whole file in memory.
    ///
    /// # Errors
    /// [`PackError::Length`] and [`PackError::Hash`].
    pub fn verify(&self, file: &str, bytes: &[u8]) -> Result<(), PackError> {
        let mut verifier = Verifier::new(file, self);
        verifier.update(bytes)?;
        verifier.finish()
    }
}

/// Bytes in hexadecimal, as hashes are written.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
