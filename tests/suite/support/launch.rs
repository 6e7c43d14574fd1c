//! What a program is started with: its arguments, size, directory and environment, and the shell
//! that leads its session. It knows nothing of what comes out.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use portable_pty::{CommandBuilder, PtySize};
use tempfile::TempDir;

use super::terminal::Terminal;

/// What the session's leader does; the marks are those that [`super::record`] looks for. Its own
/// error output is closed because it would report a signal that ends the program; a subshell starts
/// the program, because in some shells (dash) the redirection for a single command holds for that
/// report too. The signals that a key sends to the whole group must not end it; a handler, unlike
/// an ignored signal, is not inherited by the program.
const LEADER: &str = r#"
trap : INT QUIT TERM
exec 9>&2 2>/dev/null
(exec sh -c 'printf "\033]spelunk-test-started=%s\007" "$$"; exec "$@"' sh "$@" 2>&9 9>&-)
code=$?
trap '' INT QUIT TERM
printf '\033]spelunk-test-ended=%s\007' "$code"
exec sleep 86400
"#;

/// Of the caller's environment, what would change a program's output.
const REMOVED: [&str; 16] = [
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "VTE_VERSION",
    "WT_SESSION",
    "ConEmuANSI",
    "TMUX",
    "STY",
    "NO_COLOR",
    "COLORTERM",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "LINES",
    "LC_ALL",
    "LC_CTYPE",
    "ENV",
];

/// Where each of these points, below the program's home.
const HOMES: [(&str, &str); 6] = [
    ("HOME", ""),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_RUNTIME_DIR", "runtime"),
];

/// The size of a terminal, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: u16,
    pub(crate) lines: u16,
}

impl From<(u16, u16)> for Size {
    fn from((columns, lines): (u16, u16)) -> Self {
        Self { columns, lines }
    }
}

impl From<Size> for PtySize {
    fn from(size: Size) -> Self {
        Self {
            rows: size.lines,
            cols: size.columns,
            pixel_width: 0,
            pixel_height: 0,
        }
    }
}

/// A program about to be started in a terminal of 80 columns and 24 lines, in the current
/// directory.
#[derive(Debug)]
pub(crate) struct Launch {
    words: Vec<OsString>,
    size: Size,
    directory: PathBuf,
    /// Each with its value, or `None` to remove it.
    environment: Vec<(OsString, Option<OsString>)>,
}

impl Launch {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            words: vec![program.as_ref().to_owned()],
            size: Size {
                columns: 80,
                lines: 24,
            },
            directory: std::env::current_dir().expect("find the current directory"),
            environment: Vec::new(),
        }
    }

    pub(crate) fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.words.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned()),
        );
        self
    }

    pub(crate) fn size(mut self, size: impl Into<Size>) -> Self {
        self.size = size.into();
        self
    }

    pub(crate) fn directory(mut self, directory: impl AsRef<Path>) -> Self {
        directory.as_ref().clone_into(&mut self.directory);
        self
    }

    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    pub(crate) fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), None));
        self
    }

    /// Runs the program from a shell script that prints `code=` and the program's status when it
    /// has ended, as the prompt would come: what it looks like shows what the program left behind.
    pub(crate) fn through_shell(mut self) -> Self {
        let script = ["sh", "-c", r#""$@"; printf 'code=%s\n' "$?""#, "sh"];
        self.words.splice(0..0, script.map(OsString::from));
        self
    }

    pub(crate) fn start(self) -> Terminal {
        let home = home();
        Terminal::open(self.command(home.path()), self.size, home)
    }

    fn command(&self, home: &Path) -> CommandBuilder {
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", LEADER, "sh"]);
        command.args(&self.words);
        command.cwd(&self.directory);
        for name in REMOVED {
            command.env_remove(name);
        }
        for (name, directory) in HOMES {
            command.env(name, home.join(directory));
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            }
        }
        command
    }
}

/// A home directory that any user may write to, for a program that runs as another one.
fn home() -> TempDir {
    let home = tempfile::tempdir().expect("make a temporary directory");
    for (_, directory) in HOMES {
        let path = home.path().join(directory);
        std::fs::create_dir_all(&path).expect("make a directory");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777))
            .expect("open a directory");
    }
    home
}
