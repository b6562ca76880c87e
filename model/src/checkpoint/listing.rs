//! The files of a published folder that an import needs: [`needed_files`].

use super::{hugging_face, open_clip, tokenizer::SLOW as SLOW_TOKENIZER, weight_files};

/// What a checkpoint has beside its weights, if it is published with them.
const SMALL: [&str; 6] = [
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "README.md",
];

/// Of all the files that somebody publishes for a model, often in several formats, those that
/// [`Checkpoint::open`](super::Checkpoint::open) would read. Where the config or the weights are
/// missing, so are they here.
pub fn needed_files(published: &[String]) -> Vec<&str> {
    let has = |file: &str| published.iter().any(|name| name == file);
    let (config, weights) = if has(open_clip::CONFIG) {
        (open_clip::CONFIG, open_clip::WEIGHTS)
    } else {
        (hugging_face::CONFIG, hugging_face::WEIGHTS)
    };
    let weights = weight_files::find(published.iter().map(String::as_str), &weights);
    let slow = !has("tokenizer.json");
    let needed = |name: &&str| {
        *name == config
            || SMALL.contains(name)
            || weights.is_some_and(|weights| *name == weights.name || weights.is_shard(name))
            || (slow && SLOW_TOKENIZER.contains(name))
    };
    published
        .iter()
        .map(String::as_str)
        .filter(needed)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(published: &[&str]) -> Vec<String> {
        let published: Vec<String> = published.iter().map(|&name| name.to_owned()).collect();
        needed_files(&published)
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn one_format_is_enough() {
        let openai = [
            "README.md",
            "config.json",
            "flax_model.msgpack",
            "merges.txt",
            "model.safetensors",
            "preprocessor_config.json",
            "pytorch_model.bin",
            "tf_model.h5",
            "tokenizer.json",
        ];
        assert_eq!(
            needed(&openai),
            [
                "README.md",
                "config.json",
                "model.safetensors",
                "preprocessor_config.json",
                "tokenizer.json"
            ]
        );
        let both = [
            "config.json",
            "model.safetensors",
            "open_clip_config.json",
            "open_clip_model.safetensors",
            "open_clip_pytorch_model.bin",
            "tokenizer.json",
        ];
        assert_eq!(
            needed(&both),
            [
                "open_clip_config.json",
                "open_clip_model.safetensors",
                "tokenizer.json"
            ]
        );
    }

    #[test]
    fn what_stands_in_for_another_file_is_needed() {
        let slow = [
            "config.json",
            "merges.txt",
            "model.fp16.safetensors",
            "processor_config.json",
            "vocab.json",
        ];
        assert_eq!(needed(&slow), slow);
    }

    #[test]
    fn shards_come_with_their_index() {
        let sharded = [
            "config.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.fp16.safetensors",
            "model.safetensors.index.json",
            "tokenizer.json",
        ];
        let expected: Vec<_> = sharded
            .into_iter()
            .filter(|name| !name.contains("fp16"))
            .collect();
        assert_eq!(needed(&sharded), expected);
        assert_eq!(needed(&["a.txt", "tokenizer.json"]), ["tokenizer.json"]);
        let outside = [
            "model.safetensors.index.json",
            "model-/../../../.bashrc-of-1.safetensors",
            "model-a/b-of-1.safetensors",
        ];
        assert_eq!(needed(&outside), outside[..1]);
    }
}
