//! A program in a pseudo-terminal: when its screen says something, and when it has ended. It knows
//! nothing of what the screens of any program look like.

use std::{
    ffi::OsString,
    fs,
    io::{self, Read as _, Write},
    num::NonZero,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// What points into the home directory of whoever runs the benchmark.
pub const HOMES: [&str; 4] = [
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_STATE_HOME",
    "XDG_DATA_HOME",
];

/// A home directory for the programs, without anybody's settings; what they remember stays there.
pub fn home() -> io::Result<PathBuf> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("home");
    fs::create_dir_all(&home)?;
    Ok(home)
}

/// Columns and lines.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Columns.
    pub columns: NonZero<u16>,
    /// Lines.
    pub lines: NonZero<u16>,
}

/// The question where the cursor is.
const CURSOR: &[u8] = b"\x1b[6n";
/// How long a program is waited for.
const PATIENCE: Duration = Duration::from_secs(600);

/// A running program and its screen. When dropped, it kills the program.
pub struct Screen {
    /// When the program was started.
    pub begun: Instant,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    /// What the program writes, and when that was read.
    output: Receiver<(Instant, Vec<u8>)>,
    terminal: vt100::Parser,
    /// Held, since the program is hung up when it is dropped.
    _master: Box<dyn MasterPty + Send>,
}

impl Screen {
    /// Starts a program.
    pub fn start(command: &[OsString], size: Size) -> anyhow::Result<Self> {
        let pair = native_pty_system().openpty(PtySize {
            rows: size.lines.get(),
            cols: size.columns.get(),
            ..PtySize::default()
        })?;
        let mut builder = CommandBuilder::from_argv(command.to_vec());
        builder.cwd(std::env::current_dir()?);
        builder.env("TERM", "xterm-256color");
        builder.env("LANG", "C.UTF-8");
        builder.env_remove("LC_ALL");
        builder.env("HOME", home()?);
        for name in HOMES {
            builder.env_remove(name);
        }
        let mut reader = pair.master.try_clone_reader()?;
        let keys = pair.master.take_writer()?;
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender
                    .send((Instant::now(), buffer[..count].to_vec()))
                    .is_err()
                {
                    break;
                }
            }
        });
        let begun = Instant::now();
        let child = pair.slave.spawn_command(builder)?;
        Ok(Self {
            begun,
            child,
            keys,
            output,
            terminal: vt100::Parser::new(size.lines, size.columns, 0),
            _master: pair.master,
        })
    }

    /// The process that was started, which leads the session of all that it starts.
    pub fn process(&self) -> Option<u32> {
        self.child.process_id()
    }

    /// The lines as they are now.
    fn lines(&self) -> Vec<String> {
        let screen = self.terminal.screen();
        screen.rows(0, screen.size().1.get()).collect()
    }

    /// Waits until the lines are as wanted; the time from the start to then.
    pub fn wait_for(&mut self, wanted: impl Fn(&[String]) -> bool) -> anyhow::Result<Duration> {
        let deadline = self.begun + PATIENCE;
        while let Some((at, bytes)) = self.next(deadline)? {
            self.take(&bytes)?;
            if wanted(&self.lines()) {
                return Ok(at - self.begun);
            }
        }
        bail!(
            "the program ended before its screen was as expected:\n{}",
            self.lines().join("\n")
        )
    }

    /// Watches until `deadline`; whether the lines are as wanted then.
    pub fn watch(&mut self, deadline: Instant, wanted: impl Fn(&[String]) -> bool) -> bool {
        while let Ok(Some((_, bytes))) = self.next(deadline)
            && self.take(&bytes).is_ok()
        {}
        wanted(&self.lines())
    }

    /// What is written next; `None` once the program has ended.
    fn next(&self, deadline: Instant) -> anyhow::Result<Option<(Instant, Vec<u8>)>> {
        let rest = deadline.saturating_duration_since(Instant::now());
        match self.output.recv_timeout(rest) {
            Ok(output) => Ok(Some(output)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                bail!("waited in vain; the screen is\n{}", self.lines().join("\n"))
            }
        }
    }

    /// Takes over what was written, and answers where it asks for the cursor (dua does, and does not
    /// start without an answer).
    fn take(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.terminal.process(bytes);
        if bytes.windows(CURSOR.len()).any(|window| window == CURSOR) {
            let (line, column) = self.terminal.screen().cursor_position();
            write!(self.keys, "\x1b[{};{}R", line + 1, column + 1)?;
            self.keys.flush()?;
        }
        Ok(())
    }

    /// Presses `q`.
    pub fn press_q(&mut self) -> anyhow::Result<()> {
        self.keys
            .write_all(b"q")
            .and_then(|()| self.keys.flush())
            .context("press q")
    }

    /// Waits until the program has ended; when that was.
    pub fn wait_for_end(&mut self, deadline: Instant) -> anyhow::Result<Instant> {
        while let Some((_, bytes)) = self.next(deadline)? {
            self.take(&bytes)?;
        }
        self.child.wait()?;
        Ok(Instant::now())
    }

    /// Presses `q` until the program ends: some ask whether it is meant.
    pub fn leave(&mut self) -> anyhow::Result<()> {
        for _ in 0..100 {
            // One that has ended takes no keys.
            let _ = self.press_q();
            let soon = Instant::now() + Duration::from_millis(500);
            if self.wait_for_end(soon).is_ok() {
                return Ok(());
            }
        }
        bail!(
            "the program does not leave; the screen is\n{}",
            self.lines().join("\n")
        )
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
