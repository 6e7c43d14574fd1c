//! Files of settings: whatever stands in one, it is taken or told with its line.

use spelunk::{
    config::Config,
    escape,
    format::Signs,
    ui::{keymap::LINES, model::Settings, theme::Theme},
};

use super::hostile::is_hostile;

/// Fails unless `text`, anything at all, is dealt with.
pub(crate) fn check(text: &str) {
    let mut config = Config::default();
    let taken = config
        .read("my.toml", text)
        .and_then(|()| Theme::choose(&config, false, None))
        .and_then(|_| Settings::of(&config, Vec::new(), |_| None));
    match taken {
        Ok(settings) => {
            config.rules().expect("globs were looked at");
            for line in LINES {
                for signs in [Signs::Unicode, Signs::Ascii] {
                    for shown in [0, 8, 40].map(|room| settings.keys.shown(line, signs, room)) {
                        assert!(!shown.chars().any(is_hostile), "{shown:?}");
                    }
                }
            }
        }
        Err(mistake) => {
            let told = mistake.to_string();
            let line = told
                .strip_prefix("my.toml line ")
                .and_then(|rest| rest.split_once(": "))
                .and_then(|(line, what)| (!what.is_empty()).then(|| line.parse().ok())?);
            let lines = 1 + text.matches('\n').count();
            assert!(
                line.is_some_and(|line: usize| (1..=lines).contains(&line)),
                "{told:?}"
            );
            let shown = escape::text(&told);
            assert!(!shown.chars().any(is_hostile), "{shown:?}");
        }
    }
}
