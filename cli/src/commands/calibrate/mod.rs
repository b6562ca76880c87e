//! `glimpse calibrate`: probabilities that come true about as often as they say.

mod groups;
mod measure;
mod report;
mod words;

use crate::{
    dataset::{self, Choice},
    disk,
    failure::{Outcome, Usage},
    labels::Templates,
    pack::Pack,
    print,
};
use anyhow::{Context, Result, bail};
use glimpse_model::{
    pack::Manifest,
    score::{
        Calibration, HeldOut, Scoring,
        fit::{self, FitError, Trial},
    },
};
use groups::{Draw, Group};
use measure::Measured;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Fit what a pack's scores mean: how likely a label fits, and "none of these".
///
/// Pictures are put before ten labels of which one fits, and before ten of which none does. From
/// their cosines, by maximum likelihood, follow the temperature and the "none of these" of a
/// softmax, and a logistic curve for each label on its own. Labels are the classes of labelled
/// pictures and the things that captions name; whole captions are measured, and fitted to only if
/// they name nothing of the list.
///
/// Before it is written, the calibration is held against none at all, on pictures that it was not
/// fitted to: those of --measure, and of the others each fifth by what was fitted to the other four
/// fifths (cross-validation). If it is off by more than the model's own probabilities are, by a
/// percentage point or more, it is not written (exit code 1), unless with --force. That is asked
/// twice: where one of the labels fits every picture, and where none does every second one.
///
/// With --json: {"calibration": {…}, "measured": [{"name", "fitted", "n": [one fits, none fits],
/// "error_before", "error_after", "error_from_others", "error_alone", "one_fits": [it is first,
/// "none" is], "none_fits", "first": {…}, "alone": {…}}]}; errors are expected calibration errors,
/// the last two reliability tables. "held_out" in "calibration" is what it was held against:
/// [{"data", "one_fits": [own, calibrated], "half_fit": [own, calibrated]}], expected calibration
/// errors of what comes first.
#[derive(clap::Args)]
#[command(after_help = dataset::help())]
pub struct Arguments {
    /// The pack: its folder, or its single ZIP file
    pack: PathBuf,
    /// Labelled or captioned pictures, as `glimpse evaluate` takes them; each is a data set of its
    /// own, so the shards of one are named by a pattern in quotes or a folder
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// Pictures to measure on, but not to fit to; may be given several times
    #[arg(long, value_name = "DATA")]
    measure: Vec<PathBuf>,
    /// What to look for in captions: "label: another word, another" a line, a word with a comma or a
    /// colon in quotes [default: a list of
    /// everyday things in English]
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
    /// Labels to choose from
    #[arg(long, default_value_t = 10)]
    labels: usize,
    /// The share of pictures that none of the labels fits, above 0 and below 1: the lower, the
    /// seldomer "none of these" comes first
    #[arg(long, value_name = "SHARE", default_value_t = fit::NONE_SHARE)]
    none_share: f64,
    /// So many pictures of each data set at most
    #[arg(long, default_value_t = 3000)]
    pictures: usize,
    #[command(flatten)]
    choice: Choice,
    /// Draws pictures and labels
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    templates: Templates,
    /// Write the calibration to this JSON file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the calibration into the pack's manifest; the pack must be a folder
    #[arg(long)]
    write: bool,
    /// Write the calibration even if it is worse than none
    #[arg(long)]
    force: bool,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    calibration: &'a Calibration,
    measured: &'a [Measured],
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    if arguments.labels < 2 {
        return Err(Usage("--labels takes 2 or more: there has to be a choice").into());
    }
    if !(arguments.none_share > 0.0 && arguments.none_share < 1.0) {
        return Err(Usage("--none-share takes a number between 0 and 1").into());
    }
    if arguments.write && arguments.pack.is_file() {
        bail!(
            "{} is a single file, whose manifest can't be changed: unpack it first, or use --output",
            arguments.pack.display()
        );
    }
    let pack = Pack::open(&arguments.pack)?;
    let (groups, outcome) = draw(arguments, &pack)?;
    let fitted: Vec<&Group> = groups.iter().filter(|group| group.fitted).collect();
    let trials =
        |groups: &[&Group]| -> Vec<_> { groups.iter().map(|group| group.trials.clone()).collect() };
    let fit = |groups: &[Vec<Trial>]| fit::fit(groups, arguments.none_share);
    let mut calibration = fit(&trials(&fitted))?;
    calibration.fitted_on = fitted
        .iter()
        .map(|group| {
            format!(
                "{} ({})",
                group.name,
                print::count(group.trials.len(), "trial")
            )
        })
        .collect();

    let scoring = &pack.manifest.scoring;
    let measured: Vec<Measured> = groups
        .iter()
        .map(|group| {
            let Group {
                name,
                trials: own,
                fitted: is_fitted,
                ..
            } = group;
            let mut measured = Measured::of(name, *is_fitted, own, scoring, &calibration);
            let others: Vec<&Group> = fitted.iter().copied().filter(|o| o.name != *name).collect();
            if *is_fitted && !others.is_empty() {
                let from_others = fit(&trials(&others)).ok();
                measured.error_from_others = from_others.map(|c| measure::first_error(own, &c));
            }
            measured
        })
        .collect();

    calibration.held_out =
        hold_out(&groups, &fit, &calibration, scoring).or_else(|error| match arguments.force {
            true => Ok(Vec::new()),
            false => Err(error),
        })?;
    let worse: Vec<_> = calibration
        .held_out
        .iter()
        .filter(|held_out| held_out.is_worse_than_none())
        .map(|held_out| held_out.data.as_str())
        .collect();
    let is_written = arguments.output.is_some() || arguments.write;
    let is_refused = is_written && !worse.is_empty() && !arguments.force;
    if let Some(output) = arguments.output.as_ref().filter(|_| !is_refused) {
        write(output, &calibration)?;
    }
    if arguments.write && !is_refused {
        let mut manifest = pack.manifest.clone();
        manifest.calibration = Some(calibration.clone());
        write(&arguments.pack.join(Manifest::FILE), &manifest)?;
    }
    if arguments.json {
        print::json(&Answer {
            calibration: &calibration,
            measured: &measured,
        })?;
    } else {
        print::text(&report::text(
            &calibration,
            &measured,
            scoring,
            arguments.labels,
        )?)?;
    }
    if is_refused {
        bail!(
            "the calibration was not written: on pictures that it was not fitted to, it is worse \
             than none ({}). More pictures or a lower --none-share may help; --force writes it \
             all the same",
            worse.join("; ")
        );
    }
    Ok(outcome)
}

/// Into so many parts the pictures are divided, each of which is held out once.
const FOLDS: usize = 5;

/// What the calibration is worth on pictures that it was not fitted to. Those of groups that it was
/// fitted to are judged by calibrations of the other pictures only.
fn hold_out(
    groups: &[Group],
    fit: &impl Fn(&[Vec<Trial>]) -> Result<Calibration, FitError>,
    whole: &Calibration,
    scoring: &Scoring,
) -> Result<Vec<HeldOut>> {
    let fold_without = |fold: usize| {
        let others = groups.iter().filter(|group| group.fitted).map(|group| {
            let trials = group.trials.iter().zip(&group.pictures);
            let others = trials.filter(|(_, picture)| *picture % FOLDS != fold);
            others.map(|(trial, _)| trial.clone()).collect()
        });
        let others: Vec<Vec<Trial>> = others.collect();
        fit(&others)
    };
    let folds = (0..FOLDS)
        .map(fold_without)
        .collect::<Result<Vec<_>, _>>()
        .context(
            "there are too few pictures to hold some out, so nobody knows whether the calibration \
             is better than none; --force does without",
        )?;
    let measured = groups.iter().map(|group| {
        // Other kinds of labels of the same pictures count as fitted to, too.
        let trials = group.trials.iter().zip(&group.pictures);
        let judged = trials.map(|(trial, picture)| match group.of_fitted_pictures {
            true => (trial, &folds[picture % FOLDS]),
            false => (trial, whole),
        });
        measure::held_out(&group.name, judged, scoring)
    });
    Ok(measured.collect())
}

fn draw(arguments: &Arguments, pack: &Pack) -> Result<(Vec<Group>, Outcome)> {
    let words = match &arguments.words {
        Some(file) => words::parse(&String::from_utf8_lossy(&disk::read(file)?))
            .with_context(|| file.display().to_string())?,
        None => words::everyday()?,
    };
    let draw = Draw {
        pack,
        templates: &arguments.templates,
        words: &words,
        labels: arguments.labels,
        pictures: arguments.pictures,
        split: arguments.choice.split.as_deref(),
        seed: arguments.seed,
    };
    let to_fit = arguments.data.iter().map(|data| (data, true));
    let to_measure = arguments.measure.iter().map(|data| (data, false));
    let mut all = Vec::new();
    let mut outcome = Outcome::Complete;
    for (data, fitted) in to_fit.chain(to_measure) {
        let (groups, how) = draw.groups(data, fitted)?;
        if how == Outcome::SomeFailed {
            outcome = how;
        }
        all.extend(groups.into_iter().filter(|group| !group.trials.is_empty()));
    }
    if !all.iter().any(|group| group.fitted) {
        bail!(
            "no picture has {} labels to choose from: take fewer with --labels, or more data",
            arguments.labels
        );
    }
    Ok((all, outcome))
}

fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(value)?;
    json.push(b'\n');
    disk::write(path, &json)
}
