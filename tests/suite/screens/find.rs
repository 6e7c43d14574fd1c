//! The find line, what was found, and stepping through it.

use crossterm::event::KeyCode;
use spelunk::{
    format::Signs::{Ascii, Unicode},
    ui::{keymap::Key, update::Message},
};

use super::{NARROW, USUAL, WIDE, check, story::Story, work::work};

fn typed(story: &mut Story, text: &str) {
    story.press('/');
    text.chars().for_each(|letter| story.press(letter));
}

#[test]
fn what_was_found() {
    for (size, signs) in [
        (WIDE, Unicode),
        (USUAL, Unicode),
        (NARROW, Unicode),
        (USUAL, Ascii),
    ] {
        let mut story = work(size, signs);
        typed(&mut story, "i");
        let name = if signs == Ascii { "find_ascii" } else { "find" };
        check(name, &story);
        story.tell(Message::Key(Key::Named(KeyCode::Down)));
        story.tell(Message::Key(Key::Named(KeyCode::Enter)));
        check(&format!("{name}_stepping"), &story);
    }
}

#[test]
fn nothing_was_found() {
    for text in ["", "nowhere", "[a"] {
        let mut story = work(USUAL, Unicode);
        typed(&mut story, text);
        let name = match text {
            "" => "find_nothing_typed",
            "[a" => "find_no_glob",
            _ => "find_no_match",
        };
        check(name, &story);
    }
}

#[test]
fn a_long_line_keeps_the_cursor() {
    for size in [USUAL, NARROW] {
        let mut story = work(size, Unicode);
        typed(&mut story, &"customer-data 写真 ".repeat(6));
        story.tell(Message::Key(Key::Named(KeyCode::Left)));
        check("find_long", &story);
    }
}
