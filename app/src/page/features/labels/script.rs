//! Writing systems, to warn where a model can't read a label.

/// A writing system that isn't Latin, by one of its characters' ranges.
struct Script {
    ranges: &'static [(char, char)],
    languages: &'static [&'static str],
}

const SCRIPTS: [Script; 9] = [
    Script {
        ranges: &[('\u{370}', '\u{3ff}'), ('\u{1f00}', '\u{1fff}')],
        languages: &["el"],
    },
    Script {
        ranges: &[('\u{400}', '\u{52f}')],
        languages: &["ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn", "tg"],
    },
    Script {
        ranges: &[('\u{590}', '\u{5ff}')],
        languages: &["he", "yi"],
    },
    Script {
        ranges: &[('\u{600}', '\u{77f}'), ('\u{fb50}', '\u{fdff}')],
        languages: &["ar", "fa", "ur", "ps", "ckb"],
    },
    Script {
        ranges: &[('\u{900}', '\u{97f}')],
        languages: &["hi", "mr", "ne", "sa"],
    },
    Script {
        ranges: &[('\u{980}', '\u{dff}')],
        languages: &["bn", "pa", "gu", "or", "ta", "te", "kn", "ml", "si"],
    },
    Script {
        ranges: &[('\u{e00}', '\u{e7f}')],
        languages: &["th"],
    },
    Script {
        ranges: &[('\u{1100}', '\u{11ff}'), ('\u{ac00}', '\u{d7af}')],
        languages: &["ko"],
    },
    Script {
        ranges: &[
            ('\u{3040}', '\u{30ff}'),
            ('\u{3400}', '\u{9fff}'),
            ('\u{20000}', '\u{323af}'),
        ],
        languages: &["zh", "ja", "yue"],
    },
];

/// Whether `text` is written in a script that none of these languages (BCP 47 tags) uses.
pub fn is_foreign(text: &str, languages: &[String]) -> bool {
    if languages.is_empty() || languages.iter().any(|tag| tag == "mul") {
        return false;
    }
    text.chars().any(|c| {
        SCRIPTS.iter().any(|script| {
            script
                .ranges
                .iter()
                .any(|&(from, to)| (from..=to).contains(&c))
                && !languages.iter().any(|tag| {
                    let language = tag.split('-').next().unwrap_or_default();
                    script.languages.contains(&language)
                })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_told_from_languages() {
        let languages = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
        assert!(is_foreign("кошка", &languages(&["en"])));
        assert!(!is_foreign("кошка", &languages(&["en", "ru-RU"])));
        assert!(!is_foreign("café №1", &languages(&["en"])));
        assert!(is_foreign("猫", &languages(&["en", "ko"])));
        assert!(!is_foreign("猫", &languages(&["mul"])));
        assert!(!is_foreign("猫", &[]));
    }
}
