//! `glimpse`: the model at a terminal.

mod bench;
mod pack_default;
mod pack_file;

use clap::{Parser, Subcommand};

/// A vision-language model that ties pictures to words, on this computer.
#[derive(Parser)]
#[command(name = "glimpse", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the default pack from its published towers and this project's alignment heads.
    PackDefault(pack_default::Arguments),
    /// Time both towers on this processor and print JSON.
    Bench(bench::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::PackDefault(arguments) => pack_default::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
    }
}
