//! The frozen fronts of both towers ([`ImageFront`], [`TextFront`]), whose outputs can be computed
//! once and kept.

use super::batch::Maps;
use crate::{
    pack::BertConfig,
    text::{TextTokenizer, TokenBatch},
    towers::{
        EfficientNetLite0, EmbedError, WeightError, WeightSource, bert::Bert,
        convolution::global_average_pool, read,
    },
};
use burn::tensor::{Device, Tensor, TensorData};

/// The frozen front of the image tower, up to the blocks that train.
pub struct ImageFront {
    network: EfficientNetLite0,
    unfreeze: usize,
    regions: bool,
    device: Device,
}

impl ImageFront {
    /// Loads the tower's convolutions; `unfreeze` is the recipe's. With no block to train, the
    /// answers are the pooled features (batch, 1280, 1, 1), or the last feature map where `regions`
    /// are wanted, for masked modelling.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        weights: &mut dyn WeightSource,
        unfreeze: usize,
        regions: bool,
        device: &Device,
    ) -> Result<Self, WeightError> {
        Ok(Self {
            network: EfficientNetLite0::load(weights, device)?,
            unfreeze,
            regions,
            device: device.clone(),
        })
    }

    /// Prepared pictures (batch · 3 · height · width values) to what enters the trained part.
    ///
    /// # Errors
    /// [`EmbedError`].
    pub async fn maps(
        &self,
        pixel_values: Vec<f32>,
        [batch, height, width]: [usize; 3],
    ) -> Result<Maps, EmbedError> {
        let expected = batch * 3 * height * width;
        if pixel_values.len() != expected || expected == 0 {
            return Err(EmbedError::Pixels {
                expected,
                found: pixel_values.len(),
            });
        }
        let data = TensorData::new(pixel_values, [batch, 3, height, width]);
        let pixels = Tensor::<4>::from_data(data, &self.device);
        let maps = match (self.unfreeze, self.regions) {
            (0, true) => self.network.feature_map(pixels),
            (0, false) => {
                let features = self.network.forward(pixels);
                let [batch, channels] = features.dims();
                features.reshape([batch, channels, 1, 1])
            }
            (blocks, _) => self.network.front(pixels, blocks),
        };
        Ok(Maps {
            shape: maps.dims(),
            values: read(maps).await?,
        })
    }

    /// The pooled features, (batch, 1280), of what [`ImageFront::maps`] gave: what the frozen tower
    /// itself makes of it.
    ///
    /// # Errors
    /// [`EmbedError`].
    pub async fn pooled(&self, maps: &Maps) -> Result<Vec<f32>, EmbedError> {
        let data = TensorData::new(maps.values.clone(), maps.shape);
        let tensor = Tensor::<4>::from_data(data, &self.device);
        read(match self.unfreeze {
            0 => global_average_pool(tensor),
            blocks => self.network.rest(tensor, blocks),
        })
        .await
    }
}

/// The frozen text tower, up to its head.
pub struct TextFront {
    network: Bert,
    tokenizer: TextTokenizer,
}

impl TextFront {
    /// Loads a BERT's weights and takes its tokenizer.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn load(
        config: &BertConfig,
        weights: &mut dyn WeightSource,
        tokenizer: TextTokenizer,
        device: &Device,
    ) -> Result<Self, WeightError> {
        Ok(Self {
            network: Bert::load(config, weights, device)?,
            tokenizer,
        })
    }

    /// Sentences to embeddings of unit length: (sentences · width).
    ///
    /// # Errors
    /// [`EmbedError`].
    pub async fn embed<S: AsRef<str>>(&self, sentences: &[S]) -> Result<Vec<f32>, EmbedError> {
        if sentences.is_empty() {
            return Ok(Vec::new());
        }
        let tokens = self.tokenizer.encode(sentences)?;
        read(self.network.forward(&tokens)).await
    }

    /// Token ids of at least one sentence.
    ///
    /// # Errors
    /// [`EmbedError::Tokenize`].
    pub fn tokens<S: AsRef<str>>(&self, sentences: &[S]) -> Result<TokenBatch, EmbedError> {
        Ok(self.tokenizer.encode(sentences)?)
    }
}
