//! The list of things that have to be there. What is missing is downloaded first, all of it, and
//! then made without a network, one after the other, while [`progress`] says how far it has come.

use crate::places::Places;
use crate::progress::{self, Planned};
use anyhow::{Context, Result, bail};
use std::thread;
use std::time::Instant;

/// Seconds that a step takes on two cores, as measured on an empty machine.
#[derive(Clone, Copy, Default)]
pub struct Usual {
    /// Seconds of downloading; the steps download at the same time.
    pub fetch: f64,
    /// On the processor; 0 where all of it is downloading.
    pub make: f64,
}

/// One thing that has to be there.
pub trait Step: Send + Sync {
    /// What it is, as a noun: "Trunk 0.22.1".
    fn title(&self) -> String;
    /// Whether it has to be made. Quick, since every command asks.
    fn is_missing(&self) -> Result<bool>;
    /// How long it takes where nothing is known of earlier runs.
    fn usual(&self) -> Usual;
    /// Does all of it that needs a network.
    fn fetch(&self) -> Result<()> {
        Ok(())
    }
    /// Does the rest, which must not need any.
    fn make(&self) -> Result<()> {
        Ok(())
    }
}

/// Rounds of making what is missing: a third one where a release's sources change during the first.
const MAX_ROUNDS: usize = 3;

/// Makes the steps that are missing; whether there were any. What is made may put a later step out
/// of date, which is then made anew.
pub fn make_missing(places: &Places, steps: &[Box<dyn Step + '_>]) -> Result<bool> {
    let start = Instant::now();
    let mut left = missing(steps)?;
    if left.is_empty() {
        return Ok(false);
    }
    // A step may void what comes after it, and someone may change what it is made from meanwhile.
    for _ in 0..MAX_ROUNDS {
        make(places, &left)?;
        left = missing(steps)?;
    }
    println!("All of it took {}.", progress::duration(start.elapsed()));
    Ok(true)
}

fn missing<'a>(steps: &'a [Box<dyn Step + '_>]) -> Result<Vec<&'a dyn Step>> {
    let mut missing: Vec<&dyn Step> = Vec::new();
    for step in steps {
        if step.is_missing()? {
            missing.push(&**step);
        }
    }
    Ok(missing)
}

fn make(places: &Places, steps: &[&dyn Step]) -> Result<()> {
    if steps.is_empty() {
        return Ok(());
    }
    progress::begin(places, planned(steps));
    fetch_all(steps)?;
    for step in steps.iter().filter(|step| is_made(**step)) {
        progress::step(&step.title());
        step.make()
            .with_context(|| format!("couldn't make: {}", step.title()))?;
        progress::done(&step.title());
    }
    progress::end();
    Ok(())
}

fn is_made(step: &dyn Step) -> bool {
    step.usual().make > 0.0
}

const DOWNLOADS: &str = "Downloads";

fn planned(steps: &[&dyn Step]) -> Vec<Planned> {
    let downloads = downloads(steps).map(|seconds| Planned {
        title: DOWNLOADS.to_owned(),
        seconds,
        is_download: true,
    });
    let made = steps.iter().filter(|step| is_made(**step));
    let made = made.map(|step| Planned {
        title: step.title(),
        seconds: step.usual().make,
        is_download: false,
    });
    downloads.into_iter().chain(made).collect()
}

/// Seconds of all downloads, if there are any. They run beside one another, so the longest counts,
/// and a part of the others.
fn downloads(steps: &[&dyn Step]) -> Option<f64> {
    let seconds = steps.iter().map(|step| step.usual().fetch);
    let (longest, sum) = seconds.fold((0.0, 0.0), |(longest, sum), seconds| {
        (f64::max(longest, seconds), sum + seconds)
    });
    (sum > 0.0).then_some(longest + (sum - longest) / 4.0)
}

/// Downloads what the steps need, all at the same time, since a network is seldom busy with one.
fn fetch_all(steps: &[&dyn Step]) -> Result<()> {
    if downloads(steps).is_none() {
        return Ok(());
    }
    progress::step(DOWNLOADS);
    let failures: Vec<String> = thread::scope(|scope| {
        let downloads: Vec<_> = steps
            .iter()
            .map(|step| (step, scope.spawn(|| step.fetch())))
            .collect();
        let failed = |(step, download): (&&dyn Step, thread::ScopedJoinHandle<'_, _>)| {
            let ended: Result<()> = download
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("the download's thread broke")));
            let error = ended.err()?;
            Some(format!("  {}: {error:#}", step.title()))
        };
        downloads.into_iter().filter_map(failed).collect()
    });
    if !failures.is_empty() {
        bail!(
            "couldn't download:\n{}\nIs there a network, and does it need a proxy (README, \
             \"Behind a proxy\")? Then repeat `{}`: what has come is kept.",
            failures.join("\n"),
            called_as()
        );
    }
    progress::done(DOWNLOADS);
    Ok(())
}

/// The command that is running, as one would type it again.
fn called_as() -> String {
    let arguments = std::env::args().skip(1);
    std::iter::once("cargo xtask".to_owned())
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    struct Fake<'a> {
        title: &'static str,
        missing: AtomicBool,
        breaks: bool,
        log: &'a Mutex<Vec<String>>,
    }

    impl Step for Fake<'_> {
        fn title(&self) -> String {
            self.title.into()
        }

        fn is_missing(&self) -> Result<bool> {
            Ok(self.missing.load(Ordering::Relaxed))
        }

        fn usual(&self) -> Usual {
            Usual {
                fetch: 1.0,
                make: 1.0,
            }
        }

        fn fetch(&self) -> Result<()> {
            self.log
                .lock()
                .unwrap()
                .push(format!("fetch {}", self.title));
            anyhow::ensure!(!self.breaks, "the server says no");
            Ok(())
        }

        fn make(&self) -> Result<()> {
            self.log
                .lock()
                .unwrap()
                .push(format!("make {}", self.title));
            self.missing.store(false, Ordering::Relaxed);
            Ok(())
        }
    }

    fn run(steps: &[(&'static str, bool, bool)]) -> (Result<bool>, Vec<String>) {
        let log = Mutex::new(Vec::new());
        let places = crate::places::testing("plan");
        let steps: Vec<Box<dyn Step + '_>> = steps
            .iter()
            .map(|&(title, missing, breaks)| {
                let missing = AtomicBool::new(missing);
                let step = Fake {
                    title,
                    missing,
                    breaks,
                    log: &log,
                };
                Box::new(step) as Box<dyn Step>
            })
            .collect();
        let made = make_missing(&places, &steps);
        drop(steps);
        (made, log.into_inner().unwrap())
    }

    #[test]
    fn everything_is_downloaded_before_anything_is_made() {
        let (made, log) = run(&[("a", true, false), ("b", false, false), ("c", true, false)]);
        assert!(made.unwrap());
        assert_eq!(log.len(), 4, "{log:?}");
        assert!(log[..2].iter().all(|line| line.starts_with("fetch")));
        assert_eq!(log[2..], ["make a", "make c"]);
    }

    #[test]
    fn a_failed_download_is_named_with_the_command_to_repeat_and_nothing_is_made() {
        let (made, log) = run(&[("a", true, false), ("the weights", true, true)]);
        let message = format!("{:#}", made.unwrap_err());
        assert!(
            message.contains("the weights: the server says no"),
            "{message}"
        );
        assert!(message.contains("repeat `cargo xtask"), "{message}");
        assert!(!log.iter().any(|line| line.starts_with("make")), "{log:?}");
    }

    #[test]
    fn what_is_there_costs_nothing() {
        let (made, log) = run(&[("a", false, false)]);
        assert!(!made.unwrap());
        assert!(log.is_empty());
    }
}
