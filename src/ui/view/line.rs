//! One line of a region, to write on. It must not know what is written.

use std::ops::Range;

use ratatui::{buffer::Buffer, layout::Rect};

use super::target::{Target, Targets};
use crate::{
    format::{self, Signs},
    ui::theme::{Role, Theme},
};

/// One line of a region. Columns count from its left edge; what does not fit at the right is cut.
pub(super) struct Line<'canvas> {
    buffer: &'canvas mut Buffer,
    theme: &'canvas Theme,
    targets: &'canvas mut Targets,
    /// Without lines where the line is not there.
    area: Rect,
    selected: bool,
}

impl<'canvas> Line<'canvas> {
    pub(super) fn new(
        buffer: &'canvas mut Buffer,
        theme: &'canvas Theme,
        targets: &'canvas mut Targets,
        region: Rect,
        number: usize,
    ) -> Self {
        let height = u16::from(number < usize::from(region.height));
        let y = region.y.saturating_add(number as u16);
        let area = Rect {
            y,
            height,
            ..region
        }
        .intersection(buffer.area);
        Self {
            buffer,
            theme,
            targets,
            area,
            selected: false,
        }
    }

    /// How many columns it has.
    pub(super) fn width(&self) -> usize {
        self.area.width.into()
    }

    /// Makes it the selected row: all of it looks so, whatever is written on it.
    pub(super) fn select(&mut self) {
        self.selected = true;
        self.targets.selected_is(self.area.y);
        self.buffer
            .set_style(self.area, self.theme.style(Role::Selection));
    }

    /// Writes `text` from `column` on. The column behind it.
    pub(super) fn put(&mut self, column: usize, text: &str, role: Role) -> usize {
        if !self.area.is_empty() && column < self.width() {
            let style = if self.selected {
                self.theme.selected(role)
            } else {
                self.theme.style(role)
            };
            let x = self.area.x + column as u16;
            self.buffer
                .set_stringn(x, self.area.y, text, self.width() - column, style);
        }
        column + format::width(text)
    }

    /// What stands in these columns is `target` to the mouse.
    pub(super) fn aim(&mut self, columns: Range<usize>, target: Target) {
        let end = columns.end.min(self.width());
        let start = columns.start.min(end);
        let area = Rect {
            x: self.area.x + start as u16,
            width: (end - start) as u16,
            ..self.area
        };
        self.targets.add(area, target);
    }

    /// Writes `text` so that it ends before the column `end`. The column that it begins in.
    pub(super) fn put_before(&mut self, end: usize, text: &str, role: Role) -> usize {
        let start = end.saturating_sub(format::width(text));
        self.put(start, text, role);
        start
    }
}

/// The start of `text`, in at most `columns`; where something is left out, the sign for it follows.
pub(super) fn cut(text: &str, columns: usize, signs: Signs) -> String {
    if format::width(text) <= columns {
        return text.to_owned();
    }
    let sign = signs.shortened();
    let room = columns.saturating_sub(format::width(sign));
    let mut shown = String::new();
    let mut taken = 0;
    for letter in text.chars() {
        taken += format::width(letter.encode_utf8(&mut [0; 4]));
        if taken > room {
            break;
        }
        shown.push(letter);
    }
    shown.extend(sign.chars().take(columns));
    shown
}
