//! Journeys with the keys that steer the scan.

use crossterm::event::KeyCode;
use spelunk::{
    scan::{
        Abandoned, Part,
        dir::DirId,
        event::{Event, WorkerId},
        gauge::{Call, Reading},
    },
    state::{ScanState, rescans::Lack},
    tree::Bound,
    ui::{
        model::{RowState, WorkerState},
        update::{Effect, Message},
    },
};

use super::{ROOT, User, files, found};

const A: DirId = DirId(2);
const B: DirId = DirId(3);

fn listed(dir: DirId) -> Event {
    Event::Listed { dir, slices: 0 }
}

fn state_of(user: &User, name: &str) -> Option<RowState> {
    let mut rows = user.model.browser.rows().iter();
    rows.find(|row| row.name == name).and_then(|row| row.state)
}

fn notice(user: &User) -> &str {
    user.model.notice.as_ref().map_or("", |notice| &notice.text)
}

/// Worker 1 is in `a`, in one system call for three seconds.
fn stuck() -> User {
    let mut user = User::with_three();
    user.hear([Event::Entered { dir: A }]);
    let gauges = || vec![Reading::new(7, Some(Call::Openat)), Reading::default()];
    for _ in 0..2 {
        user.now += std::time::Duration::from_secs(3);
        let (now, gauges) = (user.now, gauges());
        user.tell(Message::Clock { now, gauges });
    }
    user
}

#[test]
fn p_lets_the_workers_rest_and_go_on_and_the_clock_stands_still() {
    let mut user = User::with_three();
    user.hear([Event::Entered { dir: A }]);
    let elapsed = user.model.elapsed;
    assert_eq!(user.press('p'), Some(Effect::Pause));
    assert_eq!(user.model.scan, ScanState::Paused);
    user.wait(60_000);
    assert_eq!(user.model.elapsed, elapsed);
    assert_eq!(user.model.workers.count(WorkerState::Resting), 2);
    assert_eq!(state_of(&user, "a"), Some(RowState::Paused));
    assert_eq!(state_of(&user, "b"), Some(RowState::Queued));
    assert_eq!(user.press('p'), Some(Effect::Resume));
    assert_eq!(user.model.scan, ScanState::Scanning);
    user.wait(1_000);
    assert_eq!(user.model.elapsed.as_secs(), elapsed.as_secs() + 1);
}

#[test]
fn a_paused_scan_is_stopped_and_left_as_any_other() {
    let mut user = User::with_three();
    user.press('p');
    assert_eq!(user.press_named(KeyCode::Esc), Some(Effect::Stop));
    assert_eq!(user.model.scan, ScanState::Stopping);
    let mut user = User::with_three();
    user.press('p');
    assert_eq!(user.press('q'), Some(Effect::Stop));
    assert_eq!(user.all_leave(), Some(Effect::Leave));
}

#[test]
fn p_goes_on_with_a_stopped_scan() {
    let mut user = User::with_three();
    user.press_named(KeyCode::Esc);
    assert_eq!(user.press('p'), None, "not while workers are leaving");
    user.all_leave();
    assert_eq!(state_of(&user, "b"), Some(RowState::Stopped));
    let elapsed = user.model.elapsed;
    user.wait(60_000);
    assert_eq!(user.press('p'), Some(Effect::GoOn(Part::All)));
    user.tell(Message::WentOn(Ok(Part::All)));
    assert_eq!(user.model.scan, ScanState::Scanning);
    assert_eq!(user.model.elapsed, elapsed, "the stop does not count");
    assert_eq!(state_of(&user, "b"), Some(RowState::Queued));
    user.complete();
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(user.press('p'), None);
    assert_eq!(notice(&user), "Nothing to continue: the scan is complete.");
}

#[test]
fn a_scan_that_cannot_go_on_says_why() {
    let mut user = User::with_three();
    user.press_named(KeyCode::Esc);
    user.all_leave();
    user.tell(Message::WentOn(Err("no more threads".into())));
    assert_eq!(user.model.scan, ScanState::Stopped);
    assert_eq!(notice(&user), "Cannot go on: no more threads.");
}

#[test]
fn after_a_stop_r_reads_the_selected_directory_only() {
    let mut user = User::with_three();
    user.press_named(KeyCode::Esc);
    user.all_leave();
    user.press('j');
    assert_eq!(user.press('r'), Some(Effect::TakeUp(B)));
    user.tell(Message::WentOn(Ok(Part::Only(vec![B]))));
    assert_eq!(user.model.scan, ScanState::Scanning);
    assert_eq!(state_of(&user, "a"), Some(RowState::Stopped));
    assert_eq!(state_of(&user, "b"), Some(RowState::Queued));
    user.hear([listed(B)]);
    user.all_leave();
    assert_eq!(user.model.scan, ScanState::Stopped, "the others are unread");
    assert_eq!(state_of(&user, "b"), Some(RowState::Complete));
}

#[test]
fn a_worker_that_was_left_behind_is_not_waited_for_again() {
    let mut user = stuck();
    user.press_named(KeyCode::Esc);
    user.tell(Message::Gone(vec![Abandoned {
        worker: WorkerId::from_index(0),
        call: Some(Call::Openat),
    }]));
    assert_eq!(user.model.scan, ScanState::Stopped);
    user.press('p');
    user.tell(Message::WentOn(Ok(Part::All)));
    user.hear([3, 4].map(|dir| listed(DirId(dir))));
    user.all_leave();
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(state_of(&user, "a"), Some(RowState::Failed), "no answer");
}

#[test]
fn x_skips_the_selected_directory_and_r_takes_it_up_again() {
    let mut user = User::with_three();
    assert_eq!(user.press('x'), Some(Effect::Skip(A)));
    assert_eq!(notice(&user), "Skipped a/. r reads it.");
    assert_eq!(state_of(&user, "a"), Some(RowState::Skipped));
    user.hear([Event::Skipped(A..B), listed(B), listed(DirId(4))]);
    user.all_leave();
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(state_of(&user, "a"), Some(RowState::Skipped));
    assert_eq!(user.model.figures.bound, Bound::AtLeast);
    assert_eq!(user.press('x'), None);
    assert_eq!(notice(&user), "Nothing to skip: a/ is skipped.");
    assert_eq!(user.press('r'), Some(Effect::TakeUp(A)));
    user.tell(Message::WentOn(Ok(Part::Only(vec![A]))));
    user.hear([Event::TakenUp(A..B), Event::Entered { dir: A }]);
    user.wait(300);
    assert_eq!(state_of(&user, "a"), Some(RowState::Reading));
    user.hear([listed(A)]);
    user.all_leave();
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(user.model.figures.bound, Bound::Exact);
}

#[test]
fn where_a_part_of_what_was_skipped_is_taken_up_the_rest_stays_skipped() {
    let mut user = User::with_three();
    let (one, other) = (DirId(5), DirId(6));
    user.hear([found(A, one, &["one", "other"]), listed(A)]);
    user.wait(300);
    assert_eq!(user.press('x'), Some(Effect::Skip(A)));
    user.hear([Event::Skipped(one..DirId(7)), listed(B), listed(DirId(4))]);
    user.all_leave();
    user.press_named(KeyCode::Enter);
    user.wait(300);
    user.press_named(KeyCode::Home);
    while user.model.selected_directory() != Some(one) {
        user.press('j');
    }
    assert_eq!(user.press('r'), Some(Effect::TakeUp(one)));
    user.tell(Message::WentOn(Ok(Part::Only(vec![one]))));
    user.wait(1_000);
    let progress = user.model.progress;
    assert!(
        progress.is_none_or(|progress| progress.high < 1.0),
        "what came before says nothing of it: {progress:?}"
    );
    user.hear([Event::TakenUp(one..other), listed(one)]);
    user.all_leave();
    let state = &user.model.state;
    assert_eq!(state.scan_state(), ScanState::Complete);
    assert_eq!(state.skipped().collect::<Vec<_>>(), [A]);
    assert!(!state.is_whole());

    user.press('j');
    assert_eq!(user.press('r'), Some(Effect::TakeUp(other)));
    user.tell(Message::WentOn(Ok(Part::Only(vec![other]))));
    user.hear([Event::TakenUp(other..DirId(7)), listed(other)]);
    user.all_leave();
    assert_eq!(user.model.state.skipped().count(), 0);
    assert!(user.model.state.is_whole());
}

#[test]
fn a_directory_taken_away_from_its_worker_is_not_taken_up_but_read_again() {
    let mut user = User::with_three();
    user.hear([Event::Entered { dir: A }]);
    let worker = WorkerId::from_index(0);
    assert_eq!(user.press('x'), Some(Effect::Skip(A)));
    for _ in 0..2 {
        user.tell(Message::Claimed { worker, dir: A });
    }
    // Slices of it that waited come back, with all that is above.
    user.hear([Event::TakenUp(A..B), listed(B), listed(DirId(4))]);
    user.all_leave();
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(user.model.state.lack_of(ROOT), Lack::Failed(vec![A]));
}

#[test]
fn what_was_said_of_a_row_stays_true_when_it_moves() {
    let mut user = User::with_three();
    user.press('x');
    assert_eq!(notice(&user), "Skipped a/. r reads it.");
    user.wait(3_000);
    user.hear([files(B, &[("large", 90)])]);
    user.wait(3_000);
    assert_eq!(user.rows()[0], "b");
    assert_eq!(user.press('r'), Some(Effect::TakeUp(A)));
}

#[test]
fn capital_x_skips_what_has_been_stalled_longest() {
    let mut user = User::with_three();
    assert_eq!(user.press('X'), None);
    assert_eq!(notice(&user), "Nothing is stalled.");
    let mut user = stuck();
    assert_eq!(state_of(&user, "a"), Some(RowState::Stalled));
    assert_eq!(user.press('X'), Some(Effect::Skip(A)));
    let [stuck] = user.model.stuck_in_skipped()[..] else {
        panic!("one worker is stuck there")
    };
    assert_eq!(stuck.dir, A);
    let (worker, dir) = (stuck.worker, stuck.dir);
    user.tell(Message::Claimed { worker, dir });
    assert!(user.model.stuck_in_skipped().is_empty(), "it is left alone");
    user.hear([3, 4].map(|dir| listed(DirId(dir))));
    // It never leaves.
    user.tell(Message::Gone(vec![Abandoned {
        worker,
        call: Some(Call::Openat),
    }]));
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(state_of(&user, "a"), Some(RowState::Skipped));
}

#[test]
fn the_scan_follows_the_eyes() {
    let mut user = User::with_three();
    user.press('j');
    let open = user.press_named(KeyCode::Enter);
    assert_eq!(open, Some(Effect::Focus(Some(B))));
    assert_eq!(
        user.press('h'),
        Some(Effect::Focus(None)),
        "all is below the root"
    );
    user.hear([listed(B)]);
    let open = user.press_named(KeyCode::Enter);
    assert_eq!(
        open,
        Some(Effect::Focus(None)),
        "nothing is to be read there"
    );
    user.complete();
    assert_eq!(user.press('h'), None);
}

#[test]
fn a_new_scan_looks_where_the_old_one_did() {
    let mut user = User::with_three();
    user.press_named(KeyCode::Enter);
    user.press_named(KeyCode::Esc);
    user.all_leave();
    let effect = user.tell(Message::WentOn(Ok(Part::All)));
    assert_eq!(effect, Some(Effect::Focus(Some(A))));
}

#[test]
fn keys_that_have_nothing_to_do_say_why() {
    let mut user = User::with_three();
    assert_eq!(user.press('r'), None);
    assert_eq!(notice(&user), "a/ is being read.");
    user.hear([
        found(A, DirId(5), &["deep"]),
        files(DirId(1), &[("zz", 1)]),
        listed(A),
        listed(DirId(5)),
    ]);
    user.wait(300);
    assert_eq!(user.press('x'), None);
    assert_eq!(notice(&user), "Nothing to skip: a/ is complete.");
    for _ in 0..3 {
        user.press('j');
    }
    assert_eq!(user.selected(), "zz");
    assert_eq!(user.press('x'), None);
    assert_eq!(notice(&user), "Nothing to skip: zz is a file.");
}

fn problems(user: &User) -> Vec<(RowState, &str)> {
    let rows = user.model.views.problems.rows().iter();
    rows.map(|row| (row.state, row.path.as_str())).collect()
}

#[test]
fn what_was_skipped_is_listed_among_the_problems_and_r_reads_it_there() {
    let mut user = User::with_three();
    user.press('j');
    assert_eq!(user.press('x'), Some(Effect::Skip(B)));
    user.hear([Event::Skipped(B..DirId(B.0 + 1))]);
    user.press('6');
    assert_eq!(problems(&user), [(RowState::Skipped, "b")]);
    assert_eq!(user.model.views.problems.counts().skipped, 1);
    assert_eq!(user.model.figures.problems, 0, "it was a wish");
    let explanation = user.model.views.problems.explanation().expect("room");
    assert_eq!(
        explanation.text,
        "It was skipped: 1 directory in it is not read, so the sizes above it are lower bounds. r \
         reads it."
    );
    assert_eq!(user.press('r'), Some(Effect::TakeUp(B)));
    user.hear([Event::TakenUp(B..DirId(B.0 + 1))]);
    user.wait(300);
    assert_eq!(problems(&user), []);
}

#[test]
fn enter_goes_to_what_was_skipped() {
    let mut user = User::with_three();
    user.press('j');
    user.press('x');
    user.hear([Event::Skipped(B..DirId(B.0 + 1))]);
    user.press('6');
    user.press_named(KeyCode::Enter);
    user.wait(300);
    assert_eq!(user.selected(), "b");
}

#[test]
fn what_is_stalled_stands_before_what_was_skipped_and_capital_x_skips_it() {
    let mut user = stuck();
    user.press('j');
    user.press('x');
    user.hear([Event::Skipped(B..DirId(B.0 + 1))]);
    user.press('6');
    assert_eq!(
        problems(&user),
        [(RowState::Stalled, "a"), (RowState::Skipped, "b")]
    );
    assert_eq!(user.press('X'), Some(Effect::Skip(A)));
}
