//! The details of what is selected: below the list, or beside it where there is room. Each line says
//! one thing; where there are too few lines, what is asked for least goes first.

mod words;

use ratatui::layout::Rect;

use super::{
    Canvas, NARROW,
    browser::wrapped,
    line::{Line, cut},
    problems::folded,
    sign_of_bound,
};
use crate::{
    format,
    tree::Bound,
    ui::{
        model::{Details, Model},
        theme::Role,
    },
};

/// Something that is said: what it is about, and what.
struct Saying {
    about: &'static str,
    lines: Vec<String>,
    /// How the numbers in it stand to what is there.
    bound: Bound,
}

impl Saying {
    /// With blanks where it may be broken into lines of `room` columns.
    fn new(about: &'static str, text: &str, room: usize) -> Self {
        Self {
            about,
            lines: wrapped(text, room),
            bound: Bound::Exact,
        }
    }
}

/// Draws them.
pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, region: Rect) {
    if region.height == 0 || !model.views.details.is_open() {
        return;
    }
    let is_beside = region.x > 0;
    let Some(details) = model.views.details.shown() else {
        return;
    };
    // A screen with so few lines has the name in the row above, and no lines to spare.
    let title =
        (model.size.1 >= 16 || is_beside).then(|| usize::from(!is_beside && region.height >= 8));
    let top = title.map_or(0, |line| line + 1);
    let places = Places::of(region.width.into(), is_beside);
    let room = usize::from(region.width).saturating_sub(places.text + 1);
    let height = usize::from(region.height).saturating_sub(top);
    let all = sayings(model, details, room, height);
    let count = all.len();
    let sayings = that_fit(all, height, model);
    if let Some(title) = title {
        let missing = count - sayings.len();
        draw_title(&mut canvas.line(region, title), details, missing, model);
    }
    let mut number = top;
    for saying in sayings {
        for (index, text) in saying.lines.iter().enumerate() {
            let mut line = canvas.line(region, number);
            let mut column = places.text;
            if index == 0 {
                line.put_before(places.about_end, saying.about, Role::Dim);
                if saying.bound != Bound::Exact {
                    let sign = sign_of_bound(saying.bound, model.settings.signs);
                    column = line.put(column, sign, Role::Wait) + 1;
                }
            }
            line.put(column, text, Role::Text);
            number += 1;
        }
    }
}

/// In which columns the parts of a line stand.
struct Places {
    /// Behind what it is about.
    about_end: usize,
    text: usize,
}

impl Places {
    fn of(width: usize, is_beside: bool) -> Self {
        if width < NARROW && !is_beside {
            return Self {
                about_end: 10,
                text: 12,
            };
        }
        Self {
            about_end: 12,
            text: 14,
        }
    }
}

/// The name, and how much more there is to say than has room.
fn draw_title(line: &mut Line<'_>, details: &Details, missing: usize, model: &Model) {
    let signs = model.settings.signs;
    let more = match missing {
        0 => String::new(),
        missing => format!(" {missing} more"),
    };
    let width = line.width().saturating_sub(1 + format::width(&more));
    let name = format::shorten_name(details.name(), width.saturating_sub(6), signs);
    let column = line.put(1, signs.rule(), Role::Dim);
    let column = line.put(column + 1, &name, Role::Strong) + 1;
    let rest = signs.rule().repeat(width.saturating_sub(column));
    line.put(column, &format!("{rest}{more}"), Role::Dim);
}

/// All there is to say in `height` lines of `room` columns, what is asked for least last.
fn sayings(model: &Model, details: &Details, room: usize, height: usize) -> Vec<Saying> {
    let most = (height / 4).clamp(1, 3);
    let path = Saying {
        about: "path",
        lines: folded(details.path(), room, most, model.settings.signs),
        bound: Bound::Exact,
    };
    [path]
        .into_iter()
        .chain(words::of(model, details, room))
        .collect()
}

/// The order in which they stand, whatever else is there.
const ORDER: [&str; 13] = [
    "path",
    "kind",
    "state",
    "on disk",
    "apparent",
    "contains",
    "modified",
    "changed",
    "accessed",
    "inode",
    "linked as",
    "freed",
    "disk",
];

/// Those that have room in so many lines, in the order in which they stand. The last ones lose their
/// lines first.
fn that_fit(mut sayings: Vec<Saying>, room: usize, model: &Model) -> Vec<Saying> {
    let signs = model.settings.signs;
    let mut too_many = sayings
        .iter()
        .map(|saying| saying.lines.len())
        .sum::<usize>()
        .saturating_sub(room);
    for saying in sayings.iter_mut().rev() {
        let lines = saying.lines.len();
        let left = lines.saturating_sub(too_many);
        too_many -= lines - left;
        saying.lines.truncate(left);
        if let Some(last) = saying.lines.last_mut().filter(|_| left < lines) {
            let columns = format::width(last);
            *last = cut(
                &format!("{last} {}", signs.shortened()),
                columns.max(9) + 4,
                signs,
            );
        }
    }
    sayings.retain(|saying| !saying.lines.is_empty());
    sayings.sort_by_key(|saying| ORDER.iter().position(|about| *about == saying.about));
    sayings
}
