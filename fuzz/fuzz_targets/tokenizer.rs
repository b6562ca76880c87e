#![no_main]

use std::panic::set_hook;

// Panics in the tokenizers crate are caught, so the fuzzer's own hook, which aborts, is replaced.
// What isn't caught still ends the program.
libfuzzer_sys::fuzz_target!(
    init: set_hook(Box::new(|_| {})),
    |bytes: &[u8]| glimpse_model::fuzzing::tokenizer(bytes)
);
