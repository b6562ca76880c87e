//! The towers' architectures, in the fields of their published configs: [`Architecture`].

use serde::{Deserialize, Serialize};

/// The shapes of a dual encoder's two towers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// The image tower's family and shape.
    pub image: ImageArchitecture,
    /// The text tower's family and shape.
    pub text: TextArchitecture,
    /// Length of the embeddings that both towers share.
    pub projection_dim: usize,
}

/// An image tower's shape, in the fields of its published config.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model_type")]
pub enum ImageArchitecture {
    /// EfficientNet-Lite0 with its ImageNet classifier and an alignment head.
    #[serde(rename = "efficientnet-lite0")]
    EfficientNetLite0,
    /// A vision transformer with a class token and a projection.
    #[serde(rename = "clip_vision_model")]
    Clip(VisionConfig),
    /// A vision transformer with an attention-pooling head.
    #[serde(rename = "siglip_vision_model")]
    Siglip(VisionConfig),
    /// EVA's vision transformer: CLIP's with a bias at its patches and its projection, without a norm
    /// before its blocks, and with blocks that may have more parts.
    #[serde(rename = "eva_vision_model")]
    Eva(VisionConfig),
    /// FastViT as in MobileCLIP, with a projection.
    #[serde(rename = "fastvit")]
    FastVit(FastVitConfig),
    /// CLIP's ResNet, with attention pooling.
    #[serde(rename = "clip_resnet")]
    ResNet(ResNetConfig),
}

/// A text tower's shape, in the fields of its published config.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model_type")]
pub enum TextArchitecture {
    /// BERT with mean pooling and an alignment head.
    #[serde(rename = "bert")]
    Bert(BertConfig),
    /// A causal transformer that is read at its end-of-text token, with a projection.
    #[serde(rename = "clip_text_model")]
    Clip(TextConfig),
    /// A bidirectional transformer that is read at its last token, with a projection.
    #[serde(rename = "siglip_text_model")]
    Siglip(TextConfig),
    /// RoBERTa with a projection, as open_clip puts it beside its image towers.
    #[serde(rename = "roberta")]
    Roberta(RobertaConfig),
}

/// BERT's `config.json`, as far as it shapes the encoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BertConfig {
    /// Rows of the token table: the vocabulary's size.
    pub vocab_size: usize,
    /// Width of a token's vector.
    pub hidden_size: usize,
    /// Number of transformer blocks.
    pub num_hidden_layers: usize,
    /// Attention heads of each block; they divide the width.
    pub num_attention_heads: usize,
    /// Width of the hidden layer inside each feed-forward part.
    pub intermediate_size: usize,
    /// Rows of the position table: the longest text, in tokens.
    pub max_position_embeddings: usize,
    /// Rows of the segment table.
    pub type_vocab_size: usize,
    /// What layer norms add to the variance.
    pub layer_norm_eps: f64,
}

/// The config of a RoBERTa (or XLM-RoBERTa) with its projection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RobertaConfig {
    /// Its transformer blocks, whose fields stand beside the others.
    #[serde(flatten)]
    pub transformer: TransformerConfig,
    /// Rows of the token table: the vocabulary's size.
    pub vocab_size: usize,
    /// Rows of the position table.
    pub max_position_embeddings: usize,
    /// The row of a text's first token; those before it are for filling.
    pub first_position: usize,
    /// What of the tokens is projected.
    pub readout: RobertaReadout,
    /// What follows it.
    pub projection: RobertaProjection,
}

/// What of a RoBERTa's tokens its embedding is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RobertaReadout {
    /// The mean of all tokens.
    Mean,
    /// The first token, which stands before the text.
    FirstToken,
}

/// What follows a RoBERTa's readout; no layer has biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RobertaProjection {
    /// Nothing: it is as wide as the embeddings.
    None,
    /// One linear layer.
    Linear,
    /// Two, with GELU between them, half as wide as both together.
    Mlp,
}

impl RobertaConfig {
    /// Tokens of the longest text.
    pub(crate) fn max_length(&self) -> usize {
        (self.max_position_embeddings).saturating_sub(self.first_position)
    }
}

/// What the transformers of CLIP and SigLIP have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransformerConfig {
    /// Width of a token's vector.
    pub hidden_size: usize,
    /// Width of the hidden layer inside each feed-forward part.
    pub intermediate_size: usize,
    /// Number of transformer blocks.
    pub num_hidden_layers: usize,
    /// Attention heads of each block; they divide the width.
    pub num_attention_heads: usize,
    /// Between the two halves of the feed-forward part.
    pub hidden_act: Activation,
    /// What layer norms add to the variance.
    pub layer_norm_eps: f64,
    /// What the blocks of EVA's vision transformers have beside these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eva: Option<EvaConfig>,
}

/// Parts of a transformer block that EVA-02 (Fang et al. 2023, arXiv 2303.11331) and EVA-CLIP (Sun et
/// al. 2023, arXiv 2303.15389) add.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvaConfig {
    /// Whether the feed-forward part is gated (SwiGLU).
    pub is_gated: bool,
    /// Whether a norm stands before the attention's output layer.
    pub has_attention_norm: bool,
    /// Whether a norm stands before the feed-forward part's second layer.
    pub has_mlp_norm: bool,
    /// Whether the block's norms stand behind its parts, and not before them.
    pub is_post_norm: bool,
    /// How queries and keys are rotated by their position; none: not at all.
    pub rotary: Option<RotaryConfig>,
}

/// Rotary position embeddings of patches (Su et al. 2021, arXiv 2104.09864), which lie in a square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotaryConfig {
    /// Patches along a side.
    pub side: usize,
    /// Patches along a side in training, to whose positions these are scaled.
    pub reference: usize,
}

/// The activation function of a layer. Configs and manifests name the GELUs, as Hugging Face does;
/// the others follow from the architecture and stand in no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Activation {
    /// The identity: `x` as it is.
    #[serde(skip)]
    Linear,
    /// `min(max(x, 0), 6)`, which EfficientNet-Lite has behind its convolutions.
    #[serde(skip)]
    Relu6,
    /// `max(x, 0)`, which ResNets and squeeze-and-excite have.
    #[serde(skip)]
    Relu,
    /// `x · σ(x)`, the gate of SwiGLU.
    #[serde(skip)]
    Silu,
    /// `x · σ(1.702 x)`, which OpenAI's weights need.
    #[serde(rename = "quick_gelu")]
    QuickGelu,
    /// `x · Φ(x)`, by the error function.
    #[serde(rename = "gelu")]
    Gelu,
    /// GELU by its tanh approximation.
    #[serde(rename = "gelu_pytorch_tanh", alias = "gelu_new", alias = "gelu_fast")]
    GeluTanh,
}

/// A vision transformer's config, as far as it shapes the tower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisionConfig {
    /// Its transformer blocks, whose fields stand beside the others.
    #[serde(flatten)]
    pub transformer: TransformerConfig,
    /// Side of the square input in pixels.
    pub image_size: usize,
    /// Side of a patch; what of the picture is left beyond whole patches is not seen.
    pub patch_size: usize,
    /// Whether a tower with an attention-pooling head has a class token as well, which its head leaves
    /// out. CLIP's always has one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub class_token: bool,
    /// What of CLIP's tokens the embedding is made of.
    #[serde(default, skip_serializing_if = "Readout::is_class_token")]
    pub readout: Readout,
    /// Attention heads of CoCa's pooling, which stands before the last norm of its CLIP tower; none: a
    /// tower without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooling_heads: Option<usize>,
}

/// What of a vision transformer's tokens is projected to the embedding, where there is no head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readout {
    /// The class token, as in CLIP.
    #[default]
    ClassToken,
    /// The mean of all patches, each of them normed before.
    MeanOfNormed,
    /// The mean of all patches, normed as one token.
    NormOfMean,
}

impl Readout {
    fn is_class_token(&self) -> bool {
        *self == Self::ClassToken
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

impl VisionConfig {
    /// How many whole patches an input has.
    pub fn patches(&self) -> usize {
        (self.image_size / self.patch_size.max(1)).pow(2)
    }
}

/// The config of one of CLIP's ResNets: stages at half the side of the one before, and twice as wide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResNetConfig {
    /// Side of the square input in pixels.
    pub image_size: usize,
    /// Blocks of each stage.
    pub layers: [usize; 4],
    /// Channels behind the stem; the last map has 32 times as many.
    pub width: usize,
    /// Attention heads of the pooling; they divide the last map's channels.
    pub heads: usize,
}

impl ResNetConfig {
    /// Pixels of the input that one of the last map stands for, down and across.
    pub(crate) const SHRINKS: usize = 32;

    /// Channels of the last map.
    pub fn channels(&self) -> usize {
        32 * self.width
    }

    /// Pixels of the last map.
    pub fn patches(&self) -> usize {
        (self.image_size / Self::SHRINKS).pow(2)
    }
}

/// A FastViT's config: as many stages as its list has, each at half the side of the one before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FastVitConfig {
    /// Side of the square input in pixels.
    pub image_size: usize,
    /// The stages, in running order.
    pub stages: Vec<FastVitStage>,
    /// Channels of the last map, whose mean is projected; a multiple of the last stage's.
    pub features: usize,
    /// Width inside the last map's squeeze-and-excite.
    pub squeeze: usize,
}

/// One stage of a FastViT: blocks of one width, behind a strided convolution in all but the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FastVitStage {
    /// Channels; a multiple of the stage's before.
    pub width: usize,
    /// Width of the hidden layer inside each feed-forward part.
    pub intermediate_size: usize,
    /// Number of blocks.
    pub blocks: usize,
    /// What mixes pixels in each block.
    pub mixer: FastVitMixer,
    /// Width inside the squeeze-and-excite behind the strided convolution; none: a stage without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub squeeze: Option<usize>,
}

/// What mixes pixels in a FastViT's blocks. Stages with attention begin with a convolution that tells
/// positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FastVitMixer {
    /// A depthwise convolution.
    Convolution,
    /// Attention behind a batch norm, which is folded into it.
    Attention,
    /// Attention behind a layer norm.
    NormedAttention,
}

impl FastVitConfig {
    /// Width of an attention head.
    pub(crate) const HEAD: usize = 32;

    /// Stages, and pairs of one with the width before it: nothing before the first.
    pub(crate) fn stages(&self) -> impl Iterator<Item = (Option<usize>, &FastVitStage)> {
        let before = self.stages.iter().map(|stage| Some(stage.width));
        std::iter::once(None).chain(before).zip(&self.stages)
    }
}

/// A text transformer's config, as far as it shapes the tower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextConfig {
    /// Its transformer blocks, whose fields stand beside the others.
    #[serde(flatten)]
    pub transformer: TransformerConfig,
    /// Rows of the token table: the vocabulary's size.
    pub vocab_size: usize,
    /// Rows of the position table: the longest text, in tokens.
    pub max_position_embeddings: usize,
    /// The id of the end-of-text token, for CLIP: the first token of this id is pooled. Without it
    /// (open_clip, and Hugging Face configs that still say 2) the first of the highest id is, which
    /// is that of end-of-text in OpenAI's vocabulary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eos_token_id: Option<u32>,
    /// Whether an `eos_token_id` of 2 is the token of that id, as in XLM's vocabularies, and not the
    /// highest.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_eos_literal: bool,
    /// Whether tokens of CLIP's tower look both ways, at what the text is filled up with, too. SigLIP's
    /// always do.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_bidirectional: bool,
    /// Whether a class token stands behind the text, at which it is read, as in CoCa.
    #[serde(default, skip_serializing_if = "is_false")]
    pub class_token: bool,
}
