//! What the mouse does: where, and with what.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

/// The mouse did something here. Columns and lines count from the upper left, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gesture {
    /// Where.
    pub column: u16,
    /// Where.
    pub line: u16,
    /// What.
    pub act: Act,
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The left button was pressed.
    Press,
    /// The wheel was turned by one step, away from the user.
    WheelUp,
    /// The same towards the user.
    WheelDown,
}

impl Gesture {
    /// Of an event, if it is one that means anything here.
    pub fn of(event: MouseEvent) -> Option<Self> {
        let act = match event.kind {
            MouseEventKind::Down(MouseButton::Left) => Act::Press,
            MouseEventKind::ScrollUp => Act::WheelUp,
            MouseEventKind::ScrollDown => Act::WheelDown,
            _ => return None,
        };
        Some(Self {
            column: event.column,
            line: event.row,
            act,
        })
    }
}
