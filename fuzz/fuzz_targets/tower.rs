#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| glimpse_model::fuzzing::tower(bytes));
