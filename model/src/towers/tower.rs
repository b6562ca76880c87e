//! Image and text towers ([`ImageTower`], [`TextTower`]): pixels or sentences in, L2-normalised
//! embeddings out.

use super::{
    WeightError, WeightSource,
    bert::Bert,
    efficientnet::EfficientNetLite0,
    fastvit::FastVit,
    heads::{ImageHead, TextHead},
    normalise_rows,
    regions::{CONVOLUTIONAL_SCALE, Regions, patch_weighted_means},
    resnet::ResNet,
    roberta::Roberta,
    text_transformer::{TextKind, TextTransformer},
    vit::{VisionTransformer, VitKind},
};
use crate::{
    pack::{
        Architecture, Golden, ImageArchitecture, Manifest, TensorSpec, TextArchitecture,
        TextConfig, Tower, VisionConfig,
    },
    pixels::{Grid, Preprocessing, Rectangle},
    score::cosine,
    text::{TextTokenizer, TokenBatch, TokenizeError},
};
use burn::tensor::{Device, ExecutionError, Tensor, TensorData};

/// Why an embedding could not be computed.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// Pixel values of another number than the tower's input has.
    #[error("expected {expected} pixel values, got {found}")]
    Pixels {
        /// Values that were expected: batch · 3 · height · width.
        expected: usize,
        /// How many values came.
        found: usize,
    },
    /// A sentence that the tokenizer refuses.
    #[error(transparent)]
    Tokenize(#[from] TokenizeError),
    /// A weight that can't be taken, where weights are read as they are needed.
    #[error(transparent)]
    Weight(#[from] WeightError),
    /// The device failed, or was lost.
    #[error("the device stopped computing: {0:?}")]
    Device(ExecutionError),
    /// The device answered with other numbers than floats.
    #[error("the device answered in an unexpected form: {0}")]
    Answer(String),
}

/// The image tower: an encoder with its projection.
#[derive(Debug, Clone)]
pub struct ImageTower {
    encoder: ImageEncoder,
    height: usize,
    width: usize,
    device: Device,
}

#[derive(Debug, Clone)]
enum ImageEncoder {
    EfficientNet(Box<(EfficientNetLite0, ImageHead)>),
    Vit(Box<VisionTransformer>),
    FastVit(Box<FastVit>),
    ResNet(Box<ResNet>),
}

impl ImageTower {
    /// Builds the tower that the manifest describes.
    ///
    /// # Errors
    /// [`WeightError`] for a tensor that is missing or of another shape.
    pub fn load(
        manifest: &Manifest,
        weights: &mut dyn WeightSource,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let (height, width) = manifest.preprocessing.output_size();
        Ok(Self {
            encoder: ImageEncoder::load(&manifest.architecture, weights, device)?,
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
        let batch = self.batch(&pixel_values)?;
        read_rows(match &self.encoder {
            ImageEncoder::EfficientNet(tower) => {
                let (encoder, head) = &**tower;
                head.forward(encoder.forward(self.pixels(pixel_values, batch)))
            }
            ImageEncoder::Vit(encoder) => encoder.forward(&pixel_values, &self.device),
            ImageEncoder::FastVit(encoder) => encoder.forward(self.pixels(pixel_values, batch)),
            ImageEncoder::ResNet(encoder) => encoder.forward(self.pixels(pixel_values, batch)),
        })
        .await
    }

    /// How a picture is prepared for [`ImageTower::regions`], given how it is for
    /// [`ImageTower::embed`]: convolutional encoders read it at twice the size, so that their patches
    /// are finer. Vision transformers and attention pooling have positions for one size only.
    pub fn regions_input(&self, preprocessing: &Preprocessing) -> Preprocessing {
        preprocessing.enlarged(self.regions_scale())
    }

    fn regions_scale(&self) -> usize {
        match &self.encoder {
            ImageEncoder::EfficientNet(_) | ImageEncoder::FastVit(_) => CONVOLUTIONAL_SCALE,
            ImageEncoder::Vit(_) | ImageEncoder::ResNet(_) => 1,
        }
    }

    /// An embedding for each patch of one picture that was prepared by
    /// [`ImageTower::regions_input`]. The grid lies in pixels of what [`ImageTower::embed`] gets.
    ///
    /// # Errors
    /// [`EmbedError`]; [`EmbedError::Pixels`] for a picture that was prepared otherwise.
    pub async fn regions(&self, pixel_values: Vec<f32>) -> Result<Regions, EmbedError> {
        let scale = self.regions_scale();
        let [height, width] = [self.height * scale, self.width * scale];
        if pixel_values.len() != 3 * height * width {
            return Err(EmbedError::Pixels {
                expected: 3 * height * width,
                found: pixel_values.len(),
            });
        }
        let map = |values| {
            let values = TensorData::new(values, [1, 3, height, width]);
            Tensor::from_data(values, &self.device)
        };
        let (rows, grid) = match &self.encoder {
            ImageEncoder::EfficientNet(tower) => {
                let (encoder, head) = &**tower;
                let (features, grid) = encoder.patch_features(map(pixel_values));
                (head.forward(patch_weighted_means(features)), grid)
            }
            ImageEncoder::Vit(encoder) => encoder.patch_embeds(&pixel_values, &self.device),
            ImageEncoder::FastVit(encoder) => encoder.patch_embeds(map(pixel_values)),
            ImageEncoder::ResNet(encoder) => encoder.patch_embeds(map(pixel_values)),
        };
        let grid = match scale {
            1 => grid,
            _ => Grid {
                area: Rectangle::of(self.width, self.height),
                ..grid
            },
        };
        let embeds = read_rows(rows).await?;
        Ok(Regions { grid, embeds })
    }

    /// The cosine between this device's embedding of the golden picture and the manifest's; below
    /// [`Golden::MIN_COSINE`] the device is not to be trusted. Also the first run, which compiles
    /// what the device needs.
    ///
    /// # Errors
    /// [`EmbedError`].
    pub async fn self_check(&self, manifest: &Manifest) -> Result<f32, EmbedError> {
        let embeds = self.embed(self.golden_pixels(manifest, 1)).await?;
        Ok(cosine(&embeds, &manifest.golden.image_embeds))
    }

    /// Embeds the golden picture's patches, which compiles the kernels that a device needs for
    /// [`ImageTower::regions`] and did not need for [`ImageTower::self_check`].
    ///
    /// # Errors
    /// [`EmbedError`].
    pub async fn warm_up(&self, manifest: &Manifest) -> Result<(), EmbedError> {
        let regions = self
            .regions(self.golden_pixels(manifest, self.regions_scale()))
            .await;
        regions.map(|_| ())
    }

    /// The golden picture at `scale` times the size of the tower's input, normalised.
    fn golden_pixels(&self, manifest: &Manifest, scale: usize) -> Vec<f32> {
        let picture = Golden::picture(self.height * scale, self.width * scale);
        manifest.preprocessing.normalise(&picture)
    }

    /// What EfficientNet sees before the alignment head: its pooled features (batch, 1280) and its
    /// own classifier's logits (batch, 1000). Nothing for other encoders.
    ///
    /// # Errors
    /// [`EmbedError::Pixels`].
    pub fn features(
        &self,
        pixel_values: Vec<f32>,
    ) -> Result<Option<(Tensor<2>, Tensor<2>)>, EmbedError> {
        let batch = self.batch(&pixel_values)?;
        let ImageEncoder::EfficientNet(tower) = &self.encoder else {
            return Ok(None);
        };
        let (encoder, head) = &**tower;
        let features = encoder.forward(self.pixels(pixel_values, batch));
        let logits = head.class_logits(features.clone());
        Ok(Some((features, logits)))
    }

    fn batch(&self, pixel_values: &[f32]) -> Result<usize, EmbedError> {
        let one = 3 * self.height * self.width;
        let batch = pixel_values.len() / one;
        if batch == 0 || batch * one != pixel_values.len() {
            return Err(EmbedError::Pixels {
                expected: batch.max(1) * one,
                found: pixel_values.len(),
            });
        }
        Ok(batch)
    }

    fn pixels(&self, pixel_values: Vec<f32>, batch: usize) -> Tensor<4> {
        let shape = [batch, 3, self.height, self.width];
        Tensor::from_data(TensorData::new(pixel_values, shape), &self.device)
    }
}

impl ImageEncoder {
    fn load(
        architecture: &Architecture,
        weights: &mut dyn WeightSource,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let embedding = architecture.projection_dim;
        Ok(match &architecture.image {
            ImageArchitecture::EfficientNetLite0 => {
                let shape = [EfficientNetLite0::FEATURES, embedding];
                let encoder = EfficientNetLite0::load(weights, device)?;
                let head = ImageHead::load(weights, shape, device)?;
                Self::EfficientNet(Box::new((encoder, head)))
            }
            ImageArchitecture::Clip(config) => {
                let kind = VitKind::Clip {
                    projection: embedding,
                };
                let encoder = VisionTransformer::load(weights, config, kind, device)?;
                Self::Vit(Box::new(encoder))
            }
            ImageArchitecture::Eva(config) => {
                let kind = VitKind::Eva {
                    projection: embedding,
                };
                let encoder = VisionTransformer::load(weights, config, kind, device)?;
                Self::Vit(Box::new(encoder))
            }
            ImageArchitecture::Siglip(config) => {
                let kind = VitKind::Siglip;
                let encoder = VisionTransformer::load(weights, config, kind, device)?;
                Self::Vit(Box::new(encoder))
            }
            ImageArchitecture::FastVit(config) => {
                let encoder = FastVit::load(weights, config, embedding, device)?;
                Self::FastVit(Box::new(encoder))
            }
            ImageArchitecture::ResNet(config) => {
                let encoder = ResNet::load(weights, config, embedding, device)?;
                Self::ResNet(Box::new(encoder))
            }
        })
    }
}

/// The vision transformer of an architecture that has one.
fn vit(architecture: &Architecture) -> Option<(&VisionConfig, VitKind)> {
    let projection = architecture.projection_dim;
    match &architecture.image {
        ImageArchitecture::EfficientNetLite0
        | ImageArchitecture::FastVit(_)
        | ImageArchitecture::ResNet(_) => None,
        ImageArchitecture::Clip(config) => Some((config, VitKind::Clip { projection })),
        ImageArchitecture::Eva(config) => Some((config, VitKind::Eva { projection })),
        ImageArchitecture::Siglip(config) => Some((config, VitKind::Siglip)),
    }
}

/// The text transformer of an architecture that has one.
fn text_transformer(architecture: &Architecture) -> Option<(&TextConfig, TextKind)> {
    match &architecture.text {
        TextArchitecture::Bert(_) | TextArchitecture::Roberta(_) => None,
        TextArchitecture::Clip(config) => Some((config, TextKind::Clip)),
        TextArchitecture::Siglip(config) => Some((config, TextKind::Siglip)),
    }
}

/// Every tensor of a transformer tower, in running order; nothing for the default model's towers,
/// whose weights come from elsewhere.
pub fn tower_tensors(architecture: &Architecture, tower: Tower) -> Vec<TensorSpec> {
    match tower {
        Tower::Image => match &architecture.image {
            ImageArchitecture::FastVit(config) => {
                FastVit::tensors(config, architecture.projection_dim)
            }
            ImageArchitecture::ResNet(config) => {
                ResNet::tensors(config, architecture.projection_dim)
            }
            _ => vit(architecture)
                .map(|(config, kind)| VisionTransformer::tensors(config, kind))
                .unwrap_or_default(),
        },
        Tower::Text => match &architecture.text {
            TextArchitecture::Roberta(config) => {
                Roberta::tensors(config, architecture.projection_dim)
            }
            _ => text_transformer(architecture)
                .map(|(config, kind)| {
                    TextTransformer::tensors(config, kind, architecture.projection_dim)
                })
                .unwrap_or_default(),
        },
    }
}

/// `image_embeds` of prepared pictures, for checking a tower once: of a vision transformer only one
/// layer's weights are in memory at a time, convolutional encoders are small. `None` for the default
/// model's.
///
/// # Errors
/// [`EmbedError`].
pub async fn embed_images_once(
    architecture: &Architecture,
    weights: &mut dyn WeightSource,
    pixel_values: &[f32],
    device: &Device,
) -> Result<Option<Vec<f32>>, EmbedError> {
    let map = |side: usize| {
        let batch = pixel_values.len() / (3 * side * side).max(1);
        let values = TensorData::new(pixel_values.to_vec(), [batch, 3, side, side]);
        Tensor::from_data(values, device)
    };
    let rows = match &architecture.image {
        ImageArchitecture::FastVit(config) => {
            FastVit::load(weights, config, architecture.projection_dim, device)?
                .forward(map(config.image_size))
        }
        ImageArchitecture::ResNet(config) => {
            ResNet::load(weights, config, architecture.projection_dim, device)?
                .forward(map(config.image_size))
        }
        _ => {
            let Some((config, kind)) = vit(architecture) else {
                return Ok(None);
            };
            VisionTransformer::run_once(weights, config, kind, pixel_values, device)?
        }
    };
    read_rows(rows).await.map(Some)
}

/// As [`embed_images_once`], for sentences.
///
/// # Errors
/// [`EmbedError`].
pub async fn embed_tokens_once(
    architecture: &Architecture,
    weights: &mut dyn WeightSource,
    tokens: &TokenBatch,
    device: &Device,
) -> Result<Option<Vec<f32>>, EmbedError> {
    let projection = architecture.projection_dim;
    if let TextArchitecture::Roberta(config) = &architecture.text {
        let tower = Roberta::load(weights, config, projection, device)?;
        return read_rows(tower.forward(tokens, device)).await.map(Some);
    }
    let Some((config, kind)) = text_transformer(architecture) else {
        return Ok(None);
    };
    let rows = TextTransformer::run_once(weights, config, kind, projection, tokens, device)?;
    read_rows(rows).await.map(Some)
}

/// The text encoder with its tokenizer and projection.
pub struct TextTower {
    tokenizer: TextTokenizer,
    encoder: TextEncoder,
    device: Device,
}

enum TextEncoder {
    Bert(Box<(Bert, TextHead)>),
    Transformer(Box<TextTransformer>),
    Roberta(Box<Roberta>),
}

impl TextTower {
    /// Builds the tower that the manifest describes.
    ///
    /// # Errors
    /// [`WeightError`] for a tensor that is missing or of another shape.
    pub fn load(
        manifest: &Manifest,
        tokenizer: TextTokenizer,
        weights: &mut dyn WeightSource,
        device: &Device,
    ) -> Result<Self, WeightError> {
        let projection = manifest.architecture.projection_dim;
        let transformer = |weights: &mut dyn WeightSource, config, kind| {
            TextTransformer::load(weights, config, kind, projection, device)
                .map(|encoder| TextEncoder::Transformer(Box::new(encoder)))
        };
        let encoder = match &manifest.architecture.text {
            TextArchitecture::Bert(config) => TextEncoder::Bert(Box::new((
                Bert::load(config, weights, device)?,
                TextHead::load(weights, projection, device)?,
            ))),
            TextArchitecture::Clip(config) => transformer(weights, config, TextKind::Clip)?,
            TextArchitecture::Siglip(config) => transformer(weights, config, TextKind::Siglip)?,
            TextArchitecture::Roberta(config) => {
                let encoder = Roberta::load(weights, config, projection, device)?;
                TextEncoder::Roberta(Box::new(encoder))
            }
        };
        Ok(Self {
            tokenizer,
            encoder,
            device: device.clone(),
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
        let tokens = self.tokenizer.encode(sentences)?;
        read_rows(match &self.encoder {
            TextEncoder::Bert(tower) => {
                let (encoder, head) = &**tower;
                head.forward(encoder.forward(&tokens))
            }
            TextEncoder::Transformer(encoder) => encoder.forward(&tokens, &self.device),
            TextEncoder::Roberta(encoder) => encoder.forward(&tokens, &self.device),
        })
        .await
    }

    /// As [`ImageTower::self_check`], with the golden sentence.
    ///
    /// # Errors
    /// [`EmbedError`].
    pub async fn self_check(&self, manifest: &Manifest) -> Result<f32, EmbedError> {
        let embeds = self.embed(&[&manifest.golden.sentence]).await?;
        Ok(cosine(&embeds, &manifest.golden.text_embeds))
    }

    /// MiniLM's own sentence embeddings, before the alignment head: (sentences, width). Nothing
    /// for other encoders.
    ///
    /// # Errors
    /// [`EmbedError::Tokenize`].
    pub fn sentence_embeds<S: AsRef<str>>(
        &self,
        sentences: &[S],
    ) -> Result<Option<Tensor<2>>, EmbedError> {
        let tokens = self.tokenizer.encode(sentences)?;
        Ok(match &self.encoder {
            TextEncoder::Bert(tower) => Some(tower.0.forward(&tokens)),
            TextEncoder::Transformer(_) | TextEncoder::Roberta(_) => None,
        })
    }
}

/// Reads rows from the device and normalises them.
async fn read_rows(rows: Tensor<2>) -> Result<Vec<f32>, EmbedError> {
    let [_, length] = rows.dims();
    let mut values = read(rows).await?;
    normalise_rows(&mut values, length);
    Ok(values)
}

/// Reads a tensor's values from its device, row-major.
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
