//! What was typed, as terms with signs.

/// Words of a query between two signs, embedded as one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTerm {
    /// The words, as they are embedded.
    pub text: String,
    /// Whether their embedding is subtracted rather than added.
    pub minus: bool,
}

/// Splits a query at + and − with spaces before them; inside a word, a hyphen is a hyphen.
pub fn terms(text: &str) -> Vec<TextTerm> {
    let mut terms = vec![TextTerm {
        text: String::new(),
        minus: false,
    }];
    for word in text.split_whitespace() {
        let (sign, rest) = match word.chars().next() {
            Some('+') => (Some(false), &word[1..]),
            Some(sign @ ('-' | '\u{2212}' | '\u{2013}')) => (Some(true), &word[sign.len_utf8()..]),
            _ => (None, word),
        };
        if let Some(minus) = sign {
            terms.push(TextTerm {
                text: String::new(),
                minus,
            });
        }
        if let Some(term) = terms.last_mut().filter(|_| !rest.is_empty()) {
            if !term.text.is_empty() {
                term.text.push(' ');
            }
            term.text.push_str(rest);
        }
    }
    terms.retain(|term| !term.text.is_empty());
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_taken_apart() {
        let term = |text: &str, minus| TextTerm {
            text: text.to_owned(),
            minus,
        };
        assert_eq!(
            terms("black-and-white cat + at night \u{2212} snow"),
            [
                term("black-and-white cat", false),
                term("at night", false),
                term("snow", true)
            ]
        );
        assert_eq!(
            terms("-snow +dog"),
            [term("snow", true), term("dog", false)]
        );
        assert_eq!(terms(" + - "), []);
    }
}
