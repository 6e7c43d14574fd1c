//! What each kind of text looks like: roles by meaning, and the styles a theme gives them.
//!
//! Knows the sixteen colours of the terminal and the sections `[colors.dark]` and `[colors.light]`
//! of the settings; must not know which widget uses which role, nor read the environment itself. No
//! theme sets a background, so the terminal's own palette decides.

use ratatui::style::{Color, Modifier, Style};

use crate::config::{Background, Config, Entry, Mistake, When};

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
    /// Tiles of the map: video, or what is a day old.
    Tile1,
    /// Image, or up to four weeks.
    Tile2,
    /// Audio, or up to three months.
    Tile3,
    /// Archive, or up to a year.
    Tile4,
    /// Code, or up to two years.
    Tile5,
    /// Build, or up to five years.
    Tile6,
    /// Other, or older.
    Tile7,
}

impl Role {
    /// Each role once, in the order of the settings.
    pub const ALL: [Self; 21] = [
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
        Self::Tile1,
        Self::Tile2,
        Self::Tile3,
        Self::Tile4,
        Self::Tile5,
        Self::Tile6,
        Self::Tile7,
    ];

    /// The colours of tiles, in the order of the kinds.
    pub const TILES: [Self; 7] = [
        Self::Tile1,
        Self::Tile2,
        Self::Tile3,
        Self::Tile4,
        Self::Tile5,
        Self::Tile6,
        Self::Tile7,
    ];

    /// The role's name in the settings.
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
            Self::Tile1 => "tile-1",
            Self::Tile2 => "tile-2",
            Self::Tile3 => "tile-3",
            Self::Tile4 => "tile-4",
            Self::Tile5 => "tile-5",
            Self::Tile6 => "tile-6",
            Self::Tile7 => "tile-7",
        }
    }
}

/// A style for every role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// By the number of the role.
    styles: [Style; Role::ALL.len()],
}

/// Reads the words of a style, such as `bold bright red`; or says which word is none.
fn parse_style(words: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut words = words.split_whitespace().peekable();
    if words.peek().is_none() {
        return Err(String::new());
    }
    while let Some(word) = words.next() {
        style = match word {
            "default" => style,
            "bold" => style.add_modifier(Modifier::BOLD),
            "dim" => style.add_modifier(Modifier::DIM),
            "underline" => style.add_modifier(Modifier::UNDERLINED),
            "reverse" => style.add_modifier(Modifier::REVERSED),
            // Only one colour can hold.
            _ if style.fg.is_some() => return Err(word.to_owned()),
            "bright" => {
                let word = words.next().unwrap_or_default();
                style.fg(bright_colour(word).ok_or_else(|| format!("bright {word}"))?)
            }
            _ => style.fg(colour(word).ok_or_else(|| word.to_owned())?),
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
    /// The styles of the settings; of several entries for a role the last one holds.
    ///
    /// # Errors
    /// A role, an attribute or a colour that there is not.
    pub fn of(entries: &[Entry]) -> Result<Self, Mistake> {
        let mut styles = [Style::new(); Role::ALL.len()];
        for entry in entries {
            let names = Role::ALL.iter().map(|role| role.word());
            let role = Role::ALL.iter().find(|role| role.word() == entry.name);
            let role = role.ok_or_else(|| entry.place.unknown("role", &entry.name, names))?;
            let style = parse_style(&entry.values.join(" "));
            styles[*role as usize] = style.map_err(|word| {
                let (name, words) = (&entry.name, "attributes and at most one colour");
                entry.place.mistake(match word.as_str() {
                    "" => format!("{name} must be {words}"),
                    word => {
                        format!("{name} must be {words}; {word:?} is neither, or a second colour")
                    }
                })
            })?;
        }
        Ok(Self { styles })
    }

    /// The theme for dark backgrounds that is part of the program.
    pub fn dark() -> Self {
        Self::of(&Config::default().dark).expect("a test reads the embedded settings")
    }

    /// The theme for light backgrounds that is part of the program.
    pub fn light() -> Self {
        Self::of(&Config::default().light).expect("a test reads the embedded settings")
    }

    /// Everything looks the same.
    pub fn plain() -> Self {
        let styles = [Style::new(); Role::ALL.len()];
        Self { styles }
    }

    /// No colours, only bold, dim, underline and reverse.
    #[must_use]
    pub fn without_colour(self) -> Self {
        let styles = self
            .styles
            .map(|style| Style::new().add_modifier(style.add_modifier));
        Self { styles }
    }

    /// The theme that the settings ask for and that fits what is known of the terminal.
    ///
    /// `no_color_env` tells whether `NO_COLOR` is set and not empty (<https://no-color.org>);
    /// `colorfgbg` is the value of `COLORFGBG`, such as `15;0` or `0;default;15`.
    ///
    /// # Errors
    /// A mistake in either theme.
    pub fn choose(
        config: &Config,
        no_color_env: bool,
        colorfgbg: Option<&str>,
    ) -> Result<Self, Mistake> {
        // Both are read, so that a mistake in one is not found out in another terminal only.
        let (dark, light) = (Self::of(&config.dark)?, Self::of(&config.light)?);
        let is_light = match config.theme {
            Background::Auto => names_light_background(colorfgbg),
            Background::Dark => false,
            Background::Light => true,
        };
        let theme = if is_light { light } else { dark };
        Ok(match config.color {
            When::Never => theme.without_colour(),
            When::Auto if no_color_env => theme.without_colour(),
            When::Auto | When::Always => theme,
        })
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
    fn the_embedded_themes_are_whole() {
        let (dark, light) = (Theme::dark(), Theme::light());
        let bold = |colour| Style::new().fg(colour).add_modifier(Modifier::BOLD);
        assert_eq!(dark.style(Role::Key), bold(Color::Cyan));
        assert_eq!(light.style(Role::Key), bold(Color::Blue));
        assert_eq!(dark.style(Role::Bad), bold(Color::LightRed));
        assert_eq!(dark.style(Role::Text), Style::new());
        let config = Config::default();
        for (position, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, position);
            for (theme, entries) in [(dark, &config.dark), (light, &config.light)] {
                assert_eq!(theme.style(role).bg, None);
                let given = entries.iter().filter(|entry| entry.name == role.word());
                assert_eq!(given.count(), 1, "{role:?}");
            }
            assert_eq!(
                dark.style(role).add_modifier,
                light.style(role).add_modifier,
                "{role:?} has the same attributes in both"
            );
        }
    }

    #[test]
    fn without_colour_and_selected_keep_attributes_only() {
        let theme = Theme::dark().without_colour();
        for role in Role::ALL {
            let attributes = Theme::dark().style(role).add_modifier;
            assert_eq!(theme.style(role), Style::new().add_modifier(attributes));
            let selected = Style::new().add_modifier(attributes | Modifier::REVERSED);
            assert_eq!(Theme::light().selected(role), selected);
        }
    }

    #[test]
    fn the_choice() {
        let choose = |color, theme, no_color, colorfgbg| {
            let config = Config {
                color,
                theme,
                ..Config::default()
            };
            Theme::choose(&config, no_color, colorfgbg).expect("no mistake")
        };
        let auto = |colorfgbg| choose(When::Auto, Background::Auto, false, Some(colorfgbg));
        let plain = Theme::dark().without_colour();
        assert_eq!(
            choose(When::Auto, Background::Auto, false, None),
            Theme::dark()
        );
        assert_eq!(
            choose(When::Auto, Background::Auto, true, Some("0;15")),
            plain
        );
        assert_eq!(
            choose(When::Never, Background::Auto, false, Some("0;15")),
            plain
        );
        assert_eq!(
            choose(When::Always, Background::Auto, true, None),
            Theme::dark()
        );
        assert_eq!(
            choose(When::Auto, Background::Dark, false, Some("0;15")),
            Theme::dark()
        );
        assert_eq!(
            choose(When::Auto, Background::Light, false, None),
            Theme::light()
        );
        for light in ["0;15", "0;default;15", "0;7"] {
            assert_eq!(auto(light), Theme::light(), "{light}");
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
            assert_eq!(auto(dark), Theme::dark(), "{dark}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let mistake = |line: &str| {
            let mut config = Config::default();
            let text = format!("[colors.dark]\n{line}\n");
            config.read("my.toml", &text).expect("it can be read");
            let mistake = Theme::of(&config.dark).expect_err("it has a mistake");
            mistake.to_string()
        };
        assert_eq!(
            mistake("keys = 'bold'"),
            "my.toml line 2: there is no role \"keys\"; did you mean \"key\"?"
        );
        assert_eq!(
            mistake("key = ''"),
            "my.toml line 2: key must be attributes and at most one colour"
        );
        for word in [
            "italic",
            "bright black",
            "bright ",
            "red blue",
            "red bright blue",
            "on red",
        ] {
            let mistake = mistake(&format!("key = '{word}'"));
            let start = "my.toml line 2: key must be attributes and at most one colour; ";
            assert!(mistake.starts_with(start), "{mistake}");
        }
    }
}
