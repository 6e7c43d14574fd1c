//! Journeys with directories that are read again: the old numbers stay until the new ones are
//! complete, and what is shown, selected and marked is found again by name.

use crossterm::event::KeyCode;
use spelunk::{
    scan::{
        Abandoned, Part,
        dir::{DirId, Identity},
        event::{Event, Failure, WorkerId},
        gauge::{Call, Reading},
    },
    state::{ScanState, rescans::Rescan},
    tree::{
        Bound,
        block::{Kind, Metadata},
    },
    ui::{
        keymap::Key,
        model::{Row, RowState, View, WorkerState},
        update::{Effect, Message},
    },
};

use super::{ROOT, User, files, found};

const A: DirId = DirId(2);
const B: DirId = DirId(3);
/// The numbers under which something is read again begin here.
const ANEW: DirId = DirId(100);

fn listed(dir: DirId) -> Event {
    Event::Listed { dir, slices: 0 }
}

fn opened(dir: DirId, kind: Kind) -> Event {
    let metadata = Metadata {
        kind,
        disk: 1024,
        apparent: 512,
        modified: 0,
        identity: Identity {
            device: 1,
            inode: u64::from(dir.0),
        },
        links: 1,
    };
    Event::Opened { dir, metadata }
}

/// All that a worker says of a directory with these files, in KiB, and these subdirectories.
fn read(dir: DirId, first: DirId, dirs: &[&str], in_it: &[(&str, u64)]) -> Vec<Event> {
    let mut events = vec![Event::Entered { dir }, opened(dir, Kind::Directory)];
    if !dirs.is_empty() {
        events.push(found(dir, first, dirs));
    }
    if !in_it.is_empty() {
        events.push(files(dir, in_it));
    }
    events.push(listed(dir));
    events
}

impl User {
    /// Presses `key`, which lets `of` be read again as `anew`, in a new scan if there is none.
    fn reads_again(&mut self, key: char, of: DirId, anew: DirId) {
        let ran = self.model.scan.is_running();
        assert_eq!(self.press(key), Some(Effect::Rescan(vec![of])));
        self.tell(Message::Rescanned(vec![Rescan { of, anew }]));
        if !ran {
            let part = Part::Only(vec![anew]);
            self.tell(Message::WentOn(Ok(part)));
        }
    }

    fn row(&self, name: &str) -> Option<&Row> {
        let mut rows = self.model.browser.rows().iter();
        rows.find(|row| row.name == name)
    }

    fn notice(&self) -> &str {
        self.model.notice.as_ref().map_or("", |notice| &notice.text)
    }

    /// Size in KiB and state of a row, and how the size stands to what is there.
    fn told(&self, name: &str) -> Option<(i128, RowState, Bound)> {
        let row = self.row(name)?;
        Some((row.size / 1024, row.state?, row.bound))
    }

    fn total(&self) -> i128 {
        self.model.figures.size / 1024
    }
}

/// The scan of `a`, `b` and `c` is complete; in `a` are `x`, `y`, and `deep` with `er` and `file`.
fn complete() -> User {
    let mut user = User::with_three();
    user.hear([
        found(A, DirId(5), &["deep"]),
        files(A, &[("y", 5)]),
        found(DirId(5), DirId(6), &["er"]),
        files(DirId(5), &[("file", 4), ("other", 3)]),
        files(DirId(6), &[("inside", 2)]),
        listed(DirId(5)),
        listed(DirId(6)),
    ]);
    user.complete();
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(user.total(), 74);
    user
}

#[test]
fn the_old_numbers_stay_until_the_new_ones_are_complete() {
    let mut user = complete();
    let scanned = user.model.elapsed;
    user.reads_again('r', A, ANEW);
    assert_eq!(user.model.scan, ScanState::Scanning);
    assert_eq!(user.told("a"), Some((44, RowState::Rescan, Bound::About)));
    assert_eq!(user.told("b"), Some((20, RowState::Complete, Bound::Exact)));
    assert_eq!(user.model.figures.bound, Bound::About);
    assert!(user.model.elapsed >= scanned);
    user.hear(read(ANEW, DirId(101), &["deep"], &[("x", 300)]));
    user.wait(2_000);
    assert_eq!(user.total(), 74, "not yet");
    assert_eq!(user.told("a"), Some((44, RowState::Rescan, Bound::About)));
    assert!(
        user.model
            .progress
            .is_some_and(|progress| progress.low > 0.0)
    );
    user.hear(read(DirId(101), DirId(102), &[], &[("new", 8)]));
    assert_eq!(user.notice(), "a/ read again: 310.0 KiB, was 44.0 KiB.");
    assert_eq!(user.total(), 340);
    user.all_leave();
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(
        user.told("a"),
        Some((310, RowState::Complete, Bound::Exact))
    );
    assert_eq!(user.model.figures.bound, Bound::Exact);
    assert_eq!(user.selected(), "a");
    user.press('x');
    assert_eq!(user.notice(), "Nothing to skip: a/ is complete.");
}

#[test]
fn what_is_shown_and_selected_is_found_again_by_name() {
    let mut user = complete();
    user.press_named(KeyCode::Enter);
    user.press('j');
    user.press_named(KeyCode::Enter);
    user.press('j');
    assert_eq!((user.model.dir(), user.selected()), (DirId(5), "other"));
    user.press('h');
    user.press('h');
    user.reads_again('r', A, ANEW);
    user.press_named(KeyCode::Enter);
    user.press('j');
    user.press_named(KeyCode::Enter);
    user.press('j');
    assert_eq!(
        user.selected(),
        "other",
        "the old one can be walked through"
    );
    user.press('r');
    assert_eq!(
        user.notice(),
        "other is a file. R reads this directory again."
    );
    assert_eq!(user.press('R'), None);
    assert_eq!(user.notice(), "deep/ is being read again.");
    user.hear(read(ANEW, DirId(101), &["deep"], &[]));
    user.hear(read(
        DirId(101),
        DirId(102),
        &["er"],
        &[("aaa", 90), ("other", 60)],
    ));
    user.hear(read(DirId(102), DirId(103), &[], &[]));
    assert_eq!(user.model.dir(), DirId(101));
    assert_eq!(
        user.rows(),
        ["aaa", "other", "er", ".  the directory itself"]
    );
    assert_eq!(user.selected(), "other");
    user.press('h');
    assert_eq!(user.selected(), "deep");
    user.press('h');
    assert_eq!(user.selected(), "a");
}

#[test]
fn where_it_is_gone_the_nearest_above_is_shown() {
    // Gone, become a file, and gone with what it was in.
    let mut user = complete();
    user.press_named(KeyCode::Enter);
    user.press('j');
    user.press_named(KeyCode::Enter);
    user.press_named(KeyCode::End);
    user.press('k');
    assert_eq!(user.selected(), "er");
    user.press_named(KeyCode::Enter);
    assert_eq!(user.model.dir(), DirId(6));
    // From inside, as another one that is above would be by `r` on its row.
    user.tell(Message::Rescanned(vec![Rescan { of: A, anew: ANEW }]));
    user.tell(Message::WentOn(Ok(Part::Only(vec![ANEW]))));
    user.hear(read(ANEW, DirId(101), &["deep"], &[]));
    user.hear(read(DirId(101), DirId(102), &[], &[("er", 7), ("zz", 9)]));
    assert_eq!(user.model.dir(), DirId(101), "`er` is a file");
    assert_eq!(user.selected(), "er");
    user.all_leave();

    user.press('h');
    let deep = DirId(101);
    user.reads_again('r', deep, DirId(200));
    user.press_named(KeyCode::Enter);
    assert_eq!(user.model.dir(), deep);
    user.hear([Event::Entered { dir: DirId(200) }, listed(DirId(200))]);
    assert_eq!(user.notice(), "Gone: a/deep was removed since it was read.");
    assert_eq!(user.model.dir(), ANEW);
    assert_eq!(user.rows(), [".  the directory itself"]);
    user.all_leave();

    user.reads_again('R', ANEW, DirId(300));
    user.hear([
        Event::Entered { dir: DirId(300) },
        opened(DirId(300), Kind::File),
        listed(DirId(300)),
    ]);
    assert_eq!(user.model.dir(), ROOT);
    assert_eq!(user.selected(), "a");
    assert_eq!(user.row("a").map(|row| row.kind), Some(Kind::File));
    user.all_leave();
    assert_eq!(user.press('r'), None);
    assert_eq!(user.notice(), "a is a file. R reads this directory again.");
    assert_eq!(user.total(), 31);
}

#[test]
fn a_selected_row_that_is_gone_gives_its_place() {
    let mut user = complete();
    user.press('j');
    user.reads_again('r', B, ANEW);
    user.hear([Event::Entered { dir: ANEW }, listed(ANEW)]);
    user.all_leave();
    assert_eq!(user.rows(), ["a", "c", ".  the directory itself"]);
    assert_eq!(user.selected(), "c");
    assert_eq!(user.total(), 54);
}

#[test]
fn marks_are_found_again_and_told_of_where_they_are_not() {
    let mut user = complete();
    user.press_named(KeyCode::Enter);
    // `x`, `deep`, and what is in it.
    user.press(' ');
    user.press(' ');
    user.press('k');
    user.press('k');
    assert_eq!(user.selected(), "x");
    assert_eq!(user.model.marks.len(), 2);
    user.press('h');
    user.press('j');
    user.press(' ');
    user.press('k');
    user.press('k');
    user.reads_again('r', A, ANEW);
    user.hear(read(ANEW, DirId(101), &[], &[("x", 100)]));
    user.all_leave();
    assert_eq!(user.model.marks.len(), 2, "`x` and `b`");
    assert_eq!(
        user.notice(),
        "a/ read again: 101.0 KiB, was 44.0 KiB. 1 mark is gone with what it was on."
    );
    user.press_named(KeyCode::Enter);
    assert!(user.row("x").is_some_and(|row| row.marked));
    user.wait(300);
    let sum = user.model.marks.sum().expect("added up");
    assert_eq!(sum.size / 1024, 120);
}

#[test]
fn a_directory_can_be_read_again_while_others_are_still_read() {
    let mut user = User::with_three();
    user.hear([listed(A)]);
    user.wait(300);
    user.reads_again('r', A, ANEW);
    assert_eq!(user.told("a"), Some((30, RowState::Rescan, Bound::About)));
    assert_eq!(user.told("b"), Some((20, RowState::Queued, Bound::AtLeast)));
    assert_eq!(user.model.figures.queued, 3, "`b`, `c` and `a` again");
    user.hear([listed(B)]);
    user.hear(read(ANEW, DirId(101), &[], &[("x", 1)]));
    assert_eq!(user.model.scan, ScanState::Scanning, "`c` is left");
    assert_eq!(user.total(), 32);
    user.hear([listed(DirId(4))]);
    user.all_leave();
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(user.told("a"), Some((2, RowState::Complete, Bound::Exact)));
}

#[test]
fn escape_keeps_the_old_numbers() {
    let mut user = complete();
    user.reads_again('r', A, ANEW);
    user.hear([
        Event::Entered { dir: ANEW },
        opened(ANEW, Kind::Directory),
        found(ANEW, DirId(101), &["one", "two"]),
        files(ANEW, &[("x", 1_000)]),
    ]);
    assert_eq!(user.press_named(KeyCode::Esc), Some(Effect::Stop));
    assert_eq!(user.model.scan, ScanState::Stopping);
    user.all_leave();
    assert_eq!(user.model.scan, ScanState::Complete, "all is as it was");
    assert_eq!(
        user.notice(),
        "a/ was not read to the end; its old numbers stay. r tries again."
    );
    assert_eq!(user.told("a"), Some((44, RowState::Complete, Bound::Exact)));
    assert_eq!((user.total(), user.model.figures.queued), (74, 0));
    assert_eq!(user.model.state.take_forgotten(), [ANEW]);
    assert_eq!(user.press('p'), None, "nothing of it is left");
    // What a worker says of it late is of no interest.
    user.hear([
        found(ANEW, DirId(103), &["three"]),
        Event::Entered { dir: DirId(103) },
        files(DirId(101), &[("x", 1_000)]),
        listed(DirId(101)),
    ]);
    user.wait(300);
    assert_eq!((user.total(), user.model.figures.queued), (74, 0));
    user.reads_again('r', A, DirId(200));
    user.hear(read(DirId(200), DirId(201), &[], &[("x", 9)]));
    user.all_leave();
    assert_eq!(user.told("a"), Some((10, RowState::Complete, Bound::Exact)));
}

#[test]
fn who_leaves_after_a_long_scan_is_asked_and_loses_nothing() {
    let mut user = User::with_three();
    user.wait(20_000);
    user.complete();
    user.reads_again('r', A, ANEW);
    assert_eq!(user.press('q'), Some(Effect::Stop));
    let told = "Stopped; the old numbers stay. q again leaves.";
    assert_eq!(user.notice(), told);
    assert_eq!(user.all_leave(), None);
    assert_eq!(user.notice(), told);
    assert_eq!(user.told("a"), Some((30, RowState::Complete, Bound::Exact)));
    assert_eq!(user.press('q'), Some(Effect::Leave));
}

#[test]
fn x_gives_it_up_and_so_does_skipping_what_is_above() {
    let mut user = complete();
    user.reads_again('r', A, ANEW);
    assert_eq!(user.press('x'), None);
    assert_eq!(
        user.notice(),
        "a/ was not read to the end; its old numbers stay. r tries again."
    );
    assert_eq!(user.told("a"), Some((44, RowState::Complete, Bound::Exact)));
    user.all_leave();
    user.reads_again('r', A, DirId(150));
    user.press_named(KeyCode::Enter);
    user.press('j');
    assert_eq!(user.press('x'), None);
    assert_eq!(user.notice(), "deep/ is read again with what it is in.");
    user.press('h');
    user.press('x');
    user.all_leave();
    user.reads_again('r', A, DirId(200));
    user.hear([Event::Skipped(DirId(200)..DirId(201))]);
    assert_eq!(user.told("a"), Some((44, RowState::Complete, Bound::Exact)));
    user.all_leave();
    assert_eq!(user.model.scan, ScanState::Complete);
}

#[test]
fn a_worker_that_is_stuck_in_it_can_be_left_alone() {
    let mut user = complete();
    user.reads_again('r', A, ANEW);
    user.hear([
        Event::Entered { dir: ANEW },
        opened(ANEW, Kind::Directory),
        found(ANEW, DirId(101), &["deep"]),
        listed(ANEW),
        Event::Entered { dir: DirId(101) },
    ]);
    for _ in 0..2 {
        user.now += std::time::Duration::from_secs(3);
        let gauges = vec![Reading::new(7, Some(Call::Openat)), Reading::default()];
        let now = user.now;
        user.tell(Message::Clock { now, gauges });
    }
    assert_eq!(user.press('X'), Some(Effect::Skip(DirId(101))));
    let [stuck] = user.model.stuck_in_skipped()[..] else {
        panic!("one worker is stuck there")
    };
    let (worker, dir) = (stuck.worker, stuck.dir);
    user.tell(Message::Claimed { worker, dir });
    assert_eq!(
        user.notice(),
        "a/ was not read to the end; its old numbers stay. r tries again."
    );
    user.wait(300);
    assert_eq!(user.told("a"), Some((44, RowState::Complete, Bound::Exact)));
    // It never leaves.
    user.tell(Message::Gone(vec![Abandoned {
        worker,
        call: Some(Call::Openat),
    }]));
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(user.model.figures.problems, 0);
}

#[test]
fn the_root_is_read_again_as_any_other() {
    let mut user = complete();
    user.reads_again('R', ROOT, ANEW);
    assert_eq!(user.told("a"), Some((44, RowState::Rescan, Bound::About)));
    user.hear(read(ANEW, DirId(101), &["b", "new"], &[("file", 50)]));
    user.hear(read(DirId(101), DirId(103), &[], &[("y", 2)]));
    user.hear(read(DirId(102), DirId(103), &[], &[]));
    user.all_leave();
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(user.model.dir(), ANEW);
    assert_eq!(user.rows(), ["file", "b", "new", ".  the directory itself"]);
    assert_eq!(user.total(), 55);
    assert_eq!(user.model.path_below_root(DirId(101)), "b");
    assert_eq!(user.press('h'), None, "it is still the root");
    assert_eq!(user.model.dir(), ANEW);
    user.reads_again('R', ANEW, DirId(200));
}

#[test]
fn what_failed_is_tried_again_by_itself() {
    let failed = |dir| {
        Event::Failed(Failure {
            dir,
            entry: None,
            call: Call::Openat,
            cause: std::io::Error::from(std::io::ErrorKind::PermissionDenied),
        })
    };
    let mut user = User::with_three();
    user.hear([Event::Entered { dir: B }, failed(B), listed(B)]);
    user.hear([A, DirId(4)].map(listed));
    user.all_leave();
    assert_eq!(user.model.figures.problems, 1);
    // On the root it is the same, since nothing else is missing.
    user.reads_again('R', B, ANEW);
    assert_eq!(user.told("b"), Some((20, RowState::Rescan, Bound::About)));
    user.hear([Event::Entered { dir: ANEW }, failed(ANEW), listed(ANEW)]);
    user.all_leave();
    assert_eq!(user.told("b"), Some((20, RowState::Failed, Bound::AtLeast)));
    assert_eq!(user.model.figures.problems, 1);
    assert!(
        user.notice().starts_with("b/ cannot be read: "),
        "{}",
        user.notice()
    );
    user.press('j');
    user.reads_again('r', B, DirId(200));
    user.hear(read(DirId(200), DirId(201), &[], &[("y", 40)]));
    user.all_leave();
    assert_eq!(user.model.figures.problems, 0);
    assert_eq!(user.told("b"), Some((41, RowState::Complete, Bound::Exact)));
    assert_eq!(user.model.figures.bound, Bound::Exact);
}

#[test]
fn of_many_that_failed_all_is_read_again() {
    let mut user = User::new();
    let names: Vec<String> = (0..100).map(|number| format!("d{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    user.hear([
        found(DirId::TOP, ROOT, &["/home/ada"]),
        Event::Entered { dir: ROOT },
        found(ROOT, DirId(2), &names),
        listed(ROOT),
    ]);
    let fails = |number: u32| {
        let dir = DirId(number);
        let cause = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let (entry, call) = (None, Call::Openat);
        let failure = Failure {
            dir,
            entry,
            call,
            cause,
        };
        [Event::Entered { dir }, Event::Failed(failure), listed(dir)]
    };
    user.hear((2..102).flat_map(fails));
    user.all_leave();
    assert_eq!(user.model.figures.problems, 100);
    assert_eq!(user.press('R'), Some(Effect::Rescan(vec![ROOT])));
}

#[test]
fn a_directory_that_was_taken_away_from_a_stuck_worker_is_tried_again() {
    let mut user = User::with_three();
    user.hear([Event::Entered { dir: A }]);
    let worker = WorkerId::from_index(0);
    user.press('x');
    user.tell(Message::Claimed { worker, dir: A });
    user.hear([B, DirId(4)].map(listed));
    user.all_leave();
    assert_eq!(user.told("a").map(|told| told.1), Some(RowState::Skipped));
    user.reads_again('r', A, ANEW);
    user.hear(read(ANEW, DirId(101), &[], &[("x", 7)]));
    user.all_leave();
    assert_eq!(user.told("a"), Some((8, RowState::Complete, Bound::Exact)));
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(user.model.figures.bound, Bound::Exact);
}

#[test]
fn no_view_counts_anything_twice() {
    for view in View::ALL {
        let mut user = complete();
        user.press(char::from_digit(view.number() as u32, 10).expect("six views"));
        user.wait(2_000);
        let before = gathered(&mut user);
        user.press('1');
        user.reads_again('r', A, ANEW);
        user.press(char::from_digit(view.number() as u32, 10).expect("six views"));
        user.hear(read(ANEW, DirId(101), &["deep"], &[("x", 30), ("y", 5)]));
        user.hear(read(
            DirId(101),
            DirId(102),
            &["er"],
            &[("file", 4), ("other", 3)],
        ));
        user.wait(2_000);
        assert_eq!(gathered(&mut user), before, "{view:?}, in the middle");
        user.hear(read(DirId(102), DirId(103), &[], &[("inside", 2)]));
        user.all_leave();
        user.wait(2_000);
        // The directories have a size now.
        let mut after = gathered(&mut user);
        assert_eq!(after.2, before.2 + 3, "{view:?}");
        after.2 = before.2;
        assert_eq!(after, before, "{view:?}, afterwards");
    }
}

/// What every view says in sum: paths of the largest files, files by type, KiB by age, files found
/// by a name.
fn gathered(user: &mut User) -> (Vec<String>, u64, i128, u64) {
    let view = user.model.view;
    user.press('3');
    user.wait(2_000);
    let largest = user.model.views.largest.rows().iter();
    let mut largest: Vec<String> = largest.map(|row| row.path.clone()).collect();
    largest.sort();
    user.press('4');
    user.wait(2_000);
    let types = user.model.views.types.all().files;
    user.press('5');
    user.wait(2_000);
    let ages = user.model.views.ages.all().disk / 1024;
    user.press('1');
    user.press('/');
    user.press('e');
    user.wait(2_000);
    let found = user.model.find().map_or(0, spelunk::ui::model::Find::count);
    user.press_named(KeyCode::Esc);
    user.press(char::from_digit(view.number() as u32, 10).expect("six views"));
    (largest, types, ages, found)
}

#[test]
fn what_was_found_is_found_again() {
    let mut user = complete();
    user.press('/');
    for letter in "other".chars() {
        user.press(letter);
    }
    user.press_named(KeyCode::Enter);
    assert_eq!(user.selected(), "other");
    user.tell(Message::Rescanned(vec![Rescan { of: A, anew: ANEW }]));
    user.tell(Message::WentOn(Ok(Part::Only(vec![ANEW]))));
    user.hear(read(ANEW, DirId(101), &["deep"], &[("another", 1)]));
    user.hear(read(DirId(101), DirId(102), &[], &[("other", 2)]));
    user.all_leave();
    user.wait(1_000);
    assert_eq!((user.model.dir(), user.selected()), (DirId(101), "other"));
    user.press('n');
    assert_eq!((user.model.dir(), user.selected()), (ANEW, "another"));
}

#[test]
fn a_scan_that_cannot_go_on_keeps_the_old_numbers() {
    let mut user = complete();
    assert_eq!(user.press('r'), Some(Effect::Rescan(vec![A])));
    user.tell(Message::Rescanned(vec![Rescan { of: A, anew: ANEW }]));
    user.tell(Message::WentOn(Err("no more threads".into())));
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(user.notice(), "Cannot go on: no more threads.");
    assert_eq!(user.told("a"), Some((44, RowState::Complete, Bound::Exact)));
}

#[test]
fn what_was_told_just_before_it_was_given_up_is_in_no_total() {
    let mut user = complete();
    let before = user.model.state.tree().totals(DirId::TOP);
    user.reads_again('r', A, ANEW);
    user.hear([
        Event::Entered { dir: ANEW },
        opened(ANEW, Kind::Directory),
        found(ANEW, DirId(101), &["one"]),
        files(ANEW, &[("new", 50)]),
        Event::Skipped(DirId(101)..DirId(102)),
    ]);
    user.all_leave();
    assert_eq!(user.model.state.tree().totals(DirId::TOP), before);
    assert_eq!(user.model.scan, ScanState::Complete);
}

#[test]
fn what_is_found_in_one_that_was_given_up_is_not_looked_for_in_another() {
    let mut user = complete();
    user.reads_again('r', A, ANEW);
    user.press('j');
    user.reads_again('r', B, DirId(101));
    user.hear([Event::Skipped(ANEW..DirId(101))]);
    user.hear([
        found(ANEW, DirId(500), &["late"]),
        Event::Skipped(DirId(500)..DirId(501)),
        Event::Panicked {
            dir: Some(DirId(500)),
            message: "late".to_owned(),
        },
    ]);
    assert_eq!(user.told("a"), Some((44, RowState::Complete, Bound::Exact)));
    assert!(user.model.state.queued() < 2, "only b waits");
}

#[test]
fn a_worker_that_is_stuck_in_what_was_given_up_is_left_alone() {
    let mut user = complete();
    user.reads_again('r', A, ANEW);
    user.hear([Event::Entered { dir: ANEW }]);
    assert_eq!(user.press('x'), None);
    for _ in 0..2 {
        user.now += std::time::Duration::from_secs(3);
        let gauges = vec![Reading::new(7, Some(Call::Openat)), Reading::default()];
        let now = user.now;
        user.tell(Message::Clock { now, gauges });
    }
    let stuck = user.model.stuck_in_forgotten();
    assert_eq!(stuck.len(), 1);
    assert_eq!(stuck[0].dir, ANEW);
    let lost = |user: &User| user.model.workers.count(WorkerState::Lost);
    assert_eq!(lost(&user), 1);
    user.hear([Event::Waiting]);
    assert_eq!(lost(&user), 1, "also when that was taken away from it");
}

#[test]
fn who_leaves_while_it_is_added_up_waits_for_nobody() {
    let leave = [Key::Char('q'), Key::Control('c')];
    for key in leave {
        let mut user = complete();
        user.reads_again('r', A, ANEW);
        user.press('j');
        user.reads_again('r', B, DirId(200));
        let worker = WorkerId::from_index(0);
        let mut events = read(ANEW, DirId(101), &[], &[("x", 7)]);
        events.extend(read(DirId(200), DirId(201), &[], &[("y", 8)]));
        // One of them takes its place, the other is yet to.
        user.tell(Message::Results { worker, events });
        assert_eq!(user.all_leave(), None);
        assert!(user.model.state.is_adding_up());
        assert_eq!(user.tell(Message::Key(key)), Some(Effect::Leave));
    }
}

#[test]
fn sizes_add_up_after_the_last_subdirectory_is_gone() {
    let mut user = complete();
    user.press_named(KeyCode::Enter);
    user.press_named(KeyCode::Home);
    while user.selected() != "deep" {
        user.press('j');
    }
    user.reads_again('r', DirId(5), ANEW);
    user.hear([Event::Entered { dir: ANEW }, listed(ANEW)]);
    user.all_leave();
    user.wait(3_000);
    assert_eq!(user.rows(), ["x", "y", ".  the directory itself"]);
    assert_eq!(user.model.browser.largest(), 30 * 1024);
}

#[test]
fn what_is_read_again_alone_does_not_begin_where_the_scan_beside_it_was() {
    let mut user = complete();
    user.reads_again('r', A, ANEW);
    user.hear(read(ANEW, DirId(101), &[], &[("x", 30)]));
    user.all_leave();
    user.reads_again('r', ANEW, DirId(200));
    user.hear([Event::Entered { dir: DirId(200) }]);
    user.wait(1_000);
    let progress = user.model.progress.expect("the old numbers are known");
    assert!(progress.high < 1.0, "nothing of it is read: {progress:?}");
}
