//! A tower's safetensors file, written tensor by tensor, so that no more than one of them is in
//! memory: [`write_tower`].

use super::{
    FileEntry, InputStatistics, Quantisation, Tower,
    int4::{self, BLOCK},
    precision::{Precision, precision},
    quantise::quantise_rows,
    tower_file::{SCALE_SUFFIX, TOWER_KEY},
    verify::hexadecimal,
};
use crate::towers::{WeightError, WeightSource};
use half::f16;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// The name and shape of a tensor that a tower has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// The tensor's name in the tower's file.
    pub name: String,
    /// Its dimensions, the slowest first.
    pub shape: Vec<usize>,
}

impl TensorSpec {
    /// The tensor `name` of this shape.
    pub fn new(name: &str, shape: &[usize]) -> Self {
        Self {
            name: name.to_owned(),
            shape: shape.to_vec(),
        }
    }

    /// A linear layer's weight (out, in) and bias.
    pub fn linear(name: &str, [inputs, outputs]: [usize; 2]) -> [Self; 2] {
        [
            Self::new(&format!("{name}.weight"), &[outputs, inputs]),
            Self::new(&format!("{name}.bias"), &[outputs]),
        ]
    }

    /// A norm's weight and bias.
    pub fn norm(name: &str, width: usize) -> [Self; 2] {
        ["weight", "bias"].map(|part| Self::new(&format!("{name}.{part}"), &[width]))
    }

    /// How many elements it has; counted in 64 bits, since a browser's memory has 32.
    pub(crate) fn elements(&self) -> u64 {
        let sides = self.shape.iter().map(|&side| side as u64);
        sides.fold(1, u64::saturating_mul)
    }

    fn length_error(&self, found: usize) -> WriteError {
        WriteError::Length {
            name: self.name.clone(),
            shape: self.shape.clone(),
            found,
        }
    }
}

/// Why a tower could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The source of the weights has no such tensor, or can't read it.
    #[error(transparent)]
    Weight(#[from] WeightError),
    /// The sink refuses bytes: there is no room, or no permission.
    #[error("{file} can't be written: {source}")]
    Write {
        /// The file's name in the pack.
        file: String,
        /// The operating system's or the sink's reason.
        source: io::Error,
    },
    /// A tensor holds what no weight can be.
    #[error("tensor \"{0}\" holds a value that is not a finite number")]
    NotFinite(String),
    /// A tensor holds a value that the precision it is stored in can't have.
    #[error("tensor \"{name}\" holds {value}, which is beyond what {quantisation} can store")]
    Range {
        /// The tensor's name.
        name: String,
        /// The value that is too large.
        value: f32,
        /// How the tower is stored.
        quantisation: Quantisation,
    },
    /// A tensor whose rows can't be cut into blocks, or that is not as long as its shape.
    #[error("tensor \"{name}\" of shape {shape:?} can't be stored with {found} values")]
    Length {
        /// The tensor's name.
        name: String,
        /// Its shape in the architecture.
        shape: Vec<usize>,
        /// How many values the source gave.
        found: usize,
    },
}

/// Writes one tower's file. `statistics` tells for some tensors (by name) what their inputs are
/// like, which makes rounding kinder; such a tensor `x.weight` needs a bias `x.bias` behind it.
/// `progress` hears the number of elements of each tensor.
///
/// # Errors
/// [`WriteError`].
pub fn write_tower(
    tower: Tower,
    tensors: &[TensorSpec],
    weights: &mut dyn WeightSource,
    quantisation: Quantisation,
    statistics: &BTreeMap<String, InputStatistics>,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<FileEntry, WriteError> {
    let mut out = Counted {
        out,
        file: tower.file(),
        hash: Sha256::new(),
        bytes: 0,
    };
    let header = header(tower, tensors, quantisation);
    out.write(&(header.len() as u64).to_le_bytes())?;
    out.write(&header)?;
    let mut shifts: BTreeMap<String, Vec<f32>> = BTreeMap::new();
    for tensor in tensors {
        let mut floats = weights.take(&tensor.name, &tensor.shape)?.into_floats();
        // The header says how long it is.
        if tensor.elements() != floats.len() as u64 {
            return Err(tensor.length_error(floats.len()));
        }
        if floats.iter().any(|value| !value.is_finite()) {
            return Err(WriteError::NotFinite(tensor.name.clone()));
        }
        if let Some(shift) = shifts.remove(&tensor.name) {
            floats
                .iter_mut()
                .zip(shift)
                .for_each(|(bias, shift)| *bias += shift);
        }
        let precision = precision(quantisation, &tensor.name, &tensor.shape);
        // Beyond, a half-precision number or scale would be infinite.
        let most = match precision {
            Precision::F32 | Precision::Int8 { .. } => f32::MAX,
            Precision::F16 => f16::MAX.to_f32(),
            Precision::Int4 => f16::MAX.to_f32() * 8.0,
        };
        if let Some(&value) = floats.iter().find(|value| value.abs() > most) {
            return Err(WriteError::Range {
                name: tensor.name.clone(),
                value,
                quantisation,
            });
        }
        match precision {
            Precision::F32 => out.floats(&floats)?,
            Precision::F16 => out.halves(floats.iter().map(|&float| f16::from_f32(float)))?,
            Precision::Int8 { step } => {
                let statistics = statistics.get(&tensor.name);
                let rounded = quantise_rows(&floats, tensor.shape[0], step, statistics);
                out.write(&rounded.values)?;
                out.floats(&rounded.scales)?;
                if statistics.is_some() {
                    shifts.insert(tensor.name.replace(".weight", ".bias"), rounded.bias_shift);
                }
            }
            Precision::Int4 => {
                let row = tensor.shape.iter().skip(1).product();
                let blocks = int4::quantise(&floats, row);
                let (nibbles, scales) = blocks.ok_or_else(|| tensor.length_error(floats.len()))?;
                out.write(&nibbles)?;
                out.halves(scales.into_iter())?;
            }
        }
        progress(floats.len() as u64);
    }
    Ok(FileEntry {
        bytes: out.bytes,
        sha256: hexadecimal(&out.hash.finalize()),
    })
}

/// The safetensors header: sizes follow from shapes, so that it can stand before the weights.
fn header(tower: Tower, tensors: &[TensorSpec], quantisation: Quantisation) -> Vec<u8> {
    let mut header = Map::new();
    header.insert("__metadata__".into(), json!({ TOWER_KEY: tower.key() }));
    let mut offset = 0u64;
    let mut add = |name: String, dtype: &str, shape: Value, bytes: u64| {
        let end = offset.saturating_add(bytes);
        header.insert(
            name,
            json!({"dtype": dtype, "shape": shape, "data_offsets": [offset, end]}),
        );
        offset = end;
    };
    for tensor in tensors {
        let (name, shape, elements) = (&tensor.name, json!(tensor.shape), tensor.elements());
        let rows = tensor.shape.first().copied().unwrap_or(1) as u64;
        let scale = format!("{name}{SCALE_SUFFIX}");
        match precision(quantisation, name, &tensor.shape) {
            Precision::F32 => add(name.clone(), "F32", shape, elements.saturating_mul(4)),
            Precision::F16 => add(name.clone(), "F16", shape, elements.saturating_mul(2)),
            Precision::Int8 { .. } => {
                add(name.clone(), "I8", shape, elements);
                add(scale, "F32", json!([rows]), rows * 4);
            }
            Precision::Int4 => {
                let row = elements / rows.max(1);
                let block = BLOCK as u64;
                add(name.clone(), "U8", json!([rows, row / 2]), elements / 2);
                add(
                    scale,
                    "F16",
                    json!([rows, row / block]),
                    elements / block * 2,
                );
            }
        }
    }
    let mut json = Value::Object(header).to_string().into_bytes();
    // As the format asks: the weights begin at a multiple of eight.
    json.resize(json.len().next_multiple_of(8), b' ');
    json
}

struct Counted<'a> {
    out: &'a mut dyn Write,
    file: &'static str,
    hash: Sha256,
    bytes: u64,
}

impl Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.out
            .write_all(bytes)
            .map_err(|source| WriteError::Write {
                file: self.file.to_owned(),
                source,
            })
    }

    fn floats(&mut self, floats: &[f32]) -> Result<(), WriteError> {
        // In pieces, so that a large table is not in memory twice.
        for floats in floats.chunks(1 << 16) {
            let bytes: Vec<u8> = floats
                .iter()
                .flat_map(|float| float.to_le_bytes())
                .collect();
            self.write(&bytes)?;
        }
        Ok(())
    }

    fn halves(&mut self, halves: impl Iterator<Item = f16>) -> Result<(), WriteError> {
        let mut bytes = Vec::with_capacity(1 << 17);
        for half in halves {
            bytes.extend(half.to_le_bytes());
            if bytes.len() >= 1 << 17 {
                self.write(&bytes)?;
                bytes.clear();
            }
        }
        self.write(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pack::PackError,
        towers::{StoredTensor, WeightData, Weights},
    };

    fn spec() -> Vec<TensorSpec> {
        vec![
            TensorSpec::new("table", &[2, 32]),
            TensorSpec::new("last_projection.weight", &[2, 2]),
            TensorSpec::new("vector", &[2]),
        ]
    }

    fn weights() -> Weights<'static> {
        let mut table = vec![0.0; 64];
        table[..3].copy_from_slice(&[1.0, -0.5, 0.25]);
        let values = [table, vec![1.0, 0.5, -0.1, 0.0], vec![0.123_456_79, -9.0]];
        let tensors = spec().into_iter().zip(values).map(|(tensor, values)| {
            let stored = StoredTensor {
                shape: tensor.shape,
                values: WeightData::Floats(values),
            };
            (tensor.name, stored)
        });
        Weights {
            file: "test".into(),
            tensors: tensors.collect(),
        }
    }

    fn written(tower: Tower, quantisation: Quantisation) -> Vec<u8> {
        let mut bytes = Vec::new();
        let entry = write_tower(
            tower,
            &spec(),
            &mut weights(),
            quantisation,
            &BTreeMap::new(),
            &mut bytes,
            &mut |_| {},
        )
        .unwrap();
        assert_eq!(entry, FileEntry::of(&bytes));
        bytes
    }

    #[test]
    fn every_precision_comes_back() {
        for (quantisation, table, matrix) in [
            (Quantisation::F32, 0.0, 0.0),
            (Quantisation::F16, 0.0, 1e-4),
            // Half a step of 1 / 127, and of 1 / 8.
            (Quantisation::Int8, 0.5 / 127.0, 1e-4),
            (Quantisation::Int4, 0.5 / 8.0, 1e-4),
        ] {
            let bytes = written(Tower::Text, quantisation);
            let mut read = Tower::Text.read(&bytes).unwrap();
            let mut take =
                |name: &str, shape: &[usize]| read.take(name, shape).unwrap().to_floats();
            let found = take("table", &[2, 32]);
            for (found, wanted) in found.iter().zip([1.0, -0.5, 0.25, 0.0]) {
                assert!(
                    (found - wanted).abs() <= table,
                    "{quantisation}: {wanted} is {found}"
                );
            }
            assert!(found[32..].iter().all(|&value| value == 0.0));
            let found = take("last_projection.weight", &[2, 2]);
            assert!((found[2] + 0.1).abs() <= matrix, "{quantisation}");
            assert_eq!(take("vector", &[2]), [0.123_456_79, -9.0]);
        }
    }

    #[test]
    fn other_files_are_refused_by_name() {
        let bytes = written(Tower::Text, Quantisation::Int8);
        let other = Tower::Image.read(&bytes).unwrap_err();
        assert!(matches!(other, PackError::OtherTower { .. }));
        assert!(
            other
                .to_string()
                .contains("image.safetensors holds the text tower"),
            "{other}"
        );
        for foreign in [&b"not safetensors"[..], &bytes[..bytes.len() - 1], &[]] {
            let error = Tower::Text.read(foreign).unwrap_err().to_string();
            assert!(
                error.starts_with("text.safetensors is not a tower"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_weight_that_is_no_number_is_named() {
        let mut weights = weights();
        if let Some(StoredTensor { values, .. }) = weights.tensors.get_mut("vector") {
            *values = WeightData::Floats(vec![f32::NAN, 0.0]);
        }
        let error = write_tower(
            Tower::Text,
            &spec(),
            &mut weights,
            Quantisation::Int8,
            &BTreeMap::new(),
            &mut Vec::new(),
            &mut |_| {},
        );
        assert!(error.unwrap_err().to_string().contains("\"vector\""));
    }
}
