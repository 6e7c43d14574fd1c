//! Arguments in, one of the three front ends, its outcome to an exit code; all of it in a process of
//! its own, under a [`supervisor`].

use std::{
    env,
    ffi::OsString,
    io::{self, IsTerminal, Write},
    os::fd::AsFd,
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::anyhow;
use clap::{CommandFactory as _, Parser};
use rustix::fs::FileType;
use spelunk::{
    cli::Arguments,
    config::{Config, Mistake, When},
    escape,
    folding::Folding,
    format::Zone,
    list,
    progress::{
        memory::{self, Memory},
        outlook::Outlook,
    },
    read_only,
    report::{self, Outcome, Output},
    scan::{
        Admission, MOST_NAMES, Options, Priority, Scan,
        enter::Rules,
        event::in_words,
        roots::{Dropped, Root, Roots},
        threads,
    },
    signals,
    supervisor::{self, Link, modes::Mouse},
    ui::{
        self, Display,
        model::{Privileges, Settings},
        theme::Theme,
        window::Abilities,
    },
};

/// The exit code after a panic, as the standard library has it.
const BROKE: u8 = 101;

fn main() -> ExitCode {
    supervisor::supervise(explore).into()
}

/// Runs the program, whatever comes of it; returns its exit code.
fn explore(link: &Link) -> u8 {
    panic::set_hook(Box::new(tell_panic));
    match panic::catch_unwind(AssertUnwindSafe(|| run(link))) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            // Nothing is left to be done where even this cannot be written.
            let _ = writeln!(
                io::stderr(),
                "spelunk: {}",
                escape::text(&format!("{error:#}"))
            );
            2
        }
        Err(_) => BROKE,
    }
}

/// Says that the program broke. Of what breaks elsewhere than in the first thread its results tell.
fn tell_panic(panic: &PanicHookInfo<'_>) {
    if thread::current().name() == Some("main") {
        let said = panic.to_string().replacen(":\n", ": ", 1);
        let _ = writeln!(io::stderr(), "spelunk: {}", escape::text(&said));
    }
}

/// The arguments, but for the name that this process was given by its supervisor.
fn arguments(shown: impl Fn(OsString) -> OsString) -> Result<Arguments, clap::Error> {
    let name = [OsString::from("spelunk")].into_iter();
    Arguments::try_parse_from(name.chain(env::args_os().skip(1).map(shown)))
}

/// Tells what is wrong with the arguments, or what was asked for instead of a scan. Returns the exit
/// code.
fn refuse(error: clap::Error) -> anyhow::Result<u8> {
    // It quotes arguments, among which a shell may have put any name: so they are parsed as they
    // are shown.
    let shown = |argument| escape::path(Path::new(&argument)).into();
    let error = arguments(shown).err().unwrap_or(error);
    let printed = error.print();
    if error.use_stderr() {
        // Nothing is left to be done where even this cannot be written.
        return Ok(error.exit_code() as u8);
    }
    told(printed)
}

/// The exit code when something was asked for instead of a scan. That nobody reads it is no error.
fn told(printed: io::Result<()>) -> anyhow::Result<u8> {
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(unwritten(&error)),
        _ => Ok(0),
    }
}

/// What is said where standard output cannot be written.
fn unwritten(error: &io::Error) -> anyhow::Error {
    anyhow!("standard output: {}", in_words(error))
}

/// Runs the program; returns its exit code.
fn run(link: &Link) -> anyhow::Result<u8> {
    let arguments = &match arguments(|argument| argument) {
        Ok(arguments) => arguments,
        Err(error) => return refuse(error),
    };
    // Both of these would panic, or break off, where standard output cannot be written.
    let mut text = Vec::new();
    if let Some(shell) = arguments.completions {
        clap_complete::generate(shell, &mut Arguments::command(), "spelunk", &mut text);
    } else if arguments.man {
        clap_mangen::Man::new(Arguments::command()).render(&mut text)?;
    }
    if !text.is_empty() {
        return told(io::stdout().write_all(&text));
    }
    let mut config = Config::load(arguments.config.as_deref(), |name| env::var_os(name))?;
    arguments.settle(&mut config)?;
    // A mistake in the settings is told in any case, before anything begins.
    let display = display(&config)?;
    let mut settings = Settings::of(&config, Vec::new(), |name| env::var_os(name))?;
    settings.begun = now();
    let state_home = memory::state_home(|name| env::var_os(name));
    if config.read_only {
        let memory = state_home.as_deref().map(Memory::within);
        read_only::enforce(memory.as_ref().and_then(Memory::make))?;
    }
    settings.memory = config.memory.or_else(half_of_the_memory);
    let rules = config.rules()?;
    let Roots { roots, dropped } = Roots::find(&arguments.named(), &rules).map_err(|error| {
        let cause = in_words(&error);
        anyhow!("the working directory: {cause}; go to one that is there, or name absolute paths")
    })?;
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let mut output = Output {
        in_place: err.is_terminal() && !is_piped(&out),
        out_is_terminal: out.is_terminal(),
        out: &mut out,
        err_is_terminal: err.is_terminal(),
        err: &mut err,
        units: config.units(),
        scale: config.scale(|name| env::var_os(name)),
        signs: settings.signs,
    };
    // Nobody can be told where standard error cannot be written.
    let _ = report::dropped(&mut output, &dropped, !roots.is_empty());
    if roots.is_empty() {
        return Ok(2);
    }
    let missing = dropped
        .iter()
        .filter(|dropped| matches!(dropped, Dropped::Missing { .. }))
        .count();
    let is_plain = arguments.plain || !output.out_is_terminal;
    let options = options(arguments, &config, rules, &roots, is_plain);
    if arguments.list {
        let scan = Scan::start(&options)?;
        let code = list::run(scan, &roots, arguments.end(), &mut output)
            .map_err(|error| unwritten(&error))?;
        return Ok(code_with(missing, code));
    }
    let signals = signals::listen()?;
    let outlook = Outlook::new(
        options.roots.clone(),
        options.rules.clone(),
        state_home.as_deref(),
    );
    let start = || Scan::start(&options);
    let code = if is_plain {
        let folding = Folding::new(settings.memory, settings.begun);
        match report::run(start()?, &roots, &outlook, folding, &signals, &mut output)
            .map_err(|error| unwritten(&error))?
        {
            Outcome::Ended(code) => code,
            Outcome::Signal(signal) => signal.exit_code(),
            Outcome::Unread => 0,
        }
    } else {
        settings.zone = Zone::local();
        if rustix::process::geteuid().is_root() {
            settings.privileges = Privileges::Root;
        }
        settings.roots = roots.iter().map(|root| escape::path(&root.path)).collect();
        let root = single(&roots);
        let farewell = ui::run(link, start, settings, &display, signals, &outlook, root)?;
        let not_found = match missing {
            0 => String::new(),
            missing => format!("; {missing} not found"),
        };
        let _ = writeln!(io::stderr(), "{}{not_found}", farewell.line);
        farewell.code
    };
    Ok(code_with(missing, code))
}

/// What is to be scanned, and how.
fn options(
    arguments: &Arguments,
    config: &Config,
    rules: Rules,
    roots: &[Root],
    is_plain: bool,
) -> Options {
    let devices = roots.iter().filter_map(|root| root.device);
    let by_default = || threads::by_default(devices);
    Options {
        roots: roots.iter().map(|root| root.path.clone()).collect(),
        threads: config.threads.unwrap_or_else(by_default),
        admission: match config.threads {
            Some(_) => Admission::AtOnce,
            None => Admission::AsNeeded,
        },
        rules,
        lister: arguments.lister(),
        detail: arguments.detail(),
        priority: if is_plain {
            Priority::Normal
        } else {
            Priority::Low
        },
        give_up_after: config.give_up_after,
        most_names: MOST_NAMES,
    }
}

/// Whether a program reads what is written there, maybe a pager, which draws on the terminal itself.
fn is_piped(out: &impl AsFd) -> bool {
    let kind = rustix::fs::fstat(out).map(|stat| FileType::from_raw_mode(stat.st_mode));
    matches!(kind, Ok(FileType::Fifo | FileType::Socket))
}

/// The exit code of a front end, when so many roots were missing besides.
fn code_with(missing: usize, code: u8) -> u8 {
    if code == 0 && missing > 0 { 1 } else { code }
}

/// In bytes, where the system says how much there is.
#[cfg(target_os = "linux")]
fn half_of_the_memory() -> Option<u64> {
    let system = rustix::system::sysinfo();
    (system.totalram / 2).checked_mul(system.mem_unit.into())
}

#[cfg(not(target_os = "linux"))]
fn half_of_the_memory() -> Option<u64> {
    None
}

/// Seconds since 1970.
fn now() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs() as i64,
        Err(before) => -(before.duration().as_secs() as i64),
    }
}

fn display(config: &Config) -> Result<Display, Mistake> {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let mut abilities = Abilities::of(|name| env::var_os(name));
    match config.taskbar {
        When::Auto => {}
        When::Always => abilities.progress = true,
        When::Never => abilities.progress = false,
    }
    Ok(Display {
        theme: Theme::choose(config, no_color, env::var("COLORFGBG").ok().as_deref())?,
        mouse: if config.mouse {
            Mouse::Reported
        } else {
            Mouse::Untouched
        },
        abilities,
        call: config.call,
    })
}

fn single(roots: &[Root]) -> Option<PathBuf> {
    match roots {
        [root] => Some(root.path.clone()),
        _ => None,
    }
}
