//! The file that describes a training.

use crate::disk;
use anyhow::{Context, Result, bail, ensure};
use glimpse_model::pretrain::Recipe;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Everything that decides what comes out. Paths are relative to the file.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the outcome goes.
    pub output: PathBuf,
    /// Where features are kept; they may be deleted at any time.
    pub cache: PathBuf,
    /// Files of the published towers, whose weights stay frozen.
    #[serde(default)]
    pub towers: Towers,
    /// What the image tower's classifier knows.
    pub classes: Classes,
    /// How pictures are varied.
    #[serde(default)]
    pub views: Views,
    /// What is trained on; the first source's length is an epoch's.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
    /// What is measured after every epoch.
    pub validation: Validation,
    /// How it is trained.
    #[serde(default)]
    pub recipe: Recipe,
    /// How pictures are taught the classifier's knowledge in words.
    #[serde(default)]
    pub naming: Naming,
}

/// Paths of the towers; left out, those that the set-up fetched.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Towers {
    /// The checkpoint of EfficientNet-Lite0, a `.pth` file.
    pub image: Option<PathBuf>,
    /// The folder of all-MiniLM-L6-v2.
    pub text: Option<PathBuf>,
}

/// The classes of the image tower's classifier, and how they are put into words.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Classes {
    /// Index, synset, names; see `imagenet-classes.tsv`.
    pub file: PathBuf,
    /// The folder with WordNet's `data.noun`, for hypernyms and glosses; without it, names only.
    pub wordnet: Option<PathBuf>,
    /// Sentences with {} in the name's place.
    pub templates: Vec<String>,
}

/// Views of a picture beside the whole.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Views {
    /// Views of each picture, the whole included.
    pub count: usize,
    /// The smallest share of a picture's area that a view shows.
    pub least_area: f64,
}

impl Default for Views {
    fn default() -> Self {
        Self {
            count: 1,
            least_area: 0.6,
        }
    }
}

/// Pictures with captions or labels.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What stands beside the pictures.
    pub kind: Kind,
    /// Files and folders of one data set, in the layouts that `glimpse evaluate` reads.
    pub data: Vec<PathBuf>,
    /// The split to read, where the data set has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Its part of every batch, in relation to the other sources'.
    pub share: f64,
    /// Sentences of each picture in a batch, as far as it has so many.
    #[serde(default = "one")]
    pub sentences: usize,
}

fn one() -> usize {
    1
}

/// What stands beside a source's pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Captions: pictures and captions are pairs.
    Captions,
    /// Labels: a picture and a sentence with its label are a pair; other pictures of the label
    /// match too.
    Labels,
    /// Labels of the classifier's classes, which are trained by naming alone.
    Named,
}

/// Captioned pictures that nothing is trained on.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// A file or a folder, as a source's.
    pub data: PathBuf,
    /// The split to read, where the data set has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Training stops after so many epochs without a better mean of the six recalls.
    #[serde(default = "patience")]
    pub patience: usize,
    /// So many of the first source's pictures, its last, aren't trained on either. Where there are
    /// any, they decide which epoch is the best: for choosing a recipe without a look at `data`.
    #[serde(default)]
    pub kept_out: usize,
}

fn patience() -> usize {
    5
}

/// Label sets for the naming objective.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Naming {
    /// The chance of each group of classes to be called by what they have in common.
    pub groups: f64,
    /// How much a picture's own label counts beside what the classifier says, 0 to 1.
    pub label: f64,
}

impl Default for Naming {
    fn default() -> Self {
        Self {
            groups: 0.08,
            label: 0.5,
        }
    }
}

impl Config {
    /// Reads it, as it is written.
    pub fn read(file: &Path) -> Result<Self> {
        let text = String::from_utf8(disk::read(file)?)
            .with_context(|| format!("{} is not text in UTF-8", file.display()))?;
        let config: Self = toml::from_str(&text)
            .with_context(|| format!("{} is no training that can be followed", file.display()))?;
        config.check().with_context(|| file.display().to_string())?;
        Ok(config)
    }

    /// The same with paths from where the command runs, for a config that lies in `folder`.
    pub fn within(&self, folder: &Path) -> Self {
        let mut config = self.clone();
        let mut paths: Vec<&mut PathBuf> = vec![
            &mut config.output,
            &mut config.cache,
            &mut config.classes.file,
            &mut config.validation.data,
        ];
        paths.extend(config.towers.image.as_mut());
        paths.extend(config.towers.text.as_mut());
        paths.extend(config.classes.wordnet.as_mut());
        paths.extend(
            config
                .sources
                .iter_mut()
                .flat_map(|source| &mut source.data),
        );
        for path in paths {
            *path = folder.join(&*path);
        }
        config
    }

    fn check(&self) -> Result<()> {
        self.recipe.check().context("in [recipe]")?;
        let Some(first) = self.sources.first() else {
            bail!("there is no [[source]] to train on");
        };
        ensure!(
            first.kind != Kind::Named,
            "the first [[source]] needs captions or labels as pairs"
        );
        for source in &self.sources {
            ensure!(!source.data.is_empty(), "a [[source]] has no data");
            ensure!(
                source.sentences > 0,
                "a [[source]]'s sentences have to be 1 or more"
            );
            ensure!(
                source.share.is_finite() && source.share > 0.0,
                "a [[source]]'s share has to be above 0"
            );
        }
        ensure!(
            !self.classes.templates.is_empty()
                && self
                    .classes
                    .templates
                    .iter()
                    .all(|template| template.contains("{}")),
            "[classes] needs templates with {{}} in the name's place"
        );
        ensure!(self.views.count > 0, "[views] count has to be 1 or more");
        ensure!(
            self.views.least_area > 0.0 && self.views.least_area <= 1.0,
            "[views] least_area has to be above 0, at most 1"
        );
        let share = |value: f64| (0.0..=1.0).contains(&value);
        ensure!(
            share(self.naming.groups) && share(self.naming.label),
            "[naming] takes shares between 0 and 1"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        output = "out"
        cache = "cache"
        [classes]
        file = "classes.tsv"
        templates = ["{}"]
        [[source]]
        kind = "captions"
        data = ["/a.tar"]
        share = 1
        [validation]
        data = "b.tar"
    "#;

    fn read(text: &str) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, text).unwrap();
        let config = Config::read(&file);
        if let Ok(config) = &config {
            let config = config.within(folder.path());
            assert_eq!(config.output, folder.path().join("out"));
            assert_eq!(config.sources[0].data, [PathBuf::from("/a.tar")]);
        }
        config
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        assert_eq!(read(GOOD).unwrap().validation.patience, 5);
    }

    #[test]
    fn faults_are_named() {
        for (from, to, word) in [
            ("share = 1", "share = 0", "share"),
            ("share = 1", "shares = 1", "shares"),
            ("[\"{}\"]", "[\"a\"]", "templates"),
            ("\"captions\"", "\"named\"", "pairs"),
            (
                "[validation]",
                "[recipe]\ndropout = 2.0\n[validation]",
                "dropout",
            ),
            (
                "[validation]",
                "[recipe]\nlearning_rat = 2.0\n[validation]",
                "learning_rat",
            ),
            ("[[source]]", "[source]", "source"),
        ] {
            let error = read(&GOOD.replace(from, to)).unwrap_err();
            let error = crate::failure::one_line(&error);
            assert!(error.contains(word), "{error}");
        }
    }
}
