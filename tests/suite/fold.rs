//! The fold, fed with made-up events and no disk: whatever legal order they arrive in, every
//! directory must amount to what brute force says, in the middle of a scan as at its end. Workers
//! take known directories in any order and say their words in turn.

mod cases;
mod oracle;
mod plan;
mod play;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn every_directory_equals_brute_force_in_any_legal_order(story in play::stories()) {
        play::check(&story)?;
    }
}
