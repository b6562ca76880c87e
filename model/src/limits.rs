//! Limits on what a foreign file may say ([`LimitError`]). Readers hold a file's numbers against them
//! before anything is allocated; each format's limits stand at the head of its reader.

use std::fmt::Display;

/// A field of a file whose value its reader does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {found}, allowed: {allowed}")]
pub struct LimitError {
    /// The field, by its path in the file or as a noun.
    pub field: String,
    /// The value that was found.
    pub found: String,
    /// The values that are allowed.
    pub allowed: String,
}

impl LimitError {
    /// The error of `field`, which is `found`.
    pub fn new(field: impl Into<String>, found: impl Display, allowed: impl Display) -> Self {
        Self {
            field: field.into(),
            found: found.to_string(),
            allowed: allowed.to_string(),
        }
    }
}

/// Checks that a number is at most `most`.
///
/// # Errors
/// [`LimitError`].
#[cfg(feature = "import")]
pub(crate) fn at_most(field: &str, found: u64, most: u64) -> Result<(), LimitError> {
    if found <= most {
        Ok(())
    } else {
        Err(LimitError::new(field, found, format!("at most {most}")))
    }
}

/// Reserves memory for `bytes` bytes in all, or says that this device has too little of it.
///
/// # Errors
/// Of the kind [`OutOfMemory`](std::io::ErrorKind::OutOfMemory).
#[cfg(feature = "import")]
pub(crate) fn reserve<T>(values: &mut Vec<T>, count: u64) -> std::io::Result<()> {
    let reserved = usize::try_from(count)
        .ok()
        .and_then(|count| values.try_reserve_exact(count).ok());
    reserved.ok_or_else(|| {
        let bytes = count.saturating_mul(size_of::<T>() as u64);
        std::io::Error::new(
            std::io::ErrorKind::OutOfMemory,
            format!("it is too large for this device: it needs {bytes} bytes of memory"),
        )
    })
}
