//! `glimpse`: the model at a terminal.

mod batches;
mod cache;
mod commands;
mod dataset;
mod disk;
mod failure;
mod labels;
mod pack;
mod pictures;
mod print;
mod progress;
mod replacement;
mod sentences;

use clap::{Parser, Subcommand};
use commands::{
    bench, calibrate, classify, embed, evaluate, import, info, pack_random, pretrain, search,
};
use failure::Outcome;
use glimpse_model::pixels::PictureFormat;
use glimpse_packer::default_pack;
use std::process::ExitCode;

/// Keeps what is freed for the next layer: the system's allocator gives it back to the system each
/// time, and interrupts the other cores for that, which took a quarter of the time of a folder.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A vision-language model that ties pictures to words, on this computer.
///
/// Exit codes: 0 all is done; 1 it failed; 2 it was called wrongly; 3 some files failed (they are
/// named on standard error) and the rest is done.
#[derive(Parser)]
#[command(name = "glimpse", version, after_help = opened())]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What can be opened as a picture, for the help.
fn opened() -> String {
    let endings = PictureFormat::OPENED.map(|format| format.endings().join(", "));
    format!(
        "Pictures: {}; of RAW files, the preview inside ({}).",
        PictureFormat::names(),
        endings[endings.len() - 1]
    )
}

/// Each command tells what it does in its own file.
#[derive(Subcommand)]
enum Command {
    Import(import::Arguments),
    Info(info::Arguments),
    Embed(embed::Arguments),
    Classify(classify::Arguments),
    Search(search::Arguments),
    #[command(subcommand)]
    Evaluate(evaluate::Command),
    Pretrain(pretrain::Arguments),
    Calibrate(calibrate::Arguments),
    Bench(bench::Arguments),
    PackDefault(default_pack::Arguments),
    #[command(hide = true)]
    PackRandom(pack_random::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Import(arguments) => import::run(&arguments),
        Command::Info(arguments) => info::run(&arguments),
        Command::Embed(arguments) => embed::run(&arguments),
        Command::Classify(arguments) => classify::run(&arguments),
        Command::Search(arguments) => search::run(&arguments),
        Command::Evaluate(command) => evaluate::run(&command),
        Command::Pretrain(arguments) => pretrain::run(&arguments),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments).map(|()| Outcome::Complete),
        Command::PackDefault(arguments) => {
            default_pack::run(&arguments).map(|()| Outcome::Complete)
        }
        Command::PackRandom(arguments) => pack_random::run(&arguments).map(|()| Outcome::Complete),
    };
    failure::exit_code(outcome)
}
