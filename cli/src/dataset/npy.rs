//! NumPy's `.npy` files, as far as they hold the classes of one picture: a row of zeros and ones.

use anyhow::{Context, Result, bail, ensure};

/// Which elements aren't zero.
///
/// # Errors
/// If it is no such file, has more than one axis, holds other values than 0 and 1, or is of a type
/// that is neither boolean nor a number of at most 8 bytes.
pub fn flags(bytes: &[u8]) -> Result<Vec<bool>> {
    let cut = "the .npy file is cut short";
    let rest = bytes
        .strip_prefix(b"\x93NUMPY")
        .context("this is no .npy file")?;
    let (&[major, _], rest) = rest.split_first_chunk().context(cut)?;
    let (length, rest) = match major {
        1 => {
            let (length, rest) = rest.split_first_chunk().context(cut)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk().context(cut)?;
            (u32::from_le_bytes(*length) as usize, rest)
        }
        _ => bail!("the .npy file is of version {major}, which isn't known"),
    };
    let (header, data) = rest.split_at_checked(length).context(cut)?;
    let header = std::str::from_utf8(header).context("the .npy file's head is no text")?;
    let kind = value(header, "descr").context("the .npy file names no type")?;
    let kind = kind.trim_matches(['\'', '"']);
    let shape = value(header, "shape").context("the .npy file names no shape")?;
    let axes: Vec<&str> = shape
        .split(',')
        .map(str::trim)
        .filter(|axis| !axis.is_empty())
        .collect();
    // A row alone, or the only row of a table.
    let count = match axes[..] {
        [count] | ["1", count] => count.parse::<usize>().ok(),
        _ => None,
    };
    let count = count.with_context(|| {
        format!("the .npy file's shape is ({shape}); one row of zeros and ones is expected")
    })?;
    let is_big = kind.starts_with('>');
    let (letter, size) = kind
        .trim_start_matches(['<', '>', '|', '='])
        .split_at_checked(1)
        .unwrap_or_default();
    let size: usize = size.parse().unwrap_or(if letter == "?" { 1 } else { 0 });
    ensure!(
        matches!(letter, "b" | "i" | "u" | "f" | "?") && matches!(size, 1 | 2 | 4 | 8),
        "the .npy file's type {kind:?} is neither boolean nor a number"
    );
    ensure!(count.checked_mul(size) == Some(data.len()), "{cut}");
    data.chunks_exact(size)
        .map(|value| flag(value, letter, is_big))
        .collect()
}

/// Whether a value is 1 rather than 0.
fn flag(value: &[u8], letter: &str, is_big: bool) -> Result<bool> {
    let mut bytes = [0; 8];
    for (place, &byte) in value.iter().enumerate() {
        let place = if is_big {
            value.len() - 1 - place
        } else {
            place
        };
        bytes[place] = byte;
    }
    let bits = u64::from_le_bytes(bytes);
    let one = match (letter, value.len()) {
        ("f", 2) => 0x3c00,
        ("f", 4) => u64::from(1_f32.to_bits()),
        ("f", _) => 1_f64.to_bits(),
        _ => 1,
    };
    match bits {
        0 => Ok(false),
        bits if bits == one => Ok(true),
        _ => bail!("the .npy file holds other values than 0 and 1"),
    }
}

/// A value of the Python dictionary in the header: what stands between parentheses, or a word.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}':"))?;
    let rest = rest.trim_start();
    match rest.strip_prefix('(') {
        Some(rest) => Some(rest.split_once(')')?.0),
        None => Some(rest.split([',', '}']).next()?.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let length = (header.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
    }

    #[test]
    fn rows_of_every_type() {
        let floats: Vec<u8> = [1_f32, 0.0, 1.0]
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect();
        let whole: Vec<u8> = [1_i64, 0, 1].iter().flat_map(|x| x.to_be_bytes()).collect();
        for (kind, shape, data) in [
            ("<f4", "(3,)", &floats[..]),
            (">i8", "(3,)", &whole),
            ("|b1", "(3,)", &[1, 0, 1]),
            ("|u1", "(1, 3)", &[1, 0, 1]),
        ] {
            assert_eq!(flags(&npy(kind, shape, data)).unwrap(), [true, false, true]);
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for (bytes, word) in [
            (b"text".to_vec(), "no .npy"),
            (npy("|u1", "(3,)", &[1, 0]), "cut short"),
            (npy("|u1", "(99999999999999999,)", &[1]), "cut short"),
            (npy("|u1", "(3,)", &[1, 0, 2]), "0 and 1"),
            (npy("<U3", "(1,)", &[0; 12]), "neither"),
            (npy("|u1", "(2, 2)", &[0; 4]), "shape"),
            (npy("|u1", "()", &[1]), "shape"),
            (b"\x93NUMPY\x01\x00\xff\xff".to_vec(), "cut short"),
        ] {
            let error = flags(&bytes).unwrap_err().to_string();
            assert!(error.contains(word), "{word}: {error}");
        }
    }
}
