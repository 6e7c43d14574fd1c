//! Files of settings.

#![no_main]

#[path = "../../suite/checks/hostile.rs"]
mod hostile;
#[path = "../../suite/checks/settings.rs"]
mod settings;

libfuzzer_sys::fuzz_target!(|text: &str| settings::check(text));
