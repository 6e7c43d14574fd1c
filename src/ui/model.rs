//! The model: everything that is on the screen, and nothing that is not. The view draws it as it
//! is, without asking a clock, the tree's order or the file system. Only `update` changes it.
//!
//! What moves on the screen is taken from the state at its own pace (screens never flicker, numbers
//! can be read): the figures ten times a second, rows and workers four times, rates twice.

mod ages;
mod attention;
mod browser;
mod columns;
mod details;
mod find;
mod largest;
pub mod listing;
mod map;
mod marks;
pub mod pace;
mod pick;
mod problems;
mod prompt;
mod rescan;
mod row;
mod settings;
mod shares;
mod table;
mod types;
mod views;
mod workers;

use std::time::Duration;

pub use ages::AgesTable;
pub use attention::Attention;
pub use browser::{Browser, End};
pub use columns::{Columns, Measure};
pub use details::{Asked, Details, Directory, Panel as DetailsPanel, Record, Subject};
pub use find::{Find, FoundRow, Stage};
pub use largest::{LargeRow, LargestFiles};
pub use map::{Colouring, Direction, Map, Tile, What, squarify::Area};
pub use marks::{Marks, Sum};
pub use problems::{Counts, Explanation, ProblemRow, ProblemsTable};
pub(in crate::ui) use prompt::Motion;
pub use prompt::Prompt;
use row::{Busy, Look};
pub use row::{Row, RowState};
pub use settings::{Privileges, Settings};
use shares::Shares;
pub use types::{Type, TypeRow, TypesTable};
pub use views::{Content, View, Views};
pub use workers::{Stuck, WorkerRow, WorkerState, Workers};

use crate::{
    escape,
    folding::Folding,
    format,
    inquiry::{FileSystem, Question},
    progress::{self, Basis, Estimate, Estimator},
    scan::{dir::DirId, gauge::Reading},
    state::{Activity, ScanState, State},
    tree::{Bound, block::Kind},
};
use listing::EntryId;
use pace::Pace;

/// The workers panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// One worker a row.
    Full,
    /// One line for all.
    Line,
    /// Nothing.
    Off,
}

/// How far leaving has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Nobody wants to.
    No,
    /// `q` was pressed once where it asks: the next one leaves.
    Asked,
    /// `q` has stopped the scan and stayed: the next one leaves, whatever was pressed between them.
    Stopped,
    /// The program leaves as soon as the workers are gone.
    Waiting,
}

/// The figures of lines 1 to 3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Names of everything that is no directory.
    pub files: u64,
    /// Directories.
    pub dirs: u64,
    /// Size in bytes, of the kind that is shown.
    pub size: i128,
    /// How the figures stand to what is there.
    pub bound: Bound,
    /// Failures, stalled workers and a panic.
    pub problems: u64,
    /// Directories waiting.
    pub queued: u64,
    /// Files a second.
    pub rate: u64,
    /// Files in each of the last sixteen seconds.
    pub history: Vec<u64>,
}

/// A message over the last rows, for some seconds or until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// When it goes.
    pub until: Duration,
}

/// Everything that is on the screen. See the module's head.
pub struct Model {
    /// What is known of the scan.
    pub state: State,
    /// What was chosen before the start.
    pub settings: Settings,
    /// Columns and lines of the terminal.
    pub size: (u16, u16),
    /// Time since the start, as of the last message.
    pub now: Duration,
    /// How long the scan has run, or ran.
    pub elapsed: Duration,
    /// What the scan is in, as of the last message.
    pub scan: ScanState,
    /// The figures of lines 1 to 3.
    pub figures: Figures,
    /// How far the scan is, as far as that can be said.
    pub progress: Option<Estimate>,
    /// How long it will take on from here, where that is worth saying.
    pub left: Option<Duration>,
    /// The workers panel's choice; `None` where the height decides.
    pub panel: Option<Panel>,
    /// The workers.
    pub workers: Workers,
    /// The directory that is shown.
    pub browser: Browser,
    /// The view that was chosen; what the rows show is [`Model::content`].
    pub view: View,
    /// Which columns its rows have.
    pub columns: Columns,
    /// What is marked.
    pub marks: Marks,
    /// What the views need.
    pub views: Views,
    /// Size of the file system of the root, once it is known.
    pub file_system: Option<FileSystem>,
    /// The first line of the help that is shown; `None` while the help is closed.
    pub help: Option<u16>,
    /// A message over the last rows.
    pub notice: Option<Notice>,
    /// How far leaving has come.
    pub leaving: Leaving,
    /// When the mouse was pressed on a row last, and on which line of the screen.
    pub(super) pressed: Option<(Duration, u16)>,
    /// The interrupt key was pressed.
    pub interrupted: bool,
    /// Where the user looks.
    pub attention: Attention,
    /// Something on the screen has changed since it was drawn.
    pub dirty: bool,
    /// The bound on memory.
    pub folding: Folding,
    /// The directory that was listed again last because it was shown and its files were folded.
    listed: Option<DirId>,
    pub(super) estimator: Estimator,
    /// How long the scan had run when nothing was left but to read directories again.
    again_since: Option<Duration>,
    shares: Shares,
    pace: Pace,
    figures_due: Duration,
    rates_due: Duration,
    left_due: Duration,
    rows_due: Duration,
    /// Until when the rows wait, as of when they were looked at last.
    rows_wait: Option<Duration>,
    slice_due: Duration,
}

const FIGURES: Duration = Duration::from_millis(100);
const RATES: Duration = Duration::from_millis(500);
/// Time left, as all that is counted in seconds.
const LEFT: Duration = Duration::from_secs(1);
const ROWS: Duration = Duration::from_millis(250);
/// While workers run, a slice of the rows of a large directory is taken this often.
const SLICE: Duration = Duration::from_millis(10);
/// A frame later.
const NEXT_FRAME: Duration = Duration::from_millis(33);
const FIRST_ROWS: Duration = Duration::from_millis(20);
/// A notice stays for so long.
const NOTICE: Duration = Duration::from_secs(4);

impl Model {
    /// The screen at the start of a scan.
    pub fn new(state: State, settings: Settings, size: (u16, u16)) -> Self {
        let workers = Workers::new(state.workers().len());
        // The roots get their numbers in order: a single one is shown itself, several as rows of
        // their virtual parent.
        let start = if settings.roots.len() == 1 {
            DirId(1)
        } else {
            DirId::TOP
        };
        Self {
            browser: Browser::new(start, settings.apparent),
            panel: settings.panel,
            columns: settings.columns,
            marks: Marks::default(),
            folding: Folding::new(settings.memory, settings.begun),
            listed: None,
            shares: Shares::none(),
            state,
            settings,
            size,
            now: Duration::ZERO,
            elapsed: Duration::ZERO,
            scan: ScanState::Scanning,
            figures: Figures::default(),
            progress: None,
            left: None,
            workers,
            view: View::Browse,
            views: Views::new(start),
            file_system: None,
            help: None,
            notice: None,
            leaving: Leaving::No,
            pressed: None,
            interrupted: false,
            attention: Attention::new(),
            dirty: true,
            estimator: Estimator::default(),
            again_since: None,
            pace: Pace::default(),
            figures_due: Duration::ZERO,
            rates_due: RATES,
            left_due: LEFT,
            rows_due: Duration::ZERO,
            rows_wait: None,
            slice_due: Duration::ZERO,
        }
    }

    /// What is scanned, in words.
    pub fn what(&self) -> String {
        match self.settings.roots.as_slice() {
            [root] => root.clone(),
            roots => format::plural(roots.len() as u64, "directory", "directories"),
        }
    }

    /// The workers panel as it is shown now.
    pub fn shown_panel(&self) -> Panel {
        if !self.scan.is_running() {
            return Panel::Off;
        }
        let by_height = match self.size.1 {
            0..16 => Panel::Off,
            // Two panels leave no room for rows.
            16..30 if self.views.details.is_open() => Panel::Line,
            _ => Panel::Full,
        };
        self.panel.unwrap_or(by_height)
    }

    /// Path of `dir` below the root, safe to show; the whole path where there are several roots.
    pub fn path_below_root(&self, dir: DirId) -> String {
        path_below(&self.state, self.roots(), dir)
    }

    fn roots(&self) -> usize {
        self.settings.roots.len()
    }

    /// The first root. Its number changes when it is read again.
    pub fn root(&self) -> DirId {
        first_root(&self.state)
    }

    /// The selected directory, if a directory is selected that can be opened.
    pub fn selected_directory(&self) -> Option<DirId> {
        listing::is_directory(self.state.tree(), self.browser.selected()?.entry?)
    }

    /// Whether something is selected that is no directory, the one that is shown included.
    pub fn is_on_a_file(&self) -> bool {
        let entry = self.browser.selected().and_then(|row| row.entry);
        entry.is_some_and(|entry| {
            entry != EntryId::Itself && listing::is_directory(self.state.tree(), entry).is_none()
        })
    }

    /// The directory above the one that is shown, if it can be shown.
    pub fn parent(&self) -> Option<DirId> {
        let parent = self
            .state
            .tree()
            .contains(self.browser.dir())
            .then(|| self.state.tree().parent(self.browser.dir()));
        parent
            .flatten()
            .filter(|parent| *parent != DirId::TOP || self.roots() > 1)
    }

    /// The directory below which the scan is to read first: the one that is shown, as long as there
    /// is something to read below it and more beside it.
    pub fn focus(&self) -> Option<DirId> {
        let (tree, dir) = (self.state.tree(), self.browser.dir());
        let shown = tree.contains(dir) && self.parent().is_some();
        (shown && tree.totals(dir).unfinished > 0).then_some(dir)
    }

    /// What is to be asked of the system for the details, if they are shown.
    pub fn question(&self) -> Option<&Question> {
        self.views.details.shown().map(Details::question)
    }

    /// The directory that is to be listed again: the one that is shown, if its small files were
    /// folded, once.
    pub fn wants_listed(&mut self) -> Option<DirId> {
        let dir = self.browser.dir();
        if self.listed.is_some_and(|listed| listed != dir) {
            self.listed = None;
        }
        let may_read = match self.scan {
            ScanState::Scanning | ScanState::Stopped | ScanState::Complete => true,
            ScanState::Paused | ScanState::Stopping | ScanState::Failed => false,
        };
        let is_wanted = may_read
            && self.leaving == Leaving::No
            && self.listed.is_none()
            && self.state.can_list(dir);
        if is_wanted {
            self.listed = Some(dir);
        }
        self.listed.filter(|_| is_wanted)
    }

    /// Folds small files of directories that nobody looks at, if what is known takes too much.
    pub(super) fn keep_memory(&mut self) {
        let Self {
            folding,
            state,
            browser,
            marks,
            ..
        } = self;
        let was_folded = state.tree().folded_dirs() > 0;
        // What is listed again is looked at.
        let again: Vec<DirId> = state.rescans().map(|rescan| rescan.anew).collect();
        let is_looked_at =
            |dir| browser.dir() == dir || again.contains(&dir) || marks.is_any_in(dir);
        let moves = folding.keep(state, is_looked_at);
        if moves.is_empty() {
            return;
        }
        self.views.follow_folding(&moves);
        if !was_folded {
            let limit = format::size_plain(self.folding.limit() as i128, self.settings.units);
            self.say(format!(
                "Small files are folded into one row per directory (--memory {limit})."
            ));
        }
        self.refresh();
    }

    /// The workers that are stuck, the one first that has been so longest.
    pub fn stuck(&self) -> Vec<Stuck> {
        self.workers.stuck(self.state.workers())
    }

    /// The stuck workers in whose directories nobody is interested any more.
    pub fn stuck_in_forgotten(&self) -> Vec<Stuck> {
        self.workers.stuck_in_forgotten(self.state.workers())
    }

    /// The stuck workers whose directories are skipped, so that they can be left alone.
    pub fn stuck_in_skipped(&self) -> Vec<Stuck> {
        let mut stuck = self.stuck();
        stuck.retain(|stuck| {
            let mut skipped = self.state.skipped();
            skipped.any(|skipped| {
                // What was taken up of one is none of it.
                self.state.is_skipped(skipped) && self.state.tree().is_within(stuck.dir, skipped)
            })
        });
        stuck
    }

    /// When the screen has to change next although nothing happens; `None` while nothing will.
    pub fn wakes_at(&self) -> Option<Duration> {
        let running = self
            .scan
            .is_running()
            .then(|| self.figures_due.min(self.rows_due));
        let notice = self.notice.as_ref().map(|notice| notice.until);
        let rows = self.rows_wait.map(|until| until.max(self.rows_due));
        let slice = self.has_slices().then_some(self.slice_due);
        [running, notice, rows, slice].into_iter().flatten().min()
    }

    /// Shows a message for some seconds.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            until: self.now + NOTICE,
        });
        self.dirty = true;
    }

    /// Takes the notice away, and with it the question that it asked.
    pub(super) fn take_back_question(&mut self) {
        self.notice = None;
        if self.leaving == Leaving::Asked {
            self.leaving = Leaving::No;
        }
    }

    /// Lets the time be `now`, and brings what is due up to date. `gauges` are the workers', as of
    /// now.
    pub(super) fn advance(&mut self, now: Duration, gauges: &[Reading]) {
        self.pass(now);
        self.workers.read(gauges, now);
        self.catch_up(now);
    }

    /// Lets the time be `now`.
    pub(super) fn pass(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.now);
        self.now = now;
        // Pauses and stops do not count.
        if matches!(self.scan, ScanState::Scanning | ScanState::Stopping) {
            let elapsed = self.elapsed + passed;
            self.dirty |= elapsed.as_secs() != self.elapsed.as_secs();
            self.elapsed = elapsed;
        }
        if self
            .notice
            .as_ref()
            .is_some_and(|notice| notice.until <= now)
        {
            self.take_back_question();
            self.dirty = true;
        }
    }

    fn catch_up(&mut self, now: Duration) {
        self.follow_scan_state();
        if now >= self.rates_due && self.scan.is_running() {
            self.rates_due = now + RATES;
            self.sample();
            self.estimate();
        }
        if now >= self.figures_due {
            self.figures_due = now + FIGURES;
            self.refresh_figures();
        }
        if now >= self.rows_due {
            // The first rows are shown as soon as there are any.
            self.rows_due = now
                + if self.browser.is_empty() {
                    FIRST_ROWS
                } else {
                    ROWS
                };
            self.refresh_rows();
        }
        if self.has_slices() && now >= self.slice_due {
            // While workers run, results and keys come first; afterwards there is nothing else to
            // do.
            self.slice_due = now
                + if self.scan.is_running() && !self.state.is_settling() {
                    SLICE
                } else {
                    Duration::ZERO
                };
            self.take_slice();
            self.follow_details();
            self.add_up();
            if self.state.is_untidy() {
                self.state.tidy();
                self.follow_scan_state();
            }
            if self.folding.is_folding() {
                self.keep_memory();
            }
        }
    }

    /// Whether anything is taken from the tree slice by slice. Whoever leaves needs none of it.
    fn has_slices(&self) -> bool {
        let is_behind = || {
            self.state.is_untidy()
                || self.folding.is_folding()
                || self.is_behind()
                || self.is_adding_up()
        };
        self.leaving != Leaving::Waiting && is_behind()
    }

    fn is_adding_up(&self) -> bool {
        self.is_find_behind()
            || self.marks.is_behind()
            || self.views.details.is_behind()
            || (self.columns.shared && self.shares.is_behind(self.state.tree()))
    }

    /// Finds out some of it.
    fn add_up(&mut self) {
        self.follow_find();
        let tree = self.state.tree();
        self.dirty |= self.marks.take_slice(tree);
        self.take_details();
        let tree = self.state.tree();
        if self.columns.shared && self.shares.take_slice(tree) {
            self.refresh_window();
        }
    }

    /// Brings everything up to date at once: after a key, a change of state or of size. Where people
    /// wait for the program to leave, not before the next frame: there may be none.
    pub(super) fn refresh(&mut self) {
        self.dirty = true;
        if self.leaving == Leaving::Waiting {
            self.figures_due = self.now + NEXT_FRAME;
            self.rows_due = self.now + NEXT_FRAME;
            return;
        }
        self.refresh_figures();
        self.refresh_rows();
    }

    pub(super) fn follow_scan_state(&mut self) {
        self.follow_rescans();
        let scan = self.state.scan_state();
        if scan != self.scan {
            if !self.scan.is_running() {
                self.attention.begin();
                self.leaving = Leaving::No;
            }
            self.scan = scan;
            if matches!(scan, ScanState::Complete | ScanState::Failed) {
                self.attention.call(self.elapsed_of_run());
            }
            self.refresh();
        }
    }

    /// Whether all that is left does not answer.
    pub fn only_stalled_are_left(&self) -> bool {
        self.scan == ScanState::Scanning
            && self.figures.queued == 0
            && self.workers.count(WorkerState::Stalled) > 0
            && self.workers.count(WorkerState::Reading) == 0
    }

    fn sample(&mut self) {
        self.pace.sample(self.now, self.state.files_found());
        self.workers.sample(self.state.workers(), self.now);
    }

    /// How long what is read now has taken: directories that are read again, or the scan.
    fn elapsed_of_run(&self) -> Duration {
        self.elapsed
            .saturating_sub(self.again_since.unwrap_or_default())
    }

    fn estimate(&mut self) {
        let tree = self.state.tree();
        let progress = if self.state.only_reads_again() {
            let again = self.state.rescans().map(|rescan| (rescan.of, rescan.anew));
            self.again_since.get_or_insert(self.elapsed);
            // The scan that ran beside them says nothing of them.
            let earlier = self.progress.filter(|shown| shown.basis == Basis::Before);
            progress::of_rescans(tree, again, earlier)
        } else {
            self.again_since = None;
            self.estimator.renew(tree, self.elapsed)
        };
        self.dirty |= progress != self.progress;
        self.progress = progress;
        if progress.is_none() || self.elapsed >= self.left_due {
            self.left_due = self.elapsed + LEFT;
            let elapsed = self.elapsed_of_run();
            self.left = progress.and_then(|progress| progress.left(elapsed));
        }
    }

    /// A new scan begins: what was shown of how far an earlier one has come says nothing of it.
    pub(super) fn forget_progress(&mut self) {
        self.estimator.forget();
        (self.progress, self.left) = (None, None);
        if self.state.only_reads_again() {
            self.again_since = Some(self.elapsed);
        }
    }

    fn refresh_figures(&mut self) {
        let tree = self.state.tree();
        let totals = tree.totals(DirId::TOP);
        // Who is left behind at the end is a failure by then.
        let stalled = if self.scan.is_running() {
            self.workers.stalled(self.state.workers()).len()
        } else {
            0
        };
        let figures = Figures {
            files: totals.files.max(0) as u64,
            dirs: totals.dirs.max(0) as u64,
            size: if self.browser.order().apparent {
                totals.apparent
            } else {
                totals.disk
            },
            bound: match tree.bound(DirId::TOP) {
                Bound::Exact if self.scan.is_running() => Bound::AtLeast,
                bound => bound,
            },
            problems: self.state.problems() + stalled as u64,
            queued: self.state.queued(),
            rate: self.pace.rate(),
            history: self.pace.history(pace::SECONDS),
        };
        self.dirty |= figures != self.figures;
        self.figures = figures;
    }

    fn refresh_rows(&mut self) {
        // A single root that is a file has no rows of its own: it is the row.
        let (first, tree) = (self.root(), self.state.tree());
        if self.browser.dir() == first
            && tree.contains(first)
            && tree.own(first).kind != Kind::Directory
        {
            self.browser = Browser::new(DirId::TOP, self.browser.order().apparent);
        }
        let roots = self.roots();
        let path = |dir| path_below(&self.state, roots, dir);
        // Afterwards nobody is asked how long a worker that was left behind has been where it is.
        if self.scan.is_running() {
            let room = crate::ui::view::workers_that_fit(self);
            let workers = self.state.workers();
            self.dirty |= self.workers.renew(workers, self.scan, room, path);
            if self.only_stalled_are_left() {
                self.dirty |= self.attention.call(self.elapsed);
            }
        }
        self.follow_find();
        self.marks.renew(self.state.tree());
        if self.columns.shared && self.state.tree().contains(self.browser.dir()) {
            self.shares.renew(self.state.tree(), self.browser.dir());
        }
        self.renew_content();
        self.follow_details();
    }

    /// The directories in which workers are.
    fn busy(&self) -> Busy {
        let inside = self.state.workers().iter();
        let inside = inside.filter_map(|worker| match worker.activity {
            Activity::Reading { dir, .. } => Some(dir),
            _ => None,
        });
        Busy {
            stalled: self.workers.stalled(self.state.workers()),
            inside: inside.collect(),
        }
    }

    /// Cuts out the rows that are on the screen.
    pub(super) fn refresh_window(&mut self) {
        let busy = self.busy();
        let look = Look {
            state: &self.state,
            apparent: self.browser.order().apparent,
            columns: self.columns,
            shares: &self.shares,
            marks: &self.marks,
            scan: self.scan,
            busy,
        };
        let lines = crate::ui::view::rows_that_fit(self);
        self.dirty |= self.browser.show(&look, lines);
    }
}

fn first_root(state: &State) -> DirId {
    state.roots().first().map_or(DirId(1), |root| root.dir)
}

fn path_below(state: &State, roots: usize, dir: DirId) -> String {
    let path = state.tree().path(dir);
    let root = state.tree().path(first_root(state));
    let below = (roots == 1).then(|| path.strip_prefix(root).ok()).flatten();
    match below {
        Some(below) if below.as_os_str().is_empty() => ".".to_owned(),
        Some(below) => escape::path(below),
        None => escape::path(&path),
    }
}
