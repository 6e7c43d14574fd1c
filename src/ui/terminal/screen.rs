//! The cells of the screen, and which of them go out with the next frame.
//!
//! Terminals disagree about the columns of some characters, with each other and with ratatui. Where
//! one of these is drawn, everything behind it in its row is placed anew, so that it displaces
//! nothing, and nothing of what stood there before is left. It must not know what is drawn.

use std::{collections::BTreeMap, io, iter::once};

use ratatui::{
    TerminalOptions, Viewport,
    backend::{Backend as _, CrosstermBackend},
    buffer::{Buffer, Cell, CellDiffOption, CellWidth as _},
    layout::Rect,
};

use super::Frame;

type Backend = CrosstermBackend<Frame>;

/// Cells of a screen by row and column.
type Cells = BTreeMap<(u16, u16), Cell>;

/// What the terminal shows, as far as it was drawn.
pub(super) struct Screen {
    terminal: ratatui::Terminal<Backend>,
    frame: Frame,
    /// The doubtful cells that are shown.
    doubtful: Cells,
}

impl Screen {
    /// An empty one. Its size is told, not asked for with each frame: crossterm starts a program to
    /// find out where it cannot.
    pub(super) fn new((columns, lines): (u16, u16), frame: &Frame) -> io::Result<Self> {
        let options = TerminalOptions {
            viewport: Viewport::Fixed(Rect::new(0, 0, columns, lines)),
        };
        let backend = Backend::new(frame.clone());
        Ok(Self {
            terminal: ratatui::Terminal::with_options(backend, options)?,
            frame: frame.clone(),
            doubtful: Cells::new(),
        })
    }

    /// Draws what differs from what is shown.
    ///
    /// # Errors
    /// None that a terminal could cause.
    pub(super) fn draw(&mut self, view: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        let mut backend = Backend::new(self.frame.clone());
        self.terminal.try_draw(|drawn| {
            view(drawn);
            let buffer = drawn.buffer_mut();
            let doubtful = doubtful(buffer);
            let again = again(&self.doubtful, &doubtful);
            self.doubtful = doubtful;
            place(buffer, &self.doubtful, &again, &mut backend)
        })?;
        Ok(())
    }
}

/// The doubtful cells of `buffer`.
fn doubtful(buffer: &Buffer) -> Cells {
    let cells = buffer.content().iter().enumerate();
    let doubtful = cells.filter(|(_, cell)| is_doubtful(cell.symbol()));
    let placed = doubtful.map(|(index, cell)| {
        let (column, row) = buffer.pos_of(index);
        ((row, column), cell.clone())
    });
    placed.collect()
}

/// Whether terminals disagree about the columns of `symbol`: it is a cluster of several characters,
/// as Indic and Thai syllables and flags are; one of the first supplementary plane, which has the
/// emoji; or one that Unicode 16 made wide.
fn is_doubtful(symbol: &str) -> bool {
    let mut characters = symbol.chars();
    let first = characters.next();
    characters.next().is_some()
        || matches!(
            first,
            Some(
                '\u{2630}'..='\u{2637}'
                | '\u{268a}'..='\u{268f}'
                | '\u{4dc0}'..='\u{4dff}'
                | '\u{10000}'..='\u{1ffff}',
            )
        )
}

/// From which column on each row is to be drawn again: from the first doubtful cell that came, went
/// or changed.
fn again(before: &Cells, now: &Cells) -> BTreeMap<u16, u16> {
    let mut again = BTreeMap::new();
    for place in before.keys().chain(now.keys()) {
        if before.get(place) != now.get(place) {
            let &(row, column) = place;
            let first = again.entry(row).or_insert(column);
            *first = column.min(*first);
        }
    }
    again
}

/// Puts out the doubtful cells that are to be drawn `again`, each at its place and on blanks, and
/// leaves what stands beside them to ratatui. That comes after them and ends those that are wider
/// than ratatui takes them for; and it begins at its own place, since cells were left out before it.
fn place(
    buffer: &mut Buffer,
    doubtful: &Cells,
    again: &BTreeMap<u16, u16>,
    backend: &mut Backend,
) -> io::Result<()> {
    let end = buffer.area.right();
    for (&row, &first) in again {
        for column in first..end {
            buffer[(column, row)].set_diff_option(CellDiffOption::AlwaysUpdate);
        }
    }
    for (&(row, column), cell) in doubtful {
        let columns = column..end.min(column + cell.cell_width());
        if again.get(&row).is_some_and(|first| *first <= column) {
            let mut blank = cell.clone();
            blank.set_symbol(" ");
            backend.draw(columns.clone().map(|column| (column, row, &blank)))?;
            backend.draw(once((column, row, cell)))?;
        }
        for column in columns {
            buffer[(column, row)].set_diff_option(CellDiffOption::Skip);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use ratatui::{style::Style, text::Line};

    use super::*;

    const COLUMNS: u16 = 24;

    /// Rows of names with something behind them, as they are drawn one after the other.
    const FRAMES: [[&str; 3]; 6] = [
        ["Fabcdefg", "写真 ab", "plain"],
        ["F🇩🇪F", "กำaकि", "plain"],
        ["F🇩🇪F", "กำaकि", "other"],
        ["กำคำ", "F  F", "👍\u{1f170}x"],
        ["aकिb", "🇩🇪🇫", "x"],
        ["Fa", "写 真", "plain"],
    ];

    /// Draws `rows`, with a number at the right that differs from frame to frame.
    fn draw(screen: &mut Screen, rows: [&str; 3], number: usize) {
        let drawn = screen.draw(|frame| {
            for (row, name) in (0..).zip(rows) {
                let buffer = frame.buffer_mut();
                buffer.set_line(0, row, &Line::raw(name), 16);
                let number = number.to_string();
                buffer.set_string(COLUMNS - 1, row, number, Style::new().reversed());
            }
        });
        drawn.expect("memory takes everything");
    }

    fn screen() -> (Screen, Frame) {
        let frame = Frame::default();
        let screen = Screen::new((COLUMNS, 3), &frame);
        (screen.expect("memory is there"), frame)
    }

    fn terminal() -> vt100::Parser {
        let cells = |count| NonZero::new(count).expect("it has cells");
        vt100::Parser::new(cells(3), cells(COLUMNS), 0)
    }

    fn rows(terminal: &vt100::Parser) -> Vec<String> {
        terminal.screen().rows(0, COLUMNS).collect()
    }

    #[test]
    fn nothing_is_left_of_what_was_there() {
        let (mut screen, frame) = screen();
        let mut terminal = terminal();
        for (number, names) in FRAMES.into_iter().enumerate() {
            draw(&mut screen, names, number);
            terminal.process(&frame.0.take());
            for (row, name) in rows(&terminal).iter().zip(names) {
                let shown = row.trim_end_matches(char::is_numeric).trim_end();
                assert_eq!(shown, name, "frame {number}");
            }
        }
    }

    /// Terminals that take a doubtful character for none, one or two columns.
    #[test]
    fn nothing_is_displaced_whatever_a_terminal_takes_for_its_columns() {
        for stand_in in ["", "?", "写"] {
            let (mut screen, frame) = screen();
            let mut terminal = terminal();
            for (number, names) in FRAMES.into_iter().enumerate() {
                draw(&mut screen, names, number);
                let text = String::from_utf8(frame.0.take()).expect("it is text");
                let doubtful = ['🇩', '🇪', '🇫', '\u{e33}', '\u{93f}', '👍', '\u{1f170}'];
                terminal.process(text.replace(doubtful, stand_in).as_bytes());
                let mut meant = Buffer::empty(Rect::new(0, 0, COLUMNS, 3));
                for (row, name) in (0..).zip(names) {
                    meant.set_string(0, row, name, Style::new());
                    meant.set_string(COLUMNS - 1, row, number.to_string(), Style::new());
                    for column in 0..COLUMNS {
                        let symbol = meant[(column, row)].symbol();
                        let cell = terminal.screen().cell(row, column).expect("it is there");
                        let is_plain = symbol.len() == 1 && symbol != " ";
                        if is_plain {
                            assert_eq!(cell.contents(), symbol, "frame {number}, {row} {column}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn other_rows_cost_what_they_cost() {
        let (mut screen, frame) = screen();
        draw(&mut screen, FRAMES[1], 1);
        let first = String::from_utf8(frame.0.take()).expect("it is text");
        assert!(first.contains("plain"), "{first:?}");
        // Doubtful cells that stay are not drawn again.
        draw(&mut screen, ["F🇩🇪F", "กำaकि", "plainly"], 1);
        draw(&mut screen, ["F🇩🇪F", "กำaकि", "plainly"], 1);
        frame.0.take();
        draw(&mut screen, ["F🇩🇪F", "กำaकि", "plainer"], 1);
        let last = String::from_utf8(frame.0.take()).expect("it is text");
        assert!(last.starts_with("\x1b[3;6Her\x1b["), "{last:?}");
        assert!(!last.contains("\x1b[1;") && !last.contains("\x1b[2;"));
    }
}
