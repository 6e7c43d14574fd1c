//! Journeys with the mouse: it is pressed where a text stands on the screen.

use ratatui::{Terminal, backend::TestBackend};
use spelunk::ui::{
    model::View,
    mouse::{Act, Gesture},
    theme::Theme,
    view,
};

use super::*;

impl User {
    fn screen(&self) -> Vec<String> {
        let (columns, lines) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, lines)).expect("a buffer");
        let draw = terminal.draw(|frame| view::draw(frame, &self.model, &Theme::dark()));
        draw.expect("a buffer takes everything");
        let cells = terminal.backend().buffer().content();
        let line = |cells: &[ratatui::buffer::Cell]| {
            cells.iter().map(ratatui::buffer::Cell::symbol).collect()
        };
        cells.chunks(columns.into()).map(line).collect()
    }

    /// Where `text` stands first, from the line `from` on.
    fn place_of(&self, text: &str, from: usize) -> (u16, u16) {
        let screen = self.screen();
        let found = screen
            .iter()
            .enumerate()
            .skip(from)
            .find_map(|(line, content)| {
                let at = content.find(text)?;
                Some((content[..at].chars().count() as u16, line as u16))
            });
        found.unwrap_or_else(|| panic!("{text:?} is not on the screen:\n{}", screen.join("\n")))
    }

    fn gesture(&mut self, (column, line): (u16, u16), act: Act) -> Option<Effect> {
        self.tell(Message::Mouse(Gesture { column, line, act }))
    }

    /// Presses on a text, from the line `from` on.
    fn click(&mut self, text: &str, from: usize) -> Option<Effect> {
        let place = self.place_of(text, from);
        self.gesture(place, Act::Press)
    }
}

#[test]
fn a_press_selects_and_a_second_one_opens() {
    let mut user = User::with_three();
    user.click("c/", 5);
    assert_eq!(user.selected(), "c");
    user.wait(100);
    user.click("c/", 5);
    assert_eq!(user.rows(), ["z", ".  the directory itself"]);
}

#[test]
fn two_slow_presses_are_two_presses() {
    let mut user = User::with_three();
    user.click("b/", 5);
    user.wait(500);
    user.click("b/", 5);
    assert_eq!((user.selected(), user.model.browser.dir()), ("b", ROOT));
    user.wait(100);
    user.click("c/", 5);
    assert_eq!((user.selected(), user.model.browser.dir()), ("c", ROOT));
}

#[test]
fn a_press_below_the_rows_selects_nothing() {
    let mut user = User::with_three();
    let (column, line) = user.place_of("the directory itself", 5);
    user.gesture((column, line + 2), Act::Press);
    assert_eq!(user.selected(), "a");
}

#[test]
fn the_wheel_moves_the_selection() {
    let mut user = User::with_three();
    let place = user.place_of("b/", 5);
    user.gesture(place, Act::WheelDown);
    assert_eq!(user.selected(), ".  the directory itself");
    user.gesture(place, Act::WheelUp);
    assert_eq!(user.selected(), "a");
}

#[test]
fn parts_of_the_path_show_that_directory() {
    let mut user = User::with_three();
    user.hear([
        found(DirId(4), DirId(5), &["inner"]),
        found(DirId(5), DirId(6), &["most"]),
    ]);
    user.wait(300);
    let open = |user: &mut User| {
        for row in ["c/", "inner/", "most/"] {
            // The path stands on the line before the heads.
            let heads = usize::from(user.place_of("disk", 5).1);
            user.click(row, heads);
            user.press_named(KeyCode::Enter);
        }
        assert_eq!(user.model.browser.dir(), DirId(6));
    };
    open(&mut user);
    user.click("inner", 5);
    assert_eq!(
        (user.model.browser.dir(), user.selected()),
        (DirId(5), "most")
    );
    user.click("ada", 5);
    assert_eq!((user.model.browser.dir(), user.selected()), (ROOT, "c"));
    open(&mut user);
    user.click("/home", 5);
    assert_eq!(
        user.model.browser.dir(),
        ROOT,
        "above it nothing can be shown"
    );
    user.tell(Message::Resized {
        columns: 24,
        lines: 20,
    });
    open(&mut user);
    let (column, line) = user.place_of("…", 5);
    user.gesture((column, line), Act::Press);
    assert_eq!(
        user.model.browser.dir(),
        DirId(6),
        "what is left out is nothing"
    );
    user.click("most", usize::from(line));
    assert_eq!(user.model.browser.dir(), DirId(6));
}

#[test]
fn heads_views_and_keys_act_as_their_keys_do() {
    let mut user = User::with_three();
    user.click("name", 5);
    user.click("name", 5);
    assert_eq!(user.rows()[..3], ["c", "b", "a"]);
    user.click("disk", 5);
    assert_eq!(user.rows()[..3], ["a", "b", "c"]);
    user.click("6 Problems", 5);
    assert_eq!(user.model.view, View::Problems);
    user.click("1 Browse", 5);
    assert_eq!(user.model.view, View::Browse);
    user.click("? help", 5);
    assert!(user.model.help.is_some());
    user.click("close", 5);
    assert!(user.model.help.is_none());
    user.click("n C", 5);
    assert_eq!(user.rows()[..3], ["a", "b", "c"], "each key is its own");
    assert_eq!(user.click("stop", 5), Some(Effect::Stop));
}

#[test]
fn nothing_is_hit_outside_and_every_place_of_every_size_can_be_pressed() {
    for (columns, lines) in [(1, 1), (24, 6), (40, 12), (80, 24)] {
        let mut user = User::with_three();
        user.tell(Message::Resized { columns, lines });
        for place in (0..=columns).flat_map(|column| (0..=lines).map(move |line| (column, line))) {
            user.gesture(place, Act::Press);
            user.gesture(place, Act::WheelUp);
        }
    }
}

#[test]
fn a_press_selects_a_tile_and_a_second_one_opens_it() {
    let mut user = User::with_three();
    user.press('2');
    user.click("b/", 5);
    assert_eq!(user.model.views.map.selected(), Some(1));
    user.wait(100);
    user.click("b/", 5);
    assert_eq!(user.model.dir(), DirId(3));
}
