//! What a frame costs: a scan of a real directory, shown in each view. Times are those on the
//! processor: what others do meanwhile is not the frame's. A measurement and no test, so it only runs
//! when asked for:
//!
//! ```sh
//! FRAMES=/usr cargo test --release --test suite frames -- --ignored --nocapture
//! ```

use std::{
    io::Write as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use crossbeam_channel::RecvTimeoutError;
use crossterm::event::KeyCode;
use ratatui::{Terminal, backend::TestBackend};
use rustix::time::{ClockId, clock_gettime};
use spelunk::{
    config::Config,
    scan::{Options, Scan},
    state::State,
    ui::{
        keymap::Key,
        model::{Model, Settings, View},
        theme::Theme,
        update::{Message, update},
        view,
    },
};

use crate::support::skip::skip;

const FRAME: Duration = Duration::from_millis(33);
const DRAIN: Duration = Duration::from_millis(5);
const DRAINING: Duration = Duration::from_millis(8);

/// How long this thread has been on a processor.
fn on_processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Times of one kind of work.
#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = on_processor();
        let done = work();
        self.0.push(on_processor().saturating_sub(begun));
        done
    }

    fn told(&mut self) -> String {
        self.0.sort_unstable();
        let at = |percent: usize| {
            let last = self.0.len().saturating_sub(1);
            self.0
                .get(last * percent / 100)
                .copied()
                .unwrap_or_default()
        };
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        let [half, most, longest] = [50, 99, 100].map(|percent| milliseconds(at(percent)));
        format!("{:5} x {half:6.2} {most:6.2} {longest:6.2}", self.0.len())
    }
}

/// A screen that is drawn into memory, and the times of what was done for it.
struct Watched {
    model: Model,
    terminal: Terminal<TestBackend>,
    theme: Theme,
    begun: Instant,
    drawn: Instant,
    clock: Times,
    draws: Times,
    keys: Times,
}

impl Watched {
    fn tick(&mut self, scan: &Scan) {
        let now = self.begun.elapsed();
        let gauges = scan.gauges().collect();
        let model = &mut self.model;
        self.clock
            .time(|| update(model, Message::Clock { now, gauges }));
        if model.dirty && self.drawn.elapsed() >= FRAME {
            let (terminal, theme) = (&mut self.terminal, &self.theme);
            let frame = |frame: &mut ratatui::Frame<'_>| view::draw(frame, model, theme);
            self.draws
                .time(|| terminal.draw(frame).map(|_| ()))
                .expect("memory takes everything");
            model.dirty = false;
            self.drawn = Instant::now();
        }
    }

    fn press(&mut self, key: Key) {
        let model = &mut self.model;
        self.keys.time(|| update(model, Message::Key(key)));
    }
}

fn watch(dir: &str, view: View) {
    let options = Options::new([PathBuf::from(dir)]);
    let scan = Scan::start(&options).expect("the scan begins");
    let begun = Instant::now();
    let settings = Settings::of(&Config::default(), vec![dir.to_owned()], |_| None);
    let settings = Settings {
        begun: 1_795_363_200,
        ..settings.expect("no mistake")
    };
    let size = (120, 40);
    let mut watched = Watched {
        model: Model::new(State::new(scan.workers()), settings, size),
        terminal: Terminal::new(TestBackend::new(size.0, size.1)).expect("memory is there"),
        theme: Theme::dark(),
        begun,
        drawn: begun,
        clock: Times::default(),
        draws: Times::default(),
        keys: Times::default(),
    };
    let digit = char::from_digit(view.number() as u32, 10).expect("six views");
    watched.press(Key::Char(digit));
    loop {
        match scan.results().recv_timeout(DRAIN) {
            Ok(first) => {
                let draining = Instant::now();
                let mut next = Some(first);
                while let Some(parcel) = next {
                    let worker = parcel.worker();
                    let events = parcel.open();
                    update(&mut watched.model, Message::Results { worker, events });
                    // What is taken from the channel must be told.
                    next = if draining.elapsed() < DRAINING {
                        scan.results().try_recv().ok()
                    } else {
                        None
                    };
                }
                update(&mut watched.model, Message::Drained);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        watched.tick(&scan);
    }
    let scanned = watched.begun.elapsed();
    update(&mut watched.model, Message::Gone(Vec::new()));
    while watched
        .model
        .wakes_at()
        .is_some_and(|at| at <= watched.begun.elapsed())
    {
        watched.tick(&scan);
    }
    let settled = watched.begun.elapsed();
    for key in [
        KeyCode::Down,
        KeyCode::End,
        KeyCode::Home,
        KeyCode::PageDown,
    ] {
        watched.press(Key::Named(key));
        watched.tick(&scan);
    }
    for key in ['a', 'a', 'C', 's', digit, 'i', 'j', 'i'] {
        watched.press(Key::Char(key));
        watched.tick(&scan);
    }
    let tell = |times: &mut Times| times.told();
    let _ = writeln!(
        std::io::stdout(),
        "{:8} clock {} | draw {} | keys {} | scan {:.2} s, behind it {:.2} s",
        view.word(),
        tell(&mut watched.clock),
        tell(&mut watched.draws),
        tell(&mut watched.keys),
        scanned.as_secs_f64(),
        settled.saturating_sub(scanned).as_secs_f64(),
    );
    scan.join(Duration::from_secs(1));
}

#[test]
#[ignore = "a measurement, see the module's head"]
fn frames() {
    let Some(dir) = std::env::var("FRAMES").ok() else {
        return skip("frames", "FRAMES names no directory");
    };
    let _ = writeln!(
        std::io::stdout(),
        "times in milliseconds: how many, half, 99 of 100, longest"
    );
    for view in View::ALL {
        watch(&dir, view);
    }
}
