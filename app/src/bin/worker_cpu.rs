//! The inference worker on the processor.

/// Starts the worker of this module.
fn main() {
    #[cfg(target_arch = "wasm32")]
    glimpse_app::worker::start(glimpse_app::protocol::Backend::Cpu);
}
