//! Splits of data sets: train, validation, test, and whatever else they are called.

use crate::failure::say;
use anyhow::{Result, bail};
use std::{cmp::Reverse, collections::BTreeSet};

/// What a data set is read for, which decides between its splits if nobody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To measure on labels: test before validation before train.
    MeasureLabels,
    /// To measure on captions: likewise.
    MeasureCaptions,
    /// To fit to it: train before validation before test.
    Fit,
}

/// A split by its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    Train,
    Validation,
    Test,
}

impl Split {
    /// Of a folder's or file's name, by the words that Hugging Face's `datasets` looks for:
    /// `val2017`, `train-00000-of-00002`.
    pub fn of(name: &str) -> Option<Self> {
        let is_between = |letter: char| "-._ 0123456789".contains(letter);
        let name = name.to_ascii_lowercase();
        let words = || name.split(is_between);
        let kinds = [
            (Self::Train, &["train", "training", "trainimages"][..]),
            (
                Self::Validation,
                &["validation", "valid", "dev", "val", "devimages"],
            ),
            (
                Self::Test,
                &["test", "testing", "eval", "evaluation", "testimages"],
            ),
        ];
        let kind = kinds
            .iter()
            .find(|(_, known)| words().any(|word| known.contains(&word)));
        kind.map(|(kind, _)| *kind)
    }

    /// Whether a name is nothing but a split's.
    pub fn is_name(name: &str) -> bool {
        let letters = name.trim_matches(|letter: char| "-._ 0123456789".contains(letter));
        !letters.contains(['-', '.', '_', ' ']) && Self::of(name).is_some()
    }
}

/// Which split is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// By its name.
    pub split: Option<&'a str>,
    pub purpose: Purpose,
}

impl Wanted<'_> {
    /// Whether a split of this name is the wanted one, if one is named at all.
    fn is(&self, wanted: &str, name: &str) -> bool {
        let kind = Split::of(wanted);
        name.eq_ignore_ascii_case(wanted)
            || (kind.is_some() && Split::of(name) == kind && Split::is_name(wanted))
    }

    /// The names of which one split consists; all of them if they are of a single one. `place` is
    /// where they are.
    ///
    /// # Errors
    /// If the wanted one isn't there, or several of a kind are and none is named.
    pub fn choose(&self, names: &[String], place: &str) -> Result<Vec<String>> {
        let all: BTreeSet<&String> = names.iter().collect();
        let listed = || {
            let all: Vec<&str> = all.iter().map(|name| name.as_str()).collect();
            all.join(", ")
        };
        if let Some(wanted) = self.split {
            let exact = all.iter().filter(|name| name.eq_ignore_ascii_case(wanted));
            let exact: Vec<String> = exact.map(|name| (*name).clone()).collect();
            if !exact.is_empty() {
                return Ok(exact);
            }
            let found = all.iter().filter(|name| self.is(wanted, name));
            let found: Vec<String> = found.map(|name| (*name).clone()).collect();
            return match &found[..] {
                [] => bail!("{place} has no split {wanted:?}: it has {}", listed()),
                [_] => Ok(found),
                _ => bail!(
                    "{place} has several splits that {wanted:?} may mean: {}",
                    found.join(", ")
                ),
            };
        }
        if all.len() < 2 {
            return Ok(all.into_iter().cloned().collect());
        }
        let best = all
            .iter()
            .filter_map(|name| Split::of(name))
            .max_by_key(|kind| match self.purpose {
                Purpose::Fit => Reverse(*kind as u8),
                _ => Reverse(2 - *kind as u8),
            });
        let Some(best) = best else {
            bail!(
                "{place} has several splits ({}): name one with --split",
                listed()
            );
        };
        let found = all.iter().filter(|name| Split::of(name) == Some(best));
        let found: Vec<String> = found.map(|name| (*name).clone()).collect();
        let [one] = &found[..] else {
            bail!(
                "{place} has several splits ({}): name one with --split",
                listed()
            );
        };
        say(&format!(
            "note: {place} has the splits {}; {one} is read (--split names another)",
            listed()
        ));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_splits() {
        for (name, kind) in [
            ("train", Some(Split::Train)),
            ("val2017", Some(Split::Validation)),
            ("test-00000-of-00001", Some(Split::Test)),
            ("captions_val2014", Some(Split::Validation)),
            ("Flickr_8k.testImages", Some(Split::Test)),
            ("restval", None),
            ("contest", None),
        ] {
            assert_eq!(Split::of(name), kind, "{name}");
        }
        assert!(Split::is_name("val2017") && Split::is_name("Test"));
        assert!(!Split::is_name("test_tube") && !Split::is_name("cat"));
    }

    #[test]
    fn the_purpose_chooses_and_names_win() {
        let names = ["train", "val", "test"].map(str::to_owned);
        let choose =
            |split, purpose, names: &[String]| Wanted { split, purpose }.choose(names, "x");
        let measured = choose(None, Purpose::MeasureLabels, &names).unwrap();
        assert_eq!(measured, ["test"]);
        assert_eq!(choose(None, Purpose::Fit, &names).unwrap(), ["train"]);
        let validation = choose(Some("validation"), Purpose::Fit, &names).unwrap();
        assert_eq!(validation, ["val"]);
        let error = choose(Some("dev9"), Purpose::Fit, &names[..1]).unwrap_err();
        assert!(error.to_string().contains("has no split"), "{error}");
        let two = ["val2014", "val2017"].map(str::to_owned);
        assert!(choose(None, Purpose::Fit, &two).is_err());
        assert_eq!(
            choose(Some("val2017"), Purpose::Fit, &two).unwrap(),
            ["val2017"]
        );
        let other = ["a", "b"].map(str::to_owned);
        assert!(choose(None, Purpose::Fit, &other).is_err());
        assert_eq!(choose(None, Purpose::Fit, &other[..1]).unwrap(), ["a"]);
    }
}
