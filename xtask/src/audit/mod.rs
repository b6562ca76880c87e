//! `cargo xtask audit`: whether what others wrote may be used, and whether anything is known against
//! it. [`crates`] needs no network and is a part of `cargo xtask test`; the databases of known
//! weaknesses, of RustSec and npm, do.

mod crates;
mod npm;

pub use crates::run as check_crates;
pub use npm::{Finding, note as note_npm, noted as noted_npm};

use crate::places::Places;
use crate::plan;
use crate::process::{online_program, run as run_program};
use crate::setup;
use anyhow::Result;

/// Checks everything; whether nothing was found. What can't be reached is said, and counts as found.
pub fn run(places: &Places) -> Result<bool> {
    println!("== licences, bans and sources");
    let crates = check_crates(places)?;
    println!("\n== the same by cargo-deny, and RustSec's database");
    let known = deny(places);
    if let Err(error) = &known {
        eprintln!("{error:#}");
    }
    println!("\n== npm's database");
    let lock = setup::lock(places)?;
    plan::make_missing(places, &[setup::packages(places)])?;
    note_npm(places)?;
    drop(lock);
    let npm = noted_npm(places)?;
    println!("{npm}");
    Ok(crates && known.is_ok() && npm == Finding::Nothing)
}

/// Has cargo-deny check, which is compiled first if it isn't there: that takes minutes.
fn deny(places: &Places) -> Result<()> {
    let lock = setup::lock(places)?;
    plan::make_missing(places, &[Box::new(setup::cargo_deny(places))])?;
    drop(lock);
    for what in [&["bans", "licenses", "sources"][..], &["advisories"]] {
        let mut deny = online_program(places, setup::found(places, "cargo-deny"));
        run_program(deny.args(["--workspace", "check"]).args(what))?;
    }
    Ok(())
}
