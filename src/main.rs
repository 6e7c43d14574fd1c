//! Arguments in, one of the two front ends, its outcome to an exit code.

use std::{
    env,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use spelunk::{
    cli::{Arguments, Colour},
    escape,
    format::Signs,
    progress::{memory, outlook::Outlook},
    report::{self, Outcome, Output},
    scan::{
        Options, Scan,
        roots::{Dropped, Root, Roots},
    },
    signals,
    ui::{
        self, Display,
        model::Settings,
        theme::{ColourChoice, Theme},
        window::{Abilities, Call},
    },
};

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code.into(),
        Err(error) => {
            // Nothing is left to be done where even this cannot be written.
            let _ = writeln!(
                io::stderr(),
                "spelunk: {}",
                escape::text(&format!("{error:#}"))
            );
            2.into()
        }
    }
}

/// Runs the program; returns its exit code.
fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let rules = arguments.rules()?;
    let Roots { roots, dropped } = Roots::find(&arguments.named(), &rules)?;
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let mut output = Output {
        out_is_terminal: out.is_terminal(),
        out: &mut out,
        err_is_terminal: err.is_terminal(),
        err: &mut err,
        units: arguments.units(),
        signs: signs(arguments),
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
    let signals = signals::listen()?;
    let paths: Vec<PathBuf> = roots.iter().map(|root| root.path.clone()).collect();
    let state_home = memory::state_home(|name| env::var_os(name));
    let outlook = Outlook::new(paths.clone(), rules.clone(), state_home.as_deref());
    let options = Options {
        roots: paths,
        threads: arguments.threads(),
        rules,
        lister: arguments.lister(),
    };
    let scan = Scan::start(&options)?;
    let code = if arguments.plain || !output.out_is_terminal {
        match report::run(scan, &roots, &outlook, &signals, &mut output)? {
            Outcome::Ended(code) => code,
            Outcome::Signal(signal) => signal.exit_code(),
            Outcome::Unread => 0,
        }
    } else {
        let farewell = ui::run(
            scan,
            settings(arguments, &roots),
            &display(arguments),
            signals,
            &outlook,
            single(&roots),
        )?;
        let not_found = match missing {
            0 => String::new(),
            missing => format!("; {missing} not found"),
        };
        if !(farewell.is_stuck && output.err_is_terminal) {
            let _ = writeln!(io::stderr(), "{}{not_found}", farewell.line);
        }
        farewell.code
    };
    Ok(if code == 0 && missing > 0 { 1 } else { code })
}

fn settings(arguments: &Arguments, roots: &[Root]) -> Settings {
    Settings {
        roots: roots.iter().map(|root| escape::path(&root.path)).collect(),
        units: arguments.units(),
        signs: signs(arguments),
        apparent: arguments.apparent_size,
    }
}

fn signs(arguments: &Arguments) -> Signs {
    arguments.signs(|name| env::var_os(name))
}

fn display(arguments: &Arguments) -> Display {
    Display {
        theme: theme(arguments),
        abilities: Abilities::of(|name| env::var_os(name)),
        call: Call::Both,
    }
}

fn theme(arguments: &Arguments) -> Theme {
    let choice = match arguments.color {
        Colour::Auto => ColourChoice::Auto,
        Colour::Always => ColourChoice::Always,
        Colour::Never => ColourChoice::Never,
    };
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Theme::choose(choice, no_color, env::var("COLORFGBG").ok().as_deref())
}

fn single(roots: &[Root]) -> Option<PathBuf> {
    match roots {
        [root] => Some(root.path.clone()),
        _ => None,
    }
}
