//! PyTorch's weight files, located but not loaded ([`locations`]): since 1.6 a ZIP archive of a
//! pickle and one entry a storage, before that pickles and storages one after the other.

use super::{
    DType, ReadSeek, TensorLocation,
    pickle::{self, Object, Pickle, TensorObject},
    tensor::elements,
    zip::Archive,
};
use std::{
    collections::{BTreeMap, HashMap},
    io::{self, BufReader, Read, Seek, SeekFrom},
    rc::Rc,
};

/// What the first pickle of the older format holds (0x1950a86a20f9469cfc6c), as bytes of the file.
const OLD_MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// What a trainer may have put around the state dict.
const INSIDE: [&str; 2] = ["state_dict", "model"];
/// The prefix that distributed training puts before every name.
const PREFIX: &str = "module.";

fn wrong(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// Locates every float tensor of a state dict, by name.
pub fn locations(reader: &mut dyn ReadSeek) -> io::Result<Vec<(String, TensorLocation)>> {
    let mut head = [0; 32];
    let read = reader.read(&mut head)?;
    let head = &head[..read];
    let (pickle, storages) = if head.starts_with(b"PK\x03\x04") {
        archive(reader)?
    } else if head
        .windows(OLD_MAGIC.len())
        .any(|window| window == OLD_MAGIC)
    {
        sequence(reader)?
    } else {
        return Err(wrong("it is no PyTorch file"));
    };
    let mut locations = Vec::new();
    for (name, tensor) in state_dict(&pickle)? {
        let Some(dtype) = tensor.storage.dtype else {
            continue;
        };
        let &(start, bytes) = storages
            .get(&*tensor.storage.key)
            .ok_or_else(|| wrong(format!("the storage of tensor \"{name}\" is not there")))?;
        let location = locate(&tensor, dtype, start, bytes)
            .ok_or_else(|| wrong(format!("tensor \"{name}\" reaches beyond its storage")))?;
        locations.push((name, location));
    }
    Ok(locations)
}

/// Runs a pickle by itself, for the fuzzer.
#[cfg(any(test, fuzzing))]
pub fn read_pickle(mut bytes: &[u8]) {
    let _ = pickle::read(&mut bytes);
}

/// Each storage's first byte in the file, and its length in bytes, by key.
type Storages = HashMap<String, (u64, u64)>;

fn archive(reader: &mut dyn ReadSeek) -> io::Result<(Pickle, Storages)> {
    let archive = Archive::read(&mut *reader)?;
    let mut storages = Storages::new();
    let mut pickle = None;
    for entry in archive.entries {
        // Everything lies in one folder, called as the file once was.
        let inner = entry.path.split_once('/');
        let inner = inner.map_or(&*entry.path, |(_, inner)| inner);
        if inner == "data.pkl" {
            pickle = Some(entry.stored()?);
        } else if let Some(key) = inner.strip_prefix("data/") {
            storages.insert(key.to_owned(), entry.stored()?);
        }
    }
    let (start, length) = pickle.ok_or_else(|| wrong("it is an archive without data.pkl"))?;
    reader.seek(SeekFrom::Start(start))?;
    let mut reader = BufReader::new(reader.take(length));
    Ok((pickle::read(&mut reader)?, storages))
}

fn sequence(reader: &mut dyn ReadSeek) -> io::Result<(Pickle, Storages)> {
    let length = reader.seek(SeekFrom::End(0))?;
    reader.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::new(reader);
    // The magic number, the format's version, the system's facts.
    for _ in 0..3 {
        pickle::read(&mut reader)?;
    }
    let pickle = pickle::read(&mut reader)?;
    let keys = pickle::read(&mut reader)?;
    let Object::Items(ids) = &keys[keys.root] else {
        return Err(wrong("it has no list of storages"));
    };
    let dtypes: HashMap<Rc<str>, Option<DType>> = pickle
        .objects()
        .filter_map(|object| match object {
            Object::Tensor(tensor) => Some((tensor.storage.key.clone(), tensor.storage.dtype)),
            _ => None,
        })
        .collect();
    let mut storages = Storages::new();
    for &id in ids {
        let Object::Text(key) = &keys[id] else {
            return Err(wrong("a storage has no name"));
        };
        let mut count = [0; 8];
        reader.read_exact(&mut count)?;
        let start = reader.stream_position()?;
        // Storages of other dtypes than floats have unknown widths; none follows them in practice,
        // since a state dict's few integers are saved as long ones.
        let width = dtypes.get(key).copied().flatten().map_or(8, DType::bytes) as u64;
        let bytes = u64::from_le_bytes(count)
            .checked_mul(width)
            .filter(|&bytes| start.checked_add(bytes).is_some_and(|end| end <= length))
            .ok_or_else(|| wrong("it is cut short"))?;
        if storages.insert(key.to_string(), (start, bytes)).is_some() {
            return Err(wrong("two of its storages have one name"));
        }
        reader.seek(SeekFrom::Start(start + bytes))?;
    }
    Ok((pickle, storages))
}

/// The named tensors, wherever a trainer put them. Of several of one name the last counts, as in
/// Python.
fn state_dict(pickle: &Pickle) -> io::Result<Vec<(String, Rc<TensorObject>)>> {
    let Object::Dict(outer) = &pickle[pickle.root] else {
        return Err(wrong("it holds no dictionary of tensors"));
    };
    let inner = outer
        .iter()
        .find_map(|&(key, value)| match (&pickle[key], &pickle[value]) {
            (Object::Text(key), Object::Dict(inner)) if INSIDE.contains(&&**key) => Some(inner),
            _ => None,
        });
    let items = inner.unwrap_or(outer).iter();
    let tensors: BTreeMap<&str, &Rc<TensorObject>> = items
        .filter_map(|&(key, value)| match (&pickle[key], &pickle[value]) {
            (Object::Text(name), Object::Tensor(tensor)) => Some((&**name, tensor)),
            _ => None,
        })
        .collect();
    if tensors.is_empty() {
        return Err(wrong("it holds no named tensors"));
    }
    let is_prefixed = tensors.keys().all(|name| name.starts_with(PREFIX));
    let prefix = if is_prefixed { PREFIX } else { "" };
    let named = tensors.into_iter().map(|(name, tensor)| {
        let name = name.strip_prefix(prefix).unwrap_or(name);
        (name.to_owned(), tensor.clone())
    });
    Ok(named.collect())
}

/// Locates a tensor in its storage (`start` and `bytes` of the file); `None` if it reaches beyond.
fn locate(tensor: &TensorObject, dtype: DType, start: u64, bytes: u64) -> Option<TensorLocation> {
    let width = dtype.bytes() as u64;
    let TensorObject {
        offset,
        shape,
        strides,
        ..
    } = tensor;
    if shape.len() != strides.len() {
        return None;
    }
    let count = elements(shape)?;
    let last = shape
        .iter()
        .zip(strides)
        .try_fold(*offset, |last, (&side, &stride)| {
            last.checked_add(side.saturating_sub(1).checked_mul(stride)?)
        })?;
    let stored = bytes / width;
    // Repeating views (stride 0) make more of a storage than it has; weights have none.
    if *offset > stored || (count > 0 && (last >= stored || count > stored)) {
        return None;
    }
    let mut row_major = 1u64;
    let contiguous = shape.iter().zip(strides).rev().all(|(&side, &stride)| {
        let fits = side == 1 || stride == row_major;
        // Does not overflow where there are elements, and elsewhere it doesn't matter.
        row_major = row_major.wrapping_mul(side);
        fits
    });
    Some(if contiguous || count == 0 {
        TensorLocation {
            dtype,
            shape: shape.clone(),
            // Does not overflow: it lies in the storage.
            start: start + offset * width,
            storage: count,
            view: None,
        }
    } else {
        TensorLocation {
            dtype,
            shape: shape.clone(),
            start,
            storage: stored,
            view: Some((*offset, strides.clone())),
        }
    })
}
