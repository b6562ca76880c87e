//! Sentences whose embeddings come with the pack ([`KnownSentences`]): half-precision rows of one
//! tensor, and the sentences themselves, in the same order, in the file's metadata.

use half::f16;
use safetensors::{Dtype, SafeTensorError, SafeTensors, tensor::TensorView};
use std::collections::HashMap;

/// In the file's metadata: the sentences, as JSON.
const SENTENCES: &str = "sentences";
/// The name of the tensor, (sentences, projection_dim) in float16.
const EMBEDS: &str = "text_embeds";

/// Sentences and what this pack's text tower makes of them.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownSentences {
    /// Whole sentences, with the template filled in.
    pub sentences: Vec<String>,
    /// (sentences · projection_dim), each row of unit length.
    pub embeds: Vec<f32>,
}

/// Why the file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum SentencesError {
    /// The bytes are no safetensors file, or lack the tensor.
    #[error("the file of known sentences is none: {0}")]
    Tensors(#[from] SafeTensorError),
    /// The sentences in the metadata are no JSON list.
    #[error("the known sentences can't be read: {0}")]
    Json(#[from] serde_json::Error),
    /// There are not as many embeddings as sentences, or they have another length than the model's.
    #[error("the known sentences and their embeddings don't fit together")]
    Shape,
}

impl KnownSentences {
    /// Writes the safetensors file.
    ///
    /// # Errors
    /// [`SentencesError::Shape`], unless there is a row for each of at least one sentence.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SentencesError> {
        let rows = self.sentences.len();
        if rows == 0 || !self.embeds.len().is_multiple_of(rows) {
            return Err(SentencesError::Shape);
        }
        let shape = vec![rows, self.embeds.len() / rows];
        let halves = self.embeds.iter().map(|&float| f16::from_f32(float));
        let bytes: Vec<u8> = halves.flat_map(f16::to_le_bytes).collect();
        let view = TensorView::new(Dtype::F16, shape, &bytes)?;
        let sentences = serde_json::to_string(&self.sentences)?;
        let metadata = HashMap::from([(SENTENCES.to_owned(), sentences)]);
        Ok(safetensors::serialize([(EMBEDS, view)], Some(metadata))?)
    }

    /// Reads the file; `length` is that of the pack's embeddings.
    ///
    /// # Errors
    /// [`SentencesError`].
    pub fn read(bytes: &[u8], length: usize) -> Result<Self, SentencesError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let json = header.metadata().as_ref();
        let json = json.and_then(|metadata| metadata.get(SENTENCES));
        let sentences: Vec<String> = serde_json::from_str(json.ok_or(SentencesError::Shape)?)?;
        let tensors = SafeTensors::deserialize(bytes)?;
        let view = tensors.tensor(EMBEDS)?;
        if view.dtype() != Dtype::F16 || view.shape() != [sentences.len(), length] {
            return Err(SentencesError::Shape);
        }
        let halves = view.data().as_chunks::<2>().0.iter();
        let embeds = halves.map(|&half| f16::from_le_bytes(half).to_f32());
        Ok(Self {
            sentences,
            embeds: embeds.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> KnownSentences {
        KnownSentences {
            sentences: vec!["a photo of a \"cat\"".into(), "a dog".into()],
            embeds: vec![0.5, -0.25, 1.0, 0.0, 0.125, -1.0],
        }
    }

    #[test]
    fn sentences_come_back() {
        let bytes = known().to_bytes().unwrap();
        assert_eq!(KnownSentences::read(&bytes, 3).unwrap(), known());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let bytes = known().to_bytes().unwrap();
        let other_model = KnownSentences::read(&bytes, 2);
        assert!(matches!(other_model, Err(SentencesError::Shape)));
        let cut = KnownSentences::read(&bytes[..bytes.len() - 1], 3);
        assert!(matches!(cut, Err(SentencesError::Tensors(_))));
        let none = KnownSentences {
            sentences: vec![],
            embeds: vec![],
        };
        assert!(matches!(none.to_bytes(), Err(SentencesError::Shape)));
    }
}
