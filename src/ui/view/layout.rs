//! Which regions the screen has, and where: a pure function of the model. Nothing is drawn here.
//!
//! ```text
//!  status        program or path, state, elapsed                  every size
//!  progress      how far, or one sentence                         from 10 lines on
//!  totals        files, directories, size, problems, rate         from 10 lines on
//!  (blank)                                                        from 30 lines on, above workers
//!  workers       one line, or a panel of at most a third          while there are workers
//!  (blank)                                                        from 16 lines on
//!  place         path of the directory, its total, which rows     from 16 lines on
//!  heads         of the columns                                   from 16 lines on
//!  rows          whatever remains
//!  details       below the rows, from 110 columns on beside them  while they are open
//!  notice        a message or a stalled directory                 taken from the rows, while there is one
//!  views         their names and keys                             from 16 lines on
//!  keys                                                           from 6 lines on
//! ```
//!
//! With fewer than 3 lines or 20 columns there is the status line only. The help takes what is
//! between status and keys.

use ratatui::layout::Rect;

use super::{WIDE, keys, workers};
use crate::ui::model::{Content, Model, Panel, View};

/// What there is, by the height of the screen; more of it the further down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// Fewer than 3 lines or 20 columns: one line.
    OneLine,
    /// 3 to 5 lines: status and rows.
    Rows,
    /// 6 to 9 lines: the keys as well.
    RowsAndKeys,
    /// 10 to 15 lines: all but what makes it airy; the path stands on line 1.
    Compact,
    /// 16 lines and more: everything.
    Full,
}

impl Form {
    fn of((columns, lines): (u16, u16)) -> Self {
        match (columns, lines) {
            (0..20, _) | (_, 0..=2) => Self::OneLine,
            (_, 3..=5) => Self::Rows,
            (_, 6..=9) => Self::RowsAndKeys,
            (_, 10..=15) => Self::Compact,
            (_, 16..) => Self::Full,
        }
    }
}

/// Columns of the details where they stand beside the list.
const BESIDE: u16 = 48;

/// The regions. One that is not there has no lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Regions {
    pub(super) form: Form,
    pub(super) status: Rect,
    pub(super) progress: Rect,
    pub(super) totals: Rect,
    pub(super) workers: Rect,
    pub(super) place: Rect,
    pub(super) heads: Rect,
    pub(super) rows: Rect,
    pub(super) details: Rect,
    pub(super) notice: Rect,
    pub(super) views: Rect,
    pub(super) keys: Rect,
    pub(super) help: Rect,
}

impl Regions {
    /// The regions of the screen as it is now.
    pub(super) fn of(model: &Model) -> Self {
        let (columns, lines) = model.size;
        let form = Form::of(model.size);
        let mut rest = Rest {
            columns,
            top: 0,
            bottom: lines,
        };
        let status = rest.take_top(1);
        if form == Form::OneLine {
            let nothing = rest.take_top(0);
            return Self::only(status, nothing);
        }
        let keys = rest.take_bottom(u16::from(form >= Form::RowsAndKeys));
        let below_status = rest;
        let views = rest.take_bottom(u16::from(form == Form::Full));
        let figures = u16::from(form >= Form::Compact);
        let (progress, totals) = (rest.take_top(figures), rest.take_top(figures));
        let air = u16::from(form == Form::Full);
        let blank = u16::from(lines >= 30);
        let panel = panel_lines(model, rest.lines().saturating_sub(3 * air + blank + 1));
        rest.take_top(if panel > 0 { blank } else { 0 });
        let workers = rest.take_top(panel);
        rest.take_top(air);
        // Tiles have no columns that need heads.
        let has_heads = model.content() != Content::View(View::Map);
        let heads = air * u16::from(has_heads);
        let place = rest.take_top(air);
        let beside = Self::details_beside(model, rest);
        rest.columns -= beside;
        let heads = rest.take_top(heads);
        let has_notice = rest.lines() > 1 && keys::has_notice(model, form);
        let notice = Rect {
            width: columns,
            ..rest.take_bottom(has_notice.into())
        };
        let list = match beside {
            0 => lines_of_list(model, form, rest.lines()),
            _ => rest.lines(),
        };
        let rows = rest.take_top(list);
        let details = match beside {
            0 => rest.take_top(rest.lines()),
            _ => Rect {
                x: rest.columns,
                y: heads.y,
                width: beside,
                height: rows.bottom() - heads.y,
            },
        };
        let help = below_status.help(form);
        Self {
            form,
            status,
            progress,
            totals,
            workers,
            place,
            heads,
            rows,
            details,
            notice,
            views,
            keys,
            help,
        }
    }

    /// How many columns the details take beside the list.
    fn details_beside(model: &Model, rest: Rest) -> u16 {
        let is_beside = model.views.details.is_open() && usize::from(rest.columns) >= WIDE;
        if is_beside { BESIDE } else { 0 }
    }

    fn only(status: Rect, nothing: Rect) -> Self {
        Self {
            form: Form::OneLine,
            status,
            progress: nothing,
            totals: nothing,
            workers: nothing,
            place: nothing,
            heads: nothing,
            rows: nothing,
            details: nothing,
            notice: nothing,
            views: nothing,
            keys: nothing,
            help: nothing,
        }
    }
}

/// Whether more than one row is left where details are shown.
pub(super) fn leaves_rows(size: (u16, u16)) -> bool {
    usize::from(size.0) >= WIDE || Form::of(size) == Form::Full
}

/// How many lines of `room` the list keeps above the details, if these are shown. They take the same
/// lines whatever they say, so that the list stays when another entry is selected.
fn lines_of_list(model: &Model, form: Form, room: u16) -> u16 {
    /// A blank line, the title and ten lines that say something.
    const DETAILS: u16 = 12;
    if !model.views.details.is_open() {
        return room;
    }
    if form < Form::Full {
        return room.min(1);
    }
    let least = (room / 3).min(5);
    room.saturating_sub(DETAILS).max(least).max(1).min(room)
}

/// How many lines the workers take, of the `room` that there is.
fn panel_lines(model: &Model, room: u16) -> u16 {
    let most = (model.size.1 / 3).min(room);
    match model.shown_panel() {
        Panel::Full => most.min(workers::lines(model.state.workers()) as u16),
        Panel::Line => most.min(1),
        Panel::Off => 0,
    }
}

/// Lines that no region has yet.
#[derive(Clone, Copy)]
struct Rest {
    columns: u16,
    top: u16,
    bottom: u16,
}

impl Rest {
    fn lines(self) -> u16 {
        self.bottom - self.top
    }

    fn take_top(&mut self, lines: u16) -> Rect {
        let height = lines.min(self.lines());
        let region = Rect {
            x: 0,
            y: self.top,
            width: self.columns,
            height,
        };
        self.top += height;
        region
    }

    fn take_bottom(&mut self, lines: u16) -> Rect {
        let height = lines.min(self.lines());
        self.bottom -= height;
        Rect {
            x: 0,
            y: self.bottom,
            width: self.columns,
            height,
        }
    }

    /// All that is left, with a blank line above it where there is room for one.
    fn help(mut self, form: Form) -> Rect {
        self.take_top(u16::from(form >= Form::RowsAndKeys));
        self.take_top(self.lines())
    }
}
