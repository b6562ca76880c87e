//! The training itself: epochs, checkpoints, early stopping.

use super::{
    batches::Batches,
    config::Config,
    history::{Epoch, History, values},
    measured::Measured,
};
use crate::{
    disk::{read, write},
    failure::say,
    progress,
};
use anyhow::{Context, Result, bail};
use glimpse_model::{
    metrics::{Resampling, Retrieval},
    pretrain::{PretrainError, Start, Trainer},
    towers::device,
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// What a finished training has to report; its weights are on the disk.
pub struct Outcome {
    /// Losses and recall of every epoch.
    pub history: History,
    /// The best epoch's recall, with intervals.
    pub recall: Retrieval,
}

/// Files of the output folder.
struct Files {
    /// The best weights so far.
    alignment: PathBuf,
    /// The best weights' recall.
    recall: PathBuf,
    /// The state after the last whole epoch.
    checkpoint: PathBuf,
    /// Of all epochs up to it.
    history: PathBuf,
}

impl Files {
    fn of(output: &Path) -> Self {
        Self {
            alignment: output.join("alignment.safetensors"),
            recall: output.join("best.json"),
            checkpoint: output.join("checkpoint.safetensors"),
            history: output.join("checkpoint.json"),
        }
    }
}

/// Trains to the end, or goes on to it from the last checkpoint.
pub fn train<'a>(
    config: &Config,
    fingerprint: String,
    start: impl Fn() -> Start<'a>,
    batches: &mut Batches,
    measured: &mut Measured,
    fresh: bool,
) -> Result<Outcome> {
    fs::create_dir_all(&config.output)
        .with_context(|| format!("{} can't be made", config.output.display()))?;
    let files = Files::of(&config.output);
    let per_epoch = batches.steps_per_epoch();
    let total = per_epoch * config.recipe.epochs as u64;
    let device = device::cpu();
    if fresh {
        for file in [&files.checkpoint, &files.history] {
            let _ = fs::remove_file(file);
        }
    }
    let (mut trainer, mut history) = match read_history(&files, &fingerprint)? {
        Some(history) => {
            let bytes = read(&files.checkpoint)?;
            let trainer = Trainer::resume(config.recipe.clone(), total, start(), &bytes, &device)?;
            say(&format!("going on after epoch {}", history.epochs.len()));
            (trainer, history)
        }
        None => {
            let trainer = Trainer::new(config.recipe.clone(), total, start(), &device)?;
            let history = History {
                fingerprint,
                ..Default::default()
            };
            (trainer, history)
        }
    };
    while history.epochs.len() < config.recipe.epochs
        && !history.is_over(config.validation.patience)
    {
        let clock = Instant::now();
        let epoch = one_epoch(&mut trainer, batches, measured, per_epoch, &history, &files)?;
        history.seconds += clock.elapsed().as_secs_f64();
        say(&line(&epoch));
        history.epochs.push(epoch);
        let bytes = pollster::block_on(trainer.save())?;
        // The history names the checkpoint's step, so it is written last.
        write(&files.checkpoint, &bytes)?;
        write(&files.history, &serde_json::to_vec(&history)?)?;
    }
    let recall = serde_json::from_slice(&read(&files.recall)?)?;
    for file in [&files.checkpoint, &files.history, &files.recall] {
        fs::remove_file(file)?;
    }
    Ok(Outcome { history, recall })
}

/// The history of a training that was interrupted, if it was this one.
fn read_history(files: &Files, fingerprint: &str) -> Result<Option<History>> {
    if !files.history.is_file() || !files.checkpoint.is_file() {
        return Ok(None);
    }
    let history: History = serde_json::from_slice(&read(&files.history)?).with_context(|| {
        format!(
            "{} is damaged; --fresh starts anew",
            files.history.display()
        )
    })?;
    if history.fingerprint != fingerprint {
        bail!(
            "{} is of another config or other data: --fresh starts anew",
            files.checkpoint.display()
        );
    }
    Ok(Some(history))
}

/// Trains an epoch, measures, and keeps the weights if they are the best.
fn one_epoch(
    trainer: &mut Trainer,
    batches: &mut Batches,
    measured: &mut Measured,
    steps: u64,
    history: &History,
    files: &Files,
) -> Result<Epoch> {
    let bar = progress::counter(steps as usize, "steps");
    let first = history.epochs.len() as u64 * steps;
    let mut loss = 0.0;
    let mut objectives: BTreeMap<String, f64> = BTreeMap::new();
    for step in first..first + steps {
        let report = match pollster::block_on(trainer.step(&batches.batch(step)?)) {
            Err(error @ PretrainError::Diverged { .. }) => {
                return Err(error).context("training was stopped");
            }
            report => report?,
        };
        loss += f64::from(report.loss) / steps as f64;
        for (name, value) in report.objectives {
            *objectives.entry(name.to_owned()).or_default() += f64::from(value) / steps as f64;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let ranks = measured.ranks(trainer)?;
    let quick = Resampling { draws: 0, seed: 0 };
    let (text_to_image, image_to_text) = values(&ranks.recall(quick));
    let epoch = Epoch {
        epoch: history.epochs.len() + 1,
        loss,
        objectives,
        text_to_image,
        image_to_text,
        kept_out: measured.kept_out(trainer)?,
    };
    let best = history.best().map(|best| history.epochs[best].worth());
    if best.is_none_or(|best| epoch.worth() > best) {
        let recall = ranks.recall(Resampling::default());
        write(&files.alignment, &pollster::block_on(trainer.alignment())?)?;
        write(&files.recall, &serde_json::to_vec(&recall)?)?;
    }
    Ok(epoch)
}

fn line(epoch: &Epoch) -> String {
    let shares = |recall: &[f64; 3]| {
        let shares = recall.map(|share| format!("{:.1}", share * 100.0));
        shares.join(" / ")
    };
    let recalls = |captions, pictures| {
        let (captions, pictures) = (shares(captions), shares(pictures));
        format!("captions {captions}, pictures {pictures}")
    };
    let kept_out = epoch.kept_out.as_ref().map_or(String::new(), |kept_out| {
        format!(
            "; kept out: {}, names {:.1}",
            recalls(&kept_out.text_to_image, &kept_out.image_to_text),
            kept_out.names * 100.0
        )
    });
    format!(
        "epoch {}: loss {:.3}; recall at 1 / 5 / 10 in %: {}{kept_out}",
        epoch.epoch,
        epoch.loss,
        recalls(&epoch.text_to_image, &epoch.image_to_text),
    )
}
