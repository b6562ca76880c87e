//! `cargo xtask demo`: from a fresh clone to the page in a browser.

use crate::places::Places;
use crate::setup::{self, Needs};
use crate::{serve, site};
use anyhow::Result;

/// The port, unless another is asked for.
const PORT: u16 = 8080;

/// Sets up, builds and serves until Ctrl-C.
pub fn run(places: &Places, port: Option<u16>) -> Result<()> {
    // Taken now, so that a long build doesn't end in "port in use".
    let listener = serve::listen(port.unwrap_or(PORT))?;
    let address = serve::address(&listener)?;
    let wasm = setup::run(places, Needs::Site)?;
    site::build(places, &wasm)?;
    println!("\nGlimpse is at {address} (Ctrl-C ends it)");
    serve::serve(listener, &places.dist(), async {
        // Without a handler, Ctrl-C ends the process by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
