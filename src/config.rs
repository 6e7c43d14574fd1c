//! The settings: what `assets/config.toml` says, changed by a file of the user's own, changed by the
//! command line, as one value that has everything resolved.
//!
//! The embedded file documents every option and is the default; `options` is the same list in
//! code, and a test holds one against the other. What keys and colours mean is not known here: they
//! are handed on with the lines they stand on, so that a mistake can be told with its place.

mod options;
mod source;
mod value;

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    num::NonZero,
    path::{Path, PathBuf},
    time::Duration,
};

use thiserror::Error;
use toml::{Spanned, de::DeValue};

use crate::{
    escape,
    format::{Scale, Signs, Units},
    scan::{enter::Rules, event::in_words},
};
use options::OPTIONS;
pub use source::{Entry, Mistake, Place};
use source::{Source, in_order, section};
use value::Value;
pub use value::{MOST_THREADS, memory, patience};

/// The settings that are part of the program.
pub const EMBEDDED: &str = include_str!("../assets/config.toml");

/// When something is done that can also be left to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Where it fits.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Which colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// As the environment tells.
    Auto,
    /// Those for a dark background.
    Dark,
    /// Those for a light one.
    Light,
}

/// How the workers are shown at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// As there is room.
    Auto,
    /// One a row.
    Full,
    /// All in one line.
    Line,
    /// Not at all.
    Off,
}

/// A column beside size and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The share of the directory in percent.
    Share,
    /// The size against that of the largest row, as a bar.
    Bar,
    /// The number of files.
    Count,
    /// The day of the last modification.
    Time,
    /// What has names elsewhere as well.
    Shared,
}

/// How somebody is called who does not look at the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// By the bell.
    Bell,
    /// By a note of the desktop, where the terminal shows such.
    Note,
    /// By both.
    Both,
    /// Not at all.
    Never,
}

/// The settings. The fields are the options of the file, which says more about each.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own in the file"
)]
pub struct Config {
    /// Number of workers; `None` leaves it to the program.
    pub threads: Option<NonZero<u16>>,
    /// Stay on the file system of each root.
    pub one_file_system: bool,
    /// Globs of what is left out.
    pub exclude: Vec<String>,
    /// Leave out directories marked as caches.
    pub exclude_caches: bool,
    /// Enter file systems of the kernel.
    pub include_kernfs: bool,
    /// Let the kernel deny all writing.
    pub read_only: bool,
    /// A directory that gives no answer for so long is given up; `None`: none ever is.
    pub give_up_after: Option<Duration>,
    /// What is known may take so many bytes; `None`: half of the memory that there is.
    pub memory: Option<u64>,
    /// Show apparent sizes first.
    pub apparent_size: bool,
    /// Powers of 1000 instead of 1024.
    pub si: bool,
    /// Which columns there are at the start.
    pub columns: Vec<Column>,
    /// How the workers are shown at the start.
    pub workers: Panel,
    /// Draw with ASCII only.
    pub ascii: When,
    /// Use colours.
    pub color: When,
    /// Which colours.
    pub theme: Background,
    /// Take clicks and the wheel.
    pub mouse: bool,
    /// From so much scanning on leaving asks once more; `None`: it never does.
    pub quit_asks_after: Option<Duration>,
    /// How the end of a long scan is told.
    pub call: Call,
    /// Show progress in the taskbar.
    pub taskbar: When,
    /// Keys by the name of the action, a later entry in place of an earlier one.
    pub keys: Vec<Entry>,
    /// Styles by the name of the role, for dark backgrounds; likewise.
    pub dark: Vec<Entry>,
    /// The same for light ones.
    pub light: Vec<Entry>,
}

/// Why there are no settings.
#[derive(Debug, Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{file}: no settings read: {}", in_words(cause))]
    Unreadable {
        /// The file, safe to show.
        file: String,
        /// Why.
        cause: io::Error,
    },
    /// There is a mistake in it.
    #[error(transparent)]
    Mistake(#[from] Mistake),
}

impl Default for Config {
    /// What the embedded file says.
    fn default() -> Self {
        let mut config = Self::empty();
        config
            .read("assets/config.toml", EMBEDDED)
            .expect("a test reads the embedded settings");
        config
    }
}

impl Config {
    /// The settings of the user: the default, changed by `named` or, if none is named, by the file
    /// at its usual place, if there is one.
    ///
    /// # Errors
    /// The file cannot be read, or has a mistake in it. Nothing is passed over: a setting that is
    /// not understood would not do what it was written for.
    pub fn load(
        named: Option<&Path>,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Error> {
        let mut config = Self::default();
        let usual = usual_place(environment);
        let Some(file) = named.or(usual.as_deref()) else {
            return Ok(config);
        };
        match fs::read_to_string(file) {
            Ok(text) => config.read(&escape::path(file), &text)?,
            // Where one may not look, one has no settings: it may be the home of somebody else.
            Err(cause) if named.is_none() && is_absent(&cause) => {}
            Err(cause) => {
                let file = escape::path(file);
                return Err(Error::Unreadable { file, cause });
            }
        }
        Ok(config)
    }

    /// Changes what `text` names. `file` is where it comes from, safe to show.
    ///
    /// # Errors
    /// The first mistake in it.
    pub fn read(&mut self, file: &str, text: &str) -> Result<(), Mistake> {
        let source = Source::new(file, text);
        let table = source.parse()?;
        for (name, value) in in_order(&table) {
            let place = source.place(name);
            match name.get_ref().as_ref() {
                "keys" => self.keys.extend(source.entries(&place, "keys", value)?),
                "colors" => self.read_colors(&source, &place, value)?,
                option => self.set(option, value, &place)?,
            }
        }
        Ok(())
    }

    fn set(
        &mut self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        place: &Place,
    ) -> Result<(), Mistake> {
        let known = OPTIONS.iter().find(|(known, _)| *known == name);
        let (_, set) = known.ok_or_else(|| {
            let names = OPTIONS.iter().map(|(name, _)| *name);
            place.unknown("option", name, names.chain(["keys", "colors"]))
        })?;
        set(self, &Value(value.get_ref()))
            .map_err(|expected| place.mistake(format!("{name} must be {expected}")))
    }

    fn read_colors(
        &mut self,
        source: &Source<'_>,
        place: &Place,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), Mistake> {
        let backgrounds = section(place, "colors", value)?;
        for (name, roles) in in_order(backgrounds) {
            let place = source.place(name);
            match name.get_ref().as_ref() {
                "dark" => self
                    .dark
                    .extend(source.entries(&place, "colors.dark", roles)?),
                "light" => self
                    .light
                    .extend(source.entries(&place, "colors.light", roles)?),
                name => return Err(place.unknown("section of colors", name, ["dark", "light"])),
            }
        }
        Ok(())
    }

    /// What is left out.
    ///
    /// # Errors
    /// A glob is none; those of files and of the command line were looked at before.
    pub fn rules(&self) -> Result<Rules, globset::Error> {
        let mut rules = Rules::default();
        rules.one_file_system = self.one_file_system;
        rules.exclude_caches = self.exclude_caches;
        rules.include_kernel_file_systems = self.include_kernfs;
        rules.exclude(self.exclude.iter().map(String::as_str))?;
        #[cfg(target_os = "linux")]
        rules.leave_alone(crate::mounts::automounts());
        Ok(rules)
    }

    /// In what sizes are counted.
    pub fn units(&self) -> Units {
        if self.si { Units::Si } else { Units::Binary }
    }

    /// In what the sizes of a report are counted, by the settings and `BLOCK_SIZE`. What is no size
    /// is not looked at, as everywhere.
    pub fn scale(&self, environment: impl Fn(&str) -> Option<OsString>) -> Scale {
        let word = environment("BLOCK_SIZE").and_then(|word| word.into_string().ok());
        let asked = word.as_deref().and_then(Scale::named);
        let readable = Scale::Readable(self.units());
        asked.filter(|_| !self.si).unwrap_or(readable)
    }

    /// Which signs the terminal can show, by the settings and the locale (`LC_ALL`, `LC_CTYPE`,
    /// `LANG`).
    pub fn signs(&self, environment: impl Fn(&str) -> Option<OsString>) -> Signs {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .filter_map(environment)
            .find(|value| !value.is_empty())
            .unwrap_or_default();
        match self.ascii {
            When::Always => Signs::Ascii,
            When::Auto if !is_utf8(&locale) => Signs::Ascii,
            When::Auto | When::Never => Signs::Unicode,
        }
    }

    /// Nothing yet; the embedded file has it all.
    fn empty() -> Self {
        Self {
            threads: None,
            one_file_system: false,
            exclude: Vec::new(),
            exclude_caches: false,
            include_kernfs: false,
            read_only: false,
            give_up_after: None,
            memory: None,
            apparent_size: false,
            si: false,
            columns: Vec::new(),
            workers: Panel::Auto,
            ascii: When::Auto,
            color: When::Auto,
            theme: Background::Auto,
            mouse: false,
            quit_asks_after: None,
            call: Call::Never,
            taskbar: When::Auto,
            keys: Vec::new(),
            dark: Vec::new(),
            light: Vec::new(),
        }
    }
}

fn is_absent(cause: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    matches!(cause.kind(), NotFound | NotADirectory | PermissionDenied)
}

fn is_utf8(locale: &OsStr) -> bool {
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Where the user's file is, by the rules of the XDG base directories.
fn usual_place(environment: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let directory = |name| {
        environment(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = directory("XDG_CONFIG_HOME").or_else(|| Some(directory("HOME")?.join(".config")))?;
    Some(base.join("spelunk/config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_decides_on_signs() {
        let signs = |ascii, locale: &'static str| {
            let config = Config {
                ascii,
                ..Config::default()
            };
            config.signs(|name| (name == "LANG").then(|| locale.into()))
        };
        assert_eq!(signs(When::Auto, "C.UTF-8"), Signs::Unicode);
        assert_eq!(signs(When::Auto, "de_DE.utf8"), Signs::Unicode);
        assert_eq!(signs(When::Auto, "C"), Signs::Ascii);
        assert_eq!(signs(When::Never, "C"), Signs::Unicode);
        assert_eq!(signs(When::Always, "C.UTF-8"), Signs::Ascii);
    }

    #[test]
    fn every_option_is_documented_in_the_embedded_file_and_known_to_the_code() {
        let lines: Vec<&str> = EMBEDDED.lines().collect();
        let sections = lines.iter().position(|line| *line == "[keys]");
        let options = &lines[..sections.expect("there are keys")];
        let mut documented = Vec::new();
        for (number, line) in options.iter().enumerate() {
            if let Some((name, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
                let before = options[number - 1];
                assert!(before.starts_with("# ") && before.ends_with('.'), "{name}");
                documented.push(name);
            }
        }
        let known: Vec<&str> = OPTIONS.iter().map(|(name, _)| *name).collect();
        assert_eq!(documented, known);
        let mut config = Config::empty();
        assert_eq!(config.read("assets/config.toml", EMBEDDED), Ok(()));
    }

    #[test]
    fn a_file_names_only_what_it_changes() {
        let mut config = Config::default();
        let text = "threads = 0x10\nquit-asks-after = '2m'\nexclude = ['*.iso']\ncall = 'bell'";
        assert_eq!(config.read("my.toml", text), Ok(()));
        assert_eq!(config.threads, NonZero::new(16));
        assert_eq!(config.quit_asks_after, Some(Duration::from_secs(120)));
        assert_eq!(config.exclude, ["*.iso"]);
        assert_eq!(config.call, Call::Bell);
        assert!(config.mouse, "the rest is as it was");
        assert_eq!(config.read("my.toml", "quit-asks-after = 'never'"), Ok(()));
        assert_eq!(config.quit_asks_after, None);
    }

    #[test]
    fn a_mistake_is_told_with_file_line_and_what_was_expected() {
        let mistake = |text| {
            let mistake = Config::default().read("my.toml", text);
            mistake.expect_err(text).to_string()
        };
        let cases = [
            (
                "thread = 3",
                "line 1: there is no option \"thread\"; did you mean \"threads\"?",
            ),
            ("si = true\nzzz = 3", "line 2: there is no option \"zzz\""),
            (
                "\n# many\nthreads = 'many'",
                "line 3: threads must be a number from 1 to 1024, or \"auto\", not \"many\"",
            ),
            (
                "threads = 0",
                "line 1: threads must be a number from 1 to 1024, or \"auto\", not 0",
            ),
            (
                "si = 'yes'",
                "line 1: si must be true or false, not \"yes\"",
            ),
            (
                "call = []",
                "line 1: call must be \"bell\", \"note\", \"both\" or \"never\", not a list",
            ),
            (
                "exclude = 'a'\nquit-asks-after = 10",
                "line 2: quit-asks-after must be a time such as \"10s\", \"2m\" or \"1h\", or \"never\", not 10",
            ),
            (
                "quit-asks-after = '+1s'",
                "line 1: quit-asks-after must be a time such as \"10s\", \"2m\" or \"1h\", or \"never\", not \"+1s\"",
            ),
            (
                "give-up-after = '0s'",
                "line 1: give-up-after must be a time of \"1s\" or more, or \"never\", not \"0s\"",
            ),
            (
                "exclude = [1]",
                "line 1: exclude must be a list of globs, not a list",
            ),
            (
                "columns = ['size', 'bar']",
                "line 1: columns must be a list of any of \"share\", \"bar\", \"count\", \"time\", \"shared\", not \"size\"",
            ),
            (
                "columns = true",
                "line 1: columns must be a list of any of \"share\", \"bar\", \"count\", \"time\", \"shared\", not true",
            ),
            ("keys = 'q'", "line 1: keys is a section: [keys]"),
            (
                "[keys]\nquit = 1",
                "line 2: quit must be a word, or a list of words, in quotes, not 1",
            ),
            (
                "[colors.drak]",
                "line 1: there is no section of colors \"drak\"; did you mean \"dark\"?",
            ),
            ("si = true\nsi = false", "line 2: duplicate key"),
        ];
        for (text, told) in cases {
            assert_eq!(mistake(text), format!("my.toml {told}"));
        }
        assert!(
            mistake("exclude = ['a[']")
                .starts_with("my.toml line 1: exclude must be a list of globs: ")
        );
        assert!(mistake("si = true\n\nsi is").starts_with("my.toml line 3: "));
    }

    #[test]
    fn the_usual_place() {
        let place = |variables: &[(&str, &str)]| {
            usual_place(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.into())
            })
        };
        let home = ("HOME", "/home/ada");
        let at = |path| Some(PathBuf::from(path));
        assert_eq!(place(&[home]), at("/home/ada/.config/spelunk/config.toml"));
        assert_eq!(
            place(&[home, ("XDG_CONFIG_HOME", "/etc/ada")]),
            at("/etc/ada/spelunk/config.toml")
        );
        assert_eq!(
            place(&[home, ("XDG_CONFIG_HOME", "relative")]),
            place(&[home])
        );
        assert_eq!(place(&[]), None);
    }
}
