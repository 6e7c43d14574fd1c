//! What the parts cost that no system call is in: `cargo bench --bench micro`. Packing and unpacking,
//! the fold, the rows of a large directory in order, and frames while results arrive.
//!
//! Times are those of the processor in this thread, so that other programs on the machine do not
//! count.

#![expect(
    clippy::print_stdout,
    reason = "it is a program of its own, and its output is figures"
)]

mod figures;
mod shape;
mod synthetic;

use std::{hint::black_box, io, time::Duration};

use clap::Parser;
use crossterm::event::KeyCode;
use ratatui::{Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};
use rustix::time::{ClockId, clock_gettime};
use spelunk::{
    config::Config,
    format::Signs,
    scan::{dir::DirId, gauge::Reading},
    state::State,
    tree::block::{Files, Metadata, Packer, Unpacker},
    ui::{
        keymap::Key,
        model::{
            Model, Settings,
            listing::{By, Listing, Order, Scope},
        },
        theme::Theme,
        update::{Message, update},
        view,
    },
};

use figures::Times;
use shape::Random;
use synthetic::{Parcel, WORKERS};

const COLUMNS: u16 = 120;
const LINES: u16 = 40;
/// Results that arrive in a second while frames are measured.
const RATE: f64 = 1e6;
/// How many scans frames are measured in.
const SCANS: usize = 4;
/// The interface draws no more often than this.
const FRAME: Duration = Duration::from_millis(33);
/// The interface takes results no more often than this.
const TURN: Duration = spelunk::scan::DRAIN;

/// Measure packing, folding, sorting and drawing
#[derive(Debug, Parser)]
#[command(name = "micro")]
struct Arguments {
    /// How many files there are
    #[arg(long, default_value_t = 1_000_000)]
    files: u32,

    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let Arguments { files, .. } = Arguments::parse();
    pack(files);
    fold("fold, home", synthetic::home(files));
    fold("fold, links", synthetic::links(files));
    let flat = fold("fold, flat", synthetic::flat(files));
    sort(&flat, By::Size);
    sort(&flat, By::Name);
    drop(flat);
    frames("home", || synthetic::home(files));
    frames("flat", || synthetic::flat(files));
}

/// Processor time of this thread.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// What `work` takes, and what it gives.
fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begun = now();
    let result = work();
    (now().saturating_sub(begun), result)
}

/// Prints what each of `count` things took.
fn each(what: &str, thing: &str, count: usize, time: Duration) {
    let nanoseconds = time.as_secs_f64() * 1e9 / count as f64;
    println!("{what:44}{nanoseconds:9.1} ns {thing}");
}

/// Prints how steps differ.
fn steps(what: &str, times: &Times) {
    println!("{what:44}{:7} x   {}", times.len(), times.summary());
}

fn pack(files: u32) {
    /// About as many as a directory has.
    const DIRECTORY: usize = 10;
    let mut random = Random::new(7);
    let files: Vec<_> = (0..files)
        .map(|number| {
            (
                shape::file_name(number, &mut random),
                synthetic::metadata(&mut random),
            )
        })
        .collect();
    let (packing, blocks) = time(|| {
        let mut packer = Packer::default();
        let pack = |directory: &[(String, Metadata)]| {
            for (name, metadata) in directory {
                black_box(packer.add(black_box(name.as_bytes()), black_box(metadata)));
            }
            black_box(packer.finish())
        };
        files.chunks(DIRECTORY).map(pack).collect::<Vec<_>>()
    });
    each("packing", "a file", files.len(), packing);
    let bytes = blocks.iter().map(Files::weight).sum::<usize>() as f64;
    println!("{:44}{:9.1} bytes a file", "", bytes / files.len() as f64);
    let (unpacking, ()) = time(|| {
        for file in blocks
            .iter()
            .flat_map(|block| Unpacker::new(&block.records))
        {
            black_box(file);
        }
    });
    each("unpacking", "a file", files.len(), unpacking);
    println!(
        "{:44}{:9.1} million files a second",
        "",
        files.len() as f64 / unpacking.as_secs_f64() / 1e6
    );
}

/// Folds parcels, as many at a time as arrive between two turns of the interface.
fn fold(what: &str, parcels: Vec<Parcel>) -> State {
    let mut state = State::new(WORKERS);
    let (mut times, mut sum) = (Times::default(), Duration::ZERO);
    let (mut results, mut given) = (0, 0);
    let mut parcels = parcels.into_iter().peekable();
    while parcels.peek().is_some() {
        given += (RATE * TURN.as_secs_f64()) as usize;
        let (time, ()) = time(|| {
            while results < given
                && let Some(parcel) = parcels.next()
            {
                results += parcel.results;
                state.apply(parcel.worker, parcel.events, Duration::ZERO);
            }
            state.settle();
        });
        times.add(time);
        sum += time;
    }
    each(what, "a result", results, sum);
    steps(&format!("{what}, results of 5 ms"), &times);
    state
}

/// Puts the rows of the root in order.
fn sort(state: &State, by: By) {
    let (tree, what) = (state.tree(), format!("{by:?}").to_lowercase());
    let order = Order {
        by,
        reversed: false,
        apparent: true,
        directories_first: false,
        scope: Scope::All,
    };
    let mut listing = Listing::new(tree, DirId(1), order);
    let (mut times, mut sum) = (Times::default(), Duration::ZERO);
    while listing.is_behind() {
        let (slice, ()) = time(|| listing.advance(tree));
        times.add(slice);
        sum += slice;
    }
    each(&format!("rows by {what}"), "a row", listing.len(), sum);
    steps(&format!("rows by {what}, a slice"), &times);
    let (mut times, mut random) = (Times::default(), Random::new(7));
    for _ in 0..200 {
        let first = random.below(listing.len());
        times.add(time(|| black_box(listing.window(tree, first, LINES.into()))).0);
    }
    steps(
        &format!("rows by {what}, a screen of them anywhere"),
        &times,
    );
}

/// The interface without a terminal: what is drawn is encoded and thrown away.
struct Screen {
    model: Model,
    terminal: Terminal<CrosstermBackend<io::Sink>>,
    theme: Theme,
    gauges: Vec<Reading>,
    clock: Duration,
}

impl Screen {
    fn new() -> Self {
        let settings = Settings {
            signs: Signs::Unicode,
            ..Settings::of(&Config::default(), vec!["/home".into()], |_| None)
                .expect("what is embedded has no mistake")
        };
        let viewport = Viewport::Fixed(Rect::new(0, 0, COLUMNS, LINES));
        Self {
            model: Model::new(State::new(WORKERS), settings, (COLUMNS, LINES)),
            terminal: Terminal::with_options(
                CrosstermBackend::new(io::sink()),
                TerminalOptions { viewport },
            )
            .expect("a sink takes everything"),
            theme: Theme::dark(),
            gauges: vec![Reading::default(); WORKERS],
            clock: Duration::ZERO,
        }
    }

    fn tell(&mut self, message: Message) {
        update(&mut self.model, message);
    }

    fn wait(&mut self, time: Duration) {
        self.clock += time;
        let (now, gauges) = (self.clock, self.gauges.clone());
        self.tell(Message::Clock { now, gauges });
    }

    fn draw(&mut self) {
        if std::mem::take(&mut self.model.dirty) {
            let (model, theme) = (&self.model, &self.theme);
            self.terminal
                .draw(|frame| view::draw(frame, model, theme))
                .expect("a sink takes everything");
        }
    }
}

/// What the thread of the interface does, step by step.
#[derive(Default)]
struct Steps {
    /// Folding and drawing between two frames, while results arrive.
    frames: Times,
    /// The drawing in them.
    drawing: Times,
    /// From one look at keys to the next, while rows are put in order after the end.
    turns: Times,
    /// From a key to the screen that answers it.
    keys: Times,
    /// The same for a letter of what is looked for.
    letters: Times,
    /// From one look at keys to the next, while it is looked for.
    finding: Times,
    /// From a letter to the screen with everything that was found.
    finds: Times,
}

fn frames(what: &str, scan: impl Fn() -> Vec<Parcel>) {
    let mut times = Steps::default();
    for _ in 0..SCANS {
        let mut screen = Screen::new();
        times.play(&mut screen, scan());
        times.catch_up(&mut screen);
        times.press(&mut screen);
        times.find(&mut screen);
    }
    steps(
        &format!("a frame, {what}, {RATE} results a second"),
        &times.frames,
    );
    steps("    of it drawing", &times.drawing);
    steps(&format!("a turn, {what}, rows catching up"), &times.turns);
    steps(&format!("a key, {what}, complete"), &times.keys);
    steps(&format!("a letter to find, {what}"), &times.letters);
    steps("    a turn while it is looked for", &times.finding);
    steps("    until everything is found", &times.finds);
}

impl Steps {
    fn play(&mut self, screen: &mut Screen, parcels: Vec<Parcel>) {
        let (mut parcels, mut results) = (parcels.into_iter().peekable(), 0);
        while parcels.peek().is_some() {
            let end = screen.clock + FRAME;
            let (folding, ()) = time(|| {
                while screen.clock < end {
                    screen.wait(TURN);
                    let due = (screen.clock.as_secs_f64() * RATE) as usize;
                    while results < due
                        && let Some(parcel) = parcels.next()
                    {
                        results += parcel.results;
                        let Parcel { worker, events, .. } = parcel;
                        screen.tell(Message::Results { worker, events });
                    }
                    screen.tell(Message::Drained);
                }
            });
            let (drawing, ()) = time(|| screen.draw());
            self.frames.add(folding + drawing);
            self.drawing.add(drawing);
        }
        screen.tell(Message::Gone(Vec::new()));
    }

    fn catch_up(&mut self, screen: &mut Screen) {
        while screen.model.browser.is_behind() {
            let (turn, ()) = time(|| {
                screen.wait(Duration::from_millis(1));
                screen.draw();
            });
            self.turns.add(turn);
        }
    }

    fn find(&mut self, screen: &mut Screen) {
        screen.tell(Message::Key(Key::Char('/')));
        for letter in "file 1 e*".chars() {
            let (press, ()) = time(|| {
                screen.tell(Message::Key(Key::Char(letter)));
                screen.draw();
            });
            self.letters.add(press);
            let mut sum = press;
            while screen.model.wakes_at().is_some() {
                let (turn, ()) = time(|| {
                    screen.wait(Duration::from_millis(1));
                    screen.draw();
                });
                self.finding.add(turn);
                sum += turn;
            }
            self.finds.add(sum);
        }
        screen.tell(Message::Key(Key::Named(KeyCode::Esc)));
    }

    fn press(&mut self, screen: &mut Screen) {
        let keys = [
            Key::Named(KeyCode::End),
            Key::Named(KeyCode::PageUp),
            Key::Char('n'),
            Key::Char('k'),
            Key::Named(KeyCode::Home),
            Key::Named(KeyCode::PageDown),
            Key::Char('a'),
            Key::Char('s'),
            Key::Char('j'),
        ];
        for key in keys.into_iter().cycle().take(10 * keys.len()) {
            let (press, ()) = time(|| {
                screen.tell(Message::Key(key));
                screen.draw();
            });
            self.keys.add(press);
            screen.wait(FRAME);
        }
    }
}
