//! Names through escaping, width and shortening.

#![no_main]

#[path = "../../suite/checks/hostile.rs"]
mod hostile;
#[path = "../../suite/checks/names.rs"]
mod names;

libfuzzer_sys::fuzz_target!(|name: &[u8]| names::check(&name[..name.len().min(255)]));
