//! The view: draws the model, and does nothing else. It asks neither the clock nor the file system,
//! and its work is that of the lines on the screen, however large the directory is.
//!
//! One region of the screen, one file, one function that draws it; `layout` says which regions
//! there are and where.

mod ages;
mod browser;
mod columns;
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

use ratatui::{Frame, buffer::Buffer, layout::Rect};

use self::{
    layout::{Form, Regions},
    line::Line,
    target::Targets,
};
use super::{
    model::{Content, Model, View},
    theme::{Role, Theme},
};
use crate::state::ScanState;
pub use target::{Target, target_at};

/// Below so many columns sentences take their short forms.
const NARROW: usize = 60;
/// From so many columns on there is room for more history and exact rates.
const WIDE: usize = 110;

/// Draws the whole screen.
pub fn draw(frame: &mut Frame<'_>, model: &Model, theme: &Theme) {
    paint(frame.buffer_mut(), model, theme);
}

/// Draws it, and tells what its parts are to the mouse.
fn paint(buffer: &mut Buffer, model: &Model, theme: &Theme) -> Targets {
    let mut canvas = Canvas {
        buffer,
        theme,
        targets: Targets::default(),
    };
    draw_regions(&mut canvas, model, &Regions::of(model));
    canvas.targets
}

fn draw_regions(canvas: &mut Canvas<'_>, model: &Model, regions: &Regions) {
    if regions.form == Form::OneLine {
        header::draw_all_in_one(&mut canvas.line(regions.status, 0), model);
        return;
    }
    header::draw_status(&mut canvas.line(regions.status, 0), model, regions.form);
    if model.help.is_some() {
        help::draw(canvas, model, regions.help);
        help::draw_keys(&mut canvas.line(regions.keys, 0), model, regions.help);
        return;
    }
    header::draw_progress(&mut canvas.line(regions.progress, 0), model);
    header::draw_totals(&mut canvas.line(regions.totals, 0), model);
    workers::draw(canvas, model, regions.workers);
    draw_content(canvas, model, regions);
    keys::draw_notice(&mut canvas.line(regions.notice, 0), model);
    views::draw(&mut canvas.line(regions.views, 0), model);
    keys::draw_keys(&mut canvas.line(regions.keys, 0), model);
}

/// The table: where one is, the heads, the rows.
fn draw_content(canvas: &mut Canvas<'_>, model: &Model, regions: &Regions) {
    type DrawLine = fn(&mut Line<'_>, &Model);
    type DrawRows = fn(&mut Canvas<'_>, &Model, Rect);
    let (place, heads, rows): (DrawLine, DrawLine, DrawRows) = match model.content() {
        Content::View(View::Browse) => {
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
    /// The line `number` of `region`, from 0. What is written on a line that is not there is lost.
    fn line(&mut self, region: Rect, number: usize) -> Line<'_> {
        Line::new(self.buffer, self.theme, &mut self.targets, region, number)
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
