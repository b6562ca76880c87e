//! A pack's file in memory, checked while it comes in: [`FileBytes`].

use super::{FileEntry, PackError, Verifier};

/// A file's bytes as they arrive. Memory is reserved for what is known to come, never for what a
/// manifest merely says: its lengths are anybody's.
pub struct FileBytes<'a> {
    file: &'a str,
    entry: &'a FileEntry,
    verifier: Verifier<'a>,
    bytes: Vec<u8>,
}

impl<'a> FileBytes<'a> {
    /// Begins `file`, which must be as `entry` says.
    pub fn new(file: &'a str, entry: &'a FileEntry) -> Self {
        Self {
            file,
            entry,
            verifier: Verifier::new(file, entry),
            bytes: Vec::new(),
        }
    }

    /// Reserves memory for a file that is there or under way with `length` bytes in all, so that it
    /// isn't moved while it grows. No more than the manifest says is reserved.
    ///
    /// # Errors
    /// [`PackError::TooLarge`].
    pub fn expect(&mut self, length: u64) -> Result<(), PackError> {
        let length = length.min(self.entry.bytes);
        let more = length.saturating_sub(self.bytes.len() as u64);
        let more = usize::try_from(more).map_err(|_| self.too_large())?;
        let reserved = self.bytes.try_reserve_exact(more);
        reserved.map_err(|_| self.too_large())
    }

    /// Takes the file's next bytes.
    ///
    /// # Errors
    /// [`PackError::Length`] as soon as there are too many, and [`PackError::TooLarge`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), PackError> {
        self.verifier.update(bytes)?;
        // Where there is no room to double it, there may be for what has come.
        let reserved = self.bytes.try_reserve(bytes.len());
        reserved
            .or_else(|_| self.bytes.try_reserve_exact(bytes.len()))
            .map_err(|_| self.too_large())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Bytes that have come.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether none have.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Drops all bytes, to begin anew.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.verifier = Verifier::new(self.file, self.entry);
    }

    /// The whole file, unless it isn't what the manifest describes. Either way the check begins
    /// anew; what was refused is there until [`FileBytes::clear`].
    ///
    /// # Errors
    /// [`PackError::Length`] and [`PackError::Hash`].
    pub fn finish(&mut self) -> Result<Vec<u8>, PackError> {
        let fresh = Verifier::new(self.file, self.entry);
        std::mem::replace(&mut self.verifier, fresh).finish()?;
        Ok(std::mem::take(&mut self.bytes))
    }

    fn too_large(&self) -> PackError {
        PackError::TooLarge {
            file: self.file.to_owned(),
            bytes: self.entry.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> FileEntry {
        FileEntry::of(b"weights")
    }

    #[test]
    fn a_file_comes_in_pieces() {
        let entry = file();
        let mut bytes = FileBytes::new("a", &entry);
        bytes.expect(7).unwrap();
        bytes.push(b"weigh").unwrap();
        assert_eq!(bytes.len(), 5);
        assert!(matches!(bytes.finish(), Err(PackError::Length { .. })));
        bytes.clear();
        bytes.push(b"wei").unwrap();
        bytes.push(b"ghts").unwrap();
        assert_eq!(bytes.finish().unwrap(), b"weights");
        let mut long = FileBytes::new("a", &entry);
        assert!(matches!(
            long.push(b"weights!"),
            Err(PackError::Length { .. })
        ));
    }

    #[test]
    fn a_manifest_reserves_no_memory() {
        let entry = FileEntry {
            bytes: 1 << 60,
            ..file()
        };
        // What the manifest says costs nothing.
        let mut bytes = FileBytes::new("a", &entry);
        bytes.push(b"weights").unwrap();
        assert!(bytes.bytes.capacity() < 100);
        assert!(matches!(bytes.finish(), Err(PackError::Length { .. })));
        // What really is that large is too large for any device, and said to be so.
        let mut bytes = FileBytes::new("a", &entry);
        let error = bytes.expect(1 << 60).unwrap_err();
        assert!(matches!(error, PackError::TooLarge { .. }));
        assert!(error.to_string().contains("too large for this device"));
        // A server that promises more than the manifest says is not believed either.
        let entry = file();
        let mut bytes = FileBytes::new("a", &entry);
        bytes.expect(u64::MAX).unwrap();
        assert!(bytes.bytes.capacity() < 100);
    }
}
