//! What the README says is what the program does.

use std::{fs, path::Path};

use clap::CommandFactory as _;
use spelunk::{
    cli::Arguments,
    format::Signs,
    ui::keymap::{Keymap, LINES},
};

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))
        .expect("there is a README")
}

#[test]
fn its_keys_are_those_of_the_key_table() {
    let keys = Keymap::default();
    let rows = LINES.iter().map(|line| {
        let shown = keys.shown(line, Signs::Unicode, usize::MAX);
        format!("| `{shown}` | {} |\n", line.does)
    });
    let table = format!(
        "| keys | do |\n|---|---|\n{}<!-- /keys -->",
        rows.collect::<String>()
    );
    assert!(
        readme().contains(&table),
        "the README needs this table:\n{table}"
    );
}

#[test]
fn its_flags_are_those_of_the_command_line() {
    let readme = readme();
    for argument in Arguments::command().get_arguments() {
        if let Some(long) = argument.get_long() {
            let short = argument
                .get_short()
                .map_or("    ".to_owned(), |short| format!("-{short}, "));
            assert!(
                readme.contains(&format!("  {short}--{long}")),
                "--{long} is not in the README"
            );
        }
    }
}

#[test]
fn its_dependencies_are_those_of_the_manifest() {
    let mut section = "";
    for line in include_str!("../../Cargo.toml").lines() {
        if line.starts_with('[') {
            section = line;
        } else if let Some((name, _)) = line
            .split_once(" = ")
            .filter(|_| section.contains("dependencies"))
        {
            assert!(readme().contains(name), "{name} is not in the README");
        }
    }
}
