//! The list of things that have to be there: what is missing is made, one after the other,
//! and said.

use anyhow::{Context, Result};
use std::time::Instant;

/// One thing that has to be there.
pub trait Step {
    /// What it is, as a noun: "Trunk 0.22.1".
    fn title(&self) -> String;
    /// Whether it has to be made. Quick, since every command asks.
    fn is_missing(&self) -> Result<bool>;
    /// Makes it.
    fn make(&self) -> Result<()>;
}

/// Makes the steps that are missing; whether there were any.
pub fn make_missing(steps: &[Box<dyn Step + '_>]) -> Result<bool> {
    let mut missing = Vec::new();
    for step in steps {
        if step.is_missing()? {
            missing.push(step);
        }
    }
    for (index, step) in missing.iter().enumerate() {
        let start = Instant::now();
        println!("[{}/{}] {} …", index + 1, missing.len(), step.title());
        step.make()
            .with_context(|| format!("couldn't set up: {}", step.title()))?;
        println!("      done in {:.1} s", start.elapsed().as_secs_f32());
    }
    Ok(!missing.is_empty())
}
