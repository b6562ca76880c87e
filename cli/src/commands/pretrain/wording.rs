//! The many ways to say what the classifier's classes are: their names in sentences, what they are
//! a kind of, what they look like; and sets of labels made of them.

use super::wordnet::WordNet;
use crate::disk;
use anyhow::{Context, Result, bail, ensure};
use glimpse_model::text::article;
use rand::{RngExt, rngs::StdRng, seq::SliceRandom};
use std::{collections::BTreeMap, ops::Range, path::Path};

/// Names of one class beyond these are seldom ones.
const NAMES: usize = 4;
/// More general than this says too little of a picture.
const MOST_CLASSES: usize = 130;

/// A class of the image tower's own classifier.
#[derive(Debug, PartialEq, Eq)]
pub struct Class {
    /// Its WordNet id, `n01443537`.
    pub synset: String,
    /// Its English names, the common ones first.
    pub names: Vec<String>,
}

/// Reads the classes in the classifier's order: a heading, then index, synset and names in columns
/// divided by tabs, the names by commas.
pub fn classes(file: &Path) -> Result<Vec<Class>> {
    let text = String::from_utf8(disk::read(file)?)
        .with_context(|| format!("{} is not text in UTF-8", file.display()))?;
    let mut classes = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [index, synset, names] = columns[..] else {
            bail!(
                "{}, line {}: an index, a synset and names were expected, divided by tabs",
                file.display(),
                number + 1
            );
        };
        ensure!(
            index.parse() == Ok(classes.len()),
            "{}, line {}: the index should be {}",
            file.display(),
            number + 1,
            classes.len()
        );
        classes.push(Class {
            synset: synset.to_owned(),
            names: names
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect(),
        });
    }
    ensure!(!classes.is_empty(), "{} names no classes", file.display());
    Ok(classes)
}

/// Classes and what they have in common, in words.
pub struct Wordings {
    /// The sentences of all classes and groups; the ranges below are indices into them.
    pub sentences: Vec<String>,
    /// For each class, its plain sentences: templates around names.
    pub plain: Vec<Range<usize>>,
    /// For each class, all its sentences.
    pub of_classes: Vec<Range<usize>>,
    /// Groups of classes that are a kind of the same.
    groups: Vec<Group>,
}

struct Group {
    classes: Vec<usize>,
    sentences: Range<usize>,
}

/// Labels that divide all classes among them.
pub struct LabelSet {
    /// For each label, the place of its sentence.
    pub sentences: Vec<usize>,
    /// For each class, its label.
    pub of_classes: Vec<usize>,
}

impl Wordings {
    /// Sentences for classes; what they are a kind of, and what they look like, only with WordNet.
    pub fn new(classes: &[Class], templates: &[String], wordnet: Option<&WordNet>) -> Self {
        let mut all = Self {
            sentences: Vec::new(),
            plain: Vec::new(),
            of_classes: Vec::new(),
            groups: Vec::new(),
        };
        // By offset, so that their order is always the same.
        let mut groups: BTreeMap<u32, (Vec<usize>, Vec<String>)> = BTreeMap::new();
        for (place, class) in classes.iter().enumerate() {
            let plain = named(&class.names, templates);
            let mut more = Vec::new();
            if let Some(wordnet) = wordnet {
                let above = wordnet.ancestors(&class.synset);
                let kind = above.first().and_then(|(_, synset)| synset.words.first());
                let gloss = wordnet.get(&class.synset).map(|synset| &synset.gloss);
                more = described(&class.names, kind, gloss);
                for (offset, synset) in above {
                    let group = groups.entry(offset).or_default();
                    group.0.push(place);
                    group.1.clone_from(&synset.words);
                }
            }
            let start = all.sentences.len();
            let plain = all.add(plain);
            all.plain.push(plain);
            all.add(more);
            all.of_classes.push(start..all.sentences.len());
        }
        for (classes, words) in groups.into_values() {
            if (2..=MOST_CLASSES).contains(&classes.len()) {
                let sentences = all.add(named(&words, templates));
                all.groups.push(Group { classes, sentences });
            }
        }
        all
    }

    fn add(&mut self, sentences: Vec<String>) -> Range<usize> {
        let start = self.sentences.len();
        self.sentences.extend(sentences);
        start..self.sentences.len()
    }

    /// Labels for all classes, each in a wording by chance; a share of the groups stand for their
    /// classes together, as people say "bird" where the classifier knows sixty.
    pub fn label_set(&self, groups: f64, random: &mut StdRng) -> LabelSet {
        let mut of_classes = vec![None; self.of_classes.len()];
        let mut sentences = Vec::new();
        let mut order: Vec<&Group> = self.groups.iter().collect();
        order.shuffle(random);
        for group in order {
            let is_free = group
                .classes
                .iter()
                .all(|&class| of_classes[class].is_none());
            if random.random::<f64>() < groups && is_free {
                for &class in &group.classes {
                    of_classes[class] = Some(sentences.len());
                }
                sentences.push(random.random_range(group.sentences.clone()));
            }
        }
        let of_classes = of_classes.into_iter().zip(&self.of_classes);
        let of_classes = of_classes.map(|(label, wordings)| {
            label.unwrap_or_else(|| {
                sentences.push(random.random_range(wordings.clone()));
                sentences.len() - 1
            })
        });
        LabelSet {
            of_classes: of_classes.collect(),
            sentences,
        }
    }
}

fn named(names: &[String], templates: &[String]) -> Vec<String> {
    let names = names.iter().take(NAMES);
    names
        .flat_map(|name| templates.iter().map(move |template| fill(template, name)))
        .collect()
}

/// "a {}" with an apple is "an apple".
fn fill(template: &str, name: &str) -> String {
    let template = match article(name) {
        Some("an") => template.replace("a {}", "an {}"),
        _ => template.to_owned(),
    };
    template.replace("{}", name)
}

fn described(names: &[String], kind: Option<&String>, gloss: Option<&String>) -> Vec<String> {
    let mut sentences = Vec::new();
    for name in names.iter().take(NAMES) {
        if let Some(kind) = kind {
            sentences.push(format!("{name}, a kind of {kind}"));
            let template = format!("a photo of a {{}}, {}", fill("a {}", kind));
            sentences.push(fill(&template, name));
        }
    }
    if let (Some(gloss), Some(name)) = (gloss, names.first()) {
        sentences.push(format!("{name}: {gloss}"));
        sentences.push(gloss.clone());
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn sentences_read_well() {
        assert_eq!(fill("a photo of a {}.", "owl"), "a photo of an owl.");
        let kind = "bird".to_owned();
        let sentences = described(&strings(&["owl"]), Some(&kind), None);
        assert_eq!(
            sentences,
            ["owl, a kind of bird", "a photo of an owl, a bird"]
        );
    }

    #[test]
    fn labels_divide_the_classes() {
        let templates = strings(&["{}"]);
        let mut all = Wordings::new(&[], &templates, None);
        for name in ["owl", "hawk", "cup"] {
            let range = all.add(named(&strings(&[name]), &templates));
            all.of_classes.push(range);
        }
        let sentences = all.add(strings(&["bird"]));
        all.groups.push(Group {
            classes: vec![0, 1],
            sentences,
        });
        let mut random = StdRng::seed_from_u64(0);
        let words = |set: &LabelSet| -> Vec<&str> {
            let of = |&label: &usize| all.sentences[set.sentences[label]].as_str();
            set.of_classes.iter().map(of).collect()
        };
        assert_eq!(
            words(&all.label_set(1.0, &mut random)),
            ["bird", "bird", "cup"]
        );
        let apart = all.label_set(0.0, &mut random);
        assert_eq!(words(&apart), ["owl", "hawk", "cup"]);
        assert_eq!(apart.sentences.len(), 3);
    }

    #[test]
    fn classes_come_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("classes.tsv");
        std::fs::write(&file, "index\tsynset\tnames\n0\tn1\ttench, Tinca\n").unwrap();
        assert_eq!(classes(&file).unwrap()[0].names, ["tench", "Tinca"]);
        std::fs::write(&file, "index\tsynset\tnames\n1\tn1\ttench\n").unwrap();
        assert!(classes(&file).unwrap_err().to_string().contains("line 2"));
    }
}
