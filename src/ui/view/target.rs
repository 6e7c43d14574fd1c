//! What the parts of the screen are to the mouse. Whoever draws a part says so in the same breath,
//! so that what is hit is what is seen; to find it the screen is drawn once more, for nobody.

use ratatui::{buffer::Buffer, layout::Rect};

use super::paint;
use crate::{
    scan::dir::DirId,
    ui::{keymap::Action, model::Model, theme::Theme},
};

/// What a part of the screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The same as a key for this.
    Action(Action),
    /// This directory, which is above the one that is shown, or it.
    Directory(DirId),
    /// A row, so many rows below the selected one.
    Row(isize),
    /// The tile of this number.
    Tile(usize),
}

/// The parts of a screen, as they are drawn.
#[derive(Debug, Default)]
pub(super) struct Targets {
    parts: Vec<(Rect, Target)>,
    rows: Rect,
    selected: Option<u16>,
}

impl Targets {
    /// `area` is `target`.
    pub(super) fn add(&mut self, area: Rect, target: Target) {
        self.parts.push((area, target));
    }

    /// The rows of a list stand here, one a line.
    pub(super) fn rows_are(&mut self, area: Rect) {
        self.rows = area;
    }

    /// The selected row is on this line of the screen.
    pub(super) fn selected_is(&mut self, line: u16) {
        self.selected = Some(line);
    }

    fn at(&self, column: u16, line: u16) -> Option<Target> {
        let place = (column, line).into();
        let part = self.parts.iter().rfind(|(area, _)| area.contains(place));
        let row = || {
            let selected = self.selected.filter(|_| self.rows.contains(place))?;
            Some(Target::Row(
                isize::from(line as i16) - isize::from(selected as i16),
            ))
        };
        part.map(|(_, target)| *target).or_else(row)
    }
}

/// What stands at a place of the screen, if it is anything to the mouse.
pub fn target_at(model: &Model, column: u16, line: u16) -> Option<Target> {
    let (width, height) = model.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let targets = paint(&mut buffer, model, &Theme::plain()).targets;
    let is_blank = |column| {
        buffer
            .cell((column, line))
            .is_none_or(|cell| cell.symbol() == " ")
    };
    // Below the last row there is nothing to select.
    let is_empty = (0..width).all(is_blank);
    targets.at(column, line).filter(|_| !is_empty)
}
