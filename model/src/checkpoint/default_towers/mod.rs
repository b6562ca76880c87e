//! The default model's two towers and its alignment heads, each with an ordered key table.
//!
//! A table's patterns are tried in order on every tensor name; what no pattern names keeps the
//! name it was published under. What a tower does not take is left behind.

mod efficientnet;
mod heads;
mod minilm;

pub use efficientnet::{EfficientNetCheckpoint, efficientnet_lite0};
pub use heads::{Heads, alignment_heads};
pub use minilm::minilm;

use crate::towers::{StoredTensor, WeightData, WeightError, Weights};
use burn_store::{
    KeyRemapper, ModuleStore, PytorchStore, PytorchStoreError, SafetensorsStore,
    SafetensorsStoreError, bridge, burn_pack,
};
use std::{collections::BTreeMap, path::Path};

/// Why a published tower could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TowerFileError {
    /// Not a PyTorch file, or a damaged one.
    #[error("{file} is not a PyTorch checkpoint that can be read: {source}")]
    Pytorch {
        /// The file's name, without its folder.
        file: String,
        /// Why burn-store can't read it.
        source: PytorchStoreError,
    },
    /// Not a safetensors file, or a damaged one.
    #[error("{file} is not a safetensors file that can be read: {source}")]
    Safetensors {
        /// The file's name, without its folder.
        file: String,
        /// Why burn-store can't read it.
        source: SafetensorsStoreError,
    },
    /// A tensor's bytes can't be read.
    #[error("{file}: tensor \"{name}\" can't be read: {source}")]
    Tensor {
        /// The file's name, without its folder.
        file: String,
        /// The tensor's name in its tower.
        name: String,
        /// Why burn-store can't read it.
        source: burn_pack::Error,
    },
    /// A tensor holds another type than floats.
    #[error("{file}: tensor \"{name}\" holds {dtype}, expected floats")]
    Type {
        /// The file's name, without its folder.
        file: String,
        /// The tensor's name in its tower.
        name: String,
        /// The type that it holds, by burn's name.
        dtype: String,
    },
    /// A tensor is missing or of another shape.
    #[error(transparent)]
    Weight(#[from] WeightError),
    /// A key table has a faulty pattern: a defect of this program.
    #[error("a key table has a faulty pattern: {0}")]
    Table(String),
}

/// Patterns (regular expressions) and what they become, tried in order.
type KeyTable = [(&'static str, &'static str)];

fn remapper(table: &KeyTable) -> Result<KeyRemapper, TowerFileError> {
    KeyRemapper::from_patterns(table.to_vec())
        .map_err(|error| TowerFileError::Table(error.to_string()))
}

/// Every float tensor of a PyTorch file, of the zip format or the older one.
fn read_pytorch(path: &Path, table: &KeyTable) -> Result<Weights<'static>, TowerFileError> {
    let file = file_name(path);
    let mut store = PytorchStore::from_file(path)
        .remap(remapper(table)?)
        .map_indices_contiguous(false);
    let tensors = store
        .get_all_tensors()
        .map_err(|source| TowerFileError::Pytorch {
            file: file.clone(),
            source,
        })?;
    collect(file, tensors)
}

/// Every float tensor of a safetensors file's bytes; `file` is its name.
fn read_safetensors(
    bytes: Vec<u8>,
    file: &str,
    table: &KeyTable,
) -> Result<Weights<'static>, TowerFileError> {
    let mut store = SafetensorsStore::from_bytes(Some(bytes)).remap(remapper(table)?);
    let tensors = store
        .get_all_tensors()
        .map_err(|source| TowerFileError::Safetensors {
            file: file.to_owned(),
            source,
        })?;
    collect(file.to_owned(), tensors)
}

fn collect(
    file: String,
    tensors: &BTreeMap<String, burn_pack::Tensor>,
) -> Result<Weights<'static>, TowerFileError> {
    let mut weights = Weights {
        file,
        tensors: BTreeMap::new(),
    };
    for (name, tensor) in tensors {
        if !tensor.dtype.is_float() {
            continue;
        }
        let floats = bridge::to_data(tensor)
            .map_err(|source| TowerFileError::Tensor {
                file: weights.file.clone(),
                name: name.clone(),
                source,
            })?
            .convert::<f32>()
            .try_into_vec::<f32>()
            .map_err(|_| TowerFileError::Type {
                file: weights.file.clone(),
                name: name.clone(),
                dtype: format!("{:?}", tensor.dtype),
            })?;
        let stored = StoredTensor {
            shape: tensor.shape.iter().copied().collect(),
            values: WeightData::Floats(floats),
        };
        weights.tensors.insert(name.clone(), stored);
    }
    Ok(weights)
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}
