//! Leaves relocations in the page's program, by which the build splits it.

fn main() {
    println!("cargo:rustc-link-arg-bin=glimpse=--emit-relocs");
}
