//! A program in a real pseudo-terminal: what it shows, the keys it gets, and the state in which it
//! leaves the terminal. A test waits for a condition, never for a time.
//!
//! The program is not the leader of its session. A system may take the terminal away when the
//! leader ends (macOS does), and then the settings in which the program left it can no longer be
//! read; nor can a leader be stopped by Control-Z. So a shell leads: it starts the program in its
//! own process group, tells its end and status in the output by a mark that nothing else writes,
//! and stays until the settings have been read. The mark comes after all output of the program, so
//! a terminal that has seen it has seen everything.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use portable_pty::{Child, CommandBuilder, MasterPty, PtyPair, native_pty_system};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal};
use rustix::termios::Action;
use tempfile::TempDir;

use super::keys::{CursorKeys, Key};
pub(crate) use super::launch::{Launch, Size};
use super::modes::Modes;
use super::record::{Record, Seen, cells};
use super::settings::{Settings, open_device};

/// A program in a terminal. When dropped, it kills the program.
pub(crate) struct Terminal {
    record: Arc<Record>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    leader: Box<dyn Child + Send + Sync>,
    reading: Option<JoinHandle<()>>,
    device: PathBuf,
    initial: Settings,
    /// The settings at the program's end, once waited for.
    last: Option<Settings>,
    home: TempDir,
}

impl Terminal {
    /// Starts a program; `size` is columns and lines. [`Launch`] has the rest.
    pub(crate) fn spawn(
        program: &Path,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        size: impl Into<Size>,
    ) -> Self {
        Launch::new(program).args(arguments).size(size).start()
    }

    /// Starts the command of a session's leader.
    pub(super) fn open(command: CommandBuilder, size: Size, home: TempDir) -> Self {
        let PtyPair { master, slave } = native_pty_system()
            .openpty(size.into())
            .expect("open a pseudo-terminal");
        let device = master.tty_name().expect("name the pseudo-terminal");
        let initial = Settings::read(&device);
        let reader = master.try_clone_reader().expect("read the pseudo-terminal");
        let writer = master.take_writer().expect("write to the pseudo-terminal");
        let leader = slave
            .spawn_command(command)
            .expect("start a shell in the pseudo-terminal");
        // Held open, it would keep the reader from seeing the end.
        drop(slave);

        let record = Arc::new(Record::new(size));
        let reading = std::thread::spawn({
            let record = Arc::clone(&record);
            move || record.read(reader)
        });
        Self {
            record,
            master,
            writer,
            leader,
            reading: Some(reading),
            device,
            initial,
            last: None,
            home,
        }
    }

    /// Sends text as if typed.
    #[track_caller]
    pub(crate) fn send(&mut self, text: &str) {
        self.writer
            .write_all(text.as_bytes())
            .and_then(|()| self.writer.flush())
            .expect("write to the terminal");
    }

    /// Presses a key, which sends what the program has asked for.
    #[track_caller]
    pub(crate) fn key(&mut self, key: Key) {
        let application = self.screen().application_cursor();
        let cursor_keys = if application {
            CursorKeys::Application
        } else {
            CursorKeys::Normal
        };
        self.send(&key.bytes(cursor_keys));
    }

    /// Waits until the screen is as it should be. `what` says what that is, should it never come.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, mut condition: impl FnMut(&vt100::Screen) -> bool) {
        self.wait(what, |seen| condition(seen.parser.screen()).then_some(()));
    }

    /// Waits until this text is on the screen, within one line.
    #[track_caller]
    pub(crate) fn wait_for_text(&self, text: &str) {
        self.wait(&format!("text {text:?}"), |seen| {
            seen.lines()
                .iter()
                .any(|line| line.contains(text))
                .then_some(())
        });
    }

    #[track_caller]
    pub(crate) fn wait_for_title(&self, what: &str, mut condition: impl FnMut(&str) -> bool) {
        self.wait(what, |seen| condition(seen.scanner.title()).then_some(()));
    }

    #[track_caller]
    pub(crate) fn wait_for_modes(&self, what: &str, mut condition: impl FnMut(&Modes) -> bool) {
        self.wait(what, |seen| condition(seen.scanner.modes()).then_some(()));
    }

    /// Waits until everything that came out of the program so far is as it should be.
    #[track_caller]
    pub(crate) fn wait_for_output(&self, what: &str, mut condition: impl FnMut(&[u8]) -> bool) {
        self.wait(what, |seen| condition(&seen.output).then_some(()));
    }

    #[track_caller]
    fn wait<T>(&self, what: &str, done: impl FnMut(&Seen) -> Option<T>) -> T {
        self.record
            .wait(done)
            .unwrap_or_else(|report| panic!("waited in vain for {what}: {report}"))
    }

    /// The screen as it is now, for a closer look.
    pub(crate) fn screen(&self) -> vt100::Screen {
        self.record.lock().parser.screen().clone()
    }

    /// The screen's lines, without the blanks at their ends and the empty lines at the end.
    pub(crate) fn text(&self) -> String {
        self.record.lock().text()
    }

    /// A line of the screen, from 0, without the blanks at its end.
    #[track_caller]
    pub(crate) fn line(&self, number: usize) -> String {
        self.record.lock().lines().swap_remove(number)
    }

    /// The window's title.
    pub(crate) fn title(&self) -> String {
        self.record.lock().scanner.title().to_owned()
    }

    /// What the program has switched on and not off.
    pub(crate) fn modes(&self) -> Modes {
        self.record.lock().scanner.modes().clone()
    }

    /// Every byte that the program wrote, as it came through the terminal (which writes CR LF for
    /// LF until told otherwise).
    pub(crate) fn output(&self) -> Vec<u8> {
        self.record.lock().output.clone()
    }

    /// The terminal's settings before the program was started.
    pub(crate) fn initial_settings(&self) -> &Settings {
        &self.initial
    }

    /// The terminal's settings: now, or at the program's end after [`Terminal::wait_exit`].
    pub(crate) fn settings(&self) -> Settings {
        self.last
            .clone()
            .unwrap_or_else(|| Settings::read(&self.device))
    }

    /// The directory that is the program's `HOME`; the `XDG` directories are in it.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Changes the size; the program gets SIGWINCH.
    pub(crate) fn resize(&self, size: impl Into<Size>) {
        let size = size.into();
        // The screen first: what the program draws for the new size must not meet the old one.
        self.record
            .lock()
            .parser
            .set_size(cells(size.lines), cells(size.columns));
        self.master
            .resize(size.into())
            .expect("resize the terminal");
    }

    /// Lets the terminal take nothing any more, as Control-S does.
    pub(crate) fn freeze(&self) {
        self.flow(Action::OOff);
    }

    /// Lets it take again what it is given.
    pub(crate) fn thaw(&self) {
        self.flow(Action::OOn);
    }

    fn flow(&self, action: Action) {
        rustix::termios::tcflow(open_device(&self.device), action)
            .expect("change the terminal's flow");
    }

    /// Reads nothing any more, so that the program's output stays in the terminal until that is
    /// full.
    pub(crate) fn stop_reading(&self) {
        self.record.set_unread(true);
    }

    /// Reads again.
    pub(crate) fn read_on(&self) {
        self.record.set_unread(false);
    }

    /// Whether the terminal takes anything at some moment of the next half second.
    pub(crate) fn takes_output(&self) -> bool {
        let device = open_device(&self.device);
        let half_a_second = rustix::event::Timespec {
            tv_sec: 0,
            tv_nsec: 500_000_000,
        };
        let mut ready = [PollFd::new(&device, PollFlags::OUT)];
        poll(&mut ready, Some(&half_a_second)).expect("ask the terminal") > 0
    }

    /// The program's process: the shell, for one started by [`Launch::through_shell`].
    #[track_caller]
    pub(crate) fn process(&self) -> Pid {
        let process = self.wait("the program's start", |seen| seen.process);
        Pid::from_raw(process).expect("a process has a positive number")
    }

    #[track_caller]
    pub(crate) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.process(), signal)
            .expect("send a signal to the program");
    }

    /// Waits until the program has ended and gives its status, 128 and the signal's number for a
    /// signal. Afterwards the output is complete.
    #[track_caller]
    pub(crate) fn wait_exit(&mut self) -> i32 {
        let status = match self.record.wait(|seen| seen.status) {
            Ok(status) => status,
            Err(report) => {
                self.kill();
                panic!("waited in vain for the program's end: {report}");
            }
        };
        if self.last.is_none() {
            self.last = Some(Settings::read(&self.device));
            self.kill();
        }
        status
    }

    /// Ends the whole session. Does nothing the second time.
    fn kill(&mut self) {
        let Some(reading) = self.reading.take() else {
            return;
        };
        self.thaw();
        self.read_on();
        // A shell with job control has a group of its own, and its program in the foreground yet
        // another one. After the end these numbers may be somebody else's.
        let (program, foreground) = match *self.record.lock() {
            Seen {
                status: Some(_), ..
            } => (None, None),
            Seen { process, .. } => (process, self.master.process_group_leader()),
        };
        let leader = self
            .leader
            .process_id()
            .and_then(|process| i32::try_from(process).ok());
        for group in [foreground, program, leader]
            .into_iter()
            .flatten()
            .filter_map(Pid::from_raw)
        {
            // It may have ended by itself, or never have had a group of its own.
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
        let _ = self.leader.wait();
        // The reading thread sees the end when the last program has let go of the terminal. One
        // that lives on in the background keeps it: then the thread is left to itself.
        if self.record.wait_closed() {
            let _ = reading.join();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.kill();
    }
}
