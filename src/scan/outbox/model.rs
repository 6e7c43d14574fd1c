//! The outbox together with the frontier, under loom: every interleaving of few workers, at most
//! three jobs and a consumer. What is shown is that the consumer hears of a job before anything of
//! who took it, that it hears all that was said, once and in each worker's order, and that these
//! tests can fail: without the seal they do.
//!
//! Without a bound that takes longer than a minute, so the number of preemptions is bounded, as said
//! at each.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test --release --lib -- --nocapture model
//! ```

use std::{collections::VecDeque, sync::Arc};

use loom::thread;

use super::{Channel, LIMIT, Outbox, Parcel, Unheard, Weighed};
use crate::scan::{
    dir::DirId,
    event::WorkerId,
    frontier::{Frontier, Taken, marks::Wish, model::Run},
    sync::{Mutex, Ordering, lock},
};

/// The number of a job.
type Job = usize;

/// By job: the jobs that it yields, each list one portion.
type Tree = &'static [&'static [&'static [Job]]];

/// Job 0 yields job 1.
const PAIR: Tree = &[&[&[1]], &[]];

/// Job 0 yields job 1 and that job 2: the work wanders, and a thief is robbed.
const CHAIN: Tree = &[&[&[1]], &[&[2]], &[]];

/// What a worker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// The worker is there. Opens a batch that later events may be appended to.
    Waiting,
    /// The job is known, and about to be pushed.
    Found(Job),
    /// The job was taken.
    Entered(Job),
    /// The job goes aside.
    Skipped(Job),
    /// Fills a batch at once.
    Big,
}

impl Weighed for Event {
    fn weight(&self) -> usize {
        if *self == Self::Big { LIMIT } else { 1 }
    }
}

/// Stands in for crossbeam's channel, which loom cannot see into: first in, first out, and never
/// full.
#[derive(Clone)]
struct Queue(Arc<Mutex<VecDeque<Parcel<Event>>>>);

impl Queue {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(VecDeque::new())))
    }

    /// The first parcel, if there is one now.
    fn receive(&self) -> Option<Parcel<Event>> {
        lock(&self.0).pop_front()
    }
}

impl Channel<Parcel<Event>> for Queue {
    fn send(&self, parcel: Parcel<Event>) -> Result<(), Unheard> {
        lock(&self.0).push_back(parcel);
        Ok(())
    }
}

/// When a worker seals its outbox.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seals {
    /// As it must: when it has taken a job that it did not push.
    Stolen,
    /// As it must not.
    Never,
}

/// A worker, and what it said.
struct Worker {
    number: WorkerId,
    frontier: Arc<Frontier<Run>>,
    outbox: Outbox<Event, Queue>,
    seals: Seals,
    said: Vec<Event>,
}

impl Worker {
    /// Says it to the outbox, and keeps it for the comparison.
    fn say(&mut self, event: Event) {
        self.outbox.push(event).expect("a queue never closes");
        self.said.push(event);
    }

    /// Does a job: announces and then pushes what it yields.
    fn list(&mut self, job: Job, tree: Tree) {
        self.say(Event::Entered(job));
        for portion in tree[job] {
            for job in *portion {
                self.say(Event::Found(*job));
            }
            self.frontier.push(self.number, Run(portion));
        }
        self.frontier.finish(self.number);
    }

    /// Takes jobs until there are no more. Answers what it said in its life.
    fn work(mut self, tree: Tree) -> Vec<Event> {
        while let Some(taken) = self.frontier.take(self.number) {
            match taken {
                Taken::Job { job, stolen } => {
                    if stolen && self.seals == Seals::Stolen {
                        self.outbox.seal();
                    }
                    self.list(job, tree);
                }
                Taken::Moving(moving) => {
                    self.outbox.seal();
                    let skipped = moving.skipped().flat_map(|run| run.0);
                    for job in skipped.copied().collect::<Vec<_>>() {
                        self.say(Event::Skipped(job));
                    }
                    assert!(self.frontier.put(moving).is_none(), "nothing comes back");
                }
            }
        }
        self.said
    }
}

/// What the consumer has heard: who said what.
#[derive(Default)]
struct Heard(Vec<(WorkerId, Event)>);

impl Heard {
    fn take(&mut self, parcel: Parcel<Event>) {
        let worker = parcel.worker();
        let events = parcel.open();
        assert!(!events.is_empty(), "a parcel is never empty");
        self.0
            .extend(events.into_iter().map(|event| (worker, event)));
    }

    /// Takes the first parcel, if there is one, so many times.
    fn look(&mut self, queue: &Queue, times: usize) {
        for _ in 0..times {
            if let Some(parcel) = queue.receive() {
                self.take(parcel);
            }
        }
    }

    /// Takes all that is there.
    fn drain(&mut self, queue: &Queue) {
        while let Some(parcel) = queue.receive() {
            self.take(parcel);
        }
    }

    /// Whether every worker was heard as it spoke, and every job was announced before anybody
    /// entered it or put it aside. Only what is stopped leaves some that nobody did anything about.
    fn check(&self, said: &[Vec<Event>], tree: Tree, user: User) {
        for (worker, said) in said.iter().enumerate() {
            let heard = self
                .0
                .iter()
                .filter(|(from, _)| from.index() == worker)
                .map(|(_, event)| *event);
            assert_eq!(
                &heard.collect::<Vec<_>>(),
                said,
                "a worker is heard as it spoke"
            );
        }
        for job in 0..tree.len() {
            let place = |wanted| self.0.iter().position(|(_, event)| *event == wanted);
            let (found, entered) = (place(Event::Found(job)), place(Event::Entered(job)));
            let taken = entered.or(place(Event::Skipped(job)));
            assert!(
                taken.is_some() || user != User::Listens,
                "every job is taken"
            );
            assert!(
                taken.is_none() || (found.is_some() && found < taken),
                "a job is announced before it is entered"
            );
        }
    }
}

/// Who receives parcels while the workers work. What is left is received when all have left.
#[derive(Clone, Copy)]
enum Consumer {
    /// Nobody: the consumer is late, and batches grow.
    Late,
    /// A thread of its own, which looks so many times.
    Thread(usize),
    /// Worker 0, which after its first job looks so many times and then works on.
    First(usize),
}

/// What the user does at any moment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum User {
    /// Nothing else.
    Listens,
    /// Stops the scan.
    Stops,
    /// Skips job 1, lets the workers rest and go on, and stops the scan.
    Steers,
}

/// Worker 0 has taken job 0 when the others come; they say at once that they wait, so each has a
/// batch in the queue that may stand before the one that announces what it takes later.
fn parent_first(
    name: &str,
    workers: usize,
    preemptions: Option<usize>,
    tree: Tree,
    consumer: Consumer,
    seals: Seals,
) {
    steered(
        name,
        workers,
        preemptions,
        tree,
        (consumer, User::Listens),
        seals,
    );
}

/// The same while the user does something.
fn steered(
    name: &str,
    workers: usize,
    preemptions: Option<usize>,
    tree: Tree,
    (consumer, user): (Consumer, User),
    seals: Seals,
) {
    explore(name, preemptions, move || {
        let queue = Queue::new();
        let frontier = Arc::new(Frontier::new(workers));
        let worker = |number| {
            let (number, frontier, queue) = (
                WorkerId::from_index(number),
                Arc::clone(&frontier),
                queue.clone(),
            );
            Worker {
                number,
                frontier,
                outbox: Outbox::new(number, queue),
                seals,
                said: Vec::new(),
            }
        };
        let mut first = worker(0);
        first.say(Event::Found(0));
        // What a scan finds at its start is not in the batch of a worker either.
        first.outbox.seal();
        frontier.push(first.number, Run(&[0]));
        let Some(Taken::Job { job, .. }) = frontier.take(first.number) else {
            panic!("job 0 waits");
        };

        let receiver = match consumer {
            Consumer::Thread(times) => Some(start_receiver(&queue, times)),
            Consumer::Late | Consumer::First(_) => None,
        };
        let others: Vec<_> = (1..workers)
            .map(|number| {
                let mut worker = worker(number);
                thread::spawn(move || {
                    worker.say(Event::Waiting);
                    worker.work(tree)
                })
            })
            .collect();
        let steerer = (user != User::Listens).then(|| {
            let frontier = Arc::clone(&frontier);
            thread::spawn(move || {
                if user == User::Steers {
                    frontier.mark(|marks| marks.wish(DirId(2), Wish::Skip));
                    frontier.pause(true);
                    frontier.pause(false);
                }
                frontier.stop();
            })
        });
        first.list(job, tree);
        let mut heard = Heard::default();
        if let Consumer::First(times) = consumer {
            heard.look(&queue, times);
        }
        let mut said = vec![first.work(tree)];
        said.extend(
            others
                .into_iter()
                .map(|other| other.join().expect("no worker panics")),
        );
        if let Some(steerer) = steerer {
            steerer.join().expect("no user panics");
        }
        if let Some(receiver) = receiver {
            heard = receiver.join().expect("no consumer panics");
        }
        heard.drain(&queue);
        heard.check(&said, tree, user);
    });
}

/// Starts a consumer that looks so many times.
fn start_receiver(queue: &Queue, times: usize) -> thread::JoinHandle<Heard> {
    let queue = queue.clone();
    thread::spawn(move || {
        let mut heard = Heard::default();
        heard.look(&queue, times);
        heard
    })
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
        "outbox, {name}, {bound}: {} schedules",
        schedules.load(Ordering::Relaxed)
    );
}

#[test]
fn one_worker_is_heard_as_it_spoke() {
    explore("1 worker", None, || {
        let queue = Queue::new();
        let receiver = start_receiver(&queue, 3);
        let mut outbox = Outbox::new(WorkerId::from_index(0), queue.clone());
        let said = [
            Event::Waiting,
            Event::Found(0),
            Event::Big,
            Event::Found(1),
            Event::Found(2),
        ];
        for event in said {
            outbox.push(event).expect("a queue never closes");
        }
        let mut heard = receiver.join().expect("no consumer panics");
        heard.drain(&queue);
        let heard: Vec<_> = heard.0.into_iter().map(|(_, event)| event).collect();
        assert_eq!(heard, said);
    });
}

#[test]
fn two_workers_pair() {
    parent_first(
        "2 workers, pair, the first receives",
        2,
        Some(5),
        PAIR,
        Consumer::First(3),
        Seals::Stolen,
    );
}

#[test]
fn two_workers_pair_bounded() {
    parent_first(
        "2 workers, pair, a thread receives",
        2,
        Some(4),
        PAIR,
        Consumer::Thread(2),
        Seals::Stolen,
    );
}

#[test]
fn two_workers_chain_bounded() {
    parent_first(
        "2 workers, chain, a thread receives",
        2,
        Some(3),
        CHAIN,
        Consumer::Thread(3),
        Seals::Stolen,
    );
}

#[test]
fn two_workers_chain_late() {
    parent_first(
        "2 workers, chain, late consumer",
        2,
        Some(5),
        CHAIN,
        Consumer::Late,
        Seals::Stolen,
    );
}

#[test]
fn three_workers_chain() {
    parent_first(
        "3 workers, chain, the first receives",
        3,
        Some(3),
        CHAIN,
        Consumer::First(2),
        Seals::Stolen,
    );
}

#[test]
fn three_workers_chain_late() {
    parent_first(
        "3 workers, chain, late consumer",
        3,
        Some(3),
        CHAIN,
        Consumer::Late,
        Seals::Stolen,
    );
}

#[test]
fn three_workers_chain_thread() {
    parent_first(
        "3 workers, chain, a thread receives",
        3,
        Some(3),
        CHAIN,
        Consumer::Thread(2),
        Seals::Stolen,
    );
}

#[test]
fn two_workers_chain_stopped() {
    steered(
        "2 workers, chain, stop, late consumer",
        2,
        Some(3),
        CHAIN,
        (Consumer::Late, User::Stops),
        Seals::Stolen,
    );
}

#[test]
fn two_workers_pair_steered() {
    steered(
        "2 workers, pair, skip, rest and stop, the first receives",
        2,
        Some(2),
        PAIR,
        (Consumer::First(2), User::Steers),
        Seals::Stolen,
    );
}

#[test]
#[should_panic(expected = "a job is announced before it is entered")]
fn without_the_seal_a_child_comes_first() {
    parent_first(
        "2 workers, no seal",
        2,
        Some(3),
        PAIR,
        Consumer::Thread(2),
        Seals::Never,
    );
}
