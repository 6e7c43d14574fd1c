//! What each kind of text looks like: roles by meaning, and the styles a theme gives them.
//!
//! Knows the sixteen colours of the terminal and the theme file; must not know which widget uses
//! which role, nor read the environment itself. No theme sets a background, so the terminal's own
//! palette decides.

use ratatui::style::{Color, Modifier, Style};
use thiserror::Error;

/// The theme file that is part of the program.
const EMBEDDED: &str = include_str!("../../assets/theme.toml");

/// A meaning that is shown by colour or attribute, always besides a word or a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Numbers, words, file names.
    Text,
    /// Heads, track of the bar, `complete` in a row, explanations.
    Dim,
    /// Root, current path, totals, current view, percent.
    Strong,
    /// Names of keys.
    Key,
    /// Names of directories.
    Name,
    /// `scanning`, `reading`, `rescan`, the done part of the progress bar.
    Live,
    /// `complete` on line 1.
    Good,
    /// Lower bounds and estimates, `paused`, `stopped`, `queued`, `skipped`, `partial`, the unsure
    /// part of the bar.
    Wait,
    /// `failed`, `STALLED`, problems above zero, the rule of the delete question.
    Bad,
    /// Share bars, spark lines, histograms.
    Bar,
    /// The sign of a mark and the marks line.
    Mark,
    /// Letters that were found.
    Match,
    /// What is being typed.
    Prompt,
    /// The selected row as a whole, the chosen answer.
    Selection,
}

impl Role {
    /// Each role once, in the order of the theme file.
    pub const ALL: [Self; 14] = [
        Self::Text,
        Self::Dim,
        Self::Strong,
        Self::Key,
        Self::Name,
        Self::Live,
        Self::Good,
        Self::Wait,
        Self::Bad,
        Self::Bar,
        Self::Mark,
        Self::Match,
        Self::Prompt,
        Self::Selection,
    ];

    /// The role's name in the theme file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Dim => "dim",
            Self::Strong => "strong",
            Self::Key => "key",
            Self::Name => "name",
            Self::Live => "live",
            Self::Good => "good",
            Self::Wait => "wait",
            Self::Bad => "bad",
            Self::Bar => "bar",
            Self::Mark => "mark",
            Self::Match => "match",
            Self::Prompt => "prompt",
            Self::Selection => "selection",
        }
    }
}

/// Whether colours are wanted, as `--color` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourChoice {
    /// Unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Even if `NO_COLOR` is set.
    Always,
    /// Not at all; attributes stay.
    Never,
}

/// A style for every role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// By the number of the role.
    styles: [Style; Role::ALL.len()],
}

/// The two themes of a theme file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Themes {
    /// For a dark background, the section `[dark]`.
    pub dark: Theme,
    /// For a light background, the section `[light]`.
    pub light: Theme,
}

/// What is wrong with a theme file. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ThemeError {
    /// Neither a section, nor `role = "words"`, nor a comment, nor empty.
    #[error("theme line {line}: not of the form role = \"words\" below [dark] or [light]")]
    Form {
        /// The line.
        line: usize,
    },
    /// A role that there is not.
    #[error("theme line {line}: there is no role {word:?}")]
    UnknownRole {
        /// The line.
        line: usize,
        /// The name that was given.
        word: String,
    },
    /// A word that is neither an attribute nor one of the colours.
    #[error("theme line {line}: {word:?} is neither an attribute nor a colour")]
    UnknownStyle {
        /// The line.
        line: usize,
        /// The word that was given.
        word: String,
    },
    /// The same role twice in one section.
    #[error("theme line {line}: role {role:?} is given twice", role = role.word())]
    Repeated {
        /// The line of the second one.
        line: usize,
        /// The role.
        role: Role,
    },
    /// A role that a section does not name.
    #[error("theme section [{section}]: role {role:?} is missing", role = role.word())]
    MissingRole {
        /// `dark` or `light`.
        section: &'static str,
        /// The role.
        role: Role,
    },
}

impl Themes {
    /// Reads a theme file: sections `[dark]` and `[light]`, each with one line `role = "words"` for
    /// every role; lines that begin with `#` are comments.
    ///
    /// # Errors
    /// Anything that is unknown, repeated or missing, since a theme that is half understood would
    /// hide meaning.
    pub fn parse(text: &str) -> Result<Self, ThemeError> {
        let mut sections = [[None; Role::ALL.len()]; 2];
        let mut current = None;
        for (line, content) in (1..).zip(text.lines().map(str::trim)) {
            match content {
                "" => {}
                "[dark]" => current = Some(0),
                "[light]" => current = Some(1),
                _ if content.starts_with('#') => {}
                _ => {
                    let section: usize = current.ok_or(ThemeError::Form { line })?;
                    let (role, style) = parse_entry(content, line)?;
                    if sections[section][role as usize].replace(style).is_some() {
                        return Err(ThemeError::Repeated { line, role });
                    }
                }
            }
        }
        let [dark, light] = sections;
        Ok(Self {
            dark: Theme::whole(&dark, "dark")?,
            light: Theme::whole(&light, "light")?,
        })
    }

    /// The themes that are part of the program.
    fn embedded() -> Self {
        Self::parse(EMBEDDED).expect("a test parses the embedded theme file")
    }
}

/// Reads one line `role = "words"`.
fn parse_entry(content: &str, line: usize) -> Result<(Role, Style), ThemeError> {
    let (word, value) = content.split_once('=').ok_or(ThemeError::Form { line })?;
    let word = word.trim();
    let known = Role::ALL.into_iter().find(|role| role.word() == word);
    let role = known.ok_or_else(|| ThemeError::UnknownRole {
        line,
        word: word.to_owned(),
    })?;
    let quoted = value
        .trim()
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    let style = parse_style(quoted.ok_or(ThemeError::Form { line })?, line)?;
    Ok((role, style))
}

/// Reads the words of a style, such as `bold bright red`.
fn parse_style(words: &str, line: usize) -> Result<Style, ThemeError> {
    let unknown = |word: &str| ThemeError::UnknownStyle {
        line,
        word: word.to_owned(),
    };
    let mut style = Style::new();
    let mut words = words.split_whitespace().peekable();
    if words.peek().is_none() {
        return Err(ThemeError::Form { line });
    }
    while let Some(word) = words.next() {
        style = match word {
            "default" => style,
            "bold" => style.add_modifier(Modifier::BOLD),
            "dim" => style.add_modifier(Modifier::DIM),
            "underline" => style.add_modifier(Modifier::UNDERLINED),
            "reverse" => style.add_modifier(Modifier::REVERSED),
            // Only one colour can hold.
            _ if style.fg.is_some() => return Err(unknown(word)),
            "bright" => {
                let word = words.next().unwrap_or_default();
                style.fg(bright_colour(word).ok_or_else(|| unknown(&format!("bright {word}")))?)
            }
            _ => style.fg(colour(word).ok_or_else(|| unknown(word))?),
        };
    }
    Ok(style)
}

/// Colours 0 to 7 by name.
fn colour(word: &str) -> Option<Color> {
    Some(match word {
        "black" => Color::Black,
        "red" => Color::Red,
        "green" => Color::Green,
        "yellow" => Color::Yellow,
        "blue" => Color::Blue,
        "magenta" => Color::Magenta,
        "cyan" => Color::Cyan,
        "white" => Color::Gray,
        _ => return None,
    })
}

/// Colours 9 to 15 by the name of their dark twin. Not 8: some palettes make it the colour of the
/// background.
fn bright_colour(word: &str) -> Option<Color> {
    Some(match word {
        "red" => Color::LightRed,
        "green" => Color::LightGreen,
        "yellow" => Color::LightYellow,
        "blue" => Color::LightBlue,
        "magenta" => Color::LightMagenta,
        "cyan" => Color::LightCyan,
        "white" => Color::White,
        _ => return None,
    })
}

impl Theme {
    /// The theme for dark backgrounds.
    pub fn dark() -> Self {
        Themes::embedded().dark
    }

    /// The theme for light backgrounds.
    pub fn light() -> Self {
        Themes::embedded().light
    }

    /// No colours, only bold, dim, underline and reverse.
    pub fn without_colour() -> Self {
        let styles = Self::dark()
            .styles
            .map(|style| Style::new().add_modifier(style.add_modifier));
        Self { styles }
    }

    /// The theme that fits what is known of the terminal.
    ///
    /// `no_color_env` tells whether `NO_COLOR` is set and not empty (<https://no-color.org>);
    /// `colorfgbg` is the value of `COLORFGBG`, such as `15;0` or `0;default;15`.
    pub fn choose(colour: ColourChoice, no_color_env: bool, colorfgbg: Option<&str>) -> Self {
        match colour {
            ColourChoice::Never => Self::without_colour(),
            ColourChoice::Auto if no_color_env => Self::without_colour(),
            ColourChoice::Auto | ColourChoice::Always if names_light_background(colorfgbg) => {
                Self::light()
            }
            ColourChoice::Auto | ColourChoice::Always => Self::dark(),
        }
    }

    /// How `role` looks outside the selected row.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// How `role` looks inside the selected row: as the selection, with the role's attributes but
    /// not its colour, so that the contrast is always that of the terminal.
    pub fn selected(&self, role: Role) -> Style {
        self.style(Role::Selection)
            .add_modifier(self.style(role).add_modifier)
    }

    /// A theme from a section that names every role.
    fn whole(
        styles: &[Option<Style>; Role::ALL.len()],
        section: &'static str,
    ) -> Result<Self, ThemeError> {
        if let Some(&role) = Role::ALL
            .iter()
            .find(|&&role| styles[role as usize].is_none())
        {
            return Err(ThemeError::MissingRole { section, role });
        }
        Ok(Self {
            styles: styles.map(Option::unwrap_or_default),
        })
    }
}

/// Whether `COLORFGBG` ends in the number of a light colour: white or any bright one, as Vim and
/// Mutt read it.
fn names_light_background(colorfgbg: Option<&str>) -> bool {
    let background = colorfgbg
        .and_then(|value| value.rsplit(';').next())
        .and_then(|number| number.parse::<u8>().ok());
    matches!(background, Some(7 | 9..=15))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_file_is_whole() {
        let themes = Themes::parse(EMBEDDED).expect("it is whole");
        assert_eq!(
            themes.dark.style(Role::Key),
            Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD)
        );
        assert_eq!(
            themes.light.style(Role::Key),
            Style::new().fg(Color::Blue).add_modifier(Modifier::BOLD)
        );
        assert_eq!(
            themes.dark.style(Role::Bad),
            Style::new()
                .fg(Color::LightRed)
                .add_modifier(Modifier::BOLD)
        );
        assert_eq!(themes.dark.style(Role::Text), Style::new());
        for (position, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, position);
            for theme in [themes.dark, themes.light] {
                assert_eq!(theme.style(role).bg, None);
            }
        }
    }

    #[test]
    fn both_themes_have_the_same_attributes() {
        for role in Role::ALL {
            assert_eq!(
                Theme::dark().style(role).add_modifier,
                Theme::light().style(role).add_modifier,
                "{role:?}"
            );
        }
    }

    #[test]
    fn without_colour_and_selected_keep_attributes_only() {
        let theme = Theme::without_colour();
        for role in Role::ALL {
            let attributes = Theme::dark().style(role).add_modifier;
            assert_eq!(theme.style(role), Style::new().add_modifier(attributes));
            let selected = Style::new().add_modifier(attributes | Modifier::REVERSED);
            assert_eq!(Theme::light().selected(role), selected);
        }
    }

    #[test]
    fn the_choice() {
        use ColourChoice::{Always, Auto, Never};
        assert_eq!(Theme::choose(Auto, false, None), Theme::dark());
        assert_eq!(
            Theme::choose(Auto, true, Some("0;15")),
            Theme::without_colour()
        );
        assert_eq!(
            Theme::choose(Never, false, Some("0;15")),
            Theme::without_colour()
        );
        assert_eq!(Theme::choose(Always, true, None), Theme::dark());
        for light in ["0;15", "0;default;15", "0;7"] {
            assert_eq!(
                Theme::choose(Auto, false, Some(light)),
                Theme::light(),
                "{light}"
            );
        }
        for dark in [
            "15;0",
            "15;default;0",
            "7;8",
            "",
            "15;default",
            "0;99",
            "0;-1",
        ] {
            assert_eq!(
                Theme::choose(Auto, false, Some(dark)),
                Theme::dark(),
                "{dark}"
            );
        }
    }

    #[test]
    fn mistakes_are_named() {
        let parse = |text: &str| Themes::parse(text).expect_err("it has a mistake");
        assert_eq!(parse("key = \"bold\""), ThemeError::Form { line: 1 });
        assert_eq!(parse("[other]\n"), ThemeError::Form { line: 1 });
        assert_eq!(parse("[dark]\nkey\n"), ThemeError::Form { line: 2 });
        assert_eq!(parse("[dark]\nkey = bold\n"), ThemeError::Form { line: 2 });
        assert_eq!(parse("[dark]\nkey = \"\"\n"), ThemeError::Form { line: 2 });
        assert_eq!(
            parse("[dark]\nkeys = \"bold\"\n").to_string(),
            "theme line 2: there is no role \"keys\""
        );
        for word in [
            "italic",
            "bright black",
            "bright ",
            "red blue",
            "red bright blue",
            "on red",
        ] {
            let error = parse(&format!("[dark]\nkey = \"{word}\"\n"));
            assert!(
                matches!(error, ThemeError::UnknownStyle { line: 2, .. }),
                "{word}: {error}"
            );
        }
        let repeated = parse("[dark]\nkey = \"bold\"\nkey = \"bold\"\n");
        assert_eq!(
            repeated.to_string(),
            "theme line 3: role \"key\" is given twice"
        );
        let incomplete = EMBEDDED.replacen("mark = \"bold magenta\"\n", "", 1);
        assert_eq!(
            parse(&incomplete),
            ThemeError::MissingRole {
                section: "light",
                role: Role::Mark
            }
        );
    }
}
