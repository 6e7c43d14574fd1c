//! Finding: letters in, rows out, going to what was found, and back.

use spelunk::ui::model::{Content, Find, Stage, View};

use super::*;

impl User {
    fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            self.press(letter);
        }
    }

    fn found(&self) -> Vec<&str> {
        let find = self.model.find().expect("something is looked for");
        find.rows().iter().map(|row| row.path.as_str()).collect()
    }

    fn stage(&self) -> Option<Stage> {
        self.model.find().map(Find::stage)
    }
}

/// `a` with `x1` and `deep/x2`, the others as ever.
fn with_more() -> User {
    let mut user = User::with_three();
    user.hear([
        found(DirId(2), DirId(5), &["deep"]),
        files(DirId(5), &[("x2", 70)]),
        files(DirId(2), &[("x1", 5)]),
    ]);
    user.wait(300);
    user
}

#[test]
fn rows_follow_each_letter_and_the_scan() {
    let mut user = with_more();
    user.press('/');
    assert_eq!((user.found().len(), user.stage()), (0, Some(Stage::Typing)));
    user.press('x');
    assert_eq!(
        user.found(),
        ["a/deep/x2", "a/x", "a/x1"],
        "the largest first"
    );
    user.press('2');
    assert_eq!(user.found(), ["a/deep/x2"]);
    user.press_named(KeyCode::Backspace);
    assert_eq!(user.found().len(), 3);
    user.hear([files(DirId(4), &[("box", 99)])]);
    user.wait(600);
    assert_eq!(user.found()[0], "c/box");
    assert_eq!(user.model.find().expect("it is open").count(), 4);
}

#[test]
fn letters_are_text_while_the_line_is_typed() {
    let mut user = with_more();
    user.press('/');
    user.type_text("q?pn x");
    let find = user.model.find().expect("it is open");
    assert_eq!(find.prompt().text(), "q?pn x");
    assert_eq!(user.model.scan, ScanState::Scanning);
    assert_eq!(user.tell(Message::Key(Key::Control('w'))), None);
    assert_eq!(
        user.model.find().map(|find| find.prompt().text()),
        Some("q?pn ")
    );
    user.tell(Message::Key(Key::Control('u')));
    user.tell(Message::Paste("x2\n".into()));
    assert_eq!(user.found(), ["a/deep/x2"]);
    assert_eq!(
        user.tell(Message::Key(Key::Control('c'))),
        Some(Effect::Stop)
    );
}

#[test]
fn a_paste_presses_no_keys() {
    let mut user = with_more();
    assert_eq!(user.tell(Message::Paste("q/xG".into())), None);
    assert_eq!((user.stage(), user.selected()), (None, "a"));
}

#[test]
fn escape_returns_to_where_one_was_and_does_not_stop_the_scan() {
    let mut user = with_more();
    user.press('j');
    user.press('3');
    user.press('/');
    user.type_text("x");
    user.press_named(KeyCode::Down);
    assert_eq!(user.press_named(KeyCode::Esc), None);
    assert_eq!(user.stage(), None);
    assert_eq!(user.model.content(), Content::View(View::Largest));
    user.press('1');
    assert_eq!((user.model.browser.dir(), user.selected()), (ROOT, "b"));
}

#[test]
fn enter_goes_there_n_steps_and_escape_ends_it_there() {
    let mut user = with_more();
    user.press('/');
    user.type_text("x");
    user.press_named(KeyCode::Down);
    user.press_named(KeyCode::Enter);
    assert_eq!(user.stage(), Some(Stage::Stepping));
    assert_eq!((user.model.browser.dir(), user.selected()), (DirId(2), "x"));
    user.press('n');
    assert_eq!(
        (user.model.browser.dir(), user.selected()),
        (DirId(2), "x1")
    );
    user.press('n');
    assert_eq!(user.selected(), "x2", "and around");
    user.press('N');
    user.press('N');
    assert_eq!(user.selected(), "x");
    assert_eq!(user.press_named(KeyCode::Esc), None);
    assert_eq!((user.stage(), user.selected()), (None, "x"));
    assert_eq!(user.model.scan, ScanState::Scanning);
    user.press('n');
    assert_eq!(
        user.rows(),
        ["deep", "x", "x1", ".  the directory itself"],
        "n sorts by name again"
    );
}

#[test]
fn it_is_looked_for_below_the_directory_that_is_shown() {
    let mut user = with_more();
    user.press_named(KeyCode::Enter);
    user.press('/');
    user.type_text("x");
    assert_eq!(user.found(), ["deep/x2", "x", "x1"]);
    user.tell(Message::Key(Key::Control('u')));
    user.type_text("y");
    assert!(user.found().is_empty(), "y is in b");
}

#[test]
fn directories_are_found_with_what_is_in_them() {
    let mut user = with_more();
    user.press('/');
    user.type_text("deep");
    assert_eq!(user.found(), ["a/deep", "a/deep/x2"]);
    user.press_named(KeyCode::Enter);
    assert_eq!(
        (user.model.browser.dir(), user.selected()),
        (DirId(2), "deep")
    );
    user.press_named(KeyCode::Enter);
    assert_eq!(user.rows()[0], "x2", "it can be opened as ever");
    assert_eq!(user.stage(), Some(Stage::Stepping));
}

#[test]
fn what_is_hidden_is_found_and_shown() {
    let mut user = User::with_three();
    user.hear([files(ROOT, &[(".secret", 1)])]);
    user.wait(300);
    user.press('e');
    user.press('/');
    user.type_text("secret");
    user.press_named(KeyCode::Enter);
    assert_eq!(user.selected(), ".secret");
}

#[test]
fn enter_without_anything_found_goes_nowhere() {
    let mut user = with_more();
    user.press('/');
    user.press_named(KeyCode::Enter);
    user.type_text("zzz");
    user.press_named(KeyCode::Enter);
    assert_eq!(
        (user.stage(), user.model.browser.dir()),
        (Some(Stage::Typing), ROOT)
    );
}
