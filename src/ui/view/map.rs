//! The view of tiles: full lines around the entries, dotted ones around what is in them. Borders
//! are shared, so that no cell is lost.

use ratatui::layout::Rect;

use super::{Canvas, line::Line, place, sign_of_bound, target::Target};
use crate::{
    derive::{ages::Age, kinds::Class},
    format::{self, Signs},
    ui::{
        model::{Area, Colouring, Model, Tile},
        theme::Role,
    },
};

/// Where one is, and how many entries have tiles.
pub(super) fn draw_place(line: &mut Line<'_>, model: &Model) {
    let (tiles, more) = model.views.map.counts();
    let about = match (tiles, more) {
        (tiles, 0) => format::plural(tiles, "entry", "entries"),
        (0, more) => format!("{} more", format::count(more)),
        (1, more) => format!("the largest and {} more", format::count(more)),
        (tiles, more) => {
            let [tiles, more] = [tiles, more].map(format::count);
            format!("the {tiles} largest and {more} more")
        }
    };
    let by = match model.views.map.colouring() {
        Colouring::Kind => "",
        Colouring::Age => ", by age",
    };
    place::draw(line, model, &format!("{about}{by}"));
}

/// The tiles.
pub(super) fn draw_rows(canvas: &mut Canvas<'_>, model: &Model, region: Rect) {
    let map = &model.views.map;
    if map.tiles().is_empty() {
        let mut line = canvas.line(region, 1);
        let files = model.state.tree().totals(model.browser.dir()).files;
        let text = if files > 0 && !model.scan.is_running() {
            "Nothing here takes up any space."
        } else {
            place::nothing(model)
        };
        line.put(4, text, Role::Text);
        return;
    }
    let mut borders = Borders::new(region);
    for tile in map.tiles() {
        for inner in &tile.inside {
            borders.frame(inner.area, Stroke::Dotted);
        }
    }
    for tile in map.tiles() {
        borders.frame(tile.area, Stroke::Solid);
    }
    borders.draw(canvas, region, model.settings.signs);
    for (number, tile) in map.tiles().iter().enumerate() {
        aim(canvas, region, tile, number);
        let is_selected = map.selected() == Some(number);
        draw_tile(canvas, region, tile, is_selected, model);
        for inner in &tile.inside {
            draw_inner(canvas, region, inner, model);
        }
    }
}

/// A tile is hit wherever it is, borders included.
fn aim(canvas: &mut Canvas<'_>, region: Rect, tile: &Tile, number: usize) {
    let Area {
        x,
        y,
        width,
        height,
    } = tile.area;
    let columns = usize::from(x)..usize::from(x) + usize::from(width);
    for line in y..y + height {
        canvas
            .line(region, line.into())
            .aim(columns.clone(), Target::Tile(number));
    }
}

/// A tile of the first level: its name in the upper border, the size beside it or below.
fn draw_tile(canvas: &mut Canvas<'_>, region: Rect, tile: &Tile, is_selected: bool, model: &Model) {
    let signs = model.settings.signs;
    let Area {
        x,
        y,
        width,
        height,
    } = tile.area;
    let (x, y) = (usize::from(x), usize::from(y));
    // Between the corners, but for the blank before the name.
    let room = usize::from(width).saturating_sub(2);
    let name = format::shorten_name(&tile.name, room, signs);
    let left = room.saturating_sub(format::width(&name) + 3);
    let size = size_within(tile, left, model);
    let lead = if is_selected { signs.selected() } else { " " };
    let heading = match &size {
        Some(size) => format!("{name}  {size} "),
        None if format::width(&name) < room => format!("{name} "),
        None => name.clone(),
    };
    let role = role_of(tile, model);
    let mut line = canvas.line(region, y);
    if is_selected {
        line.put(x + 1, &format!("{lead}{heading}"), Role::Selection);
    } else {
        let column = line.put(x + 1, lead, role);
        let column = line.put(column, &name, role);
        if let Some(size) = &size {
            let column = line.put(column, "  ", Role::Text);
            let column = line.put(column, size, Role::Strong);
            line.put(column, " ", Role::Text);
        } else if format::width(&name) < room {
            line.put(column, " ", Role::Text);
        }
    }
    if tile.inside.is_empty() {
        let below = if size.is_none() {
            size_within(tile, room, model)
        } else {
            None
        };
        let rows = usize::from(height).saturating_sub(1);
        draw_below(canvas, region, (x + 2, y + 1), rows, below, tile, model);
    }
}

/// A tile of the second level: all of it below its upper border.
fn draw_inner(canvas: &mut Canvas<'_>, region: Rect, tile: &Tile, model: &Model) {
    let Area {
        x,
        y,
        width,
        height,
    } = tile.area;
    let (x, y) = (usize::from(x), usize::from(y));
    let room = usize::from(width).saturating_sub(2);
    let name = format::shorten_name(&tile.name, room, model.settings.signs);
    canvas
        .line(region, y + 1)
        .put(x + 2, &name, role_of(tile, model));
    let rows = usize::from(height).saturating_sub(2);
    let size = size_within(tile, room, model);
    draw_below(canvas, region, (x + 2, y + 2), rows, size, tile, model);
}

/// The size, and on the line below what most of it is, as far as there are `rows` for them.
fn draw_below(
    canvas: &mut Canvas<'_>,
    region: Rect,
    (column, row): (usize, usize),
    rows: usize,
    size: Option<String>,
    tile: &Tile,
    model: &Model,
) {
    let room = usize::from(tile.area.width).saturating_sub(2);
    let word = word_of(tile, model).filter(|word| format::width(word) <= room);
    let texts = size
        .map(|size| (size, Role::Text))
        .into_iter()
        .chain(word.map(|word| (word.to_owned(), role_of(tile, model))));
    for (number, (text, role)) in texts.take(rows).enumerate() {
        canvas.line(region, row + number).put(column, &text, role);
    }
}

/// The size in as many words as fit into `room` columns.
fn size_within(tile: &Tile, room: usize, model: &Model) -> Option<String> {
    let (units, signs) = (model.settings.units, model.settings.signs);
    let bound = sign_of_bound(tile.bound, signs);
    let blank = if !bound.is_empty() && signs == Signs::Unicode {
        " "
    } else {
        ""
    };
    let long = format!("{bound}{blank}{}", format::size_plain(tile.size, units));
    let short = format!(
        "{bound}{}",
        format::size_narrow(tile.size, units).trim_start()
    );
    [long, short]
        .into_iter()
        .find(|size| format::width(size) <= room)
}

fn role_of(tile: &Tile, model: &Model) -> Role {
    let Some((class, age)) = tile.most else {
        return Role::Text;
    };
    match model.views.map.colouring() {
        Colouring::Kind => Role::TILES[class as usize],
        Colouring::Age => Role::TILES[shade(age)],
    }
}

/// Which of the seven colours of tiles an age has.
fn shade(age: Age) -> usize {
    match age {
        Age::Future | Age::Day => 0,
        Age::Week | Age::Month => 1,
        Age::Quarter => 2,
        Age::Year => 3,
        Age::TwoYears => 4,
        Age::FiveYears => 5,
        Age::TenYears | Age::Older => 6,
    }
}

fn word_of(tile: &Tile, model: &Model) -> Option<&'static str> {
    let (class, age) = tile.most?;
    match model.views.map.colouring() {
        Colouring::Kind if class == Class::Other => None,
        Colouring::Kind => Some(class.word()),
        Colouring::Age => Some(age.word()),
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stroke {
    #[default]
    None,
    Dotted,
    Solid,
}

/// What goes from the middle of a cell to its sides.
#[derive(Clone, Copy, Debug, Default)]
struct Arms {
    up: Stroke,
    right: Stroke,
    down: Stroke,
    left: Stroke,
}

/// The lines around all tiles.
struct Borders {
    columns: usize,
    cells: Vec<Arms>,
}

impl Borders {
    fn new(region: Rect) -> Self {
        let columns = usize::from(region.width);
        Self {
            columns,
            cells: vec![Arms::default(); columns * usize::from(region.height)],
        }
    }

    fn cell(&mut self, x: u16, y: u16) -> Option<&mut Arms> {
        let x = usize::from(x);
        let at = usize::from(y) * self.columns + x;
        self.cells.get_mut(at).filter(|_| x < self.columns)
    }

    /// Draws around `area`. A full line stays one.
    fn frame(&mut self, area: Area, stroke: Stroke) {
        let (right, lower) = (area.x + area.width, area.y + area.height);
        for y in [area.y, lower] {
            for x in area.x..=right {
                if let Some(arms) = self.cell(x, y) {
                    if x > area.x {
                        arms.left = arms.left.max(stroke);
                    }
                    if x < right {
                        arms.right = arms.right.max(stroke);
                    }
                }
            }
        }
        for x in [area.x, right] {
            for y in area.y..=lower {
                if let Some(arms) = self.cell(x, y) {
                    if y > area.y {
                        arms.up = arms.up.max(stroke);
                    }
                    if y < lower {
                        arms.down = arms.down.max(stroke);
                    }
                }
            }
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, region: Rect, signs: Signs) {
        for (number, cells) in self.cells.chunks(self.columns).enumerate() {
            let mut line = canvas.line(region, number);
            for (column, arms) in cells.iter().enumerate() {
                let is_solid = [arms.up, arms.right, arms.down, arms.left].contains(&Stroke::Solid);
                let role = if is_solid { Role::Text } else { Role::Dim };
                if let Some(sign) = sign_of(*arms, signs) {
                    line.put(column, sign, role);
                }
            }
        }
    }
}

/// The sign for a cell: straight lines as they are, whatever meets them by a full corner.
fn sign_of(arms: Arms, signs: Signs) -> Option<&'static str> {
    use Stroke::{Dotted, None as No};
    let Arms {
        up,
        right,
        down,
        left,
    } = arms;
    let (unicode, ascii) = match (up, right, down, left) {
        (No, No, No, No) => return None,
        (No, Dotted, No, Dotted) => ("╌", "."),
        (Dotted, No, Dotted, No) => ("╎", ":"),
        (No, _, No, _) => ("─", "-"),
        (_, No, _, No) => ("│", "|"),
        (No, _, _, No) => ("┌", "+"),
        (No, No, _, _) => ("┐", "+"),
        (_, _, No, No) => ("└", "+"),
        (_, No, No, _) => ("┘", "+"),
        (_, _, _, No) => ("├", "+"),
        (_, No, _, _) => ("┤", "+"),
        (No, _, _, _) => ("┬", "+"),
        (_, _, No, _) => ("┴", "+"),
        _ => ("┼", "+"),
    };
    Some(match signs {
        Signs::Unicode => unicode,
        Signs::Ascii => ascii,
    })
}
