//! The options outside the sections, and what each has to be.

use super::{Background, Call, Column, Config, Panel, value::Value};

/// Sets an option, or says what was expected.
pub(super) type Set = fn(&mut Config, &Value<'_>) -> Result<(), String>;

/// Every option outside the sections, in the order of the file.
pub(super) const OPTIONS: &[(&str, Set)] = &[
    ("threads", |config, value| {
        value.threads().map(|it| config.threads = it)
    }),
    ("one-file-system", |config, value| {
        value.switch().map(|it| config.one_file_system = it)
    }),
    ("exclude", |config, value| {
        value.globs().map(|it| config.exclude = it)
    }),
    ("exclude-caches", |config, value| {
        value.switch().map(|it| config.exclude_caches = it)
    }),
    ("include-kernfs", |config, value| {
        value.switch().map(|it| config.include_kernfs = it)
    }),
    ("read-only", |config, value| {
        value.switch().map(|it| config.read_only = it)
    }),
    ("give-up-after", |config, value| {
        value.patience().map(|it| config.give_up_after = it)
    }),
    ("memory", |config, value| {
        value.memory().map(|it| config.memory = it)
    }),
    ("apparent-size", |config, value| {
        value.switch().map(|it| config.apparent_size = it)
    }),
    ("si", |config, value| {
        value.switch().map(|it| config.si = it)
    }),
    ("columns", |config, value| {
        let columns = [
            ("share", Column::Share),
            ("bar", Column::Bar),
            ("count", Column::Count),
            ("time", Column::Time),
            ("shared", Column::Shared),
        ];
        value.any_of(&columns).map(|it| config.columns = it)
    }),
    ("workers", |config, value| {
        let panels = [
            ("auto", Panel::Auto),
            ("full", Panel::Full),
            ("line", Panel::Line),
            ("off", Panel::Off),
        ];
        value.one_of(&panels).map(|it| config.workers = it)
    }),
    ("ascii", |config, value| {
        value.when().map(|it| config.ascii = it)
    }),
    ("color", |config, value| {
        value.when().map(|it| config.color = it)
    }),
    ("theme", |config, value| {
        let backgrounds = [
            ("auto", Background::Auto),
            ("dark", Background::Dark),
            ("light", Background::Light),
        ];
        value.one_of(&backgrounds).map(|it| config.theme = it)
    }),
    ("mouse", |config, value| {
        value.switch().map(|it| config.mouse = it)
    }),
    ("quit-asks-after", |config, value| {
        value.duration().map(|it| config.quit_asks_after = it)
    }),
    ("call", |config, value| {
        let calls = [
            ("bell", Call::Bell),
            ("note", Call::Note),
            ("both", Call::Both),
            ("never", Call::Never),
        ];
        value.one_of(&calls).map(|it| config.call = it)
    }),
    ("taskbar", |config, value| {
        value.when().map(|it| config.taskbar = it)
    }),
];
