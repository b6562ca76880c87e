//! `glimpse-packer`: what `glimpse pack-default` does, in a program that is quickly compiled.

use clap::Parser;
use glimpse_packer::default_pack::{self, Arguments};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "glimpse-packer", version)]
struct Cli {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    match default_pack::run(&Cli::parse().arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
