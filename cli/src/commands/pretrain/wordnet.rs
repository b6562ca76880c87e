//! The nouns of WordNet (Miller 1995), from its database file `data.noun` (format: wndb(5WN)).

use crate::disk;
use anyhow::{Context, Result};
use std::{collections::HashMap, path::Path};

/// The file in WordNet's folder.
const FILE: &str = "data.noun";

/// A meaning and the words for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Synset {
    /// The words that share it.
    pub words: Vec<String>,
    /// The offsets of what it is a kind of.
    pub hypernyms: Vec<u32>,
    /// Its definition, without examples.
    pub gloss: String,
}

/// Synsets by their offset: `n01443537` is at 1443537.
pub struct WordNet(HashMap<u32, Synset>);

impl WordNet {
    /// Reads `data.noun` of a folder.
    pub fn open(folder: &Path) -> Result<Self> {
        let file = folder.join(FILE);
        let text = String::from_utf8_lossy(&disk::read(&file)?).into_owned();
        Self::parse(&text).with_context(|| format!("{} is no file of WordNet", file.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let mut synsets = HashMap::new();
        // Lines of the licence begin with a space.
        for line in text.lines().filter(|line| !line.starts_with(' ')) {
            let (offset, synset) = parse_line(line)
                .with_context(|| format!("a line can't be understood: {line:.60}"))?;
            synsets.insert(offset, synset);
        }
        Ok(Self(synsets))
    }

    /// The synset of an id such as `n01443537`.
    pub fn get(&self, id: &str) -> Option<&Synset> {
        self.0.get(&offset(id)?)
    }

    /// What a synset is a kind of, from the nearest to the most general; of several, the first.
    pub fn ancestors(&self, id: &str) -> Vec<(u32, &Synset)> {
        let mut chain = Vec::new();
        let mut at = self.get(id);
        while let Some(&above) = at.and_then(|synset| synset.hypernyms.first()) {
            at = self.0.get(&above);
            // A damaged file could run in circles.
            if chain.len() > 50 {
                break;
            }
            chain.extend(at.map(|synset| (above, synset)));
        }
        chain
    }
}

/// The offset in `data.noun` that a synset's id stands for: 1443537 for `n01443537`.
fn offset(id: &str) -> Option<u32> {
    id.strip_prefix('n')?.parse().ok()
}

/// `offset file type count (word id)… pointers (symbol offset type places)… | gloss`
fn parse_line(line: &str) -> Option<(u32, Synset)> {
    let (head, gloss) = line.split_once(" | ")?;
    let mut fields = head.split(' ').skip(3);
    let count = usize::from_str_radix(fields.next()?, 16).ok()?;
    let mut words = Vec::with_capacity(count);
    for _ in 0..count {
        words.push(fields.next()?.replace('_', " "));
        fields.next()?;
    }
    let mut hypernyms = Vec::new();
    let pointers: usize = fields.next()?.parse().ok()?;
    for _ in 0..pointers {
        let (symbol, target) = (fields.next()?, fields.next()?);
        let kind = fields.next()?;
        fields.next()?;
        // "@i" leads from a name ("Mars") to what it is an instance of.
        if matches!(symbol, "@" | "@i") && kind == "n" {
            hypernyms.push(target.parse().ok()?);
        }
    }
    let gloss = gloss.split(';').next().unwrap_or_default().trim();
    let synset = Synset {
        words,
        hypernyms,
        gloss: gloss.to_owned(),
    };
    Some((head.split(' ').next()?.parse().ok()?, synset))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "  1 a licence\n\
        00000010 03 n 01 thing 0 000 | what is\n\
        00000020 05 n 02 pond_fish 0 fish 1 001 @ 00000010 n 0000 | swims; \"a fish in the pond\"\n\
        00000030 05 n 01 goldie 0 002 + 00000010 v 0101 @i 00000020 n 0000 | a golden one  \n";

    #[test]
    fn words_hypernyms_and_glosses() {
        let wordnet = WordNet::parse(LINES).unwrap();
        let fish = wordnet.get("n00000020").unwrap();
        assert_eq!(fish.words, ["pond fish", "fish"]);
        assert_eq!((&fish.hypernyms[..], &fish.gloss[..]), (&[10][..], "swims"));
        let above = wordnet.ancestors("n00000030");
        assert_eq!(
            above.iter().map(|(at, _)| *at).collect::<Vec<_>>(),
            [20, 10]
        );
        assert!(wordnet.get("n00000040").is_none() && wordnet.get("x").is_none());
    }

    #[test]
    fn other_files_are_refused() {
        assert!(WordNet::parse("something else\n").is_err());
    }
}
