//! Journeys through the views.

use crossterm::event::KeyCode;
use spelunk::{
    derive::{ages::Age, kinds::Class},
    scan::{
        dir::{DirId, Identity},
        event::{Block, Event, Failure},
        gauge::Call,
    },
    tree::block::{Kind, Metadata, Packer},
    ui::{
        model::{Colouring, Content, Type, View},
        update::Message,
    },
};

use super::{ROOT, User, found};

#[test]
fn tab_walks_through_the_views_and_their_numbers_show_them() {
    let mut user = User::with_three();
    let mut seen = vec![user.model.view];
    for _ in 0..6 {
        user.press_named(KeyCode::Tab);
        seen.push(user.model.view);
    }
    assert_eq!(seen[..6], View::ALL);
    assert_eq!(seen[6], View::Browse, "after the last comes the first");
    user.press_named(KeyCode::BackTab);
    assert_eq!(user.model.view, View::Problems);
    for view in View::ALL {
        user.press(char::from_digit(view.number() as u32, 10).expect("six views"));
        assert_eq!(user.model.view, view);
    }
}

#[test]
fn every_view_is_there_before_anything_is_known() {
    let mut user = User::new();
    for view in View::ALL {
        user.press(char::from_digit(view.number() as u32, 10).expect("six views"));
        assert_eq!(user.model.view, view);
        for key in [
            KeyCode::Down,
            KeyCode::Right,
            KeyCode::Left,
            KeyCode::End,
            KeyCode::Enter,
        ] {
            user.press(char::from_digit(view.number() as u32, 10).expect("six views"));
            user.press_named(key);
            user.wait(300);
        }
    }
}

#[test]
fn a_map_without_room_is_shown_as_rows() {
    let mut user = User::with_three();
    user.press('2');
    assert_eq!(user.model.content(), Content::View(View::Map));
    user.tell(Message::Resized {
        columns: 80,
        lines: 5,
    });
    assert_eq!(user.model.content(), Content::View(View::Browse));
}

/// A user who looks at a root with a film, two programs, and a directory with an old text.
fn with_files() -> User {
    const DAY: i64 = 86_400;
    let mut user = User::new();
    let file = |name: &'static str, size: u64, days: i64| (name, size, -days * DAY);
    user.hear([
        found(DirId::TOP, ROOT, &["/home/ada"]),
        Event::Entered { dir: ROOT },
        found(ROOT, DirId(2), &["old", "deep"]),
        found(DirId(3), DirId(4), &["below"]),
        timed(ROOT, &[file("film.mp4", 400, 20), file("a.rs", 8, 2)]),
        timed(DirId(2), &[file("letter.txt", 90, 4000)]),
        timed(DirId(4), &[file("b.RS", 16, 900), file("c.rs", 4, 900)]),
        Event::Listed {
            dir: ROOT,
            slices: 0,
        },
    ]);
    user.wait(300);
    user
}

/// Files in `dir`, with sizes in KiB and times of their last modification.
fn timed(dir: DirId, files: &[(&str, u64, i64)]) -> Event {
    let mut packer = Packer::default();
    for (name, size, modified) in files {
        let metadata = Metadata {
            kind: Kind::File,
            disk: size * 1024,
            apparent: size * 512,
            modified: *modified,
            identity: Identity {
                device: 1,
                inode: 1,
            },
            links: 1,
        };
        assert!(packer.add(name.as_bytes(), &metadata).is_none());
    }
    Event::Block(Block {
        dir,
        files: packer.finish(),
        links: Vec::new(),
    })
}

impl User {
    fn largest(&self) -> Vec<&str> {
        let rows = self.model.views.largest.rows().iter();
        rows.map(|row| row.path.as_str()).collect()
    }

    fn types(&self) -> Vec<(String, u64)> {
        let types = &self.model.views.types;
        let name = |what: &Type| match what {
            Type::Ending(ending) => format!(".{ending}"),
            other => format!("{other:?}"),
        };
        types
            .rows()
            .iter()
            .map(|row| (name(&row.what), row.sums.files))
            .collect()
    }
}

#[test]
fn the_largest_files_are_those_below_the_directory_and_enter_shows_one_among_its_rows() {
    let mut user = with_files();
    user.press('3');
    assert_eq!(
        user.largest(),
        [
            "film.mp4",
            "old/letter.txt",
            "deep/below/b.RS",
            "a.rs",
            "deep/below/c.rs"
        ]
    );
    assert_eq!(user.model.views.largest.rows()[0].size, 400 * 1024);
    user.press('a');
    assert_eq!(user.model.views.largest.rows()[0].size, 200 * 1024);
    user.press('j');
    user.press('j');
    assert_eq!(user.model.views.largest.selected_line(), Some(2));
    user.press_named(KeyCode::Enter);
    assert_eq!(user.model.view, View::Browse);
    assert_eq!((user.model.dir(), user.selected()), (DirId(4), "b.RS"));
    user.press('3');
    assert_eq!(user.largest(), ["b.RS", "c.rs"], "of where one is now");
    user.press('h');
    assert_eq!(user.largest(), ["below/b.RS", "below/c.rs"]);
}

#[test]
fn what_comes_later_is_in_the_views_within_a_second_and_the_selection_stays() {
    let mut user = with_files();
    user.press('3');
    user.press('j');
    user.wait(3_000);
    user.hear([timed(DirId(2), &[("huge.bin", 9000, 0)])]);
    user.wait(1_000);
    assert_eq!(user.largest()[0], "old/huge.bin");
    assert_eq!(
        user.model.views.largest.selected_line(),
        Some(2),
        "the letter"
    );
    user.press('j');
    user.hear([timed(DirId(2), &[("more.bin", 8000, 0)])]);
    user.wait(1_000);
    assert_eq!(
        user.largest()[1],
        "film.mp4",
        "nothing moves under the hand"
    );
    user.wait(2_000);
    assert_eq!(user.largest()[1], "old/more.bin");
}

#[test]
fn types_are_told_by_ending_whatever_its_case_and_are_ordered_as_asked() {
    let mut user = with_files();
    user.press('4');
    let by_size = [(".mp4", 1), (".txt", 1), (".rs", 3)];
    let named = |rows: &[(&str, u64)]| -> Vec<(String, u64)> {
        rows.iter()
            .map(|(name, files)| ((*name).to_owned(), *files))
            .collect()
    };
    assert_eq!(user.types(), named(&by_size));
    user.press('C');
    assert_eq!(user.types(), named(&[(".rs", 3), (".mp4", 1), (".txt", 1)]));
    user.press('s');
    assert_eq!(user.types(), named(&by_size));
    user.press('s');
    assert_eq!(user.types()[0].0, ".rs", "the same key again reverses");
    user.press('j');
    let pattern = user.model.views.types.selected_pattern();
    assert_eq!(pattern.as_deref(), Some("*.txt"));
}

#[test]
fn a_type_lists_its_files() {
    let mut user = with_files();
    user.press('4');
    user.press('j');
    user.press('j');
    user.press_named(KeyCode::Enter);
    user.wait(600);
    let find = user.model.find().expect("the files are looked for");
    assert_eq!(find.prompt().text(), "*.rs");
    let found: Vec<&str> = find.rows().iter().map(|row| row.path.as_str()).collect();
    assert_eq!(found, ["deep/below/b.RS", "a.rs", "deep/below/c.rs"]);
    user.press_named(KeyCode::Esc);
    assert_eq!(user.model.view, View::Types, "back where one was");
}

#[test]
fn an_age_opens_the_largest_files_of_that_age() {
    let mut user = with_files();
    user.press('5');
    let ages: Vec<(Age, u64)> = user
        .model
        .views
        .ages
        .rows()
        .filter(|(_, sums)| sums.files > 0)
        .map(|(age, sums)| (age, sums.files))
        .collect();
    let expected = [
        (Age::Week, 1),
        (Age::Month, 1),
        (Age::FiveYears, 2),
        (Age::Older, 1),
    ];
    assert_eq!(ages, expected);
    user.press('G');
    user.press('k');
    user.press('k');
    assert_eq!(user.model.views.ages.selected(), Age::FiveYears);
    user.press_named(KeyCode::Enter);
    assert_eq!(user.model.view, View::Largest);
    assert_eq!(user.largest(), ["deep/below/b.RS", "deep/below/c.rs"]);
    user.press('3');
    assert_eq!(user.largest().len(), 5, "its own key shows all again");
}

#[test]
fn a_problem_is_explained_and_enter_goes_there() {
    let mut user = with_files();
    user.press('6');
    assert!(user.model.views.problems.is_empty());
    let failure = |dir, number| Failure {
        dir,
        entry: None,
        call: Call::Opendir,
        cause: std::io::Error::from_raw_os_error(number),
    };
    user.hear([DirId(4), DirId(2)].map(|dir| Event::Failed(failure(dir, 13))));
    user.wait(300);
    let problems = &user.model.views.problems;
    let rows: Vec<(&str, &str)> = problems
        .rows()
        .iter()
        .map(|row| (row.path.as_str(), row.cause.as_str()))
        .collect();
    let denied = "permission denied";
    assert_eq!(rows, [("deep/below", denied), ("old", denied)], "by path");
    assert_eq!((problems.counts().failed, problems.counts().denied), (2, 2));
    let explanation = problems.explanation().expect("there is room");
    assert_eq!(explanation.path, "/home/ada/deep/below");
    assert!(
        explanation.text.contains("(EACCES)"),
        "{}",
        explanation.text
    );
    user.press('j');
    user.press_named(KeyCode::Enter);
    assert_eq!((user.model.view, user.model.dir()), (View::Browse, ROOT));
    assert_eq!(user.selected(), "old");
    user.press('l');
    user.press('6');
    let rows = user.model.views.problems.rows();
    assert_eq!(rows.len(), 1, "of where one is");
    assert_eq!(rows[0].path, ".");
}

impl User {
    fn tiles(&self) -> Vec<&str> {
        let tiles = self.model.views.map.tiles().iter();
        tiles.map(|tile| tile.name.as_str()).collect()
    }

    fn tile(&self) -> &str {
        let map = &self.model.views.map;
        map.selected()
            .map_or("", |number| map.tiles()[number].name.as_str())
    }
}

/// A user before the map of a root with four directories of 400, 300, 200 and 100 KiB.
fn with_map() -> User {
    let mut user = User::new();
    user.hear([
        found(DirId::TOP, ROOT, &["/home/ada"]),
        Event::Entered { dir: ROOT },
        found(ROOT, DirId(2), &["a", "b", "c", "d"]),
        timed(DirId(2), &[("film.mp4", 300, 0), ("x.rs", 100, 0)]),
        timed(DirId(3), &[("b.rs", 300, 0)]),
        timed(DirId(4), &[("c.rs", 200, 0)]),
        timed(DirId(5), &[("d.rs", 100, 0)]),
        Event::Listed {
            dir: ROOT,
            slices: 0,
        },
    ]);
    user.wait(300);
    user.press('2');
    (0..5).for_each(|_| user.wait(200));
    user
}

#[test]
fn tiles_are_walked_by_arrows_and_the_entry_is_selected_among_the_rows_as_well() {
    let mut user = with_map();
    assert_eq!(user.tiles(), ["a/", "b/", "c/", "d/"]);
    assert_eq!(user.tile(), "a/");
    let first = &user.model.views.map.tiles()[0];
    assert_eq!(first.inside.len(), 2);
    assert_eq!(first.most.map(|(class, _)| class), Some(Class::Video));
    let second = &user.model.views.map.tiles()[1];
    assert!(second.area.x > first.area.x);
    user.press_named(KeyCode::Right);
    assert_eq!(user.tile(), "b/");
    user.press('h');
    assert_eq!(user.tile(), "a/");
    user.press('h');
    assert_eq!(user.tile(), "a/", "nothing is further to the left");
    user.press_named(KeyCode::End);
    assert_eq!(user.tile(), "d/");
    user.press('1');
    assert_eq!(user.selected(), "d");
    user.press('k');
    user.press('2');
    assert_eq!(user.tile(), "c/");
}

#[test]
fn enter_opens_a_tile_and_backspace_goes_up_to_it() {
    let mut user = with_map();
    user.press('l');
    user.press_named(KeyCode::Enter);
    assert_eq!(user.model.dir(), DirId(3));
    assert_eq!(user.tiles(), ["b.rs"]);
    user.press_named(KeyCode::Enter);
    assert_eq!(user.model.dir(), DirId(3), "a file is not opened");
    user.press_named(KeyCode::Backspace);
    assert_eq!((user.model.dir(), user.tile()), (ROOT, "b/"));
}

#[test]
fn what_has_no_tile_is_opened_among_the_rows() {
    let mut user = with_map();
    let small: Vec<String> = (0..30).map(|number| format!("{number:02}")).collect();
    let small: Vec<(&str, u64, i64)> = small.iter().map(|name| (name.as_str(), 4, 0)).collect();
    user.hear([timed(ROOT, &small)]);
    (0..12).for_each(|_| user.wait(200));
    assert_eq!(user.tiles()[4], "30 more");
    user.press_named(KeyCode::End);
    assert_eq!(user.tile(), "30 more");
    user.press_named(KeyCode::Enter);
    assert_eq!((user.model.view, user.selected()), (View::Browse, "00"));
}

#[test]
fn m_colours_tiles_by_age() {
    let mut user = with_map();
    assert_eq!(user.model.views.map.colouring(), Colouring::Kind);
    user.press('m');
    assert_eq!(user.model.views.map.colouring(), Colouring::Age);
    user.press('m');
    assert_eq!(user.model.views.map.colouring(), Colouring::Kind);
}
