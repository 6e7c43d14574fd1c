//! What keys do while a line is typed: letters and digits are text, and only `Enter`, `Esc`, arrows
//! and the like, and `Control` keys act.

use crossterm::event::KeyCode;

use super::{Effect, interrupt};
use crate::ui::{
    keymap::{Action, Key},
    model::{Model, Motion, Prompt},
};

/// Takes a key.
pub(super) fn press(model: &mut Model, key: Key) -> Option<Effect> {
    if edit(model, key) {
        return None;
    }
    let page = super::super::view::rows_that_fit(model).max(1) as isize;
    // Whatever a letter does elsewhere, here it was text.
    match model.settings.keys.action(key)? {
        Action::Escape => model.end_find(),
        Action::Open => model.go_to_found(),
        Action::Up => model.step(-1),
        Action::Down => model.step(1),
        Action::PageUp => model.step(-page),
        Action::PageDown => model.step(page),
        Action::Interrupt => return Some(interrupt(model)),
        Action::Redraw => return Some(Effect::Redraw),
        Action::Suspend => return Some(Effect::Suspend),
        _ => {}
    }
    None
}

/// Takes a text that was pasted. Where none is typed it is nothing: a paste into the wrong window
/// presses no keys.
pub(super) fn paste(model: &mut Model, text: &str) {
    if let Some(prompt) = prompt(model) {
        prompt.insert(text);
        model.refresh();
    }
}

fn prompt(model: &mut Model) -> Option<&mut Prompt> {
    let is_typing = model.is_typing();
    let find = model.views.find.as_mut().filter(|_| is_typing);
    find.map(|find| &mut find.prompt)
}

/// Whether the key was one that changes the line.
fn edit(model: &mut Model, key: Key) -> bool {
    let Some(prompt) = prompt(model) else {
        return false;
    };
    match key {
        Key::Char(letter) => prompt.insert(letter.encode_utf8(&mut [0; 4])),
        // The second is what some terminals send for it.
        Key::Named(KeyCode::Backspace) | Key::Control('h') => prompt.erase_character(),
        Key::Named(KeyCode::Delete) => prompt.delete(),
        Key::Named(KeyCode::Left) => prompt.go(Motion::Left),
        Key::Named(KeyCode::Right) => prompt.go(Motion::Right),
        Key::Named(KeyCode::Home) => prompt.go(Motion::Start),
        Key::Named(KeyCode::End) => prompt.go(Motion::End),
        Key::Control('u') => prompt.erase_all(),
        Key::Control('w') => prompt.erase_word(),
        _ => return false,
    }
    true
}
