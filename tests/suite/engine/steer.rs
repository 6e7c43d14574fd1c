//! Steering a running scan: what is skipped, looked at first, paused, stopped and continued changes
//! when directories are read, never what comes of it.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded};
use proptest::{collection::vec, prelude::*, sample::Index, test_runner::TestRunner};
use spelunk::{
    scan::{
        Begins, ListerKind, Part, Scan,
        dir::{Dir, DirId},
        gauge::Call,
        lister::portable::Portable,
        visit::{Leave, Visit},
    },
    state::{
        ScanState,
        rescans::{Lack, Rescan},
    },
    tree::DirState,
};

use super::{
    Listener, Options, PATIENCE, at, dirs, equals_reference,
    lists::{Lists, by},
    options, wait_until,
};
use crate::support::tree::Tree;

/// Listens to a scan whose workers may leave directories.
pub(super) fn listen(scan: &Scan) -> Listener {
    let mut listener = Listener::new(scan);
    listener.order.steered = true;
    listener
}

/// Hears what has come so far.
fn catch_up(scan: &Scan, listener: &mut Listener) {
    while let Ok(parcel) = scan.results().try_recv() {
        let (worker, events) = (parcel.worker(), parcel.open());
        listener.order.check(worker, &events);
        listener.state.apply(worker, events, Duration::ZERO);
    }
    listener.state.settle();
}

/// Hears the scan to its end.
pub(super) fn hear_out(scan: &mut Scan, listener: &mut Listener) {
    while listener.receive(scan) {}
    listener.order.begin_anew();
    listener.state.gone(&[]);
    tidy_up(scan, listener);
}

/// Brings what was read again to its place.
fn tidy_up(scan: &mut Scan, listener: &mut Listener) {
    while listener.state.is_untidy() {
        listener.state.tidy();
    }
    listener.state.take_ended();
    for dir in listener.state.take_forgotten() {
        scan.forget(dir);
    }
}

/// Lists as the portable one does, but says which directory it is about to list, and waits until it
/// is let on.
#[derive(Clone)]
struct Led {
    comes_to: Sender<DirId>,
    go_on: Receiver<()>,
    /// The worker's thread, as the kernel names it.
    thread: Arc<Mutex<String>>,
}

impl Lists for Led {
    fn list(&mut self, dir: &Arc<Dir>, visit: &mut Visit<'_>) -> Result<(), Leave> {
        if let Ok(thread) = fs::read_link("/proc/thread-self") {
            *self.thread.lock().expect("nobody panics") = thread.to_string_lossy().into_owned();
        }
        let _ = self.comes_to.send(dir.id());
        let _ = self.go_on.recv();
        Portable.list(dir, visit)
    }
}

/// A scan by one worker that is led step by step.
struct Lead {
    scan: Scan,
    listener: Listener,
    comes_to: Receiver<DirId>,
    go_on: Sender<()>,
    thread: Arc<Mutex<String>>,
}

impl Lead {
    fn start(tree: &Tree) -> Self {
        let ((said, comes_to), (go_on, waits)) = (bounded(0), bounded(0));
        let lister = Led {
            comes_to: said,
            go_on: waits,
            thread: Arc::default(),
        };
        let thread = Arc::clone(&lister.thread);
        let scan = Scan::start_with(&options([tree.path()], 1), move || by(lister.clone()))
            .expect("start a scan");
        let listener = listen(&scan);
        Self {
            scan,
            listener,
            comes_to,
            go_on,
            thread,
        }
    }

    /// The directory that the worker comes to next; it waits before it.
    fn next(&mut self) -> Option<DirId> {
        let next = self.comes_to.recv_timeout(PATIENCE).ok();
        catch_up(&self.scan, &mut self.listener);
        next
    }

    fn let_on(&self) {
        self.go_on.send(()).expect("the worker waits");
    }

    /// One line of what the kernel knows of the worker's thread; `None` where it does not tell.
    fn told_by_kernel(&self, of: &str) -> Option<String> {
        let thread = self.thread.lock().expect("nobody panics").clone();
        fs::read_to_string(format!("/proc/{thread}/{of}")).ok()
    }

    /// Lets the worker list everything that is left.
    fn finish(self, tree: &Tree) {
        drop((self.comes_to, self.go_on));
        equals_reference(&self.listener.finish(self.scan), &tree.path());
    }
}

#[test]
fn a_directory_that_is_looked_at_is_read_before_the_rest() {
    let tree = Tree::new();
    for number in 0..30 {
        tree.file(format!("{number}/a/b/file"), 10);
    }
    let mut lead = Lead::start(&tree);
    lead.next();
    lead.let_on();
    let first = lead.next().expect("the root has directories");
    let looked_at = at(&lead.listener.state, &tree.path().join("17"));
    lead.scan.focus(Some(looked_at));
    let mut before = usize::from(first != looked_at);
    lead.let_on();
    while lead.listener.state.tree().state(looked_at) != DirState::Complete {
        let next = lead.next().expect("it is not complete yet");
        let within = lead.listener.state.tree().is_within(next, looked_at);
        before += usize::from(!within);
        lead.let_on();
    }
    // The one that was begun, and the one that comes when this is complete.
    assert!(before <= 2, "{before} others were read first");
    drop((lead.comes_to, lead.go_on));
    let state = lead.listener.finish(lead.scan);
    equals_reference(&state, &tree.path());
}

#[test]
fn what_is_read_again_does_not_wait_for_the_rest() {
    let tree = Tree::new();
    for number in 0..30 {
        tree.file(format!("{number}/a/b/file"), 10);
    }
    let mut lead = Lead::start(&tree);
    let mut complete = None;
    while complete.is_none() {
        lead.next().expect("none is complete yet");
        let state = &lead.listener.state;
        let is_complete = |dir: &DirId| state.tree().state(*dir) == DirState::Complete;
        complete = dirs(state).into_iter().find(is_complete);
        lead.let_on();
    }
    let of = complete.expect("one is");
    let way = lead.listener.state.tree().way_to(of);
    let again = lead.scan.rescan(&way);
    let anew = again.dir;
    assert_eq!(again.begins, Begins::Now);
    lead.listener.order.read_again(anew);
    lead.listener.state.rescan(Rescan { of, anew });
    let mut before = 0;
    while lead.next().is_some_and(|next| next != anew) {
        before += 1;
        lead.let_on();
    }
    // The one that was begun.
    assert!(before <= 1, "{before} others were read first");
    lead.let_on();
    drop((lead.comes_to, lead.go_on));
    hear_out(&mut lead.scan, &mut lead.listener);
    equals_reference(&lead.listener.state, &tree.path());
}

#[test]
fn a_paused_pool_takes_nothing_and_burns_no_time() {
    let tree = Tree::new();
    for number in 0..200 {
        tree.file(format!("{}/{number}/file", number % 7), 10);
    }
    let mut lead = Lead::start(&tree);
    for _ in 0..5 {
        lead.next();
        lead.let_on();
    }
    lead.next().expect("much is left");
    lead.scan.pause();
    lead.let_on();
    // It rests in the directory that it is at, and takes no other.
    wait_until("the worker sleeps", || {
        let told = lead.told_by_kernel("stat");
        told.is_none_or(|told| told.contains(") S "))
    });
    // Nanoseconds on a processor, nanoseconds of waiting for one, and how often it had one.
    let before = lead.told_by_kernel("schedstat");
    assert_eq!(lead.comes_to.try_recv().ok(), None, "it takes nothing");
    for _ in 0..10_000 {
        std::thread::yield_now();
    }
    assert_eq!(
        lead.told_by_kernel("schedstat"),
        before,
        "it had no processor"
    );
    assert!(!lead.scan.has_ended());
    lead.scan.resume();
    lead.next().expect("it goes on");
    lead.finish(&tree);
}

#[test]
fn a_paused_scan_can_be_stopped_and_joined() {
    let tree = Tree::new();
    for number in 0..50 {
        tree.file(format!("{number}/file"), 10);
    }
    for workers in [1, 8] {
        let scan = Scan::start(&options([tree.path()], workers)).expect("start a scan");
        scan.pause();
        assert_eq!(scan.join(PATIENCE), []);
    }
}

#[test]
fn what_is_skipped_is_told_and_can_be_taken_up_again() {
    let tree = Tree::new();
    for number in 0..6 {
        tree.file(format!("{number}/a/b/file"), 10);
    }
    let mut lead = Lead::start(&tree);
    lead.next();
    lead.let_on();
    lead.next().expect("the root has directories");
    let state = &mut lead.listener.state;
    let skipped = ["2", "5"].map(|name| at(state, &tree.path().join(name)));
    for dir in skipped {
        state.skip(dir);
        lead.scan.skip(dir);
    }
    drop((lead.comes_to, lead.go_on));
    let (mut scan, mut listener) = (lead.scan, lead.listener);
    hear_out(&mut scan, &mut listener);
    let state = &mut listener.state;
    assert_eq!(state.scan_state(), ScanState::Complete);
    assert_eq!(state.queued(), 0);
    for dir in skipped {
        assert_eq!(state.tree().state(dir), DirState::Skipped);
    }
    let root = state.roots()[0].dir;
    assert_eq!(state.tree().state(root), DirState::Partial);
    assert!(state.tree().is_lower_bound(root) && state.exit_code() == 1);

    assert!(
        scan.take_up(skipped[0]).is_err(),
        "nobody is there to read it"
    );
    for (place, dir) in skipped.into_iter().enumerate() {
        let part = Part::Only(vec![dir]);
        scan.go_on(part.clone()).expect("go on");
        listener.state.take_up(dir);
        listener.state.go_on(part);
        assert_eq!(listener.state.scan_state(), ScanState::Scanning);
        hear_out(&mut scan, &mut listener);
        assert_eq!(listener.state.tree().state(dir), DirState::Complete);
        assert_eq!(listener.state.skipped().count(), 1 - place);
    }
    equals_reference(&listener.state, &tree.path());
}

/// Hangs in a system call at directories called `stuck`, before they are listed, until released.
#[derive(Clone)]
struct Hanging(Receiver<()>);

impl Lists for Hanging {
    fn list(&mut self, dir: &Arc<Dir>, visit: &mut Visit<'_>) -> Result<(), Leave> {
        if dir.name() == b"stuck" {
            visit.begin(Call::Lstat);
            // Nothing is ever sent: the end of the sender is the release.
            let _ = self.0.recv();
        }
        Portable.list(dir, visit)
    }
}

#[test]
fn a_directory_that_never_answers_is_taken_away_from_its_worker() {
    let tree = Tree::new();
    tree.file("stuck/file", 10).file("other/file", 20);
    let (release, hang) = bounded(0);
    let lister = Hanging(hang);
    let mut scan = Scan::start_with(&options([tree.path()], 2), move || by(lister.clone()))
        .expect("start a scan");
    let mut listener = listen(&scan);
    wait_until("only the stuck directory is left", || {
        catch_up(&scan, &mut listener);
        let totals = listener.state.tree().totals(DirId::TOP);
        totals.dirs == 3 && totals.unfinished == 1 && listener.state.queued() == 0
    });
    let stuck = at(&listener.state, &tree.path().join("stuck"));
    let inside = scan.stuck();
    let [worker] = inside.as_slice() else {
        panic!("one worker is stuck, not {inside:?}")
    };
    listener.state.skip(stuck);
    scan.skip(stuck);
    assert!(!scan.claim(worker.worker, DirId(1)), "it is not there");
    assert!(scan.claim(worker.worker, stuck));
    listener.state.claimed(worker.worker, stuck);
    assert!(scan.has_ended(), "nothing else is left");
    assert_eq!(listener.state.tree().state(stuck), DirState::Skipped);
    let before = listener.state.tree().totals(DirId::TOP);
    drop(release);
    listener.order.forget(worker.worker);
    hear_out(&mut scan, &mut listener);
    assert_eq!(
        listener.state.tree().totals(DirId::TOP),
        before,
        "it comes too late"
    );
    assert_eq!(listener.state.scan_state(), ScanState::Complete);
}

/// What somebody does to a running scan.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Hear(usize),
    Pause,
    Resume,
    Focus(Index),
    Skip(Index),
    TakeUp(Index),
    /// What `r` does.
    Read(Index),
    Stop,
    StopAndRead(Index),
}

pub(super) fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        4 => (0..12_usize).prop_map(Deed::Hear),
        1 => Just(Deed::Pause),
        1 => Just(Deed::Resume),
        2 => any::<Index>().prop_map(Deed::Focus),
        3 => any::<Index>().prop_map(Deed::Skip),
        2 => any::<Index>().prop_map(Deed::TakeUp),
        5 => any::<Index>().prop_map(Deed::Read),
        2 => Just(Deed::Stop),
        1 => any::<Index>().prop_map(Deed::StopAndRead),
    ];
    vec(deed, 1..12)
}

/// Broad, deep and flat, with hard links across.
fn mixed() -> Tree {
    let tree = Tree::new();
    for number in 0..120 {
        tree.file(
            format!("{}/{}/{number}/file", number % 4, number % 9),
            number,
        );
    }
    for number in 0..9000 {
        tree.file(format!("flat/{number}"), 1);
    }
    tree.file("chain/1/2/3/4/5/6/7/8/9/file", 5000);
    for (number, place) in ["0/linked", "chain/1/2/linked", "flat/linked"]
        .iter()
        .enumerate()
    {
        tree.link("chain/1/2/3/4/5/6/7/8/9/file", format!("{place} {number}"));
    }
    tree
}

pub(super) struct Steered {
    pub(super) scan: Scan,
    pub(super) listener: Listener,
}

impl Steered {
    pub(super) fn start(options: &Options) -> Self {
        let scan = Scan::start(options).expect("start a scan");
        let listener = listen(&scan);
        Self { scan, listener }
    }

    fn some_directory(&self, index: Index) -> DirId {
        let dirs = dirs(&self.listener.state);
        if dirs.is_empty() {
            DirId::TOP
        } else {
            *index.get(&dirs)
        }
    }

    /// The scan goes on with a part, after all its workers have left.
    pub(super) fn go_on(&mut self, part: Part) {
        self.hear_out();
        self.scan.go_on(part.clone()).expect("go on");
        if let Part::Only(dirs) = &part {
            for dir in dirs {
                self.listener.state.take_up(*dir);
            }
        }
        self.listener.state.go_on(part);
    }

    pub(super) fn hear_out(&mut self) {
        hear_out(&mut self.scan, &mut self.listener);
    }

    /// Makes the numbers of a directory right, as `r` does.
    pub(super) fn read(&mut self, dir: DirId) {
        let state = &self.listener.state;
        let is_excluded = matches!(state.tree().state(dir), DirState::Excluded(_));
        if state.tree().is_read_again(dir) || is_excluded {
            return;
        }
        match state.lack_of(dir) {
            Lack::Unread => self.does_take_up(dir),
            Lack::Failed(dirs) => self.rescan(&dirs),
            Lack::Nothing if dir == DirId::TOP => {
                let roots = state.roots().iter().map(|root| root.dir);
                self.rescan(&roots.collect::<Vec<_>>());
            }
            Lack::Nothing => self.rescan(&[dir]),
        }
    }

    pub(super) fn rescan(&mut self, dirs: &[DirId]) {
        let mut late = Vec::new();
        for of in dirs {
            let way = self.listener.state.tree().way_to(*of);
            let again = self.scan.rescan(&way);
            self.listener.order.read_again(again.dir);
            let (of, anew) = (*of, again.dir);
            self.listener.state.rescan(Rescan { of, anew });
            if again.begins == Begins::WithNext {
                late.push(anew);
            }
        }
        if !late.is_empty() {
            self.go_on(Part::Only(late));
        }
    }

    /// Lists a directory again, without what is below it.
    pub(super) fn list(&mut self, of: DirId) {
        let way = self.listener.state.tree().way_to(of);
        let again = self.scan.list(&way);
        self.listener.order.read_again(again.dir);
        let anew = again.dir;
        self.listener.state.list(Rescan { of, anew });
        if again.begins == Begins::WithNext {
            self.go_on(Part::Only(vec![anew]));
        }
        self.hear_out();
    }

    fn does_take_up(&mut self, dir: DirId) {
        self.listener.state.take_up(dir);
        if self.scan.take_up(dir).is_err() {
            self.go_on(Part::Only(vec![dir]));
        }
    }

    pub(super) fn stop(&mut self) {
        self.listener.state.stop_asked();
        self.scan.stop();
    }

    pub(super) fn does(&mut self, deed: &Deed) {
        match deed {
            Deed::Hear(parcels) => {
                for _ in 0..*parcels {
                    let Ok(parcel) = self.scan.results().try_recv() else {
                        break;
                    };
                    let (worker, events) = (parcel.worker(), parcel.open());
                    self.listener.order.check(worker, &events);
                    self.listener.state.apply(worker, events, Duration::ZERO);
                }
                self.listener.state.settle();
                tidy_up(&mut self.scan, &mut self.listener);
            }
            Deed::Pause => self.scan.pause(),
            Deed::Resume => self.scan.resume(),
            Deed::Focus(index) => self.scan.focus(Some(self.some_directory(*index))),
            Deed::Skip(index) => {
                let dir = self.some_directory(*index);
                self.listener.state.skip(dir);
                self.scan.skip(dir);
            }
            Deed::TakeUp(index) => self.does_take_up(self.some_directory(*index)),
            Deed::Read(index) => self.read(self.some_directory(*index)),
            Deed::Stop => {
                self.stop();
                self.go_on(Part::All);
            }
            Deed::StopAndRead(index) => {
                self.stop();
                let dir = self.some_directory(*index);
                self.go_on(Part::Only(vec![dir]));
            }
        }
    }
}

/// After whatever was done to a scan that ends complete in the end, every directory has the totals
/// of the plain walk.
#[test]
fn whatever_is_done_to_a_scan_it_comes_to_the_same() {
    let tree = mixed();
    let config = ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let histories = (deeds(), 1_u16..5, any::<bool>());
    let history = |(deeds, workers, portable): (Vec<Deed>, u16, bool)| {
        let lister = if portable {
            ListerKind::Portable
        } else {
            ListerKind::Auto
        };
        let options = Options {
            lister,
            ..options([tree.path()], workers)
        };
        let mut steered = Steered::start(&options);
        for deed in &deeds {
            steered.does(deed);
        }
        steered.scan.resume();
        steered.go_on(Part::Only(vec![DirId::TOP]));
        steered.hear_out();
        let state = &steered.listener.state;
        prop_assert_eq!(state.scan_state(), ScanState::Complete);
        prop_assert_eq!(state.tree().totals(DirId::TOP).missing, 0);
        equals_reference(state, &tree.path());
        Ok(())
    };
    TestRunner::new(config)
        .run(&histories, history)
        .unwrap_or_else(|failure| panic!("{failure}"));
}
