//! Configs with their class's defaults, which published ones leave out ([`over`], [`parse`]), and
//! what they may say ([`within_limits`]).

use super::CheckpointError;
use crate::{pack::Architecture, pixels::Preprocessing};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// `published` over `defaults`; a field that is null counts as left out.
pub(super) fn over(mut defaults: Value, published: &Value) -> Value {
    if let (Some(fields), Some(published)) = (defaults.as_object_mut(), published.as_object()) {
        for (name, value) in published {
            if !value.is_null() {
                fields.insert(name.clone(), value.clone());
            }
        }
    }
    defaults
}

/// Deserialises a config's fields; `file` is named in the error.
pub(super) fn parse<T: DeserializeOwned>(file: &str, value: Value) -> Result<T, CheckpointError> {
    serde_json::from_value(value).map_err(|source| CheckpointError::Json {
        file: file.to_owned(),
        source,
    })
}

/// Checks that the towers and their preprocessing are such as a pack may have; `file` is named in the
/// error.
pub(super) fn within_limits(
    file: &str,
    architecture: &Architecture,
    preprocessing: &Preprocessing,
) -> Result<(), CheckpointError> {
    architecture
        .validate()
        .and_then(|()| preprocessing.validate("preprocessing"))
        .map_err(|source| CheckpointError::Limit {
            file: file.to_owned(),
            source,
        })
}
