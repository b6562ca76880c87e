//! `glimpse calibrate`: probabilities that come true about as often as they say.

mod groups;
mod measure;
mod report;
mod words;

use crate::{
    disk,
    failure::{Outcome, Usage},
    labels::Templates,
    pack::Pack,
    print,
};
use anyhow::{Context, Result, bail};
use glimpse_model::{
    pack::Manifest,
    score::{Calibration, fit},
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
/// With --json: {"calibration": {…}, "measured": [{"name", "fitted", "n": [one fits, none fits],
/// "error_before", "error_after", "error_from_others", "error_alone", "one_fits": [it is first,
/// "none" is], "none_fits", "first": {…}, "alone": {…}}]}; errors are expected calibration errors,
/// the last two reliability tables.
#[derive(clap::Args)]
pub struct Arguments {
    /// The pack: its folder, or its single ZIP file
    pack: PathBuf,
    /// Labelled or captioned pictures, as `glimpse evaluate` takes them
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// Pictures to measure on, but not to fit to; may be given several times
    #[arg(long, value_name = "DATA")]
    measure: Vec<PathBuf>,
    /// What to look for in captions: "label: another word, another" a line [default: a list of
    /// everyday things in English]
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
    /// Labels to choose from
    #[arg(long, default_value_t = 10)]
    labels: usize,
    /// So many pictures of each data set at most
    #[arg(long, default_value_t = 3000)]
    pictures: usize,
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
    let mut calibration = fit::fit(&trials(&fitted))?;
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
            } = group;
            let mut measured = Measured::of(name, *is_fitted, own, scoring, &calibration);
            let others: Vec<&Group> = fitted.iter().copied().filter(|o| o.name != *name).collect();
            if *is_fitted && !others.is_empty() {
                let from_others = fit::fit(&trials(&others)).ok();
                measured.error_from_others = from_others.map(|c| measure::first_error(own, &c));
            }
            measured
        })
        .collect();

    if let Some(output) = &arguments.output {
        write(output, &calibration)?;
    }
    if arguments.write {
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
    Ok(outcome)
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
