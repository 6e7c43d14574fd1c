//! A worker's visit to one directory: what a lister tells it becomes events and jobs, in the order
//! that the protocol asks for. It knows the frontier, the outbox and the rules, but not how a
//! directory is listed.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Detail, Pool,
    dir::{Dir, DirId, Extent, Identity, NameList, Names},
    enter::{Mount, Rules},
    event::{Block, Event, Exclusion, Failure, Parcel, WorkerId},
    frontier::Look,
    gauge::{Call, Gauge},
    handles::Handle,
    job::{Job, Left, Portion, Rest, Slice, Subdirectories},
    outbox::{Outbox, Unheard},
    sync::{AtomicU32, Ordering, Sender},
    way::Place,
};
use crate::{
    faults,
    tree::block::{Kind, Link, Metadata, Packer},
};

/// A block goes out when it holds this many files,
const FULL: u64 = 1024;
/// or this long after the one before, so that a slow directory is seen while it is read.
const PATIENCE: Duration = Duration::from_millis(100);
/// From this many names on, a directory is shared among the workers,
const LARGE: usize = 4096;
/// with at most so many slices of it waiting for each of them, since names that wait take memory.
const SLICES: usize = 2;
/// The clock is read, and the frontier asked whether to go on, once in this many entries.
const STRIDE: u32 = 16;

/// The directory is to be left as it is: it is skipped, the scan was stopped, or nobody listens any
/// more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave;

/// Draws the numbers of directories.
#[derive(Debug)]
pub(super) struct Numbers(AtomicU32);

impl Numbers {
    /// Numbers from `first` on.
    pub(super) fn from(first: DirId) -> Self {
        Self(AtomicU32::new(first.0))
    }

    /// Numbers from where these are.
    pub(super) fn going_on(&self) -> Self {
        Self(AtomicU32::new(self.0.load(Ordering::Relaxed)))
    }

    /// The first of `count` numbers in a row.
    pub(super) fn draw(&self, count: usize) -> DirId {
        // Relaxed: it only has to hand out each number once. That a child's is greater than its
        // parent's follows from the worker having read the parent's before.
        let first = self.0.fetch_add(count as u32, Ordering::Relaxed);
        assert!(
            first.checked_add(count as u32).is_some(),
            "a scan numbers at most 4,294,967,295 directories"
        );
        DirId(first)
    }
}

/// What a worker has of its own and keeps from visit to visit.
pub(super) struct Desk {
    pub(super) worker: WorkerId,
    pub(super) outbox: Outbox<Event, Sender<Parcel>>,
    pub(super) packer: Packer,
    pub(super) entered: NameList,
    pub(super) excluded: NameList,
    /// Nobody listens any more.
    pub(super) unheard: bool,
    /// Names of files, where they are all that is asked for.
    pub(super) named: NameList,
    pub(super) place: Place,
}

impl Desk {
    /// Lets go of what was found in a directory and not told: it would be told of the next one. Nor
    /// did anybody hear of the worker's place, perhaps, so the next one is told from its root on.
    fn clear(&mut self) {
        self.place = Place::default();
        let _ = self.packer.finish();
        for names in [&mut self.entered, &mut self.excluded, &mut self.named] {
            let _ = names.take();
        }
    }
}

/// What a lister tells of one directory. See the module's head.
pub struct Visit<'a> {
    dir: &'a Arc<Dir>,
    pool: &'a Pool,
    desk: &'a mut Desk,
    links: Vec<Link>,
    entries: u32,
    sent: Instant,
    /// Names of this directory so far.
    names: usize,
    /// Slices of them that were given to others.
    slices: u32,
    /// What the lister left.
    rest: Option<Rest>,
    /// Whether the consumer knows where the directory is, if this scan says it at all.
    is_placed: bool,
}

impl<'a> Visit<'a> {
    /// Begins a visit to `dir`.
    pub(super) fn begin_at(
        dir: &'a Arc<Dir>,
        pool: &'a Pool,
        desk: &'a mut Desk,
    ) -> Result<Self, Leave> {
        let mut visit = Self {
            dir,
            pool,
            desk,
            links: Vec::new(),
            entries: 0,
            sent: Instant::now(),
            names: 0,
            slices: 0,
            rest: None,
            is_placed: pool.detail == Detail::Metadata,
        };
        visit.follow(Event::Entered { dir: dir.id() })?;
        Ok(visit)
    }

    /// Begins again where a directory was left.
    pub(super) fn go_on_at(
        left: &'a Left,
        pool: &'a Pool,
        desk: &'a mut Desk,
    ) -> Result<Self, Leave> {
        let mut visit = Self::begin_at(&left.dir, pool, desk)?;
        (visit.names, visit.slices) = (left.names, left.slices);
        Ok(visit)
    }

    /// Lets somebody go on later with what the lister left, unless the job was taken away from this
    /// worker.
    pub(super) fn leave_listing(self) {
        let Some(rest) = self.rest else { return };
        let left = Left {
            dir: Arc::clone(self.dir),
            rest,
            slices: self.slices,
            names: self.names,
        };
        let (worker, portion) = (self.desk.worker, Portion::single(Job::GoOn(left)));
        let frontier = &self.pool.frontier;
        frontier.speak(worker, self.dir.id(), || frontier.push(worker, portion));
    }

    /// Lets somebody go on later with those names of a slice that were not looked at yet.
    ///
    /// # Errors
    /// [`Leave`], unless all were.
    pub(super) fn leave_looking(mut self, slice: &Slice) -> Result<(), Leave> {
        let names = slice.names.iter().skip(self.entries as usize);
        let rest = Slice {
            names: names.collect(),
            dir: Arc::clone(&slice.dir),
            handle: slice.handle.clone(),
        };
        if rest.names.is_empty() {
            return self.end_looking();
        }
        self.push_slice(rest);
        Err(Leave)
    }

    /// Says what is left, and that the directory was listed.
    pub(super) fn end_listing(mut self) -> Result<(), Leave> {
        self.send_block()?;
        self.follow(Event::Listed {
            dir: self.dir.id(),
            slices: self.slices,
        })
    }

    /// Says what is left, and that the slice was looked at.
    pub(super) fn end_looking(mut self) -> Result<(), Leave> {
        self.send_block()?;
        self.follow(Event::Looked { dir: self.dir.id() })
    }

    /// Says that a system call begins. For display only; to be called before each.
    pub fn begin(&self, call: Call) {
        self.gauge().set(Some(call));
        if matches!(call, Call::Openat | Call::Opendir) {
            faults::strike(faults::Place::Lister);
        }
    }

    /// Says that the system call begins that brings more names. False where there have been too many,
    /// which was told: then the directory is at its end.
    ///
    /// # Errors
    /// [`Leave`] when nobody listens any more.
    pub fn begin_names(&mut self, call: Call) -> Result<bool, Leave> {
        self.begin(call);
        let most = self.pool.most_names;
        if self.names < most {
            return Ok(true);
        }
        let cause = format!("has {most} names and more, the rest is left out");
        self.fail(None, call, io::Error::other(cause))
            .map(|()| false)
    }

    /// Takes over what the kernel says of the directory itself, once it is known that it is not
    /// left out.
    ///
    /// # Errors
    /// [`Leave`] when nobody listens any more.
    pub fn opened(&mut self, metadata: Metadata) -> Result<(), Leave> {
        let dir = self.dir.id();
        let event = Event::Opened { dir, metadata };
        if metadata.kind == Kind::Directory {
            self.follow(event)
        } else {
            self.place()?;
            self.say(event)
        }
    }

    /// Whether the directory must not even be opened, because that would mount something; then that
    /// was said.
    ///
    /// # Errors
    /// [`Leave`] when nobody listens any more.
    pub fn is_left_alone(&mut self) -> Result<bool, Leave> {
        let is_left = self.rules().leaves_alone(self.dir);
        if is_left {
            let (dir, reason) = (self.dir.id(), Exclusion::KernelFileSystem);
            self.follow(Event::NotEntered { dir, reason })?;
        }
        Ok(is_left)
    }

    /// Whether the directory, which is `identity`, is left out by a rule; then that was said. The
    /// questions are those of [`Rules::refuse`].
    ///
    /// # Errors
    /// [`Leave`] when nobody listens any more.
    pub fn is_refused(
        &mut self,
        identity: Identity,
        mount: Mount,
        kernel: impl FnOnce() -> io::Result<bool>,
        tagged: impl FnOnce() -> bool,
    ) -> Result<bool, Leave> {
        let gauge = self.gauge();
        let kernel = || {
            gauge.set(Some(Call::Statfs));
            kernel().map_err(|error| (Call::Statfs, error))
        };
        let tagged = || {
            gauge.set(Some(Call::Read));
            Ok(tagged())
        };
        let dir = self.dir.id();
        match self
            .rules()
            .refuse(self.dir, identity, mount, kernel, tagged)
        {
            Ok(None) => Ok(false),
            Ok(Some(reason)) => self
                .follow(Event::NotEntered { dir, reason })
                .map(|()| true),
            Err((call, error)) => self.unreadable(call, error).map(|()| true),
        }
    }

    /// Takes over a name as soon as it is known; `is_directory` where the listing says so. Whether the
    /// kernel is to be asked for the metadata, which is then told by [`Visit::file`]. If not, it is a
    /// directory, which whoever lists it asks about, or a rule leaves it out, or no more than names
    /// is asked for. When all are taken over that are known by now, [`Visit::end_names`] follows.
    pub fn name(&mut self, name: &[u8], is_directory: bool) -> bool {
        self.names += 1;
        let rules = self.rules();
        let is_excluded = rules.has_patterns() && rules.excludes(self.dir, name);
        let list = match (is_excluded, is_directory) {
            (false, false) if self.pool.detail == Detail::Metadata => return true,
            (false, false) => &mut self.desk.named,
            (true, false) => return false,
            (_, true) if self.dir.extent() == Extent::Alone => return false,
            (true, true) => &mut self.desk.excluded,
            (false, true) => &mut self.desk.entered,
        };
        list.push(name);
        false
    }

    /// Ends the names that are known by now. The directories among them are on their way to the
    /// consumer and can be taken by any worker when this returns: no hang in what follows can hide
    /// them. `handle` is the directory, open, to be kept for those who list them.
    ///
    /// # Errors
    /// [`Leave`] when nobody listens any more.
    pub fn end_names(&mut self, handle: Option<&Arc<Handle>>) -> Result<(), Leave> {
        if !self.desk.excluded.is_empty() {
            let excluded = self.desk.excluded.take();
            let first = self.announce(&excluded, |_| {})?;
            for dir in (0..excluded.len() as u32).map(|step| DirId(first.0 + step)) {
                let reason = Exclusion::Pattern;
                self.follow(Event::NotEntered { dir, reason })?;
            }
        }
        if !self.desk.entered.is_empty() {
            let entered = self.desk.entered.take();
            let (worker, frontier) = (self.desk.worker, &self.pool.frontier);
            let parent = Some(Arc::clone(self.dir));
            self.announce(&entered.clone(), |first| {
                let portion = Subdirectories::new(parent, handle.cloned(), first, entered);
                frontier.push(worker, Portion::Directories(portion));
            })?;
        }
        if !self.desk.named.is_empty() {
            self.place()?;
            let (dir, names) = (self.dir.id(), self.desk.named.take());
            self.say(Event::Names { dir, names })?;
        }
        Ok(())
    }

    /// Gives names that are to be asked about to whoever has time for them, if the directory is so
    /// large that it should keep every worker busy. If not, the lister itself asks. `handle` is the
    /// directory, open.
    pub fn share<'n>(
        &mut self,
        names: impl Iterator<Item = &'n [u8]>,
        handle: Option<&Arc<Handle>>,
    ) -> bool {
        let enough = SLICES * self.pool.workers;
        // Relaxed, here and where it is counted down: it only has to be roughly right.
        if self.names < LARGE || self.pool.slices.load(Ordering::Relaxed) >= enough {
            return false;
        }
        let mut names = names.peekable();
        if names.peek().is_some() {
            self.leave_names(names, handle);
        }
        true
    }

    /// Lets somebody ask about these names later, because the directory is to be left. `handle` is
    /// the directory, open.
    pub fn leave_names<'n>(
        &mut self,
        names: impl Iterator<Item = &'n [u8]>,
        handle: Option<&Arc<Handle>>,
    ) {
        let slice = Slice {
            dir: Arc::clone(self.dir),
            handle: handle.cloned(),
            names: names.collect(),
        };
        if !slice.names.is_empty() && self.push_slice(slice) {
            self.slices += 1;
        }
    }

    /// Leaves the directory before all its names were read: from `rest` on,
    /// [`Lister::go_on`](super::lister::Lister::go_on) will read the others. All that was read must
    /// have been told or [left](Visit::leave_names) before.
    pub fn leave(&mut self, rest: Rest) -> Leave {
        self.rest = Some(rest);
        Leave
    }

    /// Takes over what `call` said of an entry that is to be asked about. One that has vanished
    /// since its name was read is passed over.
    ///
    /// # Errors
    /// [`Leave`] when the directory is to be left: then those that follow are to be
    /// [left](Visit::leave_names).
    pub fn file(
        &mut self,
        name: &[u8],
        call: Call,
        answer: io::Result<Metadata>,
    ) -> Result<(), Leave> {
        match answer {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.fail(Some(name), call, error)?,
            Ok(metadata) if metadata.kind == Kind::Directory => {
                self.fail(
                    Some(name),
                    call,
                    io::Error::other("became a directory while it was being read"),
                )?;
            }
            Ok(metadata) if self.is_elsewhere(&metadata) => {}
            Ok(metadata) => self.links.extend(self.desk.packer.add(name, &metadata)),
        }
        self.entries += 1;
        if self.entries.is_multiple_of(STRIDE) {
            self.look()?;
            if self.sent.elapsed() >= PATIENCE {
                return self.send_block();
            }
        }
        if self.desk.packer.len() >= FULL {
            self.send_block()?;
        }
        Ok(())
    }

    /// Says that `call` could not tell whether an entry is a directory; it is then taken for a file.
    /// Where files are asked about anyway that fails again, and is said then.
    ///
    /// # Errors
    /// [`Leave`] when nobody listens any more.
    pub fn kind_unknown(&mut self, name: &[u8], call: Call, error: io::Error) -> Result<(), Leave> {
        if self.pool.detail == Detail::Metadata || error.kind() == io::ErrorKind::NotFound {
            return Ok(());
        }
        self.fail(Some(name), call, error)
    }

    /// Says that the directory itself could not be read, or not to its end. One that has vanished
    /// since its name was read is empty, not a failure, unless it is a root.
    ///
    /// # Errors
    /// [`Leave`] when nobody listens any more.
    pub fn unreadable(&mut self, call: Call, error: io::Error) -> Result<(), Leave> {
        if error.kind() == io::ErrorKind::NotFound && !self.dir.is_root() {
            return Ok(());
        }
        self.fail(None, call, error)
    }

    /// Whether to go on; to be asked before each buffer of names. Waits while the scan is paused.
    ///
    /// # Errors
    /// [`Leave`] when not. What was found so far is on its way.
    pub fn look(&mut self) -> Result<(), Leave> {
        let pool = self.pool;
        if pool.frontier.is_paused() {
            // What was found is seen, and no call is begun, while the worker rests.
            self.send_block()?;
            self.gauge().set(None);
        }
        let dir = self.dir;
        match pool.frontier.look(|marks| marks.place(dir.judge(marks))) {
            Look::Go => Ok(()),
            Look::Leave => {
                self.send_block()?;
                Err(Leave)
            }
        }
    }

    /// Whether a file is on another file system than its directory, by a mount on the file itself,
    /// and is left out for that.
    fn is_elsewhere(&self, metadata: &Metadata) -> bool {
        let is_other = |here: Identity| here.device != metadata.identity.device;
        self.rules().one_file_system && self.dir.identity().is_some_and(is_other)
    }

    fn rules(&self) -> &'a Rules {
        &self.pool.rules
    }

    fn gauge(&self) -> &'a Gauge {
        &self.pool.gauges[self.desk.worker.index()]
    }

    /// Makes subdirectories known, and does `then` with the number of the first, which is returned.
    /// No claim comes between the two: what was made known would be waited for in vain.
    fn announce(&mut self, names: &Names, then: impl FnOnce(DirId)) -> Result<DirId, Leave> {
        let first = self.pool.numbers.draw(names.len());
        let found = self.is_followed().then(|| Event::Found {
            parent: self.dir.id(),
            first,
            names: names.clone(),
        });
        self.speak(|outbox| {
            found.map_or(Ok(()), |found| outbox.push(found))?;
            then(first);
            Ok(())
        })?;
        Ok(first)
    }

    fn fail(&mut self, entry: Option<&[u8]>, call: Call, cause: io::Error) -> Result<(), Leave> {
        if entry.is_none() {
            // It is told after what was found in the directory.
            self.send_block()?;
        }
        self.place()?;
        self.say(Event::Failed(Failure {
            dir: self.dir.id(),
            entry: entry.map(Box::from),
            call,
            cause,
        }))
    }

    fn send_block(&mut self) -> Result<(), Leave> {
        self.sent = Instant::now();
        if self.desk.packer.is_empty() {
            return Ok(());
        }
        let block = Block {
            dir: self.dir.id(),
            files: self.desk.packer.finish(),
            links: std::mem::take(&mut self.links),
        };
        self.say(Event::Block(block))
    }

    /// Says where the directory is, where that does not follow from what was said before.
    fn place(&mut self) -> Result<(), Leave> {
        if std::mem::replace(&mut self.is_placed, true) {
            return Ok(());
        }
        let event = self.desk.place.move_to(self.dir);
        self.say(event)
    }

    /// Whether somebody keeps a tree and follows the workers.
    fn is_followed(&self) -> bool {
        self.pool.detail == Detail::Metadata
    }

    /// Says what only somebody cares about who does.
    fn follow(&mut self, event: Event) -> Result<(), Leave> {
        if self.is_followed() {
            self.say(event)
        } else {
            Ok(())
        }
    }

    fn say(&mut self, event: Event) -> Result<(), Leave> {
        self.speak(|outbox| outbox.push(event))
    }

    /// Tells by `speak`, unless the directory was taken away while this worker was stuck in it.
    fn speak(
        &mut self,
        speak: impl FnOnce(&mut Outbox<Event, Sender<Parcel>>) -> Result<(), Unheard>,
    ) -> Result<(), Leave> {
        // Waiting for room in the channel is no system call of the walk: the gauge must not take it
        // for a stall.
        self.gauge().set(None);
        let (worker, outbox) = (self.desk.worker, &mut self.desk.outbox);
        let frontier = &self.pool.frontier;
        match frontier.speak(worker, self.dir.id(), || speak(outbox)) {
            Some(Ok(())) => Ok(()),
            Some(Err(Unheard)) => {
                self.desk.unheard = true;
                Err(Leave)
            }
            None => {
                self.desk.clear();
                Err(Leave)
            }
        }
    }

    /// Puts a slice into the frontier; false if the job was taken away from this worker.
    fn push_slice(&mut self, slice: Slice) -> bool {
        let (worker, pool) = (self.desk.worker, self.pool);
        let push = || {
            pool.slices.fetch_add(1, Ordering::Relaxed);
            let portion = Portion::single(Job::Look(slice));
            pool.frontier.push(worker, portion);
        };
        pool.frontier.speak(worker, self.dir.id(), push).is_some()
    }
}
