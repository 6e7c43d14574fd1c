//! Somebody presses keys at random before a real scan, while the files change below it: nothing
//! breaks, and once all is read again every number is that of a fresh scan.

use std::{fs, path::PathBuf, time::Duration};

use crossbeam_channel::TryRecvError;
use crossterm::event::KeyCode;
use proptest::{collection::vec, prelude::*, sample::Index, test_runner::TestRunner};
use ratatui::{Terminal, backend::TestBackend};
use spelunk::{
    config::Config,
    scan::{Begins, Part, Scan, dir::DirId},
    state::{ScanState, State, rescans::Rescan},
    ui::{
        keymap::Key,
        model::{Leaving, Model, Settings},
        theme::Theme,
        update::{Effect, Message, update},
        view,
    },
};

use crate::{
    engine::{PATIENCE, equals_reference, options, wait_until},
    support::tree::Tree,
};

/// What is pressed: moving and opening, views, finding, marks, and everything that steers. Not what
/// leaves.
const KEYS: &[char] = &[
    'j', 'j', 'j', 'k', 'l', 'l', 'l', 'h', 'h', 'r', 'r', 'r', 'R', 'R', 'x', 'X', 'p', 'p',
    '\x1b', ' ', ' ', 'U', '1', '1', '1', '2', '3', '4', '5', '6', '/', 'n', 'N', '\n', 'e', 't',
    's', 'u', 'm', 'a', 'G', 'H',
];

/// What the interface is between a scan and a screen, without a terminal and without a clock.
struct Wild {
    scan: Scan,
    model: Model,
    screen: Terminal<TestBackend>,
    now: Duration,
    listening: bool,
    waiting: Vec<DirId>,
}

impl Wild {
    fn before(tree: &Tree, size: (u16, u16)) -> Self {
        let root = tree.path().display().to_string();
        let settings = Settings::of(&Config::default(), vec![root], |_| None).expect("no mistake");
        let scan = Scan::start(&options([tree.path()], 3)).expect("start a scan");
        let model = Model::new(State::new(scan.workers()), settings, size);
        let screen = Terminal::new(TestBackend::new(size.0, size.1)).expect("no real terminal");
        Self {
            scan,
            model,
            screen,
            now: Duration::ZERO,
            listening: true,
            waiting: Vec::new(),
        }
    }

    fn tell(&mut self, message: Message) {
        if let Some(effect) = update(&mut self.model, message) {
            self.steer(effect);
        }
    }

    fn press(&mut self, key: char) {
        let key = match key {
            '\x1b' => Key::Named(KeyCode::Esc),
            '\n' => Key::Named(KeyCode::Enter),
            key => Key::Char(key),
        };
        self.tell(Message::Key(key));
    }

    fn steer(&mut self, effect: Effect) {
        match effect {
            Effect::Stop => {
                self.waiting.clear();
                self.scan.stop();
            }
            Effect::Pause => self.scan.pause(),
            Effect::Resume => self.scan.resume(),
            Effect::Focus(dir) => self.scan.focus(dir),
            Effect::Skip(dir) => self.scan.skip(dir),
            Effect::TakeUp(dir) if !self.listening => self.go_on(Part::Only(vec![dir])),
            Effect::TakeUp(dir) => {
                if self.scan.take_up(dir).is_err() {
                    self.waiting.push(dir);
                }
            }
            Effect::Rescan(dirs) => {
                let mut rescans = Vec::new();
                for of in dirs {
                    let again = self.scan.rescan(&self.model.state.tree().way_to(of));
                    let anew = again.dir;
                    rescans.push(Rescan { of, anew });
                    if self.listening && again.begins == Begins::WithNext {
                        self.waiting.push(anew);
                    }
                }
                let anew = rescans.iter().map(|rescan| rescan.anew).collect();
                self.tell(Message::Rescanned(rescans));
                if !self.listening {
                    self.go_on(Part::Only(anew));
                }
            }
            Effect::GoOn(part) => self.go_on(part),
            Effect::Leave | Effect::Redraw | Effect::Suspend => {}
        }
    }

    fn go_on(&mut self, part: Part) {
        self.scan.go_on(part.clone()).expect("go on");
        self.listening = true;
        self.tell(Message::WentOn(Ok(part)));
    }

    /// Takes what has come, lets time pass, and draws.
    fn turn(&mut self) {
        self.now += Duration::from_millis(300);
        let (now, gauges) = (self.now, self.scan.gauges().collect());
        self.tell(Message::Clock { now, gauges });
        for dir in self.model.state.take_forgotten() {
            self.scan.forget(dir);
        }
        while self.listening {
            match self.scan.results().try_recv() {
                Ok(parcel) => {
                    let (worker, events) = (parcel.worker(), parcel.open());
                    self.tell(Message::Results { worker, events });
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.listening = false;
                    self.tell(Message::Drained);
                    self.tell(Message::Gone(Vec::new()));
                    if !self.waiting.is_empty() {
                        let part = Part::Only(std::mem::take(&mut self.waiting));
                        self.go_on(part);
                    }
                }
            }
        }
        self.tell(Message::Drained);
        let (model, theme) = (&self.model, Theme::dark());
        self.screen
            .draw(|frame| {
                view::draw(frame, model, &theme);
            })
            .expect("no real terminal");
    }

    /// Lets the scan go on until it is complete, and all is shown.
    fn come_to_rest(&mut self) {
        while self.model.find().is_some() {
            self.press('\x1b');
        }
        wait_until("the scan is complete", || {
            self.turn();
            if matches!(self.model.scan, ScanState::Paused | ScanState::Stopped) {
                self.press('p');
            }
            !self.model.scan.is_running() && self.model.scan != ScanState::Stopped
        });
    }
}

/// Something in the tree, and what becomes of it.
#[derive(Clone, Debug)]
enum Step {
    Key(char),
    Turn,
    Write(Index, u16),
    Remove(Index),
    Link(Index, Index),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let some = any::<Index>;
    let step = prop_oneof![
        20 => prop::sample::select(KEYS).prop_map(Step::Key),
        6 => Just(Step::Turn),
        2 => (some(), any::<u16>()).prop_map(|(dir, size)| Step::Write(dir, size)),
        2 => some().prop_map(Step::Remove),
        1 => (some(), some()).prop_map(|(file, dir)| Step::Link(file, dir)),
    ];
    vec(step, 10..120)
}

/// Changes something below the root, where that can be.
fn change(tree: &Tree, step: &Step, number: usize) {
    let all = walkdir::WalkDir::new(tree.path()).sort_by_file_name();
    let all: Vec<PathBuf> = all
        .into_iter()
        .map(|entry| entry.expect("read the tree").into_path())
        .collect();
    let (dirs, files): (Vec<PathBuf>, Vec<PathBuf>) =
        all.iter().cloned().partition(|path| path.is_dir());
    let name = format!("new {number}");
    let changed = match step {
        Step::Write(dir, size) => {
            fs::write(dir.get(&dirs).join(name), vec![b'x'; usize::from(*size)])
        }
        Step::Remove(one) => match one.get(&all) {
            path if *path == all[0] => Ok(()),
            path if path.is_dir() => fs::remove_dir_all(path),
            path => fs::remove_file(path),
        },
        Step::Link(file, dir) if !files.is_empty() => {
            fs::hard_link(file.get(&files), dir.get(&dirs).join(name))
        }
        _ => Ok(()),
    };
    changed.expect("change the tree");
}

fn lively() -> Tree {
    let tree = Tree::new();
    for number in 0..24 {
        tree.file(format!("{}/{number}/a/file.txt", number % 3), 400 * number)
            .file(format!("{}/{number}/b.rs", number % 3), 100 * number);
    }
    tree.link("0/0/a/file.txt", "1/linked")
        .link("0/0/a/file.txt", "2/linked");
    tree
}

#[test]
fn whatever_is_pressed_and_changes_meanwhile() {
    let config = ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let sizes = prop::sample::select(vec![(120, 40), (80, 24), (40, 12)]);
    let story = |(steps, size): (Vec<Step>, (u16, u16))| {
        let tree = lively();
        let mut wild = Wild::before(&tree, size);
        for (number, step) in steps.iter().enumerate() {
            match step {
                Step::Key(key) => wild.press(*key),
                Step::Turn => {}
                step => change(&tree, step, number),
            }
            if number % 2 == 0 || matches!(step, Step::Turn) {
                wild.turn();
            }
        }
        wild.come_to_rest();
        while wild.model.parent().is_some() {
            wild.press('1');
            wild.press('h');
        }
        // What was skipped, what failed, and then all of it.
        for _ in 0..3 {
            wild.press('R');
            wild.come_to_rest();
        }
        prop_assert_eq!(wild.model.leaving, Leaving::No);
        prop_assert_eq!(wild.model.scan, ScanState::Complete);
        prop_assert_eq!(wild.model.figures.problems, 0);
        let state = &wild.model.state;
        equals_reference(state, &tree.path());
        let root = crate::support::reference::totals(&tree.path())[&tree.path()];
        prop_assert_eq!(wild.model.figures.files, root.files);
        prop_assert_eq!(wild.scan.join(PATIENCE), vec![]);
        Ok(())
    };
    TestRunner::new(config)
        .run(&(steps(), sizes), story)
        .unwrap_or_else(|failure| panic!("{failure}"));
}
