//! The path of the directory that is shown. Each of its parts is that directory to the mouse.

use super::{line::Line, target::Target};
use crate::{
    format,
    scan::dir::DirId,
    ui::{model::Model, theme::Role},
};

/// The path, or what is scanned where the parent of several roots is shown.
pub(super) fn shown(model: &Model) -> String {
    of(model, model.browser.dir())
}

/// The path of a directory, likewise.
pub(super) fn of(model: &Model, dir: DirId) -> String {
    match model.settings.roots.as_slice() {
        _ if dir == DirId::TOP || !model.state.tree().contains(dir) => model.what(),
        [root] if dir == model.root() => root.clone(),
        [root] => format!(
            "{}/{}",
            root.trim_end_matches('/'),
            model.path_below_root(dir)
        ),
        _ => model.path_below_root(dir),
    }
}

/// Writes it from `column` on, in at most `room` columns. The column behind it.
pub(super) fn draw(line: &mut Line<'_>, column: usize, room: usize, model: &Model) -> usize {
    let signs = model.settings.signs;
    let path = shown(model);
    let short = format::shorten_path(&path, room, signs);
    let end = line.put(column, &short, Role::Strong);
    let dirs = from_here_up(model);
    let Some(top) = dirs.last() else { return end };
    let (all, parts): (Vec<&str>, Vec<&str>) =
        (path.split('/').collect(), short.split('/').collect());
    let same = parts
        .iter()
        .zip(&all)
        .take_while(|(part, one)| part == one)
        .count();
    let mut start = column;
    for (number, part) in parts.iter().enumerate() {
        // With the slash behind it, which alone stands for the root of all roots.
        let width = format::width(part) + 1;
        let left_out = number == same && *part == signs.shortened();
        // Parts are left out in the middle only: what is not as at the start is as at the end.
        let below = if number < same {
            all.len()
        } else {
            parts.len()
        } - 1
            - number;
        if !left_out {
            let dir = *dirs.get(below).unwrap_or(top);
            line.aim(start..start + width, Target::Directory(dir));
        }
        start += width;
    }
    end
}

/// The directory that is shown and those above it, as far as they can be shown.
fn from_here_up(model: &Model) -> Vec<DirId> {
    let tree = model.state.tree();
    let here = Some(model.browser.dir()).filter(|dir| tree.contains(*dir) && *dir != DirId::TOP);
    let up = |dir: &DirId| tree.parent(*dir).filter(|dir| *dir != DirId::TOP);
    std::iter::successors(here, up).collect()
}
