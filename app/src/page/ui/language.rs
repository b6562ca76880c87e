//! Languages by their tags (BCP 47).

/// A language's English name, by the tag's first part; a tag that isn't known stays as it is.
pub fn name(tag: &str) -> &str {
    match tag.split('-').next().unwrap_or_default() {
        "en" => "English",
        "de" => "German",
        "fr" => "French",
        "es" => "Spanish",
        "it" => "Italian",
        "pt" => "Portuguese",
        "ru" => "Russian",
        "zh" => "Chinese",
        "ja" => "Japanese",
        _ => tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_does_not_matter_and_an_unknown_tag_stays() {
        assert_eq!(name("en"), "English");
        assert_eq!(name("pt-BR"), "Portuguese");
        assert_eq!(name("sw-KE"), "sw-KE");
    }
}
