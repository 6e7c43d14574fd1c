//! Which tile is the next one in a direction.

use super::squarify::Area;

/// Where to go from a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
}

/// How far `to` is in a direction: first those that lie beside `from`, then the nearer ones; `None`
/// for what does not lie there at all.
pub(super) fn distance(from: Area, to: Area, direction: Direction) -> Option<(bool, u16, u16)> {
    let (columns, lines) = ((from.x, from.width), (from.y, from.height));
    let (to_columns, to_lines) = ((to.x, to.width), (to.y, to.height));
    let (ahead, across, to_across) = match direction {
        Direction::Left => (gap(to_columns, columns), lines, to_lines),
        Direction::Right => (gap(columns, to_columns), lines, to_lines),
        Direction::Up => (gap(to_lines, lines), columns, to_columns),
        Direction::Down => (gap(lines, to_lines), columns, to_columns),
    };
    let is_beside = across.0 < to_across.0 + to_across.1 && to_across.0 < across.0 + across.1;
    let middle = |(start, length): (u16, u16)| 2 * start + length;
    let aside = middle(across).abs_diff(middle(to_across));
    Some((!is_beside, ahead?, aside))
}

/// From the end of one span to the start of another.
fn gap(one: (u16, u16), other: (u16, u16)) -> Option<u16> {
    other.0.checked_sub(one.0 + one.1)
}
