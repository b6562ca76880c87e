//! Leaves relocations in the page's program, by which the build splits it, and limits the memory that
//! decoders of foreign files may take. Natively, where the page's tests run, nothing is split, and
//! not every linker knows the arguments.

/// Bytes of memory for decoding a photo: enough for some 50 megapixels of HEIC.
const DECODER_MEMORY: u32 = 1 << 30;

fn main() {
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo:rustc-link-arg-bin=glimpse=--emit-relocs");
        println!("cargo:rustc-link-arg-bin=glimpse-decoder=--max-memory={DECODER_MEMORY}");
    }
}
