//! The frontier under loom: every interleaving of few workers and at most three jobs. What is shown
//! is that every job is taken exactly once and that nobody sleeps for ever; a lost wake-up is a
//! deadlock, and loom reports those.
//!
//! Loom never wakes a sleeper without a reason and knows no time, so nothing that holds here rests
//! on either.
//!
//! Two workers are explored without a bound where that takes about a minute: two jobs where both
//! work on, three where one hangs after its own or where the other only steers. Beyond that the
//! number of preemptions is bounded, as each test says: for three workers, a spare one that joins
//! counted, to 3. Where one more thread steers two of them it may be 2 or 1: one preemption more makes
//! more than ten times as many schedules of them. Each prints its number; with those of the outbox
//! there are 11 million, the most (1.9 million) of three workers, a skip and a stop, and they take
//! 600 seconds of one processor where each test is a process of its own (see `.ci/run`).
//!
//! That they can fail was tried by hand. Found are: a sleeper that announces itself after its last
//! look instead of before, a push that wakes before it pushes or never, a stop that wakes no worker or
//! nobody who waits for its turn, or is not under the gate, and a resume, a taking up or an end that
//! wakes nobody. Not found is a watching sleeper that leaves without waking another: that only matters
//! while a third worker hangs.
//!
//! What loom does not see: it holds a write against the last access to the same atomic only, so a
//! load by the same thread just before it hides what others did before that.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test --release --lib -- --nocapture model
//! ```

use std::sync::Arc;

use loom::thread;

use super::{
    Frontier, Look, Portion, Taken, Turn,
    marks::{Marks, Place, Wish},
};
use crate::scan::{
    dir::DirId,
    event::WorkerId,
    sync::{Ordering, lock},
};

/// The number of a job.
type Job = usize;

/// By job: the jobs that it yields, each list one portion.
type Tree = &'static [&'static [&'static [Job]]];

/// One job that yields nothing.
const ONE: Tree = &[&[]];

/// Job 0 yields job 1.
const PAIR: Tree = &[&[&[1]], &[]];

/// Two jobs that yield nothing.
const PAIR_OF_LEAVES: Tree = &[&[], &[]];

/// Job 0 yields the others in one portion.
const FAN: Tree = &[&[&[1, 2]], &[], &[]];

/// Job 0 yields the others in two portions; for the first nobody is woken.
const TWICE: Tree = &[&[&[1], &[2]], &[], &[]];

/// Job 0 yields job 1 and that job 2: the work wanders.
const CHAIN: Tree = &[&[&[1]], &[&[2]], &[]];

/// Some jobs; each is a directory of its own below all roots, with a number one higher.
pub(in crate::scan) struct Run(pub(in crate::scan) &'static [Job]);

impl Iterator for Run {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        let (job, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*job)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl ExactSizeIterator for Run {}

impl Portion for Run {
    fn put_in_order(self, marks: &Marks, put: &mut impl FnMut(Self, Place)) {
        for job in self.0 {
            let verdict = marks.judge(marks.above_all(), dir(*job));
            put(Self(std::slice::from_ref(job)), marks.place(verdict));
        }
    }
}

fn dir(job: Job) -> DirId {
    DirId(job as u32 + 1)
}

type Jobs = Frontier<Run>;

/// What worker 0 does about job 0, which waits in its shard before anybody is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    /// It looks for it, as the others do.
    Seeks,
    /// It has taken it before the others come.
    Holds,
}

fn begin(workers: usize) -> Arc<Jobs> {
    let frontier = Frontier::new(workers);
    frontier.push(WorkerId::from_index(0), Run(&[0]));
    Arc::new(frontier)
}

/// Takes job 0 while nobody else is there.
fn take_first(frontier: &Jobs) -> Job {
    take(frontier, WorkerId::from_index(0)).expect("job 0 waits")
}

/// The next job of a worker. What moves on the way is put where it belongs.
pub(in crate::scan) fn take(frontier: &Jobs, worker: WorkerId) -> Option<Job> {
    loop {
        match frontier.take(worker)? {
            Taken::Job { job, .. } => {
                frontier.begin(worker, dir(job));
                return Some(job);
            }
            Taken::Moving(moving) => {
                let mut moving = Some(moving);
                while let Some(these) = moving {
                    moving = frontier.put(these);
                }
            }
        }
    }
}

/// The part of the work on `job` that others notice.
fn push_all(frontier: &Jobs, worker: WorkerId, job: Job, tree: Tree) {
    for portion in tree[job] {
        frontier.push(worker, Run(portion));
    }
}

/// A worker's life. Answers what it took.
fn work(frontier: &Jobs, worker: WorkerId, tree: Tree) -> Vec<Job> {
    let mut jobs = Vec::new();
    while let Some(job) = take(frontier, worker) {
        jobs.push(job);
        push_all(frontier, worker, job, tree);
        frontier.finish(worker);
    }
    jobs
}

type Workers = Vec<thread::JoinHandle<Vec<Job>>>;

/// Starts workers 1 and up.
fn start_others(frontier: &Arc<Jobs>, workers: usize, tree: Tree) -> Workers {
    let start = |worker| {
        let frontier = Arc::clone(frontier);
        thread::spawn(move || work(&frontier, WorkerId::from_index(worker), tree))
    };
    (1..workers).map(start).collect()
}

/// Waits until each has left. Answers what they took.
fn join(others: Workers) -> Vec<Job> {
    others
        .into_iter()
        .flat_map(|other| other.join().expect("no worker panics"))
        .collect()
}

/// What is left in the shards.
fn waiting(frontier: &Jobs) -> Vec<Job> {
    let mut jobs = Vec::new();
    for shard in &frontier.shards {
        let stacks = lock(&shard.0);
        let stacks = [&stacks.first, &stacks.later, &stacks.fresh];
        jobs.extend(stacks.into_iter().flatten().flat_map(|run| run.0));
    }
    jobs
}

/// What is aside.
fn aside(frontier: &Jobs) -> Vec<Job> {
    let aside = lock(&frontier.aside);
    aside
        .portions
        .iter()
        .flat_map(|run| run.0)
        .copied()
        .collect()
}

/// Whether each job that was pushed was taken once or, once only, still waits.
fn check(frontier: &Jobs, taken: Vec<Job>, tree: Tree) {
    let mut pushed: Vec<_> = taken
        .iter()
        .flat_map(|job| tree[*job].concat())
        .chain([0])
        .collect();
    let mut found = [taken, waiting(frontier), aside(frontier)].concat();
    pushed.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, pushed, "every job is taken once or waits");
}

/// The scan ends by its last job, and every worker leaves.
fn ends(name: &str, workers: usize, preemptions: Option<usize>, tree: Tree, first: First) {
    explore(name, preemptions, move || {
        let frontier = begin(workers);
        let zero = WorkerId::from_index(0);
        let mut taken = Vec::new();
        if first == First::Holds {
            taken.push(take_first(&frontier));
        }
        let others = start_others(&frontier, workers, tree);
        if first == First::Holds {
            push_all(&frontier, zero, 0, tree);
            frontier.finish(zero);
        }
        taken.extend(work(&frontier, zero, tree));
        taken.extend(join(others));
        assert!(frontier.is_ended());
        assert_eq!(taken.len(), tree.len(), "nothing is left");
        check(&frontier, taken, tree);
    });
}

/// A thread that is no worker does something at any moment, and every worker leaves, by the end or by
/// a stop. What is aside is not counted.
fn all_leave(
    name: &str,
    workers: usize,
    preemptions: Option<usize>,
    (tree, first): (Tree, First),
    during: impl Fn(&Jobs) + Clone + Send + Sync + 'static,
) {
    explore(name, preemptions, move || {
        let frontier = begin(workers);
        let zero = WorkerId::from_index(0);
        let mut taken = Vec::new();
        if first == First::Holds {
            taken.push(take_first(&frontier));
        }
        let others = start_others(&frontier, workers, tree);
        let outside = {
            let (frontier, during) = (Arc::clone(&frontier), during.clone());
            thread::spawn(move || during(&frontier))
        };
        if first == First::Holds {
            push_all(&frontier, zero, 0, tree);
            frontier.finish(zero);
        }
        taken.extend(work(&frontier, zero, tree));
        taken.extend(join(others));
        outside.join().expect("nobody panics");
        assert!(frontier.is_ended() || frontier.is_stopped());
        assert_eq!(
            frontier.unfinished.load(Ordering::Relaxed),
            waiting(&frontier).len()
        );
        check(&frontier, taken, tree);
    });
}

/// Worker 0 hangs in mid-work, after it pushed everything, so the others can neither end nor be
/// woken by it. Then the scan is stopped, and they leave.
fn is_stopped_while_one_hangs(name: &str, workers: usize, preemptions: Option<usize>, tree: Tree) {
    explore(name, preemptions, move || {
        let frontier = begin(workers);
        let mut taken = vec![take_first(&frontier)];
        let others = start_others(&frontier, workers, tree);
        push_all(&frontier, WorkerId::from_index(0), 0, tree);
        frontier.stop();
        taken.extend(join(others));
        assert!(!frontier.is_ended(), "the hanging job is not finished");
        check(&frontier, taken, tree);
    });
}

/// Worker 0 hangs for ever after it pushed everything. Worker 1 does all of it once its watch has
/// looked again, whether anybody wakes it or not.
fn is_not_hidden_by_a_hang(name: &str, tree: Tree) {
    explore(name, None, move || {
        let frontier = begin(2);
        let zero = WorkerId::from_index(0);
        let mut taken = vec![take_first(&frontier)];
        let other = {
            let frontier = Arc::clone(&frontier);
            let worker = WorkerId::from_index(1);
            thread::spawn(move || {
                let job = |_| {
                    let job = take(&frontier, worker).expect("job 0 is not finished");
                    push_all(&frontier, worker, job, tree);
                    frontier.finish(worker);
                    job
                };
                (1..tree.len()).map(job).collect::<Vec<_>>()
            })
        };
        push_all(&frontier, zero, 0, tree);
        // Loom knows no time: this is the watch's.
        frontier.wake_all();
        taken.extend(other.join().expect("no worker panics"));
        assert!(!frontier.is_ended(), "the hanging job is not finished");
        check(&frontier, taken, tree);
    });
}

/// A thread that is no worker does something at any moment, and the scan ends with every job done
/// but those that are aside.
fn is_steered(
    name: &str,
    preemptions: Option<usize>,
    tree: Tree,
    steer: impl Fn(&Jobs) + Clone + Send + Sync + 'static,
    check_aside: fn(&[Job]) -> bool,
) {
    explore(name, preemptions, move || {
        let frontier = begin(2);
        let steerer = {
            let (frontier, steer) = (Arc::clone(&frontier), steer.clone());
            thread::spawn(move || steer(&frontier))
        };
        let mut taken = work(&frontier, WorkerId::from_index(0), tree);
        steerer.join().expect("steering does not panic");
        // What came too late for this worker is what the other finds, alone.
        taken.extend(work(&frontier, WorkerId::from_index(1), tree));
        check_steered(&frontier, taken, tree, check_aside);
    });
}

/// The same with two workers at once.
fn two_are_steered(
    name: &str,
    preemptions: Option<usize>,
    tree: Tree,
    steer: impl Fn(&Jobs) + Clone + Send + Sync + 'static,
    check_aside: fn(&[Job]) -> bool,
) {
    explore(name, preemptions, move || {
        let frontier = begin(2);
        let others = start_others(&frontier, 2, tree);
        let first = {
            let frontier = Arc::clone(&frontier);
            thread::spawn(move || work(&frontier, WorkerId::from_index(0), tree))
        };
        steer(&frontier);
        let mut taken = join(others);
        taken.extend(first.join().expect("no worker panics"));
        check_steered(&frontier, taken, tree, check_aside);
    });
}

/// Whether a scan that was steered has ended with every job done but those that are aside.
fn check_steered(frontier: &Jobs, taken: Vec<Job>, tree: Tree, check_aside: fn(&[Job]) -> bool) {
    assert!(frontier.is_ended());
    assert!(waiting(frontier).is_empty());
    assert!(check_aside(&aside(frontier)), "{:?}", aside(frontier));
    check(frontier, taken, tree);
}

/// Runs `model` in every order that can be told apart, with at most so many preemptions (`None`:
/// any number), and prints how many orders that were.
#[expect(clippy::print_stdout, reason = "the number says how much was shown")]
fn explore(name: &str, preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    // Not loom's: it counts across the schedules.
    let schedules = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&schedules);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(move || {
        // Relaxed: a plain count, read after all is over.
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let bound = preemptions.map_or("any preemptions".to_owned(), |bound| {
        format!("up to {bound} preemptions")
    });
    println!(
        "frontier, {name}, {bound}: {} schedules",
        schedules.load(Ordering::Relaxed)
    );
}

#[test]
fn two_workers_end_one() {
    ends("2 workers, one job", 2, None, ONE, First::Seeks);
}

#[test]
fn two_workers_end_pair() {
    ends(
        "2 workers, pair, the first holds",
        2,
        None,
        PAIR,
        First::Holds,
    );
}

#[test]
fn a_hang_hides_no_job_of_a_pair() {
    is_not_hidden_by_a_hang("2 workers, pair, the first hangs", PAIR);
}

#[test]
fn a_hang_hides_no_job_of_a_fan() {
    is_not_hidden_by_a_hang("2 workers, fan, the first hangs", FAN);
}

#[test]
fn a_hang_hides_no_job_of_two_portions() {
    is_not_hidden_by_a_hang("2 workers, twice, the first hangs", TWICE);
}

#[test]
fn a_hang_hides_no_job_of_a_chain() {
    is_not_hidden_by_a_hang("2 workers, chain, the first hangs", CHAIN);
}

#[test]
fn two_workers_end_fan_bounded() {
    ends("2 workers, fan", 2, Some(5), FAN, First::Seeks);
}

#[test]
fn two_workers_end_twice_bounded() {
    ends("2 workers, twice", 2, Some(5), TWICE, First::Seeks);
}

#[test]
fn two_workers_end_chain_bounded() {
    ends("2 workers, chain", 2, Some(5), CHAIN, First::Seeks);
}

#[test]
fn three_workers_end_fan() {
    ends("3 workers, fan", 3, Some(3), FAN, First::Seeks);
}

#[test]
fn three_workers_end_twice() {
    ends("3 workers, twice", 3, Some(3), TWICE, First::Seeks);
}

#[test]
fn three_workers_end_chain() {
    ends("3 workers, chain", 3, Some(3), CHAIN, First::Seeks);
}

#[test]
fn two_workers_are_stopped_one() {
    let alone = (ONE, First::Seeks);
    all_leave("2 workers, one job, stop", 2, None, alone, Frontier::stop);
}

#[test]
fn two_workers_are_stopped_pair() {
    let pair = (PAIR, First::Seeks);
    all_leave("2 workers, pair, stop", 2, Some(4), pair, Frontier::stop);
}

/// Three workers, and a thread that is no worker.
fn three_leave(
    name: &str,
    jobs: (Tree, First),
    during: impl Fn(&Jobs) + Clone + Send + Sync + 'static,
) {
    all_leave(name, 3, Some(3), jobs, during);
}

#[test]
fn three_workers_are_stopped_fan() {
    let fan = (FAN, First::Holds);
    three_leave("3 workers, fan, the first holds, stop", fan, Frontier::stop);
}

#[test]
fn three_workers_rest_and_go_on() {
    three_leave(
        "3 workers, one job, rest and go on",
        (ONE, First::Seeks),
        |frontier| {
            frontier.pause(true);
            frontier.pause(false);
        },
    );
}

#[test]
fn three_workers_skip() {
    three_leave(
        "3 workers, one job, skip",
        (ONE, First::Seeks),
        |frontier| {
            frontier.mark(|marks| marks.wish(dir(0), Wish::Skip));
        },
    );
}

#[test]
fn three_workers_skip_and_are_stopped() {
    three_leave(
        "3 workers, one job, skip and stop",
        (ONE, First::Seeks),
        |frontier| {
            frontier.mark(|marks| marks.wish(dir(0), Wish::Skip));
            frontier.stop();
        },
    );
}

#[test]
fn two_workers_are_stopped_hanging() {
    is_stopped_while_one_hangs("2 workers, fan, one hangs, stop", 2, None, FAN);
}

#[test]
fn three_workers_are_stopped_hanging() {
    is_stopped_while_one_hangs("3 workers, fan, one hangs, stop", 3, Some(3), FAN);
}

fn nothing(aside: &[Job]) -> bool {
    aside.is_empty()
}

#[test]
fn two_workers_rest_and_go_on() {
    let steer = |frontier: &Jobs| {
        frontier.pause(true);
        frontier.pause(false);
    };
    two_are_steered(
        "2 workers, pair, rest and go on",
        Some(3),
        PAIR,
        steer,
        nothing,
    );
}

#[test]
fn a_worker_rests_and_goes_on() {
    let steer = |frontier: &Jobs| {
        frontier.pause(true);
        frontier.pause(false);
    };
    is_steered("1 worker, fan, rest and go on", None, FAN, steer, nothing);
}

/// A worker rests inside a job until it is let go on, or leaves.
fn rests_inside(name: &str, during: impl Fn(&Jobs) + Clone + Send + Sync + 'static) {
    explore(name, None, move || {
        let frontier = begin(1);
        take_first(&frontier);
        let outside = {
            let (frontier, during) = (Arc::clone(&frontier), during.clone());
            thread::spawn(move || during(&frontier))
        };
        let mut is_left = false;
        for _ in 0..2 {
            is_left |= frontier.look(|_| Place::Later) == Look::Leave;
        }
        outside.join().expect("nobody panics");
        assert!(!is_left || frontier.is_stopped());
    });
}

#[test]
fn a_worker_rests_inside_a_job_and_goes_on() {
    rests_inside("1 worker inside, rest and go on", |frontier| {
        frontier.pause(true);
        frontier.pause(false);
    });
}

#[test]
fn a_worker_rests_inside_a_job_and_is_stopped() {
    rests_inside("1 worker inside, rest and stop", |frontier| {
        frontier.pause(true);
        frontier.stop();
    });
}

#[test]
fn two_workers_rest_and_are_stopped() {
    explore("2 workers, pair, rest and stop", Some(3), || {
        let frontier = begin(2);
        let others = start_others(&frontier, 2, PAIR);
        frontier.pause(true);
        frontier.stop();
        let mut taken = join(others);
        taken.extend(work(&frontier, WorkerId::from_index(0), PAIR));
        check(&frontier, taken, PAIR);
    });
}

/// Pause, skip and stop, each while a worker may be anywhere. What is left waits or is aside.
fn is_steered_and_stopped(name: &str, workers: usize, preemptions: Option<usize>, tree: Tree) {
    explore(name, preemptions, move || {
        let frontier = begin(workers);
        let others = start_others(&frontier, workers, tree);
        frontier.pause(true);
        frontier.mark(|marks| marks.wish(dir(1), Wish::Skip));
        frontier.pause(false);
        frontier.stop();
        let taken = join(others);
        assert!(frontier.is_stopped());
        assert_eq!(
            frontier.unfinished.load(Ordering::Relaxed),
            waiting(&frontier).len(),
            "what is aside is not counted"
        );
        check(&frontier, taken, tree);
    });
}

#[test]
fn a_worker_rests_skips_and_is_stopped() {
    is_steered_and_stopped("1 worker, fan, rest, skip and stop", 2, None, FAN);
}

#[test]
fn two_workers_rest_skip_and_are_stopped() {
    is_steered_and_stopped("2 workers, pair, rest, skip and stop", 3, Some(2), PAIR);
}

#[test]
fn two_workers_look_elsewhere() {
    let steer = |frontier: &Jobs| frontier.mark(|marks| marks.focus(Some(dir(2))));
    two_are_steered("2 workers, fan, focus", Some(1), FAN, steer, nothing);
}

#[test]
fn a_worker_looks_elsewhere() {
    let steer = |frontier: &Jobs| frontier.mark(|marks| marks.focus(Some(dir(2))));
    is_steered("1 worker, fan, focus", None, FAN, steer, nothing);
}

#[test]
fn two_workers_skip() {
    let steer = |frontier: &Jobs| frontier.mark(|marks| marks.wish(dir(1), Wish::Skip));
    let right = |aside: &[Job]| matches!(aside, [] | [1]);
    two_are_steered("2 workers, fan, skip", Some(2), FAN, steer, right);
}

#[test]
fn two_workers_skip_and_take_up() {
    let steer = |frontier: &Jobs| {
        frontier.mark(|marks| marks.wish(dir(1), Wish::Skip));
        let back = frontier.take_up(|marks| marks.wish(dir(1), Wish::Take));
        // Too late: a new scan goes on.
        if back.is_err() {
            assert!(frontier.is_ended());
        }
    };
    let right = |aside: &[Job]| matches!(aside, [] | [1]);
    two_are_steered(
        "2 workers, pair, skip and take up",
        Some(2),
        PAIR,
        steer,
        right,
    );
}

#[test]
fn a_worker_skips_and_takes_up() {
    let steer = |frontier: &Jobs| {
        frontier.mark(|marks| marks.wish(dir(1), Wish::Skip));
        let _ = frontier.take_up(|marks| marks.wish(dir(1), Wish::Take));
    };
    let right = |aside: &[Job]| matches!(aside, [] | [1]);
    is_steered("1 worker, pair, skip and take up", None, PAIR, steer, right);
}

#[test]
fn what_is_taken_up_in_time_is_read() {
    explore(
        "2 workers, the first holds, skip and take up",
        Some(2),
        || {
            let frontier = begin(2);
            let zero = WorkerId::from_index(0);
            let mut taken = vec![take_first(&frontier)];
            let others = start_others(&frontier, 2, PAIR);
            frontier.mark(|marks| marks.wish(dir(1), Wish::Skip));
            push_all(&frontier, zero, 0, PAIR);
            let back = frontier.take_up(|marks| marks.wish(dir(1), Wish::Take));
            assert_eq!(back, Ok(()), "job 0 is not finished");
            frontier.finish(zero);
            taken.extend(work(&frontier, zero, PAIR));
            taken.extend(join(others));
            assert!(frontier.is_ended());
            assert_eq!(taken.len(), PAIR.len(), "nothing is left or aside");
            check(&frontier, taken, PAIR);
        },
    );
}

#[test]
fn a_job_is_finished_once() {
    explore("2 workers, one job, claim", None, || {
        let frontier = begin(2);
        let zero = WorkerId::from_index(0);
        take_first(&frontier);
        let others = start_others(&frontier, 2, ONE);
        let claimer = {
            let frontier = Arc::clone(&frontier);
            thread::spawn(move || frontier.claim(zero, dir(0)))
        };
        let spoke = frontier.speak(zero, dir(0), || ());
        frontier.finish(zero);
        let claimed = claimer.join().expect("a claim does not panic");
        assert!(claimed || spoke.is_some(), "who was not robbed may speak");
        assert!(join(others).is_empty());
        assert_eq!(frontier.unfinished.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn what_comes_from_outside_is_done_or_refused() {
    explore("2 workers, one job, one from outside", Some(3), || {
        let frontier = begin(2);
        let others = start_others(&frontier, 2, PAIR_OF_LEAVES);
        let outside = {
            let frontier = Arc::clone(&frontier);
            thread::spawn(move || frontier.inject(Run(&[1])).is_ok())
        };
        let mut taken = work(&frontier, WorkerId::from_index(0), PAIR_OF_LEAVES);
        let accepted = outside.join().expect("nobody panics");
        taken.extend(join(others));
        assert_eq!(taken.len(), 1 + usize::from(accepted));
        assert!(frontier.is_ended());
    });
}

/// Starts a worker that waits until it takes part.
fn start_waiting(
    frontier: &Arc<Jobs>,
    worker: WorkerId,
    tree: Tree,
) -> thread::JoinHandle<Vec<Job>> {
    let frontier = Arc::clone(frontier);
    thread::spawn(move || {
        // Loom knows no time: its moment ends when it is woken.
        while matches!(frontier.wait_for_turn(worker), Turn::Look | Turn::Wait) {}
        work(&frontier, worker, tree)
    })
}

/// Worker 0 has taken job 0, and worker 1 does not take part until it is let in. Meanwhile a thread
/// that is no worker does something.
fn one_waits_for_its_turn(
    name: &str,
    tree: Tree,
    during: impl Fn(&Jobs) + Clone + Send + Sync + 'static,
) {
    explore(name, Some(3), move || {
        let frontier = Frontier::new(2).admitting(1);
        let zero = WorkerId::from_index(0);
        frontier.push(zero, Run(&[0]));
        let frontier = Arc::new(frontier);
        let mut taken = vec![take_first(&frontier)];
        let other = start_waiting(&frontier, WorkerId::from_index(1), tree);
        let outside = {
            let (frontier, during) = (Arc::clone(&frontier), during.clone());
            thread::spawn(move || during(&frontier))
        };
        push_all(&frontier, zero, 0, tree);
        frontier.finish(zero);
        taken.extend(work(&frontier, zero, tree));
        taken.extend(other.join().expect("no worker panics"));
        outside.join().expect("nobody panics");
        assert!(frontier.is_ended() || frontier.is_stopped());
        check(&frontier, taken, tree);
    });
}

#[test]
fn who_waits_for_its_turn_is_let_in_or_leaves() {
    one_waits_for_its_turn("2 workers, fan, one is let in", FAN, Frontier::let_in);
}

#[test]
fn who_waits_for_its_turn_is_let_in_while_the_scan_is_stopped() {
    let steer = |frontier: &Jobs| {
        frontier.pause(true);
        frontier.pause(false);
        frontier.let_in();
        frontier.stop();
    };
    one_waits_for_its_turn(
        "2 workers, fan, one waits, rest, let in and stop",
        FAN,
        steer,
    );
}

#[test]
fn who_waits_for_its_turn_leaves_by_a_stop() {
    one_waits_for_its_turn("2 workers, fan, one waits, stop", FAN, Frontier::stop);
}

#[test]
fn who_waits_for_its_turn_leaves_at_the_end_of_a_scan_that_rests() {
    let rest = |frontier: &Jobs| frontier.pause(true);
    one_waits_for_its_turn("2 workers, one job, one waits, rest", ONE, rest);
}

/// A worker that is stuck, in job 0, and one that may not take part yet, while a spare one joins.
/// Worker 0 comes back: if its job was not taken away from it, it pushes what that yields. Meanwhile
/// a thread that is no worker does something. Whoever is there does the rest and leaves.
fn a_spare_joins(
    name: &str,
    workers: usize,
    tree: Tree,
    during: impl Fn(&Jobs) + Clone + Send + Sync + 'static,
) {
    explore(name, Some(3), move || {
        let (zero, spare) = (WorkerId::from_index(0), WorkerId::from_index(workers));
        let frontier = Frontier::with_room(workers, workers + 1).admitting(1);
        frontier.push(zero, Run(&[0]));
        let frontier = Arc::new(frontier);
        let mut taken = vec![take_first(&frontier)];
        let mut others: Workers = (1..workers)
            .map(|worker| start_waiting(&frontier, WorkerId::from_index(worker), tree))
            .collect();
        let stuck = {
            let frontier = Arc::clone(&frontier);
            thread::spawn(move || {
                let push = || push_all(&frontier, zero, 0, tree);
                let has_pushed = frontier.speak(zero, dir(0), push).is_some();
                frontier.finish(zero);
                (has_pushed, work(&frontier, zero, tree))
            })
        };
        frontier.add_worker(spare);
        others.push(start_waiting(&frontier, spare, tree));
        during(&frontier);
        taken.extend(join(others));
        let (has_pushed, more) = stuck.join().expect("no worker panics");
        taken.extend(more);
        assert_eq!(frontier.lost(), 0);
        assert_eq!(
            frontier.unfinished.load(Ordering::Relaxed),
            waiting(&frontier).len()
        );
        assert!(frontier.is_ended() || frontier.is_stopped());
        let tree = if has_pushed { tree } else { ONE };
        check(&frontier, taken, tree);
    });
}

fn claim_first(frontier: &Jobs) {
    frontier.claim(WorkerId::from_index(0), dir(0));
}

#[test]
fn a_spare_joins_while_the_scan_ends() {
    a_spare_joins("1 worker, chain, and a spare one", 1, CHAIN, |_| {});
}

#[test]
fn a_spare_joins_while_the_scan_is_stopped() {
    a_spare_joins(
        "1 worker, fan, and a spare one, stop",
        1,
        FAN,
        Frontier::stop,
    );
}

#[test]
fn a_spare_joins_while_the_job_is_given_up() {
    a_spare_joins(
        "1 worker, pair, and a spare one, claim",
        1,
        PAIR,
        claim_first,
    );
}

#[test]
fn a_spare_joins_and_lets_in_who_waits() {
    a_spare_joins("2 workers, pair, and a spare one", 2, PAIR, |_| {});
}

#[test]
fn a_spare_joins_and_the_job_is_given_up_and_the_scan_stopped() {
    let steer = |frontier: &Jobs| {
        claim_first(frontier);
        frontier.stop();
    };
    a_spare_joins(
        "2 workers, pair, and a spare one, claim and stop",
        2,
        PAIR,
        steer,
    );
}

#[test]
fn what_a_spare_has_found_is_seen_by_who_slept_before() {
    explore("2 workers, and a spare one that hangs", None, || {
        let frontier = Frontier::with_room(2, 3);
        frontier.push(WorkerId::from_index(0), Run(&[0]));
        let frontier = Arc::new(frontier);
        take_first(&frontier);
        let other = {
            let frontier = Arc::clone(&frontier);
            let worker = WorkerId::from_index(1);
            thread::spawn(move || [take(&frontier, worker), take(&frontier, worker)])
        };
        let spare = WorkerId::from_index(2);
        frontier.add_worker(spare);
        frontier.push(spare, Run(&[1, 2]));
        let found = other.join().expect("no worker panics");
        assert_eq!(found, [Some(1), Some(2)]);
    });
}
