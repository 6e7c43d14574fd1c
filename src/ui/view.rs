//! The view: draws the model, and does nothing else. It asks neither the clock nor the file system,
//! and its work is that of the lines on the screen, however large the directory is.
//!
//! One region of the screen, one file, one function that draws it; `layout` says which regions
//! there are and where.

mod ages;
mod browser;
mod columns;
mod details;
mod find;
mod header;
mod help;
mod keys;
mod largest;
mod layout;
mod line;
mod map;
mod meter;
mod path;
mod place;
mod problems;
mod target;
mod types;
mod views;
mod workers;

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Position, Rect},
};

use self::{
    layout::{Form, Regions},
    line::Line,
    target::Targets,
};
use super::{
    model::{Content, Model, View},
    theme::{Role, Theme},
};
use crate::{format::Signs, state::ScanState, tree::Bound};
pub use target::{Target, target_at};

/// Below so many columns sentences take their short forms.
const NARROW: usize = 60;
/// From so many columns on there is room for more history and exact rates.
const WIDE: usize = 110;

/// Draws the whole screen. The cursor is seen where something is typed.
pub fn draw(frame: &mut Frame<'_>, model: &Model, theme: &Theme) {
    let painted = paint(frame.buffer_mut(), model, theme);
    if let Some(cursor) = painted.cursor {
        frame.set_cursor_position(cursor);
    }
}

/// What is known of a screen that was drawn.
struct Painted {
    /// What its parts are to the mouse.
    targets: Targets,
    /// Where something is typed.
    cursor: Option<Position>,
}

fn paint(buffer: &mut Buffer, model: &Model, theme: &Theme) -> Painted {
    let mut canvas = Canvas {
        buffer,
        theme,
        targets: Targets::default(),
    };
    let cursor = draw_regions(&mut canvas, model, &Regions::of(model));
    Painted {
        targets: canvas.targets,
        cursor,
    }
}

/// Draws each region. Where the cursor is, if something is typed.
fn draw_regions(canvas: &mut Canvas<'_>, model: &Model, regions: &Regions) -> Option<Position> {
    if regions.form == Form::OneLine {
        header::draw_all_in_one(&mut canvas.line(regions.status, 0), model);
        return None;
    }
    header::draw_status(&mut canvas.line(regions.status, 0), model, regions.form);
    if model.help.is_some() {
        help::draw(canvas, model, regions.help);
        help::draw_keys(&mut canvas.line(regions.keys, 0), model, regions.help);
        return None;
    }
    header::draw_progress(&mut canvas.line(regions.progress, 0), model);
    header::draw_totals(&mut canvas.line(regions.totals, 0), model);
    workers::draw(canvas, model, regions.workers);
    draw_content(canvas, model, regions);
    details::draw(canvas, model, regions.details);
    keys::draw_notice(&mut canvas.line(regions.notice, 0), model);
    views::draw(&mut canvas.line(regions.views, 0), model);
    let behind_keys = keys::draw_keys(&mut canvas.line(regions.keys, 0), model);
    let find = find::typed(model)?;
    find::draw_rule(&mut canvas.line(regions.keys, 0), behind_keys);
    // Where there is no line for the place, the first line is.
    let region = if regions.place.height > 0 {
        regions.place
    } else {
        regions.status
    };
    let column = find::draw_prompt(&mut canvas.cleared(region), model, find);
    Some(Position::new(region.x + column as u16, region.y))
}

/// The table: where one is, the heads, the rows.
fn draw_content(canvas: &mut Canvas<'_>, model: &Model, regions: &Regions) {
    type DrawLine = fn(&mut Line<'_>, &Model);
    type DrawRows = fn(&mut Canvas<'_>, &Model, Rect);
    if let Some(find) = find::typed(model) {
        find::draw_heads(&mut canvas.line(regions.heads, 0), model);
        canvas.targets.rows_are(regions.rows);
        find::draw_rows(canvas, model, find, regions.rows);
        return;
    }
    let (place, heads, rows): (DrawLine, DrawLine, DrawRows) = match model.content() {
        Content::View(View::Browse) | Content::Find => {
            (browser::draw_place, browser::draw_heads, browser::draw_rows)
        }
        Content::View(View::Map) => (map::draw_place, |_, _| {}, map::draw_rows),
        Content::View(View::Largest) => {
            (largest::draw_place, largest::draw_heads, largest::draw_rows)
        }
        Content::View(View::Types) => (types::draw_place, types::draw_heads, types::draw_rows),
        Content::View(View::Ages) => (ages::draw_place, ages::draw_heads, ages::draw_rows),
        Content::View(View::Problems) => (
            problems::draw_place,
            problems::draw_heads,
            problems::draw_rows,
        ),
    };
    place(&mut canvas.line(regions.place, 0), model);
    heads(&mut canvas.line(regions.heads, 0), model);
    canvas.targets.rows_are(regions.rows);
    rows(canvas, model, regions.rows);
}

/// How many rows of the directory fit on the screen.
pub fn rows_that_fit(model: &Model) -> usize {
    Regions::of(model).rows.height.into()
}

/// How many columns the rows have.
pub fn columns_that_fit(model: &Model) -> u16 {
    Regions::of(model).rows.width
}

/// Whether the details, which are shown, leave room for more than one row.
pub fn leaves_rows_beside_details(model: &Model) -> bool {
    layout::leaves_rows(model.size)
}

/// How many workers have a row of their own on the screen.
pub fn workers_that_fit(model: &Model) -> usize {
    let lines = Regions::of(model).workers.height.into();
    workers::that_fit(model.state.workers().len(), lines)
}

/// The last line that the help can begin with.
pub fn last_help_scroll(model: &Model) -> u16 {
    help::last_scroll(model, Regions::of(model).help)
}

/// What is drawn on, and in which looks.
struct Canvas<'frame> {
    buffer: &'frame mut Buffer,
    theme: &'frame Theme,
    targets: Targets,
}

impl Canvas<'_> {
    /// The first line of `region`, with nothing on it.
    fn cleared(&mut self, region: Rect) -> Line<'_> {
        self.buffer
            .set_style(region, ratatui::style::Style::reset());
        let blank = " ".repeat(region.width.into());
        self.line(region, 0).put(0, &blank, Role::Text);
        self.line(region, 0)
    }

    /// The line `number` of `region`, from 0. What is written on a line that is not there is lost.
    fn line(&mut self, region: Rect, number: usize) -> Line<'_> {
        Line::new(self.buffer, self.theme, &mut self.targets, region, number)
    }
}

/// The sign in front of a number that is not exact.
fn sign_of_bound(bound: Bound, signs: Signs) -> &'static str {
    match bound {
        Bound::Exact => "",
        Bound::AtLeast => signs.at_least(),
        Bound::About => signs.about(),
    }
}

/// How the word for the state of the scan looks.
fn role_of_scan(scan: ScanState) -> Role {
    match scan {
        ScanState::Scanning => Role::Live,
        ScanState::Paused | ScanState::Stopping | ScanState::Stopped => Role::Wait,
        ScanState::Complete => Role::Good,
        ScanState::Failed => Role::Bad,
    }
}
