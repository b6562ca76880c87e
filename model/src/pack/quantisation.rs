//! The kinds of quantisation that a pack may have: [`Quantisation`].

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How weights are stored. Activations are always float; what every kind leaves finer is in
/// `precision.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quantisation {
    /// 32-bit floats, 4 bytes a weight.
    F32,
    /// 16-bit floats; vectors stay 32-bit.
    F16,
    /// 8-bit integers with one scale an output channel (a row of a table).
    Int8,
    /// 4-bit integers with one 16-bit scale a block of 32; token tables are 8-bit.
    Int4,
}

impl Quantisation {
    /// Every kind, from the finest to the coarsest.
    pub const ALL: [Self; 4] = [Self::F32, Self::F16, Self::Int8, Self::Int4];
}

impl fmt::Display for Quantisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Int8 => "int8",
            Self::Int4 => "int4",
        })
    }
}

/// The error of a name that is no [`Quantisation`]'s.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no way to store weights: f32, f16, int8 and int4 are")]
pub struct UnknownQuantisation(String);

impl FromStr for Quantisation {
    type Err = UnknownQuantisation;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|quantisation| quantisation.to_string() == name)
            .ok_or_else(|| UnknownQuantisation(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for quantisation in Quantisation::ALL {
            assert_eq!(quantisation.to_string().parse(), Ok(quantisation));
        }
        let error = "int2".parse::<Quantisation>().unwrap_err().to_string();
        assert!(error.contains("\"int2\""), "{error}");
    }
}
