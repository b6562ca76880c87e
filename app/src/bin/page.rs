//! The page's module, which Trunk starts.

fn main() {
    #[cfg(target_arch = "wasm32")]
    glimpse_app::page::start();
}
