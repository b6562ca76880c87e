//! A checkpoint's weight files as one index of tensors, read one at a time ([`TensorFiles`]).

use super::{CheckpointError, Folder, Purpose, ReadSeek, weight_files};
use crate::{
    formats::{TensorLocation, elements, pytorch, safetensors},
    limits::at_most,
    pack::is_plain_file_name,
    towers::WeightError,
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

/// Files of one checkpoint's weights; the largest models have some hundreds.
const MAX_SHARDS: u64 = 4096;

struct File {
    name: String,
    reader: Box<dyn ReadSeek>,
}

/// All tensors of a checkpoint, by their published names.
pub(super) struct TensorFiles {
    files: Vec<File>,
    index: BTreeMap<String, (usize, TensorLocation)>,
}

/// The index of a checkpoint in several files.
#[derive(Deserialize)]
struct Shards {
    weight_map: BTreeMap<String, String>,
}

impl TensorFiles {
    /// Opens the first of `candidates` that is there, or a variant of one.
    pub(super) fn open(folder: &dyn Folder, candidates: &[&str]) -> Result<Self, CheckpointError> {
        let names = folder.names();
        let Some(weights) = weight_files::find(names.iter().map(String::as_str), candidates) else {
            return Err(CheckpointError::MissingFile {
                file: candidates.join(" or "),
                purpose: Purpose::Weights,
            });
        };
        let found = weights.name;
        let shards = match weights.is_index() {
            true => {
                let shards: Option<Shards> = folder.json(found)?;
                let files = shards.map(|shards| shards.weight_map).unwrap_or_default();
                // All of them, before any is opened.
                if let Some(name) = files.values().find(|name| !is_plain_file_name(name)) {
                    return Err(CheckpointError::UnsafeName {
                        file: found.to_owned(),
                        name: name.clone(),
                    });
                }
                let files: BTreeSet<String> = files.into_values().collect();
                at_most("the number of shards", files.len() as u64, MAX_SHARDS).map_err(
                    |source| CheckpointError::Limit {
                        file: found.to_owned(),
                        source,
                    },
                )?;
                files
            }
            false => [found.to_owned()].into(),
        };
        let mut all = Self {
            files: Vec::new(),
            index: BTreeMap::new(),
        };
        for name in shards {
            all.add(folder, name)?;
        }
        Ok(all)
    }

    fn add(&mut self, folder: &dyn Folder, name: String) -> Result<(), CheckpointError> {
        let mut reader = folder.open(&name).map_err(|source| {
            if source.kind() == io::ErrorKind::NotFound {
                CheckpointError::MissingFile {
                    file: name.clone(),
                    purpose: Purpose::Shard,
                }
            } else {
                CheckpointError::Read {
                    file: name.clone(),
                    source,
                }
            }
        })?;
        let locations = if name.ends_with(".safetensors") {
            safetensors::locations(&mut *reader).map_err(Into::into)
        } else {
            pytorch::locations(&mut *reader).map_err(Into::into)
        };
        let locations = locations.map_err(|source| CheckpointError::Weights {
            file: name.clone(),
            source,
        })?;
        let file = self.files.len();
        self.files.push(File { name, reader });
        self.index.extend(
            locations
                .into_iter()
                .map(|(name, location)| (name, (file, location))),
        );
        Ok(())
    }

    /// The name of the file, or the first of several.
    pub(super) fn first_file(&self) -> &str {
        self.files.first().map_or("the weights", |file| &file.name)
    }

    /// Whether there is such a tensor.
    pub(super) fn has(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    /// A tensor's sides, where there is one; a side beyond what memory can have is the longest.
    pub(super) fn shape(&self, name: &str) -> Option<Vec<usize>> {
        let (_, location) = self.index.get(name)?;
        Some(shown(&location.shape))
    }

    /// A tensor of one element, whatever its shape.
    pub(super) fn number(&mut self, name: &str) -> Result<f32, WeightError> {
        let shape = match self.index.get(name) {
            Some((_, location)) if elements(&location.shape) == Some(1) => {
                vec![1; location.shape.len()]
            }
            _ => vec![],
        };
        let floats = self.floats(name, &shape)?;
        Ok(floats.first().copied().unwrap_or_default())
    }

    /// Reads a tensor of this shape as floats, row-major.
    pub(super) fn floats(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightError> {
        let Some((file, location)) = self.index.get(name) else {
            return Err(WeightError::Missing {
                file: self.first_file().to_owned(),
                name: name.to_owned(),
                expected: shape.to_vec(),
            });
        };
        let File { name: file, reader } = &mut self.files[*file];
        if !same_shape(&location.shape, shape) {
            return Err(WeightError::Shape {
                file: file.clone(),
                name: name.to_owned(),
                expected: shape.to_vec(),
                found: shown(&location.shape),
            });
        }
        location
            .read(&mut **reader)
            .map_err(|source| WeightError::Read {
                file: file.clone(),
                name: name.to_owned(),
                source: Box::new(source),
            })
    }
}

/// Sides as memory counts them.
fn shown(sides: &[u64]) -> Vec<usize> {
    let sides = sides.iter();
    sides
        .map(|&side| usize::try_from(side).unwrap_or(usize::MAX))
        .collect()
}

/// Equal, but for leading ones: timm's position tables have a batch of one.
fn same_shape(found: &[u64], wanted: &[usize]) -> bool {
    let mut found = found;
    while found.len() > wanted.len() && found.first() == Some(&1) {
        found = &found[1..];
    }
    found
        .iter()
        .copied()
        .eq(wanted.iter().map(|&side| side as u64))
}
