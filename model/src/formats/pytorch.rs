//! PyTorch's weight files, located but not loaded ([`locations`]): since 1.6 a ZIP archive of a
//! pickle and one entry a storage, before that pickles and storages one after the other.

use super::{
    DType, ReadSeek, TensorLocation,
    pickle::{self, Object, Storage, TensorObject},
};
use std::{
    collections::HashMap,
    io::{self, BufReader, Read, Seek, SeekFrom},
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
    let (root, storages) = if head.starts_with(b"PK\x03\x04") {
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
    for (name, tensor) in state_dict(root)? {
        let Some(dtype) = tensor.storage.dtype else {
            continue;
        };
        let &(start, bytes) = storages
            .get(&tensor.storage.key)
            .ok_or_else(|| wrong(format!("the storage of tensor \"{name}\" is not there")))?;
        let location = locate(tensor, dtype, start, bytes)
            .ok_or_else(|| wrong(format!("tensor \"{name}\" reaches beyond its storage")))?;
        locations.push((name, location));
    }
    Ok(locations)
}

/// Each storage's first byte in the file, and its length in bytes, by key.
type Storages = HashMap<String, (u64, u64)>;

fn archive(reader: &mut dyn ReadSeek) -> io::Result<(Object, Storages)> {
    let mut archive = zip::ZipArchive::new(reader)?;
    let mut storages = Storages::new();
    let mut pickle = None;
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index)?;
        let name = file.name()?.into_owned();
        // Everything lies in one folder, called as the file once was.
        let inner = name
            .split_once('/')
            .map_or(name.as_str(), |(_, inner)| inner);
        if inner == "data.pkl" {
            pickle = Some(index);
        } else if let Some(key) = inner.strip_prefix("data/") {
            let start = file.data_start();
            match (file.compression(), start) {
                (zip::CompressionMethod::Stored, Some(start)) => {
                    storages.insert(key.to_owned(), (start, file.size()));
                }
                _ => return Err(wrong(format!("{name} is compressed inside it"))),
            }
        }
    }
    let pickle = pickle.ok_or_else(|| wrong("it is an archive without data.pkl"))?;
    let mut reader = BufReader::new(archive.by_index(pickle)?);
    Ok((pickle::read(&mut reader)?, storages))
}

fn sequence(reader: &mut dyn ReadSeek) -> io::Result<(Object, Storages)> {
    let length = reader.seek(SeekFrom::End(0))?;
    reader.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::new(reader);
    // The magic number, the format's version, the system's facts.
    for _ in 0..3 {
        pickle::read(&mut reader)?;
    }
    let root = pickle::read(&mut reader)?;
    let Object::Items(keys) = pickle::read(&mut reader)? else {
        return Err(wrong("it has no list of storages"));
    };
    let mut dtypes = HashMap::new();
    collect_storages(&root, &mut dtypes);
    let mut storages = Storages::new();
    for key in keys {
        let Object::Text(key) = key else {
            return Err(wrong("a storage has no name"));
        };
        let mut count = [0; 8];
        reader.read_exact(&mut count)?;
        let start = reader.stream_position()?;
        // Storages of other dtypes than floats have unknown widths; none follows them in practice,
        // since a state dict's few integers are saved as long ones.
        let width = dtypes.get(&key).copied().flatten().map_or(8, DType::bytes) as u64;
        let bytes = u64::from_le_bytes(count)
            .checked_mul(width)
            .filter(|&bytes| start.checked_add(bytes).is_some_and(|end| end <= length))
            .ok_or_else(|| wrong("it is cut short"))?;
        storages.insert(key, (start, bytes));
        reader.seek(SeekFrom::Start(start + bytes))?;
    }
    Ok((root, storages))
}

fn collect_storages(object: &Object, dtypes: &mut HashMap<String, Option<DType>>) {
    match object {
        Object::Dict(items) => items
            .iter()
            .for_each(|(_, value)| collect_storages(value, dtypes)),
        Object::Items(items) => items.iter().for_each(|item| collect_storages(item, dtypes)),
        Object::Tensor(TensorObject {
            storage: Storage { key, dtype },
            ..
        }) => {
            dtypes.insert(key.clone(), *dtype);
        }
        _ => {}
    }
}

/// The named tensors, wherever a trainer put them.
fn state_dict(root: Object) -> io::Result<Vec<(String, TensorObject)>> {
    let Object::Dict(mut items) = root else {
        return Err(wrong("it holds no dictionary of tensors"));
    };
    let inside = items.iter().position(|(key, value)| {
        let named = matches!(key, Object::Text(key) if INSIDE.contains(&key.as_str()));
        named && matches!(value, Object::Dict(_))
    });
    if let Some(inside) = inside
        && let (_, Object::Dict(inner)) = items.swap_remove(inside)
    {
        items = inner;
    }
    let mut tensors: Vec<(String, TensorObject)> = items
        .into_iter()
        .filter_map(|item| match item {
            (Object::Text(name), Object::Tensor(tensor)) => Some((name, tensor)),
            _ => None,
        })
        .collect();
    if tensors.is_empty() {
        return Err(wrong("it holds no named tensors"));
    }
    if tensors.iter().all(|(name, _)| name.starts_with(PREFIX)) {
        for (name, _) in &mut tensors {
            name.drain(..PREFIX.len());
        }
    }
    Ok(tensors)
}

/// Locates a tensor in its storage (`start` and `bytes` of the file); `None` if it reaches beyond.
fn locate(tensor: TensorObject, dtype: DType, start: u64, bytes: u64) -> Option<TensorLocation> {
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
    let elements = shape
        .iter()
        .try_fold(1usize, |product, &side| product.checked_mul(side))?;
    let last = shape
        .iter()
        .zip(&strides)
        .try_fold(offset, |last, (&side, &stride)| {
            last.checked_add(side.saturating_sub(1).checked_mul(stride)?)
        })?;
    let stored = usize::try_from(bytes / width).ok()?;
    // Repeating views (stride 0) make more of a storage than it has; weights have none.
    if elements > 0 && (last >= stored || elements > stored) {
        return None;
    }
    let mut row_major = 1;
    let contiguous = shape.iter().zip(&strides).rev().all(|(&side, &stride)| {
        let fits = side == 1 || stride == row_major;
        row_major *= side;
        fits
    });
    Some(if contiguous {
        TensorLocation {
            dtype,
            shape,
            start: start + offset as u64 * width,
            storage: elements,
            view: None,
        }
    } else {
        TensorLocation {
            dtype,
            shape,
            start,
            storage: stored,
            view: Some((offset, strides)),
        }
    })
}
