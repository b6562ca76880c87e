//! Leaves relocations in the page's program, by which the build splits it. Natively, where its
//! tests run, nothing is split, and not every linker knows the argument.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo:rustc-link-arg-bin=glimpse=--emit-relocs");
    }
}
