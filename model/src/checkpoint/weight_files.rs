//! Which of a folder's files hold the weights: [`find`].

/// The precisions that a variant may be published in, the best first; others come after.
const PRECISIONS: [&str; 3] = ["fp32", "fp16", "bf16"];

/// The weights of a folder: one file, or the index of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WeightFile<'a> {
    /// The file's name in the folder.
    pub name: &'a str,
    /// The name without its variant, such as `model.safetensors.index.json`.
    pub plain: &'a str,
    /// What is published under this name, such as `fp16`; empty for the plain one.
    pub variant: &'a str,
}

impl WeightFile<'_> {
    /// Whether it lists the files that the weights are in.
    pub fn is_index(&self) -> bool {
        self.plain.ends_with(INDEX)
    }

    /// Whether a file is one of those that this index lists, by its name alone:
    /// `model-00001-of-00002.safetensors`, with the variant before the number or before the
    /// extension.
    pub fn is_shard(&self, name: &str) -> bool {
        let Some((stem, extension)) =
            (self.plain.strip_suffix(INDEX)).and_then(|plain| plain.rsplit_once('.'))
        else {
            return false;
        };
        let rest = name
            .strip_prefix(stem)
            .and_then(|rest| rest.strip_suffix(extension)?.strip_suffix('.'));
        rest.is_some_and(|rest| {
            let numbers = if self.variant.is_empty() {
                Some(rest)
            } else {
                let before =
                    (rest.strip_prefix('.')).and_then(|rest| rest.strip_prefix(self.variant));
                let behind = || rest.strip_suffix(self.variant)?.strip_suffix('.');
                before.or_else(behind)
            };
            let numbers = numbers.and_then(|numbers| numbers.strip_prefix('-')?.split_once("-of-"));
            let is_number =
                |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            numbers.is_some_and(|(part, all)| is_number(part) && is_number(all))
        })
    }
}

const INDEX: &str = ".index.json";

/// Finds the first of `candidates` among a folder's files. Where there is none, a variant of one
/// will do, which transformers names `model.fp16.safetensors`: the best precision first.
pub(super) fn find<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    candidates: &[&'a str],
) -> Option<WeightFile<'a>> {
    let plain = candidates.iter().find_map(|&plain| {
        let name = names.clone().find(|&name| name == plain)?;
        let variant = "";
        Some(WeightFile {
            name,
            plain,
            variant,
        })
    });
    plain.or_else(|| {
        let variants = candidates.iter().enumerate().flat_map(|(place, &plain)| {
            names.clone().filter_map(move |name| {
                let variant = variant_of(plain, name)?;
                Some((
                    place,
                    WeightFile {
                        name,
                        plain,
                        variant,
                    },
                ))
            })
        });
        let best = variants.min_by_key(|&(place, WeightFile { variant, .. })| {
            let precision = PRECISIONS.iter().position(|&known| known == variant);
            (precision.unwrap_or(PRECISIONS.len()), place, variant)
        });
        best.map(|(_, file)| file)
    })
}

/// The word before the last extension of `name` that `plain` lacks.
fn variant_of<'a>(plain: &str, name: &'a str) -> Option<&'a str> {
    let (stem, extension) = plain.rsplit_once('.')?;
    let variant = name
        .strip_prefix(stem)?
        .strip_prefix('.')?
        .strip_suffix(extension)?
        .strip_suffix('.')?;
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    // `model.safetensors.index.json` is no variant of `model.json`, nor is there such a candidate.
    (!variant.is_empty() && variant.bytes().all(is_word)).then_some(variant)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANDIDATES: [&str; 3] = [
        "model.safetensors",
        "model.safetensors.index.json",
        "pytorch_model.bin",
    ];

    fn found<'a>(names: &[&'a str]) -> Option<(&'a str, &'a str)> {
        let file = find(names.iter().copied(), &CANDIDATES)?;
        Some((file.name, file.variant))
    }

    #[test]
    fn variants_are_taken_where_nothing_else_is() {
        assert_eq!(found(&["config.json", "flax_model.msgpack"]), None);
        let both = ["model.fp16.safetensors", "pytorch_model.bin"];
        assert_eq!(found(&both), Some(("pytorch_model.bin", "")));
        let two = ["model.fp16.safetensors", "pytorch_model.fp32.bin"];
        assert_eq!(found(&two), Some(("pytorch_model.fp32.bin", "fp32")));
        let others = ["model.non_ema.safetensors", "model.bf16.safetensors"];
        assert_eq!(found(&others), Some(("model.bf16.safetensors", "bf16")));
        assert_eq!(
            found(&["model..safetensors", "model.a b.safetensors"]),
            None
        );
        assert_eq!(found(&["model.x-1.safetensors"]), None);
    }

    #[test]
    fn shards_belong_to_their_index() {
        let names = ["model.safetensors.index.fp16.json"];
        let index = find(names.into_iter(), &CANDIDATES).unwrap();
        assert!(index.is_index() && index.variant == "fp16");
        assert!(index.is_shard("model.fp16-00001-of-00002.safetensors"));
        assert!(index.is_shard("model-00001-of-00002.fp16.safetensors"));
        assert!(!index.is_shard("model-00001-of-00002.safetensors"));
        let plain = find(["model.safetensors.index.json"].into_iter(), &CANDIDATES).unwrap();
        assert!(plain.is_shard("model-00001-of-00002.safetensors"));
        assert!(!plain.is_shard("model.fp16-00001-of-00002.safetensors"));
        assert!(!plain.is_shard("model-/../x-of-1.safetensors"));
    }
}
