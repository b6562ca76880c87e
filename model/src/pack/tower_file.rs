//! A tower's safetensors file, read in place: [`Tower::read`].
//!
//! Tensor `x` is stored as one of
//! - `x` (F32 or F16, its own shape);
//! - `x` (I8, its own shape) and `x.scale` (F32, one a row of the first dimension):
//!   `x[i, …] = int8[i, …] · scale[i]`;
//! - `x` (U8, rows × half a row) and `x.scale` (F16, rows × blocks of 32), two 4-bit integers a
//!   byte, the earlier one in the lower half: `x[i, j] = (nibble[i, j] − 8) · scale[i, j / 32]`,
//!   where a row is everything behind the first dimension.

use super::{
    PackError, Tower,
    int4::{BLOCK, is_whole_blocks},
};
use crate::towers::{StoredTensor, WeightData, Weights, weights::f16_iter};
use safetensors::{Dtype, SafeTensors};
use std::borrow::Cow;

pub(super) const SCALE_SUFFIX: &str = ".scale";
pub(super) const TOWER_KEY: &str = "glimpse_tower";

impl Tower {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Text => "text",
        }
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
            let mut shape = view.shape().to_vec();
            let values = match view.dtype() {
                Dtype::F32 => WeightData::FloatBytes(view.data()),
                Dtype::F16 => WeightData::HalfBytes(Cow::Borrowed(view.data())),
                Dtype::I8 => {
                    let rows = &view.shape()[..view.shape().len().min(1)];
                    let scales = self.scales(&tensors, name, Dtype::F32, rows)?;
                    WeightData::Int8 {
                        values: Cow::Borrowed(view.data()),
                        scales: WeightData::FloatBytes(scales).to_floats(),
                    }
                }
                Dtype::U8 => {
                    let &[rows, half_row] = view.shape() else {
                        return Err(self.foreign(format!("tensor \"{name}\" is no matrix")));
                    };
                    // Two a byte; what lies in memory is less than half of what a number counts.
                    let row = half_row.saturating_mul(2);
                    if !is_whole_blocks(row) {
                        return Err(self.foreign(format!(
                            "tensor \"{name}\" has rows of {row} 4-bit integers, which are no \
                             whole blocks of {BLOCK}"
                        )));
                    }
                    shape = vec![rows, row];
                    let blocks = [rows, row / BLOCK];
                    let scales = self.scales(&tensors, name, Dtype::F16, &blocks)?;
                    WeightData::Int4 {
                        nibbles: Cow::Borrowed(view.data()),
                        scales: f16_iter(scales).collect(),
                    }
                }
                other => {
                    return Err(self.foreign(format!("tensor \"{name}\" is of type {other:?}")));
                }
            };
            weights
                .tensors
                .insert(name.to_owned(), StoredTensor { shape, values });
        }
        Ok(weights)
    }

    fn scales<'a>(
        self,
        tensors: &SafeTensors<'a>,
        name: &str,
        dtype: Dtype,
        shape: &[usize],
    ) -> Result<&'a [u8], PackError> {
        let scale_name = format!("{name}{SCALE_SUFFIX}");
        let view = tensors
            .tensor(&scale_name)
            .map_err(|error| self.foreign(error))?;
        if view.dtype() != dtype || view.shape() != shape {
            return Err(self.foreign(format!("tensor \"{scale_name}\" does not fit \"{name}\"")));
        }
        Ok(view.data())
    }

    fn foreign(self, reason: impl ToString) -> PackError {
        PackError::Foreign {
            file: self.file().to_owned(),
            reason: reason.to_string(),
        }
    }
}
