//! Model cards: the licence and languages at the head of a README ([`Card::parse`]).

/// The fields of a model card's YAML head that a manifest takes over.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Card {
    pub licence: Option<String>,
    pub languages: Vec<String>,
}

impl Card {
    /// Reads `license` and `language` from the YAML between the first two `---`; both are plain
    /// values or lists in every card, so no YAML parser is needed.
    pub(super) fn parse(readme: &str) -> Self {
        let mut card = Self::default();
        let mut lines = readme.lines();
        if lines.next().map(str::trim) != Some("---") {
            return card;
        }
        let mut field = String::new();
        for line in lines.take_while(|line| line.trim() != "---") {
            if let Some(item) = line.trim_start().strip_prefix("- ") {
                card.set(&field, item);
            } else if let Some((name, value)) = line.split_once(':')
                && !line.starts_with(' ')
            {
                field = name.trim().to_owned();
                for value in value.trim().trim_matches(['[', ']']).split(',') {
                    card.set(&field, value);
                }
            }
        }
        card
    }

    fn set(&mut self, field: &str, value: &str) {
        let value = value.trim().trim_matches(['"', '\'']);
        if value.is_empty() {
            return;
        }
        match field {
            "license" => self.licence = Some(value.to_owned()),
            "language" => self.languages.push(value.to_owned()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_and_lists() {
        let card = Card::parse(
            "---\nlicense: mit\nlanguage:\n- en\n- \"de\"\ntags:\n- x\n---\nlicense: no",
        );
        assert_eq!(card.licence.as_deref(), Some("mit"));
        assert_eq!(card.languages, ["en", "de"]);
        let card = Card::parse("---\nlanguage: [en, fr]\n---\n");
        assert_eq!(card.languages, ["en", "fr"]);
        assert_eq!(Card::parse("# A model\nlicense: mit"), Card::default());
    }
}
