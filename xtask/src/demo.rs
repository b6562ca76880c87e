//! `cargo xtask demo`: from a fresh clone to the page in a browser.

use crate::places::Places;
use crate::plan::{self, Step};
use crate::setup::{self, Needs};
use crate::{serve, site};
use anyhow::Result;
use std::thread;

/// The port, unless another is asked for.
const PORT: u16 = 8080;

/// Sets up, builds and serves until Ctrl-C. The page is served as soon as it works on the
/// processor; what it needs for a graphics card is compiled meanwhile, and the page takes it up.
pub fn run(places: &Places, port: Option<u16>) -> Result<()> {
    // Taken now, so that a long build doesn't end in "port in use".
    let listener = serve::listen(port.unwrap_or(PORT))?;
    let address = serve::address(&listener)?;
    let lock = setup::lock(places)?;
    let mut steps = setup::steps(places, Needs::Site)?;
    steps.push(site::page(places));
    plan::make_missing(places, &steps)?;

    thread::scope(|scope| {
        let graphics = site::graphics(places);
        if graphics.is_missing()? {
            println!(
                "\nGlimpse is at {address} (Ctrl-C ends it). Its program for graphics cards is \
                 being compiled; the page takes it up by itself.\n"
            );
            scope.spawn(move || {
                finish(places, graphics);
                drop(lock);
            });
        } else {
            println!("\nGlimpse is at {address} (Ctrl-C ends it)");
            drop(lock);
        }
        serve::serve(listener, &places.dist(), async {
            // Without a handler, Ctrl-C ends the process by itself.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            // What is being compiled is of no use any more.
            std::process::exit(0);
        })
    })
}

/// Builds the rest while the page is being served.
fn finish(places: &Places, graphics: Box<dyn Step + '_>) {
    match plan::make_missing(places, &[graphics]) {
        Ok(_) => println!("Now it runs on graphics cards, too (Ctrl-C ends it)."),
        Err(error) => {
            eprintln!(
                "\nThe program for graphics cards couldn't be built, so the page goes on with the \
                 processor: {error:#}"
            );
            if let Err(error) = site::mark_failed(places) {
                eprintln!("The page couldn't be told: {error:#}");
            }
        }
    }
}
