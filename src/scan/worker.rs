//! A worker: takes directories from the frontier, has them listed, and leaves when there is nothing
//! more to do or the scan is stopped. Whatever happens in it, it says so, and the count of
//! unfinished directories stays right.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
};

use super::{
    Pool,
    dir::{DirId, NameList},
    event::{Event, Parcel, WorkerId},
    job::Job,
    lister::Lister,
    outbox::{Outbox, Unheard},
    visit::{Desk, Leave, Visit},
};
use crate::tree::block::Packer;

/// The whole life of a worker's thread.
pub(super) fn run(
    worker: WorkerId,
    pool: &Pool,
    results: crossbeam_channel::Sender<Parcel>,
    make_lister: impl FnOnce() -> Box<dyn Lister>,
) {
    let mut desk = Desk {
        worker,
        outbox: Outbox::new(worker, results),
        packer: Packer::default(),
        entered: NameList::default(),
        excluded: NameList::default(),
    };
    let mut at = None;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        work(pool, &mut desk, &mut *make_lister(), &mut at)
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
        let Some(taken) = taken else { return Ok(()) };
        if taken.stolen {
            desk.outbox.seal();
        }
        *at = Some(taken.job.dir().id());
        let finish = Finish(pool);
        let left = do_job(taken.job, pool, desk, lister);
        drop(finish);
        *at = None;
        pool.gauges[desk.worker.index()].set(None);
        if left == Err(Leave) && !pool.frontier.is_stopped() {
            return Err(Unheard);
        }
    }
}

fn do_job(job: Job, pool: &Pool, desk: &mut Desk, lister: &mut dyn Lister) -> Result<(), Leave> {
    let dir = Arc::clone(job.dir());
    let mut visit = Visit::begin_at(&dir, pool, desk)?;
    match job {
        Job::List { parent, .. } => {
            lister.list(&dir, parent, &mut visit)?;
            visit.end_listing()
        }
        Job::Look(slice) => {
            pool.slices.fetch_sub(1, Ordering::Relaxed);
            lister.look(&slice, &mut visit)?;
            visit.end_looking()
        }
    }
}

/// Finishes the job when it is dropped, so that a panic cannot keep the scan from ending.
struct Finish<'a>(&'a Pool);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.frontier.finish();
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
