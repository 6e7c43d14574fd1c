//! Packed blocks.

#![no_main]

#[path = "../../suite/checks/blocks.rs"]
mod blocks;

libfuzzer_sys::fuzz_target!(|records: &[u8]| blocks::check(records));
