//! Events into the fold: the bytes are the random numbers from which a scan is made up.

#![no_main]

#[path = "../../suite/fold/oracle.rs"]
mod oracle;
#[path = "../../suite/fold/plan.rs"]
mod plan;
#[path = "../../suite/fold/play.rs"]
mod play;

use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// More than any scan is made up from.
const LENGTH: usize = 1 << 16;

/// `bytes` laid over numbers that never end in zeros: from these alone some of the numbers that are
/// drawn would never come.
fn random(bytes: &[u8]) -> Vec<u8> {
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    });
    let bytes = bytes.iter().copied().chain(std::iter::repeat(0));
    noise
        .zip(bytes)
        .map(|(noise, byte)| noise ^ byte)
        .take(LENGTH)
        .collect()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let numbers = TestRng::from_seed(RngAlgorithm::PassThrough, &random(bytes));
    let mut runner = TestRunner::new_with_rng(Config::default(), numbers);
    let story = play::stories().new_tree(&mut runner);
    let story = story.expect("nothing is rejected").current();
    if let Err(failure) = play::check(&story) {
        panic!("{failure}\n{story:#?}");
    }
});
