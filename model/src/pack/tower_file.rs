//! A tower's safetensors file: matrices as int8 with a scale an output channel, vectors as float32.
//!
//! Tensor `x` of a quantised file is stored as `x` (I8, its own shape) and `x.scale` (F32, one a
//! row of the first dimension): `x[i, …] = int8[i, …] · scale[i]`. Files without quantisation
//! store F32 throughout.

use super::{InputStatistics, PackError, Tower, manifest::Quantisation, quantise::quantise_rows};
use crate::encoder::{Stored, Values, Weights};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

const SCALE_SUFFIX: &str = ".scale";
const TOWER_KEY: &str = "glimpse_tower";

impl Tower {
    fn key(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Text => "text",
        }
    }

    /// Writes this tower's file. `statistics` tells for some tensors (by name) what their inputs
    /// are like, which makes rounding kinder; such a tensor `x.weight` needs a bias `x.bias`.
    ///
    /// # Errors
    /// [`PackError::Foreign`] if a tensor's elements don't match its shape.
    pub fn write(
        self,
        weights: &Weights,
        quantisation: Quantisation,
        statistics: &BTreeMap<String, InputStatistics>,
    ) -> Result<Vec<u8>, PackError> {
        let mut stored: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
        let mut vectors: BTreeMap<String, (Vec<usize>, Vec<f32>)> = BTreeMap::new();
        let mut shifts: Vec<(String, Vec<f32>)> = Vec::new();
        for (name, tensor) in &weights.tensors {
            let floats = tensor.values.to_floats();
            let shape = tensor.shape.clone();
            if quantisation == Quantisation::Int8 && shape.len() > 1 {
                let rounded = quantise_rows(&floats, shape[0], statistics.get(name));
                let scale = format!("{name}{SCALE_SUFFIX}");
                stored.push((
                    scale,
                    Dtype::F32,
                    vec![shape[0]],
                    float_bytes(&rounded.scales),
                ));
                stored.push((name.clone(), Dtype::I8, shape, rounded.values));
                shifts.push((name.replace(".weight", ".bias"), rounded.bias_shift));
            } else {
                vectors.insert(name.clone(), (shape, floats));
            }
        }
        for (bias, shift) in shifts {
            if let Some((_, bias)) = vectors.get_mut(&bias) {
                bias.iter_mut()
                    .zip(shift)
                    .for_each(|(bias, shift)| *bias += shift);
            }
        }
        stored.extend(
            vectors
                .into_iter()
                .map(|(name, (shape, floats))| (name, Dtype::F32, shape, float_bytes(&floats))),
        );
        let views = stored
            .iter()
            .map(|(name, dtype, shape, bytes)| {
                Ok((name, TensorView::new(*dtype, shape.clone(), bytes)?))
            })
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
        // One entry: several would be written in a random order, and the file would have another
        // hash each time.
        let metadata = HashMap::from([(TOWER_KEY.to_owned(), self.key().to_owned())]);
        views
            .and_then(|views| safetensors::serialize(views, Some(metadata)))
            .map_err(|error| self.foreign(error))
    }

    /// Reads this tower's file; quantised tensors stay so, borrowed from `bytes`. The file's hash
    /// is checked elsewhere, by a [`Verifier`](super::Verifier).
    ///
    /// # Errors
    /// [`PackError::Foreign`] and [`PackError::OtherTower`].
    pub fn read(self, bytes: &[u8]) -> Result<Weights<'_>, PackError> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| self.foreign(error))?;
        let tower = header
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get(TOWER_KEY).cloned())
            .ok_or_else(|| self.foreign("it does not say which tower it holds"))?;
        if tower != self.key() {
            return Err(PackError::OtherTower {
                file: self.file().to_owned(),
                expected: self,
                found: format!("{tower} tower"),
            });
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| self.foreign(error))?;
        let mut weights = Weights {
            file: self.file().to_owned(),
            ..Default::default()
        };
        for (name, view) in tensors.iter() {
            if name.ends_with(SCALE_SUFFIX) {
                continue;
            }
            let values = match view.dtype() {
                Dtype::F32 => Values::FloatBytes(view.data()),
                Dtype::I8 => Values::Int8 {
                    values: Cow::Borrowed(view.data()),
                    scales: self.scales(&tensors, name, view.shape())?,
                },
                other => {
                    return Err(self.foreign(format!("tensor \"{name}\" is of type {other:?}")));
                }
            };
            let stored = Stored {
                shape: view.shape().to_vec(),
                values,
            };
            weights.tensors.insert(name.to_owned(), stored);
        }
        Ok(weights)
    }

    fn scales(
        self,
        tensors: &SafeTensors,
        name: &str,
        shape: &[usize],
    ) -> Result<Vec<f32>, PackError> {
        let scale_name = format!("{name}{SCALE_SUFFIX}");
        let view = tensors
            .tensor(&scale_name)
            .map_err(|error| self.foreign(error))?;
        if view.dtype() != Dtype::F32 || view.shape() != &shape[..shape.len().min(1)] {
            return Err(self.foreign(format!("tensor \"{scale_name}\" does not fit \"{name}\"")));
        }
        Ok(Values::FloatBytes(view.data()).to_floats())
    }

    fn foreign(self, reason: impl ToString) -> PackError {
        PackError::Foreign {
            file: self.file().to_owned(),
            reason: reason.to_string(),
        }
    }
}

fn float_bytes(floats: &[f32]) -> Vec<u8> {
    floats
        .iter()
        .flat_map(|float| float.to_le_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights() -> Weights<'static> {
        let floats = |shape: &[usize], values: &[f32]| Stored {
            shape: shape.to_vec(),
            values: Values::Floats(values.to_vec()),
        };
        Weights {
            file: "test".into(),
            tensors: [
                ("table".into(), floats(&[2, 2], &[1.0, -0.5, 0.0, 0.0])),
                ("vector".into(), floats(&[2], &[0.123_456_79, -9.0])),
            ]
            .into(),
        }
    }

    #[test]
    fn matrices_are_rounded_and_vectors_kept() {
        let bytes = Tower::Text
            .write(&weights(), Quantisation::Int8, &BTreeMap::new())
            .unwrap();
        let mut read = Tower::Text.read(&bytes).unwrap();
        let table = read.take("table", &[2, 2]).unwrap();
        assert!(matches!(table, Values::Int8 { .. }));
        let table = table.to_floats();
        assert_eq!(table[0], 1.0);
        // Half a step of 1 / 127.
        assert!((table[1] + 0.5).abs() <= 0.5 / 127.0);
        assert_eq!(&table[2..], [0.0, 0.0]);
        let vector = read.take("vector", &[2]).unwrap().to_floats();
        assert_eq!(vector, [0.123_456_79, -9.0]);
    }

    #[test]
    fn floats_come_back_as_they_were() {
        let bytes = Tower::Image
            .write(&weights(), Quantisation::F32, &BTreeMap::new())
            .unwrap();
        let table = Tower::Image.read(&bytes).unwrap().take("table", &[2, 2]);
        assert_eq!(table.unwrap().to_floats(), [1.0, -0.5, 0.0, 0.0]);
    }

    #[test]
    fn other_files_are_refused_by_name() {
        let bytes = Tower::Text
            .write(&weights(), Quantisation::Int8, &BTreeMap::new())
            .unwrap();
        let other = Tower::Image.read(&bytes).unwrap_err().to_string();
        assert!(
            other.contains("image.safetensors holds the text tower"),
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
}
