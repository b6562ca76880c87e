//! What is said of a training that is done.

use super::{config::Config, history::History, train::Outcome};
use anyhow::Result;
use glimpse_model::metrics::{Estimate, Retrieval};
use serde::Serialize;
use std::fmt::Write;

/// What `report.json` holds: the config, the data's size and the recall of each epoch.
#[derive(Serialize)]
pub struct Report<'a> {
    config: &'a Config,
    /// Pictures of each source.
    pictures: Vec<usize>,
    /// Pictures that could not be used.
    failed: usize,
    best_epoch: Option<usize>,
    validation: Retrieval,
    history: &'a History,
}

impl<'a> Report<'a> {
    /// Of a training's outcome.
    pub fn new(
        config: &'a Config,
        outcome: &'a Outcome,
        pictures: Vec<usize>,
        failed: usize,
    ) -> Self {
        let history = &outcome.history;
        Self {
            config,
            pictures,
            failed,
            best_epoch: history.best().map(|best| history.epochs[best].epoch),
            validation: outcome.recall,
            history,
        }
    }

    /// The report for people, in Markdown: the text of `report.md`.
    pub fn markdown(&self) -> Result<String> {
        let mut out = String::from("# Training of the alignment\n\n");
        writeln!(
            out,
            "| source | pictures | share of a batch |\n| --- | --- | --- |"
        )?;
        let shares: f64 = self.config.sources.iter().map(|source| source.share).sum();
        for (source, pictures) in self.config.sources.iter().zip(&self.pictures) {
            let names = source.data.iter().filter_map(|path| path.file_name());
            let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
            let share = source.share / shares * 100.0;
            writeln!(out, "| {} | {pictures} | {share:.0} % |", names.join(", "))?;
        }
        writeln!(
            out,
            "\n{} could not be used. Seed {}; {} epochs in {:.0} s; the best by the mean of the six recalls \
             is epoch {}.\n",
            crate::print::count(self.failed, "picture"),
            self.config.recipe.seed,
            self.history.epochs.len(),
            self.history.seconds,
            self.best_epoch.unwrap_or(0),
        )?;
        writeln!(
            out,
            "Recall on `{}`, with 95 % confidence intervals (pictures resampled):\n\n\
             | | at 1 | at 5 | at 10 |\n| --- | --- | --- | --- |",
            self.config
                .validation
                .data
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
        )?;
        let cell = |e: &Estimate| format!("{:.3} ({:.3}–{:.3})", e.value, e.low, e.high);
        for (name, recall) in [
            ("a caption's picture", &self.validation.text_to_image),
            ("a picture's caption", &self.validation.image_to_text),
        ] {
            let cells: Vec<String> = recall.iter().map(cell).collect();
            writeln!(out, "| {name} | {} |", cells.join(" | "))?;
        }
        writeln!(
            out,
            "\n![Learning curve](curve.svg)\n\n| epoch | loss | captions at 1 / 5 / 10 | pictures at 1 / 5 / 10 |\n| --- | --- | --- | --- |"
        )?;
        for epoch in &self.history.epochs {
            let shares = |recall: &[f64; 3]| recall.map(|share| format!("{share:.3}")).join(" / ");
            writeln!(
                out,
                "| {} | {:.3} | {} | {} |",
                epoch.epoch,
                epoch.loss,
                shares(&epoch.text_to_image),
                shares(&epoch.image_to_text)
            )?;
        }
        Ok(out)
    }
}
