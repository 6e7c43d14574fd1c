//! The system calls of a program, as strace tells them.

use std::{
    ffi::OsString,
    fs,
    path::Path,
    process::{Command, Output},
};

use super::skip::find;

/// One call, or its beginning where another thread's came between.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// The whole line.
    pub(crate) line: String,
}

/// What was recorded.
#[derive(Debug)]
pub(crate) struct Traced(String);

impl Traced {
    pub(crate) fn read(record: &Path) -> Self {
        let bytes = fs::read(record).expect("read strace's record");
        Self(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// All calls, in order.
    pub(crate) fn calls(&self) -> impl Iterator<Item = Call> {
        self.0.lines().filter_map(|line| {
            let (_, rest) = line.split_once(char::is_whitespace)?;
            let (name, _) = rest.trim_start().split_once('(')?;
            let is_name = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            is_name.then(|| Call {
                name: name.to_owned(),
                line: line.to_owned(),
            })
        })
    }
}

/// Why nothing can be traced here, if so.
pub(crate) fn missing() -> Option<&'static str> {
    let Some(strace) = find("strace") else {
        return Some("there is no strace");
    };
    let tried = Command::new(strace)
        .args(["-f", "-qq", "-o", "/dev/null", "true"])
        .output();
    match tried {
        Ok(output) if output.status.success() => None,
        _ => Some("strace may not trace here"),
    }
}

/// The arguments for strace before the program, to record these calls of all its threads and
/// children with the paths of their handles.
pub(crate) fn arguments(calls: &str, record: &Path) -> Vec<OsString> {
    let words = ["-f", "-y", "-s", "4096", "-o"].map(OsString::from);
    let calls = ["-e".into(), format!("trace={calls}").into()];
    words
        .into_iter()
        .chain([record.into()])
        .chain(calls)
        .collect()
}

/// Runs `program` with what `prepare` adds to its command, and records these calls of it.
pub(crate) fn run(
    calls: &str,
    program: &Path,
    prepare: impl FnOnce(&mut Command),
) -> (Output, Traced) {
    let directory = tempfile::tempdir().expect("make a temporary directory");
    let record = directory.path().join("record");
    let mut command = Command::new("strace");
    command.args(arguments(calls, &record)).arg(program);
    prepare(&mut command);
    let output = command.output().expect("run strace");
    (output, Traced::read(&record))
}
