//! What the system says of one entry that somebody looks at: owner, mode, times, the file system
//! around it. Asked in the background, since each of these questions can hang for ever on a dead
//! server. It must not know who asks, or what for.
//!
//! Only the newest question counts: whoever walks over a hundred entries wants to know of the one
//! where he stops. A thread takes it, finds out in which file system it lies (which hangs never),
//! and asks. Where it does not come back the next question gets another thread, but not more than
//! two are sent into one file system: the others would hang there as well, and what they were to
//! ask waits for those. So a dead server keeps two threads, and delays nobody but those who ask for
//! something on it. There is a bound on all threads besides.
//!
//! Nobody waits for these threads: they end with the process.

mod kernel;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::tree::block::Kind;
pub use kernel::Kernel;

/// What is to be found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Comes back with the answers.
    pub number: u64,
    /// Of what.
    pub path: PathBuf,
    /// What is meant by a symlink.
    pub symlink: Symlink,
}

/// What is meant where the path is that of a symlink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symlink {
    /// The symlink.
    Itself,
    /// What it points to.
    Target,
}

/// A part of what was found out.
#[derive(Debug)]
pub struct Answer {
    /// That of the question.
    pub number: u64,
    /// What was found out.
    pub said: Said,
}

/// The parts, in the order in which they come.
#[derive(Debug)]
pub enum Said {
    /// What the entry is, or why that is not known. Then nothing more comes.
    Facts(io::Result<Facts>),
    /// The file system that it is on.
    Mounted(io::Result<Mounted>),
    /// Who has it.
    Names(Names),
}

/// What the kernel says of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub kind: Kind,
    /// Permissions, and what stands before them, in the twelve lowest bits.
    pub mode: u32,
    /// Number of the user that has it.
    pub user: u32,
    /// Number of the group that has it.
    pub group: u32,
    /// Apparent size in bytes.
    pub apparent: u64,
    /// Last change of what is said here, in seconds since 1970.
    pub changed: i64,
    /// Last time that it was read, as far as the file system keeps that, likewise.
    pub accessed: i64,
    /// Number of the inode.
    pub inode: u64,
    /// How many names it has.
    pub links: u64,
    /// Major and minor number of the device.
    pub device: (u32, u32),
}

/// A file system at the place where it is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    /// Which kind, and where; `None` where the system does not tell.
    pub place: Option<MountPlace>,
    /// How much there is of it.
    pub size: FileSystem,
}

/// Which kind of file system is mounted where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountPlace {
    /// Its kind, as bytes: `ext4`.
    pub kind: Vec<u8>,
    /// Where it is mounted.
    pub point: PathBuf,
}

/// How much there is of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSystem {
    /// All of it, in bytes.
    pub size: u64,
    /// What is taken, in bytes.
    pub used: u64,
    /// What an ordinary user can still fill, in bytes; the rest is kept for others.
    pub free: u64,
}

/// Names of user and group, where the system knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Of the user, as the system has it.
    pub user: Option<String>,
    /// Of the group, likewise.
    pub group: Option<String>,
}

/// Whoever is asked: [`Kernel`], but for tests.
pub trait System: Send + Sync + 'static {
    /// What else hangs where a question about `path` does. Does not hang.
    fn place(&self, path: &Path) -> PathBuf;

    /// What the entry is, and the file system that it is on; the latter is called for only if the
    /// former is known.
    fn ask(&self, question: &Question, tell: &mut dyn FnMut(Said)) -> Option<Facts>;

    /// Who has it.
    fn names(&self, facts: &Facts) -> Names;
}

/// Most threads that are sent into one place.
const MOST_IN_ONE: usize = 2;
/// Most threads.
pub const MOST: usize = 16;

/// Asks. Dropping it ends those threads that hang nowhere.
pub struct Inquiry {
    desk: Arc<Desk>,
    answers: Receiver<Answer>,
}

impl Inquiry {
    /// Begins without any thread.
    pub fn of(system: impl System) -> Self {
        let (sender, answers) = unbounded();
        let desk = Desk {
            system: Box::new(system),
            sender,
            work: Mutex::default(),
            changed: Condvar::new(),
        };
        Self {
            desk: Arc::new(desk),
            answers,
        }
    }

    /// Asks this instead of whatever waits to be asked. Without a thread there is no answer.
    pub fn ask(&self, question: Question) {
        let mut work = self.desk.work();
        work.newest = question.number;
        work.waiting = Some(question);
        work.refused = None;
        self.desk.changed.notify_one();
        if work.idle == 0 && work.threads < MOST {
            let desk = Arc::clone(&self.desk);
            let thread = thread::Builder::new().name("inquiry".into());
            let started = thread.spawn(move || desk.answer());
            work.threads += usize::from(started.is_ok());
        }
    }

    /// Where answers arrive; those to questions before the newest as well.
    pub fn answers(&self) -> &Receiver<Answer> {
        &self.answers
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.desk.work().threads
    }
}

impl Drop for Inquiry {
    fn drop(&mut self) {
        self.desk.work().closed = true;
        self.desk.changed.notify_all();
    }
}

/// What the threads share.
struct Desk {
    system: Box<dyn System>,
    sender: Sender<Answer>,
    work: Mutex<Work>,
    changed: Condvar,
}

#[derive(Default)]
struct Work {
    /// The number of the newest question: a thread may come back with one before it.
    newest: u64,
    /// That question, as long as no thread has taken it.
    waiting: Option<Question>,
    /// The number of the one that waits until somebody comes back from where it leads to.
    refused: Option<u64>,
    threads: usize,
    /// Threads that wait for a question.
    idle: usize,
    /// Where the others are.
    inside: Vec<Place>,
    closed: bool,
}

/// Where a thread can hang.
#[derive(Clone, PartialEq, Eq)]
enum Place {
    /// In a file system.
    FileSystem(PathBuf),
    /// With whoever knows users and groups.
    Names,
}

impl Desk {
    fn work(&self) -> MutexGuard<'_, Work> {
        // Nothing is done under the lock that could be left half done.
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers questions until the inquiry is dropped.
    fn answer(&self) {
        while let Some(question) = self.next() {
            let place = Place::FileSystem(self.system.place(&question.path));
            let Some(question) = self.enter_with(question, &place) else {
                continue;
            };
            let number = question.number;
            let mut tell = |said| drop(self.sender.send(Answer { number, said }));
            let facts = self.system.ask(&question, &mut tell);
            self.leave(&place);
            if let Some(facts) = facts {
                let mut names = Names::default();
                if self.enter(&Place::Names) {
                    names = self.system.names(&facts);
                    self.leave(&Place::Names);
                }
                tell(Said::Names(names));
            }
        }
    }

    /// Waits for a question; `None` when there will be none.
    fn next(&self) -> Option<Question> {
        let mut work = self.work();
        loop {
            if work.closed {
                return None;
            }
            let refused = work.refused;
            let may_ask = |question: &mut Question| refused != Some(question.number);
            if let Some(question) = work.waiting.take_if(may_ask) {
                return Some(question);
            }
            work.idle += 1;
            work = self
                .changed
                .wait(work)
                .unwrap_or_else(PoisonError::into_inner);
            work.idle -= 1;
        }
    }

    /// Goes where one can hang, unless too many are there.
    fn enter(&self, place: &Place) -> bool {
        self.work().enter(place)
    }

    /// Goes there with a question. Where too many are there it waits until somebody comes back,
    /// unless there is a newer one.
    fn enter_with(&self, question: Question, place: &Place) -> Option<Question> {
        let mut work = self.work();
        if work.enter(place) {
            return Some(question);
        }
        if work.newest == question.number {
            work.refused = Some(question.number);
            work.waiting = Some(question);
        }
        None
    }

    /// Comes back.
    fn leave(&self, place: &Place) {
        let mut work = self.work();
        if let Some(at) = work.inside.iter().position(|other| other == place) {
            work.inside.swap_remove(at);
        }
        work.refused = None;
        self.changed.notify_one();
    }
}

impl Work {
    fn enter(&mut self, place: &Place) -> bool {
        let inside = self.inside.iter().filter(|other| *other == place).count();
        let is_free = inside < MOST_IN_ONE;
        if is_free {
            self.inside.push(place.clone());
        }
        is_free
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// Whatever is below `/hung` hangs until the sender is dropped; the first part of a path is a
    /// file system.
    struct Fake(Receiver<()>);

    const FACTS: Facts = Facts {
        kind: Kind::File,
        mode: 0o644,
        user: 1,
        group: 2,
        apparent: 3,
        changed: 6,
        accessed: 7,
        inode: 8,
        links: 9,
        device: (10, 11),
    };

    impl System for Fake {
        fn place(&self, path: &Path) -> PathBuf {
            path.components().take(2).collect()
        }

        fn ask(&self, question: &Question, tell: &mut dyn FnMut(Said)) -> Option<Facts> {
            if question.path.starts_with("/hung") || question.path.starts_with("/dead") {
                let _ = self.0.recv();
            }
            tell(Said::Facts(Ok(FACTS)));
            Some(FACTS)
        }

        fn names(&self, _: &Facts) -> Names {
            Names::default()
        }
    }

    fn question(number: u64, path: &str) -> Question {
        Question {
            number,
            path: path.into(),
            symlink: Symlink::Itself,
        }
    }

    /// Waits for the answer to a question.
    fn wait(inquiry: &Inquiry, number: u64) {
        while inquiry
            .answers()
            .recv_timeout(LONG)
            .expect("an answer")
            .number
            != number
        {}
    }

    /// Asks, and waits until a thread has taken the question, or has put it back.
    fn ask(inquiry: &Inquiry, number: u64, path: &str) {
        inquiry.ask(question(number, path));
        let is_settled = || {
            let work = inquiry.desk.work();
            work.waiting.is_none() || work.refused == Some(number)
        };
        while !is_settled() {
            thread::yield_now();
        }
    }

    #[test]
    fn what_hangs_delays_only_its_own_file_system_and_keeps_two_threads() {
        let (end, hangs) = crossbeam_channel::bounded(0);
        let inquiry = Inquiry::of(Fake(hangs));
        ask(&inquiry, 1, "/fine/a");
        wait(&inquiry, 1);
        for number in 2..100 {
            ask(&inquiry, number, "/hung/b");
        }
        ask(&inquiry, 100, "/fine/c");
        wait(&inquiry, 100);
        for number in 101..200 {
            ask(&inquiry, number, "/dead/b");
        }
        ask(&inquiry, 200, "/fine/d");
        wait(&inquiry, 200);
        let place = |path: &str| Place::FileSystem(path.into());
        for hung in [place("/hung"), place("/dead")] {
            let work = inquiry.desk.work();
            let inside = work.inside.iter().filter(|place| **place == hung);
            assert_eq!(inside.count(), MOST_IN_ONE);
        }
        // One that is busy for a moment only may have been taken for one that hangs.
        assert!(inquiry.threads() <= MOST);
        // The newest of those that wait is asked when somebody comes back.
        ask(&inquiry, 201, "/hung/e");
        drop(end);
        wait(&inquiry, 201);
    }

    #[test]
    fn of_many_questions_the_last_is_answered() {
        let (_end, hangs) = crossbeam_channel::bounded(0);
        let inquiry = Inquiry::of(Fake(hangs));
        for number in 0..10_000 {
            inquiry.ask(question(number, "/fine/x"));
        }
        wait(&inquiry, 9_999);
        assert!(inquiry.threads() <= MOST);
    }
}
