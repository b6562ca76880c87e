//! Pixels or sentences in, L2-normalised embeddings out.

use super::{Bert, EfficientNetLite0, ImageHead, TextHead, WeightError, Weights, normalise_rows};
use crate::{
    pack::{Golden, ImageArchitecture, Manifest, TextArchitecture},
    score::cosine,
    text::{TextTokenizer, TokenizeError},
};
use burn::tensor::{Device, ExecutionError, Tensor, TensorData};

/// Why an embedding could not be computed.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// Pixels of another size than the tower's.
    #[error("expected {expected} pixel values, got {found}")]
    Pixels {
        /// batch · 3 · height · width.
        expected: usize,
        /// What came.
        found: usize,
    },
    /// A sentence that the tokenizer refuses.
    #[error(transparent)]
    Tokenize(#[from] TokenizeError),
    /// The device failed, or was lost.
    #[error("the device stopped computing: {0:?}")]
    Device(ExecutionError),
    /// The device answered with other numbers than floats.
    #[error("the device answered in an unexpected form: {0}")]
    Answer(String),
}

/// The image encoder with its projection.
#[derive(Debug, Clone)]
pub struct ImageTower {
    encoder: EfficientNetLite0,
    head: ImageHead,
    height: usize,
    width: usize,
    device: Device,
}

impl ImageTower {
    /// Builds the tower that the manifest describes.
    ///
    /// # Errors
    /// [`WeightError`] for a tensor that is missing or of another shape.
    pub fn load(
        manifest: &Manifest,
        weights: &mut Weights,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let ImageArchitecture::EfficientNetLite0 = manifest.architecture.image;
        let embedding = manifest.architecture.projection_dim;
        let (height, width) = manifest.preprocessing.output_size();
        Ok(Self {
            encoder: EfficientNetLite0::load(weights, device)?,
            head: ImageHead::load(weights, [EfficientNetLite0::FEATURES, embedding], device)?,
            height,
            width,
            device: device.clone(),
        })
    }

    /// `image_embeds`: prepared pictures (batch · 3 · height · width values) to
    /// (batch · projection_dim), each row of unit length.
    ///
    /// # Errors
    /// [`EmbedError`].
    pub async fn embed(&self, pixel_values: Vec<f32>) -> Result<Vec<f32>, EmbedError> {
        let embeds = self.head.forward(self.features(pixel_values)?);
        read_rows(embeds).await
    }

    /// The cosine between this device's embedding of the golden picture and the manifest's; below
    /// [`Golden::MIN_COSINE`] the device is not to be trusted. Also the first run, which compiles
    /// what the device needs.
    ///
    /// # Errors
    /// [`EmbedError`].
    pub async fn self_check(&self, manifest: &Manifest) -> Result<f32, EmbedError> {
        let picture = Golden::picture(self.height, self.width);
        let embeds = self
            .embed(manifest.preprocessing.normalise(&picture))
            .await?;
        Ok(cosine(&embeds, &manifest.golden.image_embeds))
    }

    /// The encoder's pooled features: (batch, 1280).
    ///
    /// # Errors
    /// [`EmbedError::Pixels`].
    pub fn features(&self, pixel_values: Vec<f32>) -> Result<Tensor<2>, EmbedError> {
        let one = 3 * self.height * self.width;
        let batch = pixel_values.len() / one;
        if batch == 0 || batch * one != pixel_values.len() {
            return Err(EmbedError::Pixels {
                expected: batch.max(1) * one,
                found: pixel_values.len(),
            });
        }
        let shape = [batch, 3, self.height, self.width];
        let pixels = Tensor::from_data(TensorData::new(pixel_values, shape), &self.device);
        Ok(self.encoder.forward(pixels))
    }

    /// The classifier's logits for features: (batch, 1000).
    pub fn class_logits(&self, features: Tensor<2>) -> Tensor<2> {
        self.head.class_logits(features)
    }
}

/// The text encoder with its tokenizer and projection.
pub struct TextTower {
    tokenizer: TextTokenizer,
    encoder: Bert,
    head: TextHead,
}

impl TextTower {
    /// Builds the tower that the manifest describes.
    ///
    /// # Errors
    /// [`WeightError`] for a tensor that is missing or of another shape.
    pub fn load(
        manifest: &Manifest,
        tokenizer: TextTokenizer,
        weights: &mut Weights,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let TextArchitecture::Bert(config) = &manifest.architecture.text;
        Ok(Self {
            tokenizer,
            encoder: Bert::load(config, weights, device)?,
            head: TextHead::load(weights, manifest.architecture.projection_dim, device)?,
        })
    }

    /// `text_embeds`: sentences to (sentences · projection_dim), each row of unit length.
    ///
    /// # Errors
    /// [`EmbedError`].
    pub async fn embed<S: AsRef<str>>(&self, sentences: &[S]) -> Result<Vec<f32>, EmbedError> {
        if sentences.is_empty() {
            return Ok(Vec::new());
        }
        read_rows(self.head.forward(self.sentence_embeds(sentences)?)).await
    }

    /// As [`ImageTower::self_check`], with the golden sentence.
    ///
    /// # Errors
    /// [`EmbedError`].
    pub async fn self_check(&self, manifest: &Manifest) -> Result<f32, EmbedError> {
        let embeds = self.embed(&[&manifest.golden.sentence]).await?;
        Ok(cosine(&embeds, &manifest.golden.text_embeds))
    }

    /// The encoder's own sentence embeddings, before the head: (sentences, width).
    ///
    /// # Errors
    /// [`EmbedError::Tokenize`].
    pub fn sentence_embeds<S: AsRef<str>>(&self, sentences: &[S]) -> Result<Tensor<2>, EmbedError> {
        Ok(self.encoder.forward(&self.tokenizer.encode(sentences)?))
    }
}

/// Reads rows from the device and normalises them.
async fn read_rows(rows: Tensor<2>) -> Result<Vec<f32>, EmbedError> {
    let [_, length] = rows.dims();
    let mut values = read(rows).await?;
    normalise_rows(&mut values, length);
    Ok(values)
}

/// A tensor's values, row-major.
///
/// # Errors
/// [`EmbedError::Device`] and [`EmbedError::Answer`].
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, EmbedError> {
    tensor
        .into_data_async()
        .await
        .map_err(EmbedError::Device)?
        .try_into_vec::<f32>()
        .map_err(|error| EmbedError::Answer(format!("{error:?}")))
}
