//! `cargo xtask …`: everything around the code. Set-up of a bare machine, the site's build,
//! the demo's server, the tests and the measurements.

mod audit;
mod bench;
mod check;
mod clean;
mod demo;
mod fingerprint;
mod fuzz;
mod layers;
mod places;
mod plan;
mod process;
mod progress;
mod serve;
mod setup;
mod site;
mod skips;
mod soak;
mod tally;
mod test;
mod wasm_test;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use places::Places;
use setup::Needs;
use site::Quality;
use std::path::PathBuf;
use std::process::ExitCode;

/// Set-up, demo, test and bench for Glimpse.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Download and make all that the other commands need, which need no network afterwards: crates,
    /// the wasm target, tools, weights, packs, sample photos, Chromium and its driver
    Setup {
        /// Only what building and serving the page takes: no browser, and the default pack alone
        #[arg(long)]
        site: bool,
    },
    /// Set up, then build the site into dist/, as the demo serves it
    Build,
    /// The same for any server of static files: optimised, with every file compressed beside it
    Release,
    /// Set up, build, and serve the page on this machine
    Demo(DemoArgs),
    /// Format, lints, unit tests, wasm tests, documentation, and the page in a real browser
    Test,
    /// Name the imports that run back up the page's layers (app/src/page/mod.rs), or reach into a
    /// feature
    CheckLayers,
    /// Check licences, sources and known weaknesses of what others wrote: deny.toml by cargo-deny,
    /// npm's packages by npm
    Audit,
    /// Measure: the model natively, then the page in a browser
    Bench(bench::Arguments),
    /// Put many photos on the page and take them off again, round after round, with changes of models,
    /// and see whether memory stays flat
    Soak(soak::Arguments),
    /// Feed random bytes to everything that reads foreign files, until something breaks
    Fuzz {
        /// What to fuzz: a program of fuzz/; all of them without it
        target: Option<String>,
        /// Seconds for each
        #[arg(default_value_t = fuzz::SECONDS)]
        seconds: u32,
    },
    /// Name what Glimpse put outside this folder, with sizes, and remove it
    Clean {
        /// Only name what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Write the list of a site's files into its service worker, as the build does with dist/
    #[command(hide = true)]
    Precache {
        /// The folder of the built site
        site: PathBuf,
    },
    /// Serve what lies in dist/, to run single tests on
    #[command(hide = true)]
    Serve {
        /// The port to serve on
        #[arg(long)]
        port: u16,
    },
    /// What Cargo starts to run a test module in a browser
    #[command(hide = true)]
    WasmTestRunner {
        /// The test module that Cargo built
        file: PathBuf,
        /// Passed on to wasm-bindgen's runner
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

/// Options of `cargo xtask demo`: where it serves, or that it checks itself.
#[derive(Args)]
struct DemoArgs {
    /// The port to serve on, 8080 unless said (with --check: a free one)
    #[arg(long)]
    port: Option<u16>,
    /// Drop a photo on the page in a headless browser, print what came out, and exit
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // The whole chain of causes, and no backtrace: most causes lie outside this program.
            eprintln!("\nError: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command; whether what it looked at is as it should be.
fn run(command: Command) -> Result<bool> {
    let places = Places::find()?;
    match command {
        Command::Setup { site } => {
            let needs = if site { Needs::Site } else { Needs::Tests };
            setup::run(&places, needs)?;
            println!("Everything that Glimpse needs is there.");
        }
        Command::Build => build(&places, Needs::Site, Quality::Demo)?,
        Command::Release => build(&places, Needs::Site, Quality::Release)?,
        Command::Demo(arguments) if arguments.check => check::run(&places, arguments.port)?,
        Command::Demo(arguments) => demo::run(&places, arguments.port)?,
        Command::Test => return test::run(&places),
        Command::Audit => return audit::run(&places),
        Command::CheckLayers => return layers::run(&places),
        Command::Bench(arguments) => bench::run(&places, &arguments)?,
        Command::Soak(arguments) => soak::run(&places, &arguments)?,
        Command::Fuzz { target, seconds } => {
            return fuzz::fuzz(&places, target.as_deref(), seconds);
        }
        Command::Clean { dry_run } => clean::run(&places, dry_run)?,
        Command::Precache { site } => site::precache(&site)?,
        Command::Serve { port } => {
            let listener = serve::listen(port)?;
            serve::serve(listener, &places.dist(), std::future::pending())?;
        }
        Command::WasmTestRunner { file, arguments } => wasm_test::run(&places, &file, &arguments)?,
    }
    Ok(true)
}

/// Sets up, and builds the site into `dist/`.
fn build(places: &Places, needs: Needs, quality: Quality) -> Result<()> {
    let _lock = setup::lock(places)?;
    let mut steps = setup::steps(places, needs)?;
    steps.extend(site::steps(places, quality));
    if !plan::make_missing(places, &steps)? {
        println!("The site in dist/ is up to date.");
    }
    site::report(places)
}
