//! A worker: takes directories from the frontier, has them listed, and leaves when there is nothing
//! more to do or the scan is stopped. Whatever happens in it, it says so, and the count of
//! unfinished directories stays right.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{
    Detail, Pool,
    dir::{DirId, NameList},
    event::{Event, Parcel, WorkerId},
    frontier::{Moving, Taken, Turn},
    job::{Job, Portion},
    lister::Lister,
    outbox::{Outbox, Unheard},
    sync::{Ordering, Sender},
    threads::Load,
    visit::{Desk, Leave, Visit},
    way::Place,
};
use crate::{faults, tree::block::Packer};

/// The whole life of a worker's thread.
pub(super) fn run(
    worker: WorkerId,
    pool: &Pool,
    results: Sender<Parcel>,
    make_lister: impl FnOnce() -> Box<dyn Lister>,
) {
    let mut desk = Desk {
        worker,
        outbox: Outbox::new(worker, results),
        packer: Packer::default(),
        entered: NameList::default(),
        excluded: NameList::default(),
        unheard: false,
        named: NameList::default(),
        place: Place::default(),
    };
    let mut at = None;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        if takes_part(pool, worker) {
            work(pool, &mut desk, &mut *make_lister(), &mut at)
        } else {
            Ok(())
        }
    }));
    pool.gauges[worker.index()].set(None);
    if let Err(panic) = outcome {
        pool.frontier.stop();
        // That nobody listens any more is no matter here: the worker leaves in any case.
        let _ = desk.outbox.push(Event::Panicked {
            dir: at,
            message: message_of(&*panic),
        });
    }
    let _ = desk.outbox.push(Event::Left);
}

/// How many looks in a row must have found that the processors have time left. One may only mean that
/// something else had them: then four in six scans of a million files in a warm cache let all in.
const LOOKS: u32 = 3;

/// Waits until the worker takes part; false if it is to leave before. The next in line sees to it
/// that all do as soon as the processors have time left.
fn takes_part(pool: &Pool, worker: WorkerId) -> bool {
    let mut low = 0;
    loop {
        let load = Load::now();
        match pool.frontier.wait_for_turn(worker) {
            Turn::Work => return true,
            Turn::Leave => return false,
            Turn::Look if load.is_low() => {
                low += 1;
                if low >= LOOKS {
                    pool.frontier.let_in();
                }
            }
            Turn::Look | Turn::Wait => low = 0,
        }
    }
}

/// Works until there is nothing more to do. `at` is the directory that the worker is at.
fn work(
    pool: &Pool,
    desk: &mut Desk,
    lister: &mut dyn Lister,
    at: &mut Option<DirId>,
) -> Result<(), Unheard> {
    loop {
        let mut taken = pool.frontier.try_take(desk.worker);
        if taken.is_none() {
            desk.outbox.push(Event::Waiting)?;
            taken = pool.frontier.take(desk.worker);
        }
        let (job, stolen) = match taken {
            None => return Ok(()),
            Some(Taken::Job { job, stolen }) => (job, stolen),
            Some(Taken::Moving(moving)) => {
                let mut moving = Some(moving);
                while let Some(these) = moving {
                    say_moving(&these, desk)?;
                    moving = pool.frontier.put(these);
                }
                continue;
            }
        };
        if stolen {
            desk.outbox.seal();
        }
        let dir = job.dir().id();
        *at = Some(dir);
        pool.frontier.begin(desk.worker, dir);
        if pool.detail == Detail::Names {
            *pool.at(desk.worker) = Some(Arc::clone(job.dir()));
        }
        let finish = Finish(pool, desk.worker);
        faults::strike(faults::Place::Worker);
        // Whoever leaves a directory has seen to what is left of it.
        let _ = do_job(job, pool, desk, lister);
        drop(finish);
        *at = None;
        pool.gauges[desk.worker.index()].set(None);
        if desk.unheard {
            return Err(Unheard);
        }
    }
}

/// Tells of what goes aside or comes back. Others may have announced it.
fn say_moving(moving: &Moving<Portion>, desk: &mut Desk) -> Result<(), Unheard> {
    desk.outbox.seal();
    let skipped = moving.skipped().map(Portion::dirs).map(Event::Skipped);
    let back = moving.back().map(Portion::dirs).map(Event::TakenUp);
    skipped
        .chain(back)
        .try_for_each(|event| desk.outbox.push(event))
}

fn do_job(job: Job, pool: &Pool, desk: &mut Desk, lister: &mut dyn Lister) -> Result<(), Leave> {
    match job {
        Job::List { dir, parent } => {
            let mut visit = Visit::begin_at(&dir, pool, desk)?;
            if lister.list(&dir, parent, &mut visit) == Err(Leave) {
                visit.leave_listing();
                return Err(Leave);
            }
            visit.end_listing()
        }
        Job::GoOn(mut left) => {
            let rest = std::mem::replace(&mut left.rest, Box::new(()));
            let mut visit = Visit::go_on_at(&left, pool, desk)?;
            if lister.go_on(&left.dir, rest, &mut visit) == Err(Leave) {
                visit.leave_listing();
                return Err(Leave);
            }
            visit.end_listing()
        }
        Job::Look(slice) => {
            pool.slices.fetch_sub(1, Ordering::Relaxed);
            let mut visit = Visit::begin_at(&slice.dir, pool, desk)?;
            match lister.look(&slice, &mut visit) {
                Ok(()) => visit.end_looking(),
                Err(Leave) => visit.leave_looking(&slice),
            }
        }
    }
}

/// Finishes the job when it is dropped, so that a panic cannot keep the scan from ending.
struct Finish<'a>(&'a Pool, WorkerId);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.frontier.finish(self.1);
    }
}

/// What a panic said.
fn message_of(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
