//! The interface: a loop that waits, changes the model and draws it.
//!
//! ```text
//! inbox ──Turn──▶ run ──Message──▶ update ──▶ model ──▶ view ──▶ terminal
//!                  ▲                  │
//!                  └──────Effect──────┘
//! ```
//!
//! At most 30 frames a second are drawn, and none when nothing has changed. Results are taken at
//! most 200 times a second: in between they gather in the workers' open batches, which costs the
//! workers nothing, whereas waking up for each would cost them the processor. A frame is drawn only
//! when the one before it is out: the terminal may be slow, or frozen, and nothing here waits for it.

pub mod farewell;
pub mod hints;
mod inbox;
pub mod keymap;
pub mod model;
pub mod mouse;
mod terminal;
pub mod theme;
pub mod update;
pub mod view;
pub mod window;
mod writer;

use std::{
    io,
    path::PathBuf,
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use crossterm::event::KeyCode;

use crate::{
    config::Call,
    faults,
    inquiry::{Inquiry, Kernel},
    progress::{
        Count,
        outlook::{Keeping, Outlook},
    },
    scan::{
        Abandoned, Begins, DRAIN, GRACE, Part, Scan,
        dir::{DirId, Extent},
        event::{Parcel, in_words},
    },
    signals::{Ending, Signal},
    state::{State, rescans::Rescan},
    supervisor::{Link, modes::Mouse},
};
use farewell::{Farewell, Left};
use inbox::{Inbox, Turn};
use keymap::Key;
use model::{Leaving, Model, Settings, Stuck};
use terminal::Terminal;
use theme::Theme;
use update::{Effect, Message, update};
use window::{Abilities, Window};

/// Shortest time between two frames.
const FRAME: Duration = Duration::from_millis(33);
/// Longest time that one drain takes; the rest waits for the next turn, after keys.
const DRAINING: Duration = Duration::from_millis(8);
/// How long workers are given after a second request to leave: enough for those that can.
const IMPATIENT: Duration = Duration::from_millis(50);

/// How the terminal is used.
#[derive(Clone, Debug)]
pub struct Display {
    /// What each kind of text looks like.
    pub theme: Theme,
    /// Whether clicks and the wheel are taken.
    pub mouse: Mouse,
    /// What the terminal understands.
    pub abilities: Abilities,
    /// How the end of a long scan is told.
    pub call: Call,
}

/// Shows the scan that `start` starts, until it is left. `root` is the single directory that is
/// scanned, if it is one.
/// The terminal is given back by the supervisor, to which `link` leads.
///
/// # Errors
/// The terminal cannot be read or written, or a thread or the scan not be started.
pub fn run(
    link: &Link,
    start: impl FnOnce() -> io::Result<Scan>,
    settings: Settings,
    display: &Display,
    signals: Receiver<Signal>,
    outlook: &Outlook,
    root: Option<PathBuf>,
) -> io::Result<Farewell> {
    let inbox = Inbox::open(signals, outlook.ask(), root)?;
    let window = Window::new(display.abilities, display.call);
    let terminal = Terminal::take(link, display.mouse, window)?;
    // Workers take all the threads that they get: where there are few, these two were needed more.
    let scan = start()?;
    let model = Model::new(State::new(scan.workers()), settings, terminal::size()?);
    let mut interface = Interface {
        model,
        inbox,
        terminal,
        theme: &display.theme,
        scan,
        outlook,
        keeping: None,
        inquiry: Inquiry::of(Kernel),
        asked: None,
        begun: Instant::now(),
        drained: None,
        drawn: None,
        stopped: None,
        waiting: None,
        listening: true,
        left_behind: Vec::new(),
        unkept: false,
    };
    let left = interface.live();
    let Interface {
        model,
        inbox,
        terminal,
        scan,
        stopped,
        mut left_behind,
        ..
    } = interface;
    link.leaving();
    // What is left of the grace; after a second request to leave there is hardly any.
    let is_second = model.leaving == Leaving::Waiting && model.scan.is_running();
    let grace = match left {
        Ok(Left::Key | Left::Interrupt) if is_second => IMPATIENT,
        _ => stopped.map_or(GRACE, |stopped| GRACE.saturating_sub(stopped.elapsed())),
    };
    for abandoned in scan.join(grace) {
        if !left_behind
            .iter()
            .any(|known| known.worker == abandoned.worker)
        {
            left_behind.push(abandoned);
        }
    }
    left_behind.retain(|worker| worker.call.is_some());
    drop((inbox, terminal));
    link.give_back();
    let farewell = left.map(|left| Farewell::of(&model, left, &left_behind));
    // The tree of a large scan takes a while to free, and the process ends here.
    std::mem::forget(model);
    farewell
}

struct Interface<'a> {
    model: Model,
    inbox: Inbox,
    terminal: Terminal<'a>,
    theme: &'a Theme,
    scan: Scan,
    outlook: &'a Outlook,
    /// The totals, while they are being remembered.
    keeping: Option<Keeping>,
    /// Whom the details are asked of, and the number of the question that was asked last.
    inquiry: Inquiry,
    asked: Option<u64>,
    begun: Instant,
    /// When results were taken last.
    drained: Option<Instant>,
    /// When a frame was drawn last.
    drawn: Option<Instant>,
    /// When the stop event was set, or all that was to be read was.
    stopped: Option<Instant>,
    /// What the scan is to go on with as soon as its workers are gone: it had ended by itself when
    /// something was to be taken up.
    waiting: Option<Part>,
    /// Whether results may still come.
    listening: bool,
    left_behind: Vec<Abandoned>,
    /// A scan has ended whose totals have not been looked at yet.
    unkept: bool,
}

impl Interface<'_> {
    /// Runs until it is left.
    fn live(&mut self) -> io::Result<Left> {
        self.tick();
        loop {
            let turn = self.wait();
            if let Turn::Key(_) = turn {
                update(&mut self.model, Message::Time(self.begun.elapsed()));
            } else {
                self.tick();
            }
            let effect = match turn {
                Turn::Key(key) => {
                    if key == Key::Named(KeyCode::F(12)) {
                        faults::strike(faults::Place::Key);
                    }
                    update(&mut self.model, Message::Key(key))
                }
                Turn::Mouse(gesture) => update(&mut self.model, Message::Mouse(gesture)),
                Turn::Paste(text) => update(&mut self.model, Message::Paste(text)),
                Turn::Focus(focus) => update(&mut self.model, Message::Focus(focus)),
                Turn::Signal(Signal::End(signal)) => {
                    self.scan.stop();
                    return Ok(Left::Signal(signal));
                }
                Turn::Signal(Signal::Resized) => self.resize()?,
                Turn::Signal(Signal::Continued) => {
                    self.terminal.ask()?;
                    None
                }
                Turn::Signal(Signal::Given) => {
                    self.terminal.is_given();
                    self.resize()?
                }
                Turn::Expected(expected) => update(&mut self.model, Message::Expected(expected)),
                Turn::Answer(answer) => update(&mut self.model, Message::Answer(answer)),
                Turn::FileSystem(size) => update(&mut self.model, Message::FileSystem(size)),
                Turn::Results(parcel) => self.drain(parcel),
                Turn::Gone => self.gone(Vec::new()),
                Turn::Written(written) => match self.terminal.is_out(written) {
                    Ok(()) => None,
                    // The only reason why a terminal does not let itself be written.
                    Err(_) => return Ok(Left::Signal(Ending::HANGUP)),
                },
                Turn::Time => self.end_patience(),
            };
            match effect {
                Some(Effect::Leave) => {
                    return Ok(if self.model.interrupted {
                        Left::Interrupt
                    } else {
                        Left::Key
                    });
                }
                Some(Effect::Redraw) => self.terminal.renew(self.model.size)?,
                Some(Effect::Suspend) => self.terminal.suspend(),
                Some(effect) => self.steer(effect),
                None => {}
            }
            self.ask();
            if let Some(dir) = self.model.wants_listed() {
                self.read_again(&[dir], Extent::Alone);
            }
            if self.may_draw() && self.next_frame().is_none_or(|due| due <= Instant::now()) {
                self.draw()?;
            }
        }
    }

    /// Tells the scan what is wanted of it.
    fn steer(&mut self, effect: Effect) {
        match effect {
            Effect::Stop => {
                self.stopped.get_or_insert_with(Instant::now);
                self.waiting = None;
                self.scan.stop();
            }
            Effect::Pause => self.scan.pause(),
            Effect::Resume => self.scan.resume(),
            Effect::Focus(dir) => self.scan.focus(dir),
            Effect::Skip(dir) => self.scan.skip(dir),
            Effect::TakeUp(dir) => {
                if !self.listening {
                    self.go_on(Part::Only(vec![dir]));
                } else if self.scan.take_up(dir).is_err() {
                    self.go_on_later(dir);
                }
            }
            Effect::Rescan(dirs) => self.read_again(&dirs, Extent::Whole),
            Effect::GoOn(part) => self.go_on(part),
            Effect::Leave | Effect::Redraw | Effect::Suspend => {}
        }
    }

    /// The scan has ended, but its workers are not gone yet.
    fn go_on_later(&mut self, dir: DirId) {
        match &mut self.waiting {
            Some(Part::Only(dirs)) => dirs.push(dir),
            Some(Part::All) => {}
            none => *none = Some(Part::Only(vec![dir])),
        }
    }

    /// Lets directories be read again, now or in a new scan.
    fn read_again(&mut self, dirs: &[DirId], extent: Extent) {
        let mut rescans = Vec::with_capacity(dirs.len());
        for of in dirs {
            let way = self.model.state.tree().way_to(*of);
            let again = match extent {
                Extent::Alone => self.scan.list(&way),
                Extent::Whole => self.scan.rescan(&way),
            };
            rescans.push(Rescan {
                of: *of,
                anew: again.dir,
            });
            if self.listening && again.begins == Begins::WithNext {
                self.go_on_later(again.dir);
            }
        }
        let anew = rescans.iter().map(|rescan| rescan.anew).collect();
        let message = match extent {
            Extent::Alone => Message::Listing(rescans),
            Extent::Whole => Message::Rescanned(rescans),
        };
        update(&mut self.model, message);
        if !self.listening {
            self.go_on(Part::Only(anew));
        }
    }

    /// Goes on with a scan whose workers are gone.
    fn go_on(&mut self, part: Part) {
        let result = match self.scan.go_on(part.clone()) {
            Ok(()) => {
                self.listening = true;
                (self.stopped, self.drained) = (None, None);
                self.left_behind.clear();
                Ok(part)
            }
            Err(error) => Err(in_words(&error)),
        };
        if let Some(effect) = update(&mut self.model, Message::WentOn(result)) {
            self.steer(effect);
        }
    }

    /// Waits for whatever comes first.
    fn wait(&mut self) -> Turn {
        let now = Instant::now();
        // Once workers are to leave, their going is what is waited for.
        let drained = self.drained.filter(|_| self.stopped.is_none());
        let may_drain = drained.map_or(now, |drained| drained + DRAIN);
        let results = (self.listening && may_drain <= now).then(|| self.scan.results());
        let until = [
            self.model.wakes_at().map(|at| self.begun + at),
            self.may_draw().then(|| self.next_frame().unwrap_or(now)),
            (self.listening && results.is_none()).then_some(may_drain),
            self.patience_ends(),
        ];
        let until = until.into_iter().flatten().min();
        let (written, answers) = (self.terminal.written(), self.inquiry.answers());
        self.inbox.wait(until, results, written, answers)
    }

    /// Asks about the entry whose details are shown, as soon as they are.
    fn ask(&mut self) {
        let question = self.model.question();
        let number = question.map(|question| question.number);
        if number != self.asked {
            self.asked = number;
            if let Some(question) = question {
                self.inquiry.ask(question.clone());
            }
        }
    }

    /// Tells the model the time, and what the workers are at.
    fn tick(&mut self) {
        self.scan.tend(self.begun.elapsed());
        let gauges = self.scan.gauges().collect();
        update(
            &mut self.model,
            Message::Clock {
                now: self.begun.elapsed(),
                gauges,
            },
        );
        for dir in self.model.state.take_forgotten() {
            self.scan.forget(dir);
        }
        for Stuck { worker, dir } in self.model.stuck_in_forgotten() {
            // There is nobody to be told.
            let _ = self.listening && self.scan.claim(worker, dir);
        }
        for Stuck { worker, dir } in self.model.stuck_in_skipped() {
            if self.listening && self.scan.claim(worker, dir) {
                update(&mut self.model, Message::Claimed { worker, dir });
            }
        }
        // What was read again may have taken its place only now.
        self.keep();
        if self.listening && self.scan.has_ended() {
            // A worker may be stuck in what was skipped.
            self.stopped.get_or_insert_with(Instant::now);
        }
    }

    /// Takes over the results that are there, for a while.
    fn drain(&mut self, first: Parcel) -> Option<Effect> {
        let begun = Instant::now();
        let mut next = Some(first);
        while let Some(parcel) = next {
            let worker = parcel.worker();
            update(
                &mut self.model,
                Message::Results {
                    worker,
                    events: parcel.open(),
                },
            );
            next = if begun.elapsed() < DRAINING {
                self.scan.results().try_recv().ok()
            } else {
                None
            };
        }
        self.drained = Some(Instant::now());
        update(&mut self.model, Message::Drained)
    }

    /// Nothing more will come.
    fn gone(&mut self, left_behind: Vec<Abandoned>) -> Option<Effect> {
        self.listening = false;
        // The end is shown at once, not when the next frame is due.
        self.drawn = None;
        self.left_behind.clone_from(&left_behind);
        let effect = update(&mut self.model, Message::Gone(left_behind));
        if let (Some(part), None) = (self.waiting.take(), &effect) {
            self.go_on(part);
        }
        self.unkept = true;
        self.keep();
        effect
    }

    /// Remembers the totals of a scan that is whole.
    fn keep(&mut self) {
        if self.unkept && self.model.state.is_whole() {
            self.unkept = false;
            let count = Count::all(self.model.state.tree());
            self.keeping = self.outlook.keep(count, self.model.elapsed);
        }
    }

    /// When workers are not waited for any more. What they have told is taken over before that.
    fn patience_ends(&self) -> Option<Instant> {
        let waits = self.listening && self.scan.results().is_empty();
        self.stopped
            .filter(|_| waits)
            .map(|stopped| stopped + GRACE)
    }

    /// Gives up waiting for workers when their grace is over.
    fn end_patience(&mut self) -> Option<Effect> {
        let over = self
            .patience_ends()
            .is_some_and(|end| end <= Instant::now());
        if over {
            self.gone(self.scan.stuck())
        } else {
            None
        }
    }

    fn resize(&mut self) -> io::Result<Option<Effect>> {
        let (columns, lines) = terminal::size()?;
        self.terminal.renew((columns, lines))?;
        Ok(update(&mut self.model, Message::Resized { columns, lines }))
    }

    /// Whether there is something to draw, and room for a frame.
    fn may_draw(&self) -> bool {
        self.model.dirty && self.terminal.is_ready()
    }

    fn next_frame(&self) -> Option<Instant> {
        self.drawn.map(|drawn| drawn + FRAME)
    }

    fn draw(&mut self) -> io::Result<()> {
        self.terminal.draw(&self.model, self.theme)?;
        self.model.dirty = false;
        self.drawn = Some(Instant::now());
        Ok(())
    }
}
