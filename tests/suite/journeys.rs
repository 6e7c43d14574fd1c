//! Journeys through the interface without a terminal: messages in, state out.

mod columns;
mod details;
mod find;
mod marks;
mod memory;
mod mouse;
mod rescan;
mod steer;
mod views;
mod wild;

use std::time::Duration;

use crossterm::event::KeyCode;
use spelunk::{
    config::{Call, Config},
    progress::{Count, Expected},
    scan::{
        dir::{DirId, Identity, Names},
        event::{Block, Event, WorkerId},
        gauge::{Call as GaugeCall, Reading},
    },
    state::{ScanState, State},
    tree::block::{Kind, Metadata, Packer},
    ui::{
        keymap::Key,
        model::{Leaving, Model, Panel, Settings},
        update::{Effect, Message, update},
        window::{Abilities, Window},
    },
};

const ROOT: DirId = DirId(1);

/// A user before a screen.
struct User {
    model: Model,
    now: Duration,
}

impl User {
    /// Watches the scan of `/home/ada` by two workers, of which nothing has come yet.
    fn new() -> Self {
        Self::with("")
    }

    /// The same with settings of her own.
    fn with(own: &str) -> Self {
        Self::before(own, 2)
    }

    /// The same with so many workers.
    fn of_workers(workers: usize) -> Self {
        Self::before("", workers)
    }

    fn before(own: &str, workers: usize) -> Self {
        let mut config = Config::default();
        config.read("config.toml", own).expect("no mistake");
        let roots = vec!["/home/ada".into()];
        let utf8 = |name: &str| (name == "LANG").then(|| "C.UTF-8".into());
        let settings = Settings::of(&config, roots, utf8).expect("no mistake");
        let mut user = Self {
            model: Model::new(State::new(workers), settings, (80, 24)),
            now: Duration::ZERO,
        };
        user.wait(0);
        user
    }

    /// The same with the root read and three directories in it: `a` of 30 KiB, `b` of 20 KiB, `c`
    /// of 10 KiB.
    fn with_three() -> Self {
        let mut user = Self::new();
        user.hear([
            found(DirId::TOP, ROOT, &["/home/ada"]),
            Event::Entered { dir: ROOT },
            found(ROOT, DirId(2), &["a", "b", "c"]),
            files(DirId(2), &[("x", 30)]),
            files(DirId(3), &[("y", 20)]),
            files(DirId(4), &[("z", 10)]),
            Event::Listed {
                dir: ROOT,
                slices: 0,
            },
        ]);
        user.wait(300);
        user
    }

    fn tell(&mut self, message: Message) -> Option<Effect> {
        update(&mut self.model, message)
    }

    fn hear(&mut self, events: impl IntoIterator<Item = Event>) {
        let events = events.into_iter().collect();
        self.tell(Message::Results {
            worker: WorkerId::from_index(0),
            events,
        });
        self.tell(Message::Drained);
    }

    fn wait(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        self.tell(Message::Clock {
            now: self.now,
            gauges: Vec::new(),
        });
    }

    fn press(&mut self, key: char) -> Option<Effect> {
        self.tell(Message::Key(Key::Char(key)))
    }

    fn press_named(&mut self, key: KeyCode) -> Option<Effect> {
        self.tell(Message::Key(Key::Named(key)))
    }

    /// Every worker has left.
    fn all_leave(&mut self) -> Option<Effect> {
        self.tell(Message::Gone(Vec::new()))
    }

    /// Everything that waits is read, and the workers leave.
    fn complete(&mut self) {
        self.hear([2, 3, 4].map(|dir| Event::Listed {
            dir: DirId(dir),
            slices: 0,
        }));
        self.all_leave();
    }

    fn rows(&self) -> Vec<&str> {
        self.model
            .browser
            .rows()
            .iter()
            .map(|row| row.name.as_str())
            .collect()
    }

    fn selected(&self) -> &str {
        self.model
            .browser
            .selected()
            .map_or("", |row| row.name.as_str())
    }
}

fn found(parent: DirId, first: DirId, names: &[&str]) -> Event {
    Event::Found {
        parent,
        first,
        names: names.iter().map(|name| name.as_bytes()).collect::<Names>(),
    }
}

/// Files in `dir`, with sizes in KiB.
fn files(dir: DirId, files: &[(&str, u64)]) -> Event {
    let mut packer = Packer::default();
    for (name, size) in files {
        let metadata = Metadata {
            kind: Kind::File,
            disk: size * 1024,
            apparent: size * 512,
            modified: 0,
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

/// A window that understands everything.
fn able_window() -> Window {
    let abilities = Abilities {
        commands: true,
        progress: true,
    };
    Window::new(abilities, Call::Both)
}

const CALL: &str = "\x1b]777;notify;spelunk;complete /home/ada\x1b\\\x07";

#[test]
fn the_window_is_told_what_has_changed() {
    let (mut user, mut window) = (User::with_three(), able_window());
    assert_eq!(
        window.tell(&user.model),
        "\x1b]0;spelunk: scanning /home/ada\x1b\\\x1b]9;4;3;0\x1b\\"
    );
    assert_eq!(window.tell(&user.model), "");
    user.complete();
    assert_eq!(
        window.tell(&user.model),
        "\x1b]0;spelunk: complete /home/ada\x1b\\\x1b]9;4;0;0\x1b\\",
        "and nobody is called after a short scan that was looked at"
    );
}

#[test]
fn the_taskbar_shows_what_is_done_at_least() {
    let (mut user, mut window) = (User::with_three(), able_window());
    let expected = Expected::LastScan(Count {
        files: 100,
        dirs: 30,
    });
    user.tell(Message::Expected(expected));
    window.tell(&user.model);
    user.wait(600);
    let low = user.model.progress.expect("something is known").low;
    let percent = (low * 100.0) as u8;
    assert!(percent > 0);
    assert_eq!(
        window.tell(&user.model),
        format!("\x1b]9;4;1;{percent}\x1b\\")
    );
}

#[test]
fn who_looks_elsewhere_is_called_once_at_the_end_of_a_long_scan() {
    let run = |milliseconds, focus: &[bool]| {
        let (mut user, mut window) = (User::with_three(), able_window());
        for focus in focus {
            user.tell(Message::Focus(*focus));
        }
        user.wait(milliseconds);
        user.complete();
        let told = window.tell(&user.model);
        assert_eq!(window.tell(&user.model), "", "once");
        told.matches(CALL).count()
    };
    assert_eq!(run(31_000, &[false]), 1);
    assert_eq!(run(29_000, &[false]), 0, "it was short");
    assert_eq!(run(31_000, &[]), 0, "the terminal tells nothing of focus");
    assert_eq!(run(31_000, &[false, true]), 0, "it is looked at");
}

#[test]
fn who_looks_elsewhere_is_called_when_all_that_is_left_is_stalled() {
    let (mut user, mut window) = (User::with_three(), able_window());
    user.hear([2, 3].map(|dir| Event::Listed {
        dir: DirId(dir),
        slices: 0,
    }));
    user.hear([Event::Entered { dir: DirId(4) }]);
    user.tell(Message::Focus(false));
    user.wait(28_000);
    let stuck = Reading::new(1, Some(GaugeCall::Openat));
    let mut wait = |milliseconds| {
        user.now += Duration::from_millis(milliseconds);
        user.tell(Message::Clock {
            now: user.now,
            gauges: vec![stuck],
        });
        window.tell(&user.model).matches('\x07').count()
    };
    assert_eq!(wait(1), 0);
    assert_eq!(wait(1_000), 0);
    assert_eq!(wait(2_000), 1, "after 31 s");
    assert_eq!(wait(2_000), 0);
    user.complete();
    assert!(!window.tell(&user.model).contains('\x07'), "once in a scan");
}

#[test]
fn q_in_a_young_scan_stops_it_and_leaves_when_the_workers_are_gone() {
    let mut user = User::with_three();
    assert_eq!(user.model.scan, ScanState::Scanning);
    assert_eq!(user.press('q'), Some(Effect::Stop));
    assert_eq!(
        user.model.scan,
        ScanState::Stopping,
        "the screen lives on and says so"
    );
    assert_eq!(user.all_leave(), Some(Effect::Leave));
}

#[test]
fn a_second_q_leaves_at_once() {
    let mut user = User::with_three();
    user.press('q');
    assert_eq!(user.press('q'), Some(Effect::Leave));
}

#[test]
fn escape_takes_back_leaving_but_not_the_stop() {
    let mut user = User::with_three();
    user.press('q');
    assert_eq!(user.press_named(KeyCode::Esc), None);
    assert_eq!(user.all_leave(), None, "it stays");
    assert_eq!(user.model.scan, ScanState::Stopped);
    assert_eq!(
        user.rows(),
        ["a", "b", "c", ".  the directory itself"],
        "what was found is kept"
    );
    assert_eq!(user.press('q'), Some(Effect::Leave));
}

#[test]
fn escape_stops_and_keeps() {
    let mut user = User::with_three();
    assert_eq!(user.press_named(KeyCode::Esc), Some(Effect::Stop));
    user.all_leave();
    assert_eq!(
        (user.model.scan, user.model.leaving),
        (ScanState::Stopped, Leaving::No)
    );
    assert_eq!(
        user.press_named(KeyCode::Esc),
        None,
        "nothing is left to close or to stop"
    );
}

#[test]
fn after_ten_seconds_q_asks_once_more() {
    let mut user = User::with_three();
    user.wait(10_000);
    let escape = user.press_named(KeyCode::Esc);
    assert_eq!(escape, Some(Effect::Stop), "a stop loses nothing");

    let mut user = User::with_three();
    user.wait(10_000);
    assert_eq!(user.press('q'), Some(Effect::Stop), "the first q stops");
    assert_eq!(user.all_leave(), None, "and stays");
    assert_eq!(user.press('q'), Some(Effect::Leave));
}

#[test]
fn a_q_that_has_stopped_the_scan_leaves_with_the_next_one_whenever_that_comes() {
    let mut user = User::with_three();
    user.wait(10_000);
    assert_eq!(user.press('q'), Some(Effect::Stop));
    assert_eq!(user.press('q'), None, "it waits for the workers");
    assert_eq!(user.press('q'), Some(Effect::Leave), "or not");

    let mut user = User::with_three();
    user.wait(10_000);
    user.press('q');
    assert_eq!(user.all_leave(), None);
    user.wait(5_000);
    assert!(user.model.notice.is_none());
    user.press('j');
    assert_eq!(user.press('q'), Some(Effect::Leave));
}

#[test]
fn how_long_a_scan_is_worth_asking_for_is_a_matter_of_the_settings() {
    let q_after = |own: &str, milliseconds| {
        let mut user = User::with(own);
        user.wait(milliseconds);
        user.press('q');
        user.all_leave()
    };
    let minute = "quit-asks-after = '1m'";
    assert_eq!(q_after(minute, 59_000), Some(Effect::Leave));
    assert_eq!(q_after(minute, 60_000), None);
    assert_eq!(
        q_after("quit-asks-after = 'never'", 600_000),
        Some(Effect::Leave)
    );
}

#[test]
fn keys_and_the_first_panel_are_a_matter_of_the_settings() {
    let mut user = User::with("workers = 'line'\n[keys]\nquit = ['z']\ndown = ['Ctrl-N']");
    assert_eq!(user.model.shown_panel(), Panel::Line);
    assert_eq!(user.press('q'), None);
    assert_eq!(user.model.scan, ScanState::Scanning);
    assert_eq!(user.press('z'), Some(Effect::Stop));
}

#[test]
fn where_not_all_workers_have_room_the_busiest_are_shown_for_two_seconds() {
    let mut user = User::of_workers(20);
    user.hear([found(DirId::TOP, ROOT, &["/home/ada"])]);
    for worker in 0..20 {
        user.tell(Message::Results {
            worker: WorkerId::from_index(worker),
            events: vec![Event::Entered { dir: ROOT }],
        });
    }
    user.wait(600);
    let shown = |user: &User| -> Vec<usize> {
        let room = spelunk::ui::view::workers_that_fit(&user.model);
        let rows = user.model.workers.rows()[..room].iter();
        rows.map(|row| row.worker.index() + 1).collect()
    };
    assert_eq!(shown(&user), [1, 2, 3, 4, 5, 6]);
    for worker in [12, 17] {
        user.tell(Message::Results {
            worker: WorkerId::from_index(worker - 1),
            events: vec![files(ROOT, &[("some", 1), ("more", 1)])],
        });
    }
    user.wait(600);
    user.wait(300);
    assert_eq!(
        shown(&user),
        [1, 2, 3, 4, 5, 6],
        "not before two seconds are over"
    );
    user.wait(1_200);
    assert_eq!(
        shown(&user),
        [1, 2, 3, 4, 12, 17],
        "in the order of their numbers"
    );
    user.tell(Message::Resized {
        columns: 80,
        lines: 30,
    });
    user.wait(300);
    assert_eq!(
        shown(&user),
        [1, 2, 3, 4, 5, 6, 12, 17],
        "a larger screen has room at once"
    );
}

#[test]
fn a_question_goes_with_its_notice_and_is_never_hidden() {
    let mut user = User::with_three();
    user.wait(10_000);
    user.complete();
    assert_eq!(user.press('q'), None);
    user.wait(5_000);
    assert!(
        user.model.notice.is_none(),
        "the question is not on the screen any more"
    );
    assert_eq!(user.press('q'), None, "so this asks anew");
    user.press('z');
    user.press('?');
    assert_eq!(user.press('q'), None);
    assert!(
        user.model.help.is_none() && user.model.notice.is_some(),
        "the question is seen"
    );
    user.press('z');
    assert_eq!(
        user.press('q'),
        None,
        "a key without a meaning is another key as well"
    );
}

#[test]
fn a_long_scan_that_is_complete_is_not_lost_by_one_key() {
    let mut user = User::with_three();
    user.wait(252_000);
    user.complete();
    assert_eq!(user.model.scan, ScanState::Complete);
    assert_eq!(user.press('q'), None);
    let notice = user
        .model
        .notice
        .as_ref()
        .map(|notice| notice.text.as_str());
    assert_eq!(
        notice,
        Some("This scan took 4:12. q again leaves, other keys stay.")
    );
    user.press('j');
    assert_eq!(user.press('q'), None, "another key in between stays");
    assert_eq!(user.press('q'), Some(Effect::Leave));
}

#[test]
fn a_short_scan_that_is_complete_is_left_at_once() {
    let mut user = User::with_three();
    user.complete();
    assert_eq!(user.press('q'), Some(Effect::Leave));
}

#[test]
fn control_c_twice_leaves_at_once() {
    let mut user = User::with_three();
    assert_eq!(
        user.tell(Message::Key(Key::Control('c'))),
        Some(Effect::Stop)
    );
    assert_eq!(
        user.tell(Message::Key(Key::Control('c'))),
        Some(Effect::Leave)
    );
    assert!(user.model.interrupted);
}

#[test]
fn control_c_that_was_taken_back_is_forgotten() {
    let mut user = User::with_three();
    user.tell(Message::Key(Key::Control('c')));
    user.press_named(KeyCode::Esc);
    assert!(!user.model.interrupted);
    user.all_leave();
    assert_eq!(user.press('q'), Some(Effect::Leave));
    assert!(!user.model.interrupted);
}

#[test]
fn rows_that_stood_still_when_the_scan_ended_come_into_order() {
    let mut user = User::with_three();
    user.press('j');
    user.wait(1_900);
    user.hear([files(DirId(4), &[("more", 90)])]);
    user.press_named(KeyCode::Esc);
    user.all_leave();
    assert_eq!(user.rows()[..3], ["a", "b", "c"]);
    while let Some(at) = user.model.wakes_at() {
        user.now = user.now.max(at);
        user.wait(0);
    }
    assert_eq!(user.rows()[..3], ["c", "a", "b"]);
}

#[test]
fn the_selected_entry_keeps_its_line_while_rows_move() {
    let mut user = User::with_three();
    assert_eq!(user.rows()[..3], ["a", "b", "c"]);
    user.press('j');
    assert_eq!(user.selected(), "b");
    user.wait(2_500);
    user.hear([files(DirId(4), &[("more", 90)])]);
    user.wait(300);
    assert_eq!(
        user.rows()[..3],
        ["c", "a", "b"],
        "c has become the largest"
    );
    assert_eq!(user.selected(), "b", "and b is still what is selected");
}

#[test]
fn the_order_stands_still_while_the_selection_moves() {
    let mut user = User::with_three();
    user.press('j');
    user.hear([files(DirId(4), &[("more", 90)])]);
    user.wait(300);
    assert_eq!(
        user.rows()[..3],
        ["a", "b", "c"],
        "nothing moves under the hand"
    );
    let grown = user.model.browser.rows()[2].size;
    assert_eq!(grown, 100 * 1024, "but the numbers go on");
    user.wait(2_000);
    user.wait(300);
    assert_eq!(user.rows()[..3], ["c", "a", "b"]);
}

#[test]
fn until_the_first_move_the_selection_stays_on_the_first_row() {
    let mut user = User::with_three();
    assert_eq!(user.selected(), "a");
    user.hear([files(DirId(4), &[("more", 90)])]);
    user.wait(300);
    assert_eq!(user.selected(), "c");
}

#[test]
fn opening_selects_the_first_row_and_going_up_selects_where_one_came_from() {
    let mut user = User::with_three();
    user.press('j');
    user.press_named(KeyCode::Enter);
    assert_eq!(user.rows(), ["y", ".  the directory itself"]);
    assert_eq!(user.selected(), "y");
    user.press('h');
    assert_eq!(
        (user.selected(), user.model.browser.selected_line()),
        ("b", Some(1))
    );
    user.press('h');
    assert_eq!(
        user.model.browser.dir(),
        ROOT,
        "there is nothing above the root"
    );
}

#[test]
fn rows_are_ordered_as_asked() {
    let mut user = User::with_three();
    user.press('n');
    assert_eq!(user.rows()[..3], ["a", "b", "c"]);
    user.press('n');
    assert_eq!(
        user.rows()[..3],
        ["c", "b", "a"],
        "the same key again reverses"
    );
    user.press('s');
    assert_eq!(user.rows()[..3], ["a", "b", "c"]);
    let disk = user.model.browser.rows()[0].size;
    user.press('a');
    assert_eq!(
        user.model.browser.rows()[0].size,
        disk / 2,
        "apparent sizes are half of it here"
    );
}

#[test]
fn w_changes_the_workers_panel_and_it_goes_with_the_workers() {
    let mut user = User::with_three();
    assert_eq!(user.model.shown_panel(), Panel::Full);
    user.press('w');
    assert_eq!(user.model.shown_panel(), Panel::Line);
    user.press('w');
    assert_eq!(user.model.shown_panel(), Panel::Off);
    user.press('w');
    assert_eq!(user.model.shown_panel(), Panel::Full);
    user.complete();
    assert_eq!(user.model.shown_panel(), Panel::Off);
}

#[test]
fn help_opens_and_closes_without_stopping_anything() {
    let mut user = User::with_three();
    user.press('?');
    assert!(user.model.help.is_some());
    assert_eq!(user.press_named(KeyCode::Esc), None);
    assert!(user.model.help.is_none());
    assert_eq!(user.model.scan, ScanState::Scanning);
}

#[test]
fn nothing_is_drawn_and_nothing_wakes_when_nothing_happens() {
    let mut user = User::with_three();
    user.complete();
    user.wait(5_000);
    user.model.dirty = false;
    user.wait(5_000);
    assert!(!user.model.dirty);
    assert_eq!(user.model.wakes_at(), None);
}

#[test]
fn a_worker_that_broke_ends_the_scan_as_failed_and_keeps_what_was_found() {
    let mut user = User::with_three();
    user.hear([Event::Panicked {
        dir: Some(DirId(3)),
        message: "attempt to add with overflow".into(),
    }]);
    user.all_leave();
    assert_eq!(user.model.scan, ScanState::Failed);
    assert_eq!(user.rows()[..3], ["a", "b", "c"]);
    assert_eq!(user.model.figures.problems, 1);
}

#[test]
fn a_directory_of_many_rows_is_walked_to_both_ends() {
    let mut user = User::new();
    user.hear([
        found(DirId::TOP, ROOT, &["/home/ada"]),
        Event::Entered { dir: ROOT },
    ]);
    let names: Vec<String> = (0..50_000)
        .map(|number| format!("file{number:05}"))
        .collect();
    for some in names.chunks(1_000) {
        let some: Vec<(&str, u64)> = some.iter().map(|name| (name.as_str(), 4)).collect();
        user.hear([files(ROOT, &some)]);
    }
    user.hear([Event::Listed {
        dir: ROOT,
        slices: 0,
    }]);
    user.all_leave();
    while let Some(at) = user.model.wakes_at() {
        user.now = user.now.max(at);
        user.wait(1);
    }
    assert_eq!(user.model.browser.len(), 50_001);
    assert_eq!(user.selected(), "file00000", "equal sizes stand by name");
    user.press('G');
    assert_eq!(user.selected(), ".  the directory itself");
    user.press('k');
    assert_eq!(user.selected(), "file49999");
    user.press_named(KeyCode::Home);
    assert_eq!(user.selected(), "file00000");
    let page = user.model.browser.rows().len();
    user.press_named(KeyCode::PageDown);
    assert_eq!(user.selected(), format!("file{page:05}"));
}
