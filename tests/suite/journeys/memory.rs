//! Journeys where memory is short: small files are folded where nobody looks, and are there again
//! where somebody does.

use crossterm::event::KeyCode;
use spelunk::{
    scan::Part,
    state::rescans::Rescan,
    ui::model::{Find, View},
};

use super::*;

const A: DirId = DirId(2);
const ANEW: DirId = DirId(100);

/// So many files of 1 KiB with long names, and a larger one.
fn many(dir: DirId) -> Vec<Event> {
    let names: Vec<String> = (0..3_000)
        .map(|number| format!("{}-{number}", "long".repeat(20)))
        .collect();
    let small: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let mut events: Vec<Event> = small.chunks(1_000).map(|part| files(dir, part)).collect();
    events.push(files(dir, &[("film", 2_048)]));
    events
}

/// A scan with little memory that has not come to the many files yet.
fn begun() -> User {
    let mut user = User::with("memory = '64K'");
    user.hear([
        found(DirId::TOP, ROOT, &["/home/ada"]),
        Event::Entered { dir: ROOT },
        found(ROOT, A, &["a", "b", "c"]),
        files(DirId(3), &[("y", 20)]),
        Event::Listed {
            dir: ROOT,
            slices: 0,
        },
    ]);
    user
}

/// A complete scan with the small files of `a` folded, the root shown.
fn folded() -> User {
    let mut user = begun();
    user.hear(many(A));
    // What comes last is never folded.
    user.hear(many(ROOT));
    user.complete();
    user.wait(300);
    user
}

impl User {
    fn row_of(&self, start: &str) -> Option<(&str, Option<u64>)> {
        let mut rows = self.model.browser.rows().iter();
        let row = rows.find(|row| row.name.starts_with(start))?;
        Some((row.name.as_str(), row.files))
    }
}

#[test]
fn the_totals_stay_and_the_header_says_what_happened() {
    let user = folded();
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(user.model.figures.files, 6_003);
    assert_eq!(user.model.figures.size / 1024, 6_000 + 2 * 2_048 + 20);
    let notice = user.model.notice.as_ref().map(|notice| &*notice.text);
    assert_eq!(
        notice,
        Some("Small files are folded into one row per directory (--memory 64.0 KiB).")
    );
    assert_eq!(user.model.state.tree().folded_dirs(), 1, "one is shown");
}

#[test]
fn whoever_enters_a_folded_directory_has_it_listed_again() {
    let mut user = folded();
    assert_eq!(user.model.wants_listed(), None);
    assert_eq!(user.selected(), "a");
    user.press_named(KeyCode::Enter);
    user.wait(300);
    assert_eq!(
        user.row_of("3,000"),
        Some(("3,000 small files folded (--memory)", Some(3_000)))
    );
    assert_eq!(user.rows()[0], "film", "large files stay");
    assert_eq!(user.model.wants_listed(), Some(A));
    assert_eq!(user.model.wants_listed(), None, "once");
    let (size, bound) = (user.model.browser.total(), user.model.browser.bound());
    user.tell(Message::Listing(vec![Rescan { of: A, anew: ANEW }]));
    user.tell(Message::WentOn(Ok(Part::Only(vec![ANEW]))));
    user.wait(300);
    assert_eq!(
        user.row_of("3,000").map(|(name, _)| name),
        Some("3,000 small files folded; being listed again")
    );
    assert_eq!(user.selected(), "film");
    user.press_named(KeyCode::Down);
    let selected = user.selected().to_owned();
    user.hear([Event::Entered { dir: ANEW }]);
    user.hear([opened(ANEW)]);
    user.hear(many(ANEW));
    assert_eq!(
        (user.model.browser.total(), user.model.browser.bound()),
        (size, bound),
        "nothing is seen of it"
    );
    user.hear([Event::Listed {
        dir: ANEW,
        slices: 0,
    }]);
    user.all_leave();
    user.wait(300);
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(user.row_of("3,000"), None);
    assert_eq!(user.model.browser.len(), 3_002, "and the directory itself");
    assert_eq!(user.selected(), selected, "it is the same one");
    assert_eq!(user.model.browser.total(), size);
    assert!(!user.model.state.tree().is_folded(A));
    assert_eq!(user.model.dir(), A);
}

fn opened(dir: DirId) -> Event {
    let metadata = Metadata {
        kind: Kind::Directory,
        disk: 0,
        apparent: 0,
        modified: 0,
        identity: Identity {
            device: 1,
            inode: 77,
        },
        links: 1,
    };
    Event::Opened { dir, metadata }
}

#[test]
fn lists_know_the_large_files_and_tables_all_of_them() {
    let mut user = folded();
    user.press('3');
    user.wait(600);
    let largest = user.model.views.largest.rows();
    let films = largest.iter().filter(|row| row.path.ends_with("film"));
    assert_eq!(films.count(), 2);
    assert_eq!(user.model.views.largest.len(), 1000);
    user.press('4');
    user.wait(600);
    assert_eq!(user.model.views.types.all().files, 6_003);
    assert_eq!(user.model.view, View::Types);
    user.press('/');
    for letter in "long".chars() {
        user.press(letter);
    }
    user.wait(600);
    let found = user.model.find().map(Find::count);
    assert_eq!(found, Some(3_000), "those of the directory that was shown");
}

#[test]
fn views_keep_what_they_know_while_files_are_folded() {
    let mut user = begun();
    user.press('4');
    user.hear(many(A));
    user.wait(1_100);
    let known = |user: &User| user.model.views.types.all().files;
    assert_eq!(known(&user), 3_002);
    user.hear(many(ROOT));
    assert!(user.model.state.tree().is_folded(A));
    assert_eq!(known(&user), 3_002, "until the next turn");
    user.wait(1_100);
    assert_eq!(known(&user), 6_003);
    user.press('3');
    user.wait(1_100);
    assert_eq!(user.model.views.largest.len(), 1_000);
    for letter in ['/', 'f', 'i', 'l', 'm'] {
        user.press(letter);
    }
    user.wait(600);
    user.hear(many(DirId(3)));
    user.hear(many(DirId(4)));
    assert!(user.model.state.tree().is_folded(DirId(3)));
    let found = user.model.find().expect("it is typed");
    let paths: Vec<&str> = found.rows().iter().map(|row| &*row.path).collect();
    assert_eq!(paths[..2], ["a/film", "film"]);
    user.wait(600);
    assert_eq!(user.model.find().map(Find::count), Some(4));
    user.press_named(KeyCode::Esc);
    user.wait(1_100);
    let rows = user.model.views.largest.rows();
    let films = rows.iter().filter(|row| row.path.ends_with("film"));
    assert_eq!((films.count(), rows[4].path.as_str()), (4, "b/y"));
}

#[test]
fn a_mark_keeps_its_directory_as_it_is() {
    let mut user = User::with("memory = '64K'");
    user.hear([
        found(DirId::TOP, ROOT, &["/home/ada"]),
        Event::Entered { dir: ROOT },
        found(ROOT, A, &["a", "b", "c"]),
        files(A, &[("x", 30)]),
        Event::Listed {
            dir: ROOT,
            slices: 0,
        },
    ]);
    user.wait(300);
    user.press_named(KeyCode::Enter);
    user.wait(300);
    user.press(' ');
    user.press_named(KeyCode::Backspace);
    user.hear(many(A));
    user.hear(many(ROOT));
    user.wait(300);
    assert_eq!(user.model.state.tree().folded_dirs(), 0);
    user.press('U');
    user.hear(many(DirId(3)));
    user.wait(300);
    assert!(user.model.state.tree().is_folded(A));
}
