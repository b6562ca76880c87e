//! How far a command has come: its step, its share of the whole, and the time left.
//!
//! How long a step takes is known from this machine's last run or, where there was none, from a
//! run on two cores. The steps that are done tell how this machine compares with that.

use crate::places::Places;
use std::collections::BTreeMap;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// One step of a plan.
pub struct Planned {
    /// What it is; also the name under which its time is remembered.
    pub title: String,
    /// How long it usually takes.
    pub seconds: f64,
    /// Whether the network decides that, and not the processor.
    pub is_download: bool,
}

/// How often a terminal's line is written anew.
const LIVE: Duration = Duration::from_secs(1);

/// How often a line is added to what isn't a terminal.
const LOGGED: Duration = Duration::from_secs(30);

/// Seconds of evidence that this machine is as fast as expected, before any step is done.
const PRIOR: f64 = 60.0;

/// What is being done; one plan at a time.
static PLAN: Mutex<Option<Plan>> = Mutex::new(None);

struct Plan {
    steps: Vec<Planned>,
    /// Steps that are done.
    done: usize,
    /// Seconds that were expected of those that compute, and spent on them.
    expected: f64,
    spent: f64,
    /// Since when a step is being done.
    current: Option<Instant>,
    /// When something was last said.
    said: Instant,
    history: History,
}

/// Share of the whole (0 to 1) and seconds left.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Estimate {
    share: f64,
    left: f64,
}

/// Starts a plan of these steps, in their order.
pub fn begin(places: &Places, mut steps: Vec<Planned>) {
    let history = History::read(places);
    for step in &mut steps {
        if let Some(&seconds) = history.seconds.get(&step.title) {
            step.seconds = seconds;
        }
    }
    *plan() = Some(Plan {
        steps,
        done: 0,
        expected: 0.0,
        spent: 0.0,
        current: None,
        said: Instant::now(),
        history,
    });
}

/// The next step begins.
pub fn step(title: &str) {
    if let Some(plan) = plan().as_mut() {
        plan.current = Some(Instant::now());
        let line = format!(
            "[{}/{}] {} {title} · {}",
            plan.done + 1,
            plan.steps.len(),
            percent(plan.estimate().share),
            time_left(plan.estimate().left)
        );
        plan.say(&line);
    }
}

/// The step is done.
pub fn done(title: &str) {
    if let Some(plan) = plan().as_mut() {
        let spent = plan.finish(title);
        clear_line();
        println!(
            "      {title}: {}",
            duration(Duration::from_secs_f64(spent))
        );
    }
}

/// The plan is done.
pub fn end() {
    clear_line();
    *plan() = None;
}

/// Says how far it has come, if it's time to: whoever waits calls this again and again.
pub fn tick() {
    if let Some(plan) = plan().as_mut() {
        let pause = if is_live() { LIVE } else { LOGGED };
        if plan.current.is_some() && plan.said.elapsed() >= pause {
            let title = plan.steps.get(plan.done).map_or("", |step| &step.title);
            let Estimate { share, left } = plan.estimate();
            let line = format!("      {} {title} · {}", percent(share), time_left(left));
            plan.say(&line);
        }
    }
}

impl Plan {
    /// How much slower than expected this machine is, by the steps that are done.
    fn pace(&self) -> f64 {
        ((self.spent + PRIOR) / (self.expected + PRIOR)).clamp(0.1, 10.0)
    }

    fn estimate(&self) -> Estimate {
        let seconds = |steps: &[Planned]| -> f64 { steps.iter().map(|step| step.seconds).sum() };
        let whole = seconds(&self.steps);
        let pace = self.pace();
        let current = self.steps.get(self.done).map_or(0.0, |step| step.seconds);
        let elapsed = self
            .current
            .map_or(0.0, |start| start.elapsed().as_secs_f64());
        let finished = seconds(&self.steps[..self.done.min(self.steps.len())])
            + current * reached(elapsed, current * pace);
        let share = if whole > 0.0 { finished / whole } else { 1.0 };
        Estimate {
            share: share.clamp(0.0, 1.0),
            left: ((whole - finished) * pace).max(0.0),
        }
    }

    /// Ends the current step; gives its seconds.
    fn finish(&mut self, title: &str) -> f64 {
        let spent = self
            .current
            .take()
            .map_or(0.0, |start| start.elapsed().as_secs_f64());
        if let Some(step) = self.steps.get(self.done).filter(|step| !step.is_download) {
            self.expected += step.seconds;
            self.spent += spent;
        }
        self.done += 1;
        self.history.remember(title, spent);
        spent
    }

    fn say(&mut self, line: &str) {
        self.said = Instant::now();
        if is_live() {
            print!("\r\x1b[2K{line}");
            // A terminal that is gone needs no progress.
            let _ = std::io::stdout().flush();
        } else {
            println!("{line}");
        }
    }
}

/// The share of a step after `elapsed` of its `expected` seconds: it slows down near the end, so
/// that a step which takes longer than expected still moves and never claims to be done.
fn reached(elapsed: f64, expected: f64) -> f64 {
    if expected <= 0.0 {
        return 0.0;
    }
    let time = elapsed / expected;
    if time < 0.8 {
        time
    } else {
        1.0 - 0.2 * (-(time - 0.8) / 0.2).exp()
    }
}

/// Seconds that steps took in this machine's last runs, kept in the cache.
struct History {
    file: PathBuf,
    seconds: BTreeMap<String, f64>,
}

impl History {
    fn read(places: &Places) -> Self {
        let file = places.cache.join("durations.json");
        // Without a history, or with a damaged one, the usual times are shown.
        let seconds = fs::read(&file)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default();
        Self { file, seconds }
    }

    fn remember(&mut self, title: &str, seconds: f64) {
        self.seconds.insert(title.to_owned(), seconds);
        // A time that can't be kept only makes the next estimate less exact.
        if let Ok(json) = serde_json::to_vec_pretty(&self.seconds) {
            let _ = fs::write(&self.file, json);
        }
    }
}

fn plan() -> MutexGuard<'static, Option<Plan>> {
    // Whatever a thread that broke has left is only numbers.
    PLAN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_live() -> bool {
    std::io::stdout().is_terminal()
}

fn clear_line() {
    if is_live() {
        print!("\r\x1b[2K");
    }
}

fn percent(share: f64) -> String {
    format!("{:>3.0} %", share * 100.0)
}

fn time_left(seconds: f64) -> String {
    if seconds < 50.0 {
        "less than a minute left".to_owned()
    } else {
        format!("about {:.0} min left", (seconds / 60.0).max(1.0))
    }
}

/// A time in words: "4.2 s", "3 min 20 s".
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        let whole = seconds.round() as u64;
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_of(seconds: &[f64]) -> Plan {
        let steps = seconds.iter().enumerate().map(|(index, &seconds)| Planned {
            title: index.to_string(),
            seconds,
            is_download: false,
        });
        Plan {
            steps: steps.collect(),
            done: 0,
            expected: 0.0,
            spent: 0.0,
            current: None,
            said: Instant::now(),
            history: History {
                file: PathBuf::from("no/such/folder/durations.json"),
                seconds: BTreeMap::new(),
            },
        }
    }

    #[test]
    fn share_and_time_left_follow_the_steps() {
        let mut plan = plan_of(&[100.0, 300.0]);
        assert_eq!(
            plan.estimate(),
            Estimate {
                share: 0.0,
                left: 400.0
            }
        );
        plan.finish("0");
        plan.spent = 100.0;
        assert_eq!(
            plan.estimate(),
            Estimate {
                share: 0.25,
                left: 300.0
            }
        );
    }

    #[test]
    fn a_slow_machine_is_believed() {
        let mut plan = plan_of(&[600.0, 300.0]);
        plan.finish("0");
        plan.spent = 1200.0;
        let left = plan.estimate().left;
        assert!((550.0..=600.0).contains(&left), "{left}");
    }

    #[test]
    fn a_fast_network_says_nothing_of_the_processor() {
        let mut plan = plan_of(&[100.0, 300.0]);
        plan.steps[0].is_download = true;
        plan.finish("0");
        assert_eq!(plan.estimate().left, 300.0);
    }

    #[test]
    fn a_step_that_takes_longer_moves_and_is_never_done() {
        assert_eq!(reached(50.0, 100.0), 0.5);
        let late: Vec<f64> = [80.0, 100.0, 150.0, 300.0]
            .iter()
            .map(|&elapsed| reached(elapsed, 100.0))
            .collect();
        assert!(late.windows(2).all(|pair| pair[0] < pair[1]), "{late:?}");
        assert!(late.iter().all(|&share| share < 1.0), "{late:?}");
    }

    #[test]
    fn times_are_words() {
        assert_eq!(duration(Duration::from_millis(4240)), "4.2 s");
        assert_eq!(duration(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(time_left(10.0), "less than a minute left");
        assert_eq!(time_left(55.0), "about 1 min left");
        assert_eq!(time_left(610.0), "about 10 min left");
    }
}
