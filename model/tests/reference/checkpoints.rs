//! Published checkpoints of every kind against transformers and open_clip. The checkpoints are
//! small and random; `fixtures/generate.py` makes others like them.

use crate::support::{
    Expected, assert_rows_agree, assert_same_pixels, cosine, device, prepared, read,
};
use glimpse_model::{
    checkpoint::{Checkpoint, CheckpointError, Folder, MemoryFolder, PackSink, Report, convert},
    pack::{Activation, ImageArchitecture, Manifest, Quantisation, TextArchitecture, Tower},
    score::score,
    text::TextTokenizer,
    towers::{ImageTower, TextTower, WeightSource, tower_tensors},
};
use safetensors::{Dtype, tensor::TensorView};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// Float weights differ from the reference only in the order of additions.
pub const FLOAT: f32 = 0.999_99;

/// Every kind of folder, and its files.
const HUGGING_FACE: &[&str] = &[
    "config.json",
    "model.safetensors",
    "preprocessor_config.json",
    "tokenizer.json",
];
pub const OPEN_CLIP: &[&str] = &[
    "open_clip_config.json",
    "open_clip_model.safetensors",
    "tokenizer.json",
];
/// A folder of open_clip's with a text tower of Hugging Face's, whose filling its tokenizer names.
const ROBERTA: &[&str] = &[
    "open_clip_config.json",
    "open_clip_model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
];
pub const CHECKPOINTS: [(&str, &[&str]); 4] = [
    ("clip_quick_gelu", HUGGING_FACE),
    ("clip_gelu", HUGGING_FACE),
    ("siglip", HUGGING_FACE),
    ("open_clip", OPEN_CLIP),
];

/// Folders of open_clip's with other towers.
const OTHERS: [&str; 6] = [
    // Read at the mean of all patches, with sentences that are read both ways.
    "open_clip_mean",
    "open_clip_coca",
    // MobileCLIP's, and MobileCLIP2's with its branches folded and a projection of open_clip's.
    "open_clip_fastvit",
    "open_clip_fastvit_folded",
    // Its pictures lie whole on a filled square.
    "open_clip_resnet",
    // EVA-CLIP's, whose attention is rotary, with norms inside and SwiGLU.
    "open_clip_eva",
];

pub async fn folder(name: &str, files: &[&str]) -> MemoryFolder {
    let mut folder = MemoryFolder::default();
    for file in files {
        let path = match (*file, name) {
            // All of them have the same one.
            ("tokenizer.json", name) if name.starts_with("open_clip") => "open_clip",
            (_, name) => name,
        };
        let bytes = read(&format!("model/tests/fixtures/checkpoints/{path}/{file}")).await;
        folder.0.insert((*file).to_owned(), bytes.into());
    }
    folder
}

/// A weight file in the making: shapes and bytes by published names.
#[derive(Default)]
struct Published(BTreeMap<String, (Vec<usize>, Vec<u8>)>);

impl Published {
    fn add(&mut self, name: &str, shape: &[usize], values: Vec<f32>) {
        let bytes = values.into_iter().flat_map(f32::to_le_bytes).collect();
        self.0.insert(name.to_owned(), (shape.to_vec(), bytes));
    }

    fn bytes(&self) -> Vec<u8> {
        let tensors = self.0.iter().map(|(name, (shape, bytes))| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap();
            (name.as_str(), view)
        });
        safetensors::serialize(tensors, None).unwrap()
    }
}

/// Numbers between −0.1 and 0.1, the same for the same seed.
fn random(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * 0.1
    };
    (0..count).map(next).collect()
}

/// Adds one of our tensors as timm (image) and open_clip (text) publish it. What they have in one
/// tensor is added with the first of its parts.
fn publish_timm(
    file: &mut Published,
    tower: Tower,
    name: &str,
    shape: &[usize],
    value: &dyn Fn(&str, &[usize]) -> Vec<f32>,
) {
    let own = value(name, shape);
    let stacked = || -> Vec<f32> {
        let inputs = ["q_proj", "k_proj", "v_proj"].map(|input| name.replace("q_proj", input));
        inputs.iter().flat_map(|name| value(name, shape)).collect()
    };
    let mut tripled = shape.to_vec();
    tripled[0] *= 3;
    match tower {
        Tower::Image => {
            if name.contains("k_proj") || name.contains("v_proj") {
                return;
            }
            if let Some(kind) = name.strip_prefix("head.attention.in_proj_") {
                let third = own.len() / 3;
                let (mut query, mut rest) = (shape.to_vec(), shape.to_vec());
                query[0] /= 3;
                rest[0] -= query[0];
                let trunk = "visual.trunk.attn_pool";
                file.add(&format!("{trunk}.q.{kind}"), &query, own[..third].to_vec());
                file.add(&format!("{trunk}.kv.{kind}"), &rest, own[third..].to_vec());
                return;
            }
            let renamed = name
                .replace("encoder.layers.", "blocks.")
                .replace("self_attn.q_proj", "attn.qkv")
                .replace("self_attn.out_proj", "attn.proj")
                .replace("head.attention.out_proj", "attn_pool.proj")
                .replace("head.layernorm", "attn_pool.norm")
                .replace("head.mlp", "attn_pool.mlp")
                .replace("head.probe", "attn_pool.latent")
                .replace("post_layernorm", "norm")
                .replace("layer_norm", "norm")
                .replace("embeddings.patch_embedding", "patch_embed.proj")
                .replace("embeddings.position_embedding.weight", "pos_embed");
            let renamed = format!("visual.trunk.{renamed}");
            if name.contains("q_proj") {
                file.add(&renamed, &tripled, stacked());
            } else if renamed.ends_with("pos_embed") {
                // With a batch of one before it.
                file.add(&renamed, &[1, shape[0], shape[1]], own);
            } else {
                file.add(&renamed, shape, own);
            }
        }
        Tower::Text => {
            if name.contains("k_proj") || name.contains("v_proj") {
                return;
            }
            let renamed = name
                .replace("encoder.layers.", "transformer.resblocks.")
                .replace("self_attn.q_proj.", "attn.in_proj_")
                .replace("self_attn.", "attn.")
                .replace("layer_norm", "ln_")
                .replace("mlp.fc1", "mlp.c_fc")
                .replace("mlp.fc2", "mlp.c_proj")
                .replace("final_ln_.", "ln_final.")
                .replace(
                    "embeddings.position_embedding.weight",
                    "positional_embedding",
                )
                .replace("embeddings.token_embedding", "token_embedding")
                .replace("head.", "text_projection.");
            let renamed = format!("text.{renamed}");
            match name.contains("q_proj") {
                true => file.add(&renamed, &tripled, stacked()),
                false => file.add(&renamed, shape, own),
            }
        }
    }
}

/// A pack in memory.
#[derive(Default)]
pub struct MemoryPack(pub BTreeMap<String, Vec<u8>>);

impl PackSink for MemoryPack {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + '_>> {
        let file = self.0.entry(name.to_owned()).or_default();
        file.clear();
        Ok(Box::new(file))
    }

    fn read(&mut self, name: &str) -> io::Result<Vec<u8>> {
        self.0
            .get(name)
            .cloned()
            .ok_or(io::ErrorKind::NotFound.into())
    }
}

pub async fn import(folder: &dyn Folder, quantisation: Quantisation) -> (MemoryPack, Report) {
    let mut checkpoint = Checkpoint::open(folder, "fixture").unwrap();
    let mut pack = MemoryPack::default();
    let mut shares = vec![];
    let report = convert(
        &mut checkpoint,
        quantisation,
        &mut pack,
        &device().await,
        &mut |_, share| shares.push(share),
    )
    .await
    .unwrap();
    assert!(shares.is_sorted() && shares.last().is_some_and(|&last| last > 0.5 && last <= 1.0));
    (pack, report)
}

pub async fn towers(pack: &MemoryPack) -> (Manifest, TextTokenizer, ImageTower, TextTower) {
    let manifest = Manifest::from_json(&pack.0["manifest.json"]).unwrap();
    for (name, entry) in &manifest.files {
        entry.verify(name, &pack.0[name]).unwrap();
    }
    let device = device().await;
    let mut weights = Tower::Image.read(&pack.0["image.safetensors"]).unwrap();
    let image = ImageTower::load(&manifest, &mut weights, &device).unwrap();
    let tokenizer =
        TextTokenizer::from_json(&pack.0["tokenizer.json"], &manifest.tokenizer).unwrap();
    let mut weights = Tower::Text.read(&pack.0["text.safetensors"]).unwrap();
    let text = TextTower::load(&manifest, tokenizer.clone(), &mut weights, &device).unwrap();
    (manifest, tokenizer, image, text)
}

crate::tests! {
    /// Pixels, token ids, embeddings and logits of all of them.
    async fn checkpoints_agree_with_their_references() {
        let others = OTHERS.map(|name| (name, OPEN_CLIP));
        let others = others.into_iter().chain([("open_clip_roberta", ROBERTA)]);
        for (name, files) in CHECKPOINTS.into_iter().chain(others) {
            let folder = folder(name, files).await;
            let expected = Expected::of(&format!("checkpoints/{name}")).await;
            let (pack, report) = import(&folder, Quantisation::F32).await;
            for tower in &report.towers {
                assert!(tower.least_cosine > 0.999_999, "{name}: {tower:?}");
            }
            let (manifest, tokenizer, image, text) = towers(&pack).await;

            let images = expected.strings("images");
            let (shape, pixel_values) = expected.floats("pixel_values");
            let one = pixel_values.len() / shape[0];
            let pixels = prepared(&images, &manifest.preprocessing).await;
            for (index, image) in images.iter().enumerate() {
                let part = index * one..(index + 1) * one;
                let what = format!("{name}, {image}");
                let (found, wanted) = (&pixels[part.clone()], &pixel_values[part]);
                assert_same_pixels(&what, &manifest.preprocessing, found, wanted);
            }

            let texts = expected.strings("texts");
            let tokens = tokenizer.encode(&texts).unwrap();
            let (shape, ids) = expected.integers("input_ids");
            assert_eq!([tokens.batch(), tokens.length()], shape[..], "{name}");
            assert_eq!(tokens.ids.iter().map(|&id| id as i32).collect::<Vec<_>>(), ids, "{name}");

            let length = manifest.architecture.projection_dim;
            let image_embeds = image.embed(pixel_values).await.unwrap();
            let (_, wanted) = expected.floats("image_embeds");
            assert_rows_agree(&format!("{name}: image_embeds"), &image_embeds, &wanted, length, FLOAT);
            let from_files = image.embed(pixels).await.unwrap();
            // A level here and there, where decoders of JPEG round otherwise.
            assert_rows_agree(&format!("{name}: from files"), &from_files, &wanted, length, 0.9999);
            let text_embeds = text.embed(&texts).await.unwrap();
            let (_, wanted) = expected.floats("text_embeds");
            assert_rows_agree(&format!("{name}: text_embeds"), &text_embeds, &wanted, length, FLOAT);
            // One at a time they are as together.
            let alone = text.embed(&texts[2..3]).await.unwrap();
            assert_rows_agree("alone", &alone, &wanted[2 * length..3 * length], length, FLOAT);

            let (shape, logits) = expected.floats("logits_per_image");
            let range = logits.iter().copied().fold(f32::MIN, f32::max)
                - logits.iter().copied().fold(f32::MAX, f32::min);
            let rows = image_embeds.chunks_exact(length).zip(logits.chunks_exact(shape[1]));
            for (image_embed, wanted) in rows {
                let scores = score(image_embed, text_embeds.chunks_exact(length), &manifest.scoring);
                for (score, wanted) in scores.iter().zip(wanted) {
                    let error = (score.logit - wanted).abs();
                    assert!(error <= 1e-3 * range, "{name}: logit {} is not {wanted}", score.logit);
                }
            }
            assert!(image.self_check(&manifest).await.unwrap() > 0.9999);
            assert!(text.self_check(&manifest).await.unwrap() > 0.9999);
        }
    }

    /// Coarser weights make smaller files, and the report says what they cost.
    async fn coarser_packs_are_smaller_and_say_so() {
        for (name, files) in CHECKPOINTS {
            let folder = folder(name, files).await;
            let mut last = u64::MAX;
            // Random weights have no structure that would survive rounding better.
            for (quantisation, least) in [
                (Quantisation::F32, 0.999_999),
                (Quantisation::F16, 0.999_9),
                (Quantisation::Int8, 0.99),
                (Quantisation::Int4, 0.7),
            ] {
                let (pack, report) = import(&folder, quantisation).await;
                let bytes: u64 = report.towers.iter().map(|tower| tower.bytes).sum();
                assert!(bytes < last, "{name} as {quantisation}: {bytes} bytes");
                last = bytes;
                let (manifest, _, image, text) = towers(&pack).await;
                assert_eq!(manifest.quantisation, quantisation);
                for tower in &report.towers {
                    assert!(tower.least_cosine >= least, "{name} as {quantisation}: {tower:?}");
                }
                // What was reported is what loads: the golden embeddings come back.
                assert!(image.self_check(&manifest).await.unwrap() > 0.9999);
                assert!(text.self_check(&manifest).await.unwrap() > 0.9999);
                assert!(cosine(&manifest.golden.image_embeds, &manifest.golden.image_embeds) > 0.99);
            }
        }
    }

    /// What is wrong with a folder is said by the file's and the tensor's name.
    async fn broken_folders_are_refused_by_name() {
        let refused = |folder: &MemoryFolder| match Checkpoint::open(folder, "x") {
            Ok(_) => panic!("a broken folder was opened"),
            Err(error) => error,
        };
        let refusal = |folder: &MemoryFolder| refused(folder).to_string();
        let empty = refused(&MemoryFolder::default());
        assert!(matches!(&empty, CheckpointError::Foreign { found } if found.is_empty()), "{empty}");
        for (name, files) in [("clip_gelu", HUGGING_FACE), ("open_clip", OPEN_CLIP)] {
            let whole = folder(name, files).await;
            for file in files.iter().filter(|file| !file.ends_with("config.json") || file.starts_with("pre")) {
                let mut broken = whole.clone();
                broken.0.remove(*file);
                let sentence = refusal(&broken);
                assert!(sentence.contains(file) && sentence.contains("missing"), "{sentence}");
                let mut broken = whole.clone();
                broken.0.insert((*file).to_owned(), b"{not json".to_vec().into());
                let sentence = refusal(&broken);
                assert!(sentence.contains(file), "{sentence}");
            }
            let weights = files.iter().find(|file| file.ends_with("safetensors")).unwrap();
            let mut broken = whole.clone();
            let bytes = &whole.0[*weights];
            broken.0.insert((*weights).to_owned(), bytes[..bytes.len() - 5].into());
            let sentence = refusal(&broken);
            assert!(sentence.contains(weights) && sentence.contains("cut short"), "{sentence}");
        }
        let mut other = folder("clip_gelu", HUGGING_FACE).await;
        other.0.insert("config.json".to_owned(), br#"{"model_type": "bert"}"#.to_vec().into());
        let sentence = refusal(&other);
        assert!(sentence.contains("\"bert\"") && sentence.contains("config.json"), "{sentence}");
    }

    /// OpenAI's tokenizer from its two files gives the ids that the converted one does.
    async fn a_slow_tokenizer_is_the_fast_one() {
        let mut folder = folder("clip_gelu", HUGGING_FACE).await;
        let json = folder.0.remove("tokenizer.json").unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let mut vocabulary = json["model"]["vocab"].clone();
        for token in json["added_tokens"].as_array().unwrap() {
            vocabulary[token["content"].as_str().unwrap()] = token["id"].clone();
        }
        let merges = json["model"]["merges"].as_array().unwrap().iter();
        let merges = merges.map(|merge| {
            let tokens = merge.as_array().unwrap().iter();
            tokens.map(|token| token.as_str().unwrap()).collect::<Vec<_>>().join(" ") + "\n"
        });
        let merges = "#version: 0.2\n".to_owned() + &merges.collect::<String>();
        folder.0.insert("vocab.json".to_owned(), vocabulary.to_string().into_bytes().into());
        folder.0.insert("merges.txt".to_owned(), merges.into_bytes().into());
        let (pack, _) = import(&folder, Quantisation::F32).await;
        let (_, tokenizer, ..) = towers(&pack).await;
        let expected = Expected::of("checkpoints/clip_gelu").await;
        let tokens = tokenizer.encode(&expected.strings("texts")).unwrap();
        let (_, ids) = expected.integers("input_ids");
        assert_eq!(tokens.ids.iter().map(|&id| id as i32).collect::<Vec<_>>(), ids);

        // Another byte-pair tokenizer's vocabulary isn't taken for it.
        let other = vocabulary.to_string().replace("</w>", "");
        folder.0.insert("vocab.json".to_owned(), other.into_bytes().into());
        let error = Checkpoint::open(&folder, "x").err().unwrap();
        assert!(error.to_string().contains("tokenizer.json is missing"), "{error}");
    }

    /// MetaCLIP 2 reads a text at the end-of-text token of its config, even if that is 2, which CLIP's
    /// old configs say of any vocabulary.
    async fn metaclip_2_is_clip_with_another_end_of_text() {
        for (kind, is_literal) in [("clip", false), ("metaclip_2", true)] {
            let mut folder = folder("clip_gelu", HUGGING_FACE).await;
            let mut config: serde_json::Value =
                serde_json::from_slice(&folder.0["config.json"]).unwrap();
            config["model_type"] = kind.into();
            config["text_config"]["eos_token_id"] = 2.into();
            folder.0.insert("config.json".to_owned(), serde_json::to_vec(&config).unwrap().into());
            let mut checkpoint = Checkpoint::open(&folder, "x").unwrap();
            let TextArchitecture::Clip(text) = &checkpoint.architecture.text else {
                panic!("{kind} has another text tower");
            };
            assert_eq!((text.eos_token_id, text.is_eos_literal), (Some(2), is_literal));

            // No probe has the token 2: what is read is the first token, the same of each.
            let mut pack = MemoryPack::default();
            let quantisation = Quantisation::F32;
            let device = device().await;
            let mut tell = |_, _| {};
            convert(&mut checkpoint, quantisation, &mut pack, &device, &mut tell).await.unwrap();
            let (_, tokenizer, _, text) = towers(&pack).await;
            let sentences = ["a photo of a cat", "a red car"];
            let has_two = tokenizer.encode(&sentences).unwrap().ids.contains(&2);
            assert!(!has_two, "the fixture's sentences have the token 2");
            let embeds = text.embed(&sentences).await.unwrap();
            let (first, second) = embeds.split_at(embeds.len() / 2);
            assert_eq!(cosine(first, second) > 0.999_999, is_literal, "{kind}");
        }
    }

    /// SigLIP as open_clip publishes it: an image tower by timm, of the name's size and with timm's
    /// names, a text tower that looks both ways.
    async fn siglip_of_open_clip_and_timm() {
        let mut folder = folder("siglip", &["tokenizer.json"]).await;
        let config = serde_json::json!({
            "model_cfg": {
                "embed_dim": 192, "custom_text": true, "init_logit_bias": -10,
                "vision_cfg": {
                    "image_size": 32, "timm_model_name": "vit_tiny_patch16_siglip_32",
                    "timm_model_pretrained": false, "timm_pool": "map", "timm_proj": "none",
                },
                "text_cfg": {
                    "context_length": 32, "vocab_size": 87, "width": 48, "heads": 4, "layers": 1,
                    "no_causal_mask": true, "proj_bias": true, "pool_type": "last",
                    "norm_kwargs": {"eps": 1e-6}, "act_kwargs": {"approximate": "tanh"},
                },
            },
            "preprocess_cfg": {"resize_mode": "squash", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
        });
        let json = serde_json::to_vec(&config).unwrap();
        folder.0.insert("open_clip_config.json".to_owned(), json.into());
        let mut published = Published::default();
        published.add("logit_scale", &[1], vec![4.0]);
        published.add("logit_bias", &[1], vec![-10.0]);
        folder.0.insert("open_clip_model.safetensors".to_owned(), published.bytes().into());
        // First without the weights, for the shapes.
        let checkpoint = Checkpoint::open(&folder, "x").unwrap();
        let ImageArchitecture::Siglip(vision) = &checkpoint.architecture.image else {
            panic!("another image tower: {:?}", checkpoint.architecture.image);
        };
        assert_eq!(vision.patches(), 4);
        assert_eq!(vision.transformer.hidden_act, Activation::Gelu);
        let TextArchitecture::Siglip(text) = &checkpoint.architecture.text else {
            panic!("another text tower: {:?}", checkpoint.architecture.text);
        };
        assert_eq!(text.transformer.hidden_act, Activation::GeluTanh);
        assert_eq!(text.transformer.layer_norm_eps, 1e-6);
        let ours = [Tower::Image, Tower::Text]
            .map(|tower| (tower, tower_tensors(&checkpoint.architecture, tower)));
        let value = |name: &str, shape: &[usize]| {
            let seed = name.bytes().fold(7u32, |seed, b| seed.wrapping_mul(31).wrapping_add(b.into()));
            random(shape.iter().product(), seed)
        };
        for (tower, tensors) in &ours {
            for tensor in tensors {
                publish_timm(&mut published, *tower, &tensor.name, &tensor.shape, &value);
            }
        }
        folder.0.insert("open_clip_model.safetensors".to_owned(), published.bytes().into());
        let mut checkpoint = Checkpoint::open(&folder, "x").unwrap();
        for (tower, tensors) in &ours {
            for tensor in tensors {
                let mut weights = checkpoint.weights(*tower);
                let found = weights.take(&tensor.name, &tensor.shape).unwrap();
                assert!(found.to_floats() == value(&tensor.name, &tensor.shape), "{}", tensor.name);
            }
        }
        let (pack, report) = import(&folder, Quantisation::Int8).await;
        assert!(report.towers.iter().all(|tower| tower.least_cosine > 0.99), "{report:?}");
        let (_, _, image, text) = towers(&pack).await;
        assert!(image.self_check(&report.manifest).await.unwrap() > 0.9999);
        assert!(text.self_check(&report.manifest).await.unwrap() > 0.9999);
    }

    /// A half-precision variant is read where it is all there is; ONNX is refused by what to take.
    async fn weights_of_other_names() {
        let mut folder = folder("clip_gelu", HUGGING_FACE).await;
        let weights = folder.0.remove("model.safetensors").unwrap();
        folder.0.insert("model.fp16.safetensors".to_owned(), weights);
        let checkpoint = Checkpoint::open(&folder, "x").unwrap();
        assert_eq!(checkpoint.weight_file(), "model.fp16.safetensors");
        folder.0.remove("model.fp16.safetensors");
        folder.0.insert("model_quantized.onnx".to_owned(), b"onnx".to_vec().into());
        let mut config: serde_json::Value =
            serde_json::from_slice(&folder.0["config.json"]).unwrap();
        config["_name_or_path"] = "openai/clip-vit-base-patch32".into();
        folder.0.insert("config.json".to_owned(), serde_json::to_vec(&config).unwrap().into());
        let sentence = Checkpoint::open(&folder, "x").err().unwrap().to_string();
        for part in ["model_quantized.onnx", "openai/clip-vit-base-patch32", "model.safetensors"] {
            assert!(sentence.contains(part), "{sentence} lacks {part}");
        }
    }

    /// What is not read says what to bring instead.
    async fn what_is_not_read_names_what_is() {
        let mut folder = folder("clip_gelu", HUGGING_FACE).await;
        for tower in ["clip_vision_model", "clip_text_model", "siglip_vision_model"] {
            let config = serde_json::json!({ "model_type": tower });
            folder.0.insert("config.json".to_owned(), serde_json::to_vec(&config).unwrap().into());
            let sentence = Checkpoint::open(&folder, "x").err().unwrap().to_string();
            for part in [tower, "one tower alone", "the whole model"] {
                assert!(sentence.contains(part), "{sentence} lacks {part}");
            }
        }
        folder.0.remove("config.json");
        folder.0.insert("RN50.pt".to_owned(), b"PK".to_vec().into());
        let sentence = Checkpoint::open(&folder, "x").err().unwrap().to_string();
        for part in ["RN50.pt", "OpenAI", "timm/resnet50_clip.openai"] {
            assert!(sentence.contains(part), "{sentence} lacks {part}");
        }
    }

    /// A tensor that is missing or of another shape than the config's.
    async fn missing_and_misshapen_tensors_are_named() {
        for (field, number, tensor, expected, found) in [
            ("num_hidden_layers", 4, "vision_model.encoder.layers.3.layer_norm1.weight", "[96]", None),
            ("intermediate_size", 200, "vision_model.encoder.layers.0.mlp.fc1.weight", "[200, 96]", Some("[192, 96]")),
        ] {
            let mut folder = folder("clip_gelu", HUGGING_FACE).await;
            let mut config: serde_json::Value =
                serde_json::from_slice(&folder.0["config.json"]).unwrap();
            config["vision_config"][field] = number.into();
            let config = serde_json::to_vec(&config).unwrap();
            folder.0.insert("config.json".to_owned(), config.into());
            let mut checkpoint = Checkpoint::open(&folder, "x").unwrap();
            let (mut pack, device) = (MemoryPack::default(), device().await);
            let quantisation = Quantisation::F32;
            let mut tell = |_, _| {};
            let result = convert(&mut checkpoint, quantisation, &mut pack, &device, &mut tell).await;
            let sentence = result.unwrap_err().to_string();
            for part in ["model.safetensors", tensor, expected, found.unwrap_or("")] {
                assert!(sentence.contains(part), "{sentence} lacks {part}");
            }
        }
    }
}
