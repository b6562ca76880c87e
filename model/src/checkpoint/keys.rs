//! Our names of tensors to published ones: one ordered table for each layout.
//!
//! Ours are Hugging Face's without the tower's prefix.

use crate::pack::Tower;

/// How a checkpoint names and cuts its tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// transformers' `CLIPModel` and `SiglipModel`.
    HuggingFace,
    /// open_clip's `CLIP`; `text` prefixes the text tower of its `CustomTextCLIP`.
    OpenClip {
        /// `""`, or `"text."` for a `CustomTextCLIP`.
        text: &'static str,
        /// Whether the text tower is a RoBERTa of Hugging Face's ([`super::roberta`]).
        is_roberta: bool,
        /// How the image tower's are named.
        image: ImageLayout,
    },
}

/// How an open_clip checkpoint names and cuts its image tower's tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ImageLayout {
    /// open_clip's own vision transformer.
    Vit {
        /// How many queries CoCa's attention pooling has, and whether its keys are as wide as they are.
        coca: Option<(usize, bool)>,
    },
    /// timm's vision transformer.
    TimmVit,
    /// timm's FastViT, whose tensors are folded from several of these ([`super::fastvit`]).
    FastVit {
        /// Whether its classifier is the projection, and not a layer behind it.
        is_classifier: bool,
    },
    /// timm's EVA ([`super::eva`]).
    Eva {
        /// As for FastViT.
        is_classifier: bool,
    },
    /// CLIP's ResNet, whose batch norms are folded ([`super::resnet`]).
    ResNet,
}

/// The part of a published tensor that is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it, as it is.
    Whole,
    /// All of it, (in, out) where ours is (out, in).
    Transposed,
    /// Query, key or value of the three in one tensor: a third of the rows.
    Third(usize),
    /// The first third of the rows, the query's; the rest, keys' and values', is this tensor's.
    Above(&'static str),
    /// The first of this many rows.
    First(usize),
}

/// A published tensor's name, and the part of it that is ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Published {
    pub name: String,
    pub part: Part,
}

/// Parts of our names, and open_clip's for them. Replaced in this order, wherever they stand.
const OPEN_CLIP: [(&str, &str); 11] = [
    // Parameters of their own in open_clip, so without ".weight". Before any prefix is taken off.
    ("embeddings.patch_embedding.weight", "conv1.weight"),
    (
        "embeddings.position_embedding.weight",
        "positional_embedding",
    ),
    ("embeddings.class_embedding", "class_embedding"),
    ("embeddings.token_embedding.", "token_embedding."),
    // Hugging Face's own spelling.
    ("pre_layrnorm.", "ln_pre."),
    ("post_layernorm.", "ln_post."),
    ("final_layer_norm.", "ln_final."),
    ("encoder.layers.", "transformer.resblocks."),
    (".self_attn.out_proj.", ".attn.out_proj."),
    (".layer_norm", ".ln_"),
    // The feed-forward part's second layer is a projection there, its first a "fc".
    (".mlp.fc", ".mlp.c_"),
];

/// As [`OPEN_CLIP`], for timm's `VisionTransformer`.
const TIMM: [(&str, &str); 10] = [
    ("embeddings.patch_embedding.", "patch_embed.proj."),
    ("embeddings.position_embedding.weight", "pos_embed"),
    ("embeddings.class_embedding", "cls_token"),
    ("post_layernorm.", "norm."),
    ("head.probe", "attn_pool.latent"),
    ("head.attention.out_proj.", "attn_pool.proj."),
    ("head.layernorm.", "attn_pool.norm."),
    ("head.mlp.", "attn_pool.mlp."),
    (".self_attn.out_proj.", ".attn.proj."),
    (".layer_norm", ".norm"),
];

/// The part of a timm tower's name that all of its tensors' have.
pub(super) const TRUNK: &str = "visual.trunk.";

impl Layout {
    /// The published tensor that holds `name` of a tower.
    pub(super) fn published(self, tower: Tower, name: &str) -> Published {
        match self {
            Self::HuggingFace => hugging_face(tower, name),
            Self::OpenClip { text, image, .. } => match (tower, image) {
                (Tower::Image, ImageLayout::TimmVit) => timm(name),
                (
                    Tower::Image,
                    ImageLayout::Vit {
                        coca: Some((queries, is_square)),
                    },
                ) if name.starts_with("head.") => coca_pooling(name, queries, is_square),
                _ => open_clip(tower, text, name),
            },
        }
    }
}

fn hugging_face(tower: Tower, name: &str) -> Published {
    let prefix = match tower {
        // CLIP's projections lie beside the towers; SigLIP's, called "head", inside.
        _ if name.starts_with("visual_projection") || name.starts_with("text_projection") => "",
        Tower::Image => "vision_model.",
        Tower::Text => "text_model.",
    };
    Published {
        name: format!("{prefix}{name}"),
        part: Part::Whole,
    }
}

/// The tensors of CoCa's attention pooling, whose inputs PyTorch keeps in one tensor if they are all of
/// one width.
fn coca_pooling(name: &str, queries: usize, is_square: bool) -> Published {
    let published = |name: String, part| Published {
        name: format!("visual.attn_pool.{name}"),
        part,
    };
    if name == "head.probe" {
        return published("query".to_owned(), Part::First(queries));
    }
    for (third, input) in ["q_proj", "k_proj", "v_proj"].into_iter().enumerate() {
        if let Some(kind) = (name.strip_prefix("head.attention."))
            .and_then(|name| name.strip_prefix(input)?.strip_prefix('.'))
        {
            return if kind == "weight" && !is_square {
                published(format!("attn.{input}_weight"), Part::Whole)
            } else {
                published(format!("attn.in_proj_{kind}"), Part::Third(third))
            };
        }
    }
    let renamed = name
        .replace("head.attention.", "attn.")
        .replace("head.query_norm.", "ln_q.")
        .replace("head.key_norm.", "ln_k.");
    published(renamed, Part::Whole)
}

fn timm(name: &str) -> Published {
    let published = |name: String, part| Published {
        name: format!("{TRUNK}{name}"),
        part,
    };
    match name {
        "head.attention.in_proj_weight" => {
            let part = Part::Above("visual.trunk.attn_pool.kv.weight");
            return published("attn_pool.q.weight".to_owned(), part);
        }
        "head.attention.in_proj_bias" => {
            let part = Part::Above("visual.trunk.attn_pool.kv.bias");
            return published("attn_pool.q.bias".to_owned(), part);
        }
        _ => {}
    }
    let name = name.replace("encoder.layers.", "blocks.");
    for (third, input) in INPUTS.into_iter().enumerate() {
        if let Some((layer, kind)) = name.split_once(input) {
            return published(format!("{layer}.attn.qkv.{kind}"), Part::Third(third));
        }
    }
    let renamed = TIMM
        .iter()
        .fold(name, |name, (ours, theirs)| name.replace(ours, theirs));
    published(renamed, Part::Whole)
}

/// What follows a layer's name in those of its query, key and value projections.
const INPUTS: [&str; 3] = [
    ".self_attn.q_proj.",
    ".self_attn.k_proj.",
    ".self_attn.v_proj.",
];

fn open_clip(tower: Tower, text: &str, name: &str) -> Published {
    let prefix = match tower {
        Tower::Image => "visual.",
        Tower::Text => text,
    };
    let published = |name: String, part| Published {
        name: format!("{prefix}{name}"),
        part,
    };
    match name {
        "visual_projection.weight" => return published("proj".to_owned(), Part::Transposed),
        "text_projection.weight" => {
            return published("text_projection".to_owned(), Part::Transposed);
        }
        // With a bias it is a layer, and so (out, in).
        "head.weight" => return published("text_projection.weight".to_owned(), Part::Whole),
        "embeddings.class_embedding" if tower == Tower::Text => {
            return published("cls_emb".to_owned(), Part::Whole);
        }
        "head.bias" => return published("text_projection.bias".to_owned(), Part::Whole),
        _ => {}
    }
    for (third, input) in INPUTS.into_iter().enumerate() {
        if let Some((layer, kind)) = name.split_once(input) {
            let layer = layer.replace("encoder.layers.", "transformer.resblocks.");
            return published(format!("{layer}.attn.in_proj_{kind}"), Part::Third(third));
        }
    }
    let mut name = name.to_owned();
    for (ours, theirs) in OPEN_CLIP {
        name = name.replace(ours, theirs);
    }
    // "c_1" and "c_2" by now.
    let name = name
        .replace(".mlp.c_1.", ".mlp.c_fc.")
        .replace(".mlp.c_2.", ".mlp.c_proj.");
    published(name, Part::Whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hugging_face_names() {
        let name = |tower, name| Layout::HuggingFace.published(tower, name).name;
        assert_eq!(
            name(Tower::Image, "pre_layrnorm.bias"),
            "vision_model.pre_layrnorm.bias"
        );
        assert_eq!(
            name(Tower::Text, "text_projection.weight"),
            "text_projection.weight"
        );
        assert_eq!(name(Tower::Text, "head.weight"), "text_model.head.weight");
    }

    #[test]
    fn open_clip_names() {
        let layout = Layout::OpenClip {
            text: "",
            is_roberta: false,
            image: ImageLayout::Vit { coca: None },
        };
        for (tower, ours, theirs, part) in [
            (
                Tower::Image,
                "embeddings.patch_embedding.weight",
                "visual.conv1.weight",
                Part::Whole,
            ),
            (
                Tower::Image,
                "visual_projection.weight",
                "visual.proj",
                Part::Transposed,
            ),
            (
                Tower::Image,
                "encoder.layers.11.self_attn.k_proj.bias",
                "visual.transformer.resblocks.11.attn.in_proj_bias",
                Part::Third(1),
            ),
            (
                Tower::Text,
                "encoder.layers.0.mlp.fc2.weight",
                "transformer.resblocks.0.mlp.c_proj.weight",
                Part::Whole,
            ),
            (
                Tower::Text,
                "encoder.layers.0.layer_norm1.weight",
                "transformer.resblocks.0.ln_1.weight",
                Part::Whole,
            ),
            (
                Tower::Text,
                "embeddings.token_embedding.weight",
                "token_embedding.weight",
                Part::Whole,
            ),
            (
                Tower::Text,
                "embeddings.position_embedding.weight",
                "positional_embedding",
                Part::Whole,
            ),
            (
                Tower::Text,
                "final_layer_norm.bias",
                "ln_final.bias",
                Part::Whole,
            ),
        ] {
            let expected = Published {
                name: theirs.to_owned(),
                part,
            };
            assert_eq!(layout.published(tower, ours), expected);
        }
        let custom = Layout::OpenClip {
            text: "text.",
            is_roberta: false,
            image: ImageLayout::TimmVit,
        };
        let published = custom.published(Tower::Text, "final_layer_norm.bias");
        assert_eq!(published.name, "text.ln_final.bias");
        for (ours, theirs) in [
            (
                "embeddings.position_embedding.weight",
                "visual.trunk.pos_embed",
            ),
            (
                "encoder.layers.2.layer_norm2.bias",
                "visual.trunk.blocks.2.norm2.bias",
            ),
            (
                "encoder.layers.2.self_attn.v_proj.bias",
                "visual.trunk.blocks.2.attn.qkv.bias",
            ),
            (
                "encoder.layers.2.mlp.fc1.bias",
                "visual.trunk.blocks.2.mlp.fc1.bias",
            ),
            (
                "head.mlp.fc2.weight",
                "visual.trunk.attn_pool.mlp.fc2.weight",
            ),
        ] {
            assert_eq!(custom.published(Tower::Image, ours).name, theirs);
        }
    }
}
