//! The columns that can be asked for, and what goes where there is no room for them.

use spelunk::format::Signs::{Ascii, Unicode};

use super::{NARROW, USUAL, WIDE, check, work::work};

#[test]
fn time_beside_the_count() {
    for size in [WIDE, USUAL, NARROW] {
        let mut story = work(size, Unicode);
        story.press('M');
        check("columns_time", &story);
    }
}

#[test]
fn each_way_to_measure_a_row() {
    let mut story = work(USUAL, Unicode);
    for way in ["bar", "percent", "neither"] {
        story.press('g');
        check(&format!("columns_{way}"), &story);
    }
}

#[test]
fn what_has_no_room_goes_by_the_rule() {
    let mut story = work(USUAL, Unicode);
    story.press('m');
    for columns in [90, 79, 69, 68, 57] {
        story.resize(columns, 16);
        check("columns", &story);
    }
}

#[test]
fn hidden_entries_are_one_row() {
    for (size, signs) in [(USUAL, Unicode), (NARROW, Unicode), (USUAL, Ascii)] {
        let mut story = work(size, signs);
        story.press('e');
        story.press('t');
        story.press('G');
        let name = if signs == Ascii {
            "columns_hidden_ascii"
        } else {
            "columns_hidden"
        };
        check(name, &story);
    }
}

#[test]
fn what_is_shared_and_what_is_marked() {
    for (size, signs) in [
        (WIDE, Unicode),
        (USUAL, Unicode),
        (NARROW, Unicode),
        (USUAL, Ascii),
    ] {
        let mut story = work(size, signs);
        story.press('u');
        (0..4).for_each(|_| story.press('j'));
        story.press(' ');
        story.press(' ');
        story.press('j');
        story.press(' ');
        story.clock(6_000);
        story.resize(size.0, size.1);
        let name = if signs == Ascii {
            "marks_ascii"
        } else {
            "marks"
        };
        check(name, &story);
    }
}
