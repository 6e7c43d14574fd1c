//! The real program without its interface: what it prints, its exit codes, a pipe that nobody
//! reads.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::support::{du, reference, skip, tree::Tree};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spelunk");

fn spelunk(arguments: &[&str], directory: &Path) -> Output {
    Command::new(PROGRAM)
        .args(arguments)
        .current_dir(directory)
        .env("XDG_CONFIG_HOME", directory.join("no such directory"))
        .env_remove("BLOCK_SIZE")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The fields of a line that programs read: files, directories, bytes on disk, bytes apparent,
/// state, path.
fn fields(line: &str) -> [&str; 6] {
    let fields: Vec<&str> = line.split_whitespace().collect();
    [
        fields[0], fields[2], fields[4], fields[10], fields[15], fields[18],
    ]
}

fn small_tree() -> Tree {
    let tree = Tree::new();
    tree.file("a/one", 5_000)
        .file("a/b/two", 100)
        .file("three", 1)
        .dir("empty");
    tree.link("a/one", "a/b/again").symlink("a", "link");
    tree
}

#[test]
fn a_limit_on_memory_changes_no_number() {
    let tree = Tree::new();
    for number in 0..4_000 {
        tree.file(
            format!("{}/a-name-of-some-length-{number}", number % 30),
            number % 90,
        );
    }
    tree.link("1/a-name-of-some-length-1", "2/linked");
    let line = |memory: &str| {
        let output = spelunk(&["--plain", "--memory", memory, "."], &tree.path());
        assert_eq!(output.status.code(), Some(0));
        fields(&out(&output)).map(str::to_owned)
    };
    assert_eq!(line("10K"), line("2G"));
    for wrong in ["much", "0", "1023"] {
        let wrong = spelunk(&["--plain", "--memory", wrong, "."], &tree.path());
        assert_eq!(wrong.status.code(), Some(2));
        assert!(err(&wrong).contains("not a size of 1K or more, such as 512M or 2G"));
    }
}

#[test]
fn one_line_tells_exact_numbers() {
    let tree = small_tree();
    let output = spelunk(&["--plain", "-t", "4", "."], &tree.path());
    assert_eq!(
        (output.status.code(), err(&output).as_str()),
        (Some(0), "Assigned 1 directory to 4 workers\n")
    );
    let totals = &reference::totals(&tree.path())[&tree.path()];
    let (disk, apparent) = (totals.disk.to_string(), totals.apparent.to_string());
    assert_eq!(
        fields(&out(&output)),
        ["5", "4", disk.as_str(), apparent.as_str(), "complete", "."]
    );
    assert_eq!(out(&output).lines().count(), 1);
    match du::du_every(&tree.path()) {
        Some(du) => assert_eq!(du[&tree.path()].to_string(), disk),
        None => skip::skip(
            "one_line_tells_exact_numbers",
            "GNU du is missing, so nothing to compare with",
        ),
    }
}

#[test]
fn without_a_directory_it_is_the_current_one() {
    let tree = small_tree();
    let output = spelunk(&[], &tree.path());
    assert_eq!(fields(&out(&output))[5], ".");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn several_roots_end_in_a_total() {
    let tree = small_tree();
    let output = spelunk(&["-t", "4", "a", "three", "empty"], &tree.path());
    let text = out(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[3].ends_with("total of 3"), "{text}");
    assert_eq!(
        fields(lines[3])[..2],
        ["4", "3"],
        "a file as a root is one file and no directory"
    );
    let named = |name: &str| lines.iter().any(|line| line.ends_with(&format!(" {name}")));
    assert!(named("a") && named("three") && named("empty"), "{text}");
    assert_eq!(err(&output), "Assigned 3 directories to 4 workers\n");
}

#[test]
fn a_missing_root_is_said_and_the_others_are_scanned() {
    let tree = small_tree();
    let output = spelunk(&["a", "nowhere"], &tree.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).starts_with("spelunk: nowhere: no such directory; the others are scanned\n")
    );
    assert_eq!(out(&output).lines().count(), 1);
}

#[test]
fn nothing_to_scan_is_wrong_use() {
    let tree = small_tree();
    let output = spelunk(&["nowhere"], &tree.path());
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(err(&output), "spelunk: nowhere: no such directory\n");
    assert_eq!(out(&output), "");
}

#[test]
fn a_working_directory_that_is_gone_is_said_to_be_it() {
    let tree = Tree::new();
    tree.file("gone/file", 1);
    let script = format!(
        "rm -r \"$PWD\" && exec {} --plain",
        env!("CARGO_BIN_EXE_spelunk")
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(tree.path().join("gone"))
        .output()
        .expect("run the program");
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""));
    assert_eq!(
        err(&output),
        "spelunk: the working directory: no such file or directory; go to one that is there, \
         or name absolute paths\n"
    );
}

#[test]
fn a_root_that_is_named_twice_is_scanned_once() {
    let tree = small_tree();
    tree.file("uni/file", 1);
    for (first, again, said) in [
        ("uni", "uni", "uni was named twice; it is scanned once"),
        ("uni", "uni/", "uni/ was named twice; it is scanned once"),
        (
            "uni",
            "./uni/../uni",
            "./uni/../uni was named twice, also as uni; it is scanned once",
        ),
    ] {
        let output = spelunk(&["--plain", first, again], &tree.path());
        assert!(err(&output).contains(said), "{}", err(&output));
        assert_eq!(out(&output).lines().count(), 1);
    }
}

#[test]
fn a_root_inside_another_is_scanned_once() {
    let tree = small_tree();
    let output = spelunk(&["a/b", ".", "a/b"], &tree.path());
    assert_eq!(output.status.code(), Some(0));
    let said = err(&output);
    assert_eq!(
        said.matches("spelunk: a/b lies in .; it is scanned once")
            .count(),
        2,
        "{said}"
    );
    assert_eq!(out(&output).lines().count(), 1);
}

#[test]
fn a_root_inside_another_is_found_out_through_symlinks_and_dots() {
    let tree = small_tree();
    let output = spelunk(&["link/b", "a", "a/../empty"], &tree.path());
    assert!(err(&output).starts_with("spelunk: link/b lies in a; it is scanned once\n"));
    assert_eq!(
        out(&output).lines().count(),
        3,
        "`a`, `a/../empty` and the total"
    );
}

#[test]
fn a_root_that_the_other_scan_leaves_out_is_scanned_for_itself() {
    let tree = small_tree();
    let output = spelunk(&["--exclude", "b", ".", "a/b"], &tree.path());
    assert_eq!(
        out(&output).lines().count(),
        3,
        "both, and the total: {}",
        err(&output)
    );
    assert!(!err(&output).contains("lies in"), "{}", err(&output));
}

#[test]
fn rules_leave_things_out() {
    let tree = small_tree();
    let output = spelunk(&["--exclude", "b", "--exclude", "th*", "."], &tree.path());
    assert_eq!(
        fields(&out(&output))[..2],
        ["2", "3"],
        "`again`, `two` and `three` are left out"
    );
    assert_eq!(
        output.status.code(),
        Some(0),
        "what is left out on purpose is no problem"
    );
    let output = spelunk(&["--exclude", "[", "."], &tree.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(
        err(&output).starts_with("spelunk: --exclude: not a glob: "),
        "{}",
        err(&output)
    );
    std::fs::write(tree.path().join("patterns"), "a/b\npatterns\n")
        .expect("the tree can be written");
    let output = spelunk(&["-X", "patterns", "."], &tree.path());
    assert_eq!(fields(&out(&output))[0], "3");
}

#[test]
fn an_unreadable_directory_is_a_failure_and_the_total_a_lower_bound() {
    let tree = small_tree();
    tree.file("secret/hidden", 10).unreadable("secret");
    let name = "an_unreadable_directory_is_a_failure_and_the_total_a_lower_bound";
    skip::without_root(name, Path::new(PROGRAM), |program| {
        let output = program
            .command(["--plain", "."])
            .current_dir(tree.path())
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(fields(&out(&output))[..2], ["5", "5"]);
        assert_eq!(fields(&out(&output))[4], "partial");
        let said = err(&output);
        let secret = tree.path().join("secret");
        let call = if cfg!(target_os = "linux") {
            "openat"
        } else {
            "opendir"
        };
        assert!(
            said.contains(&format!(
                "spelunk: {}: permission denied ({call})\n",
                secret.display()
            )),
            "{said}"
        );
        assert!(
            said.ends_with(
                "spelunk: 1 problem; totals marked partial are lower bounds; 1 place was refused, \
             its owner or root can read it\n"
            ),
            "{said}"
        );
        let output = program
            .command(["--plain", "secret"])
            .current_dir(tree.path())
            .output();
        let output = output.expect("the program starts");
        assert_eq!(output.status.code(), Some(2), "nothing could be scanned");
        assert_eq!(fields(&out(&output))[4], "failed");
    });
}

#[test]
fn a_pipe_that_nobody_reads_is_no_error() {
    let tree = small_tree();
    let mut child = Command::new(PROGRAM)
        .args(["-t", "4", "a", "empty", "three"])
        .current_dir(tree.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(err(&output), "Assigned 3 directories to 4 workers\n");
}

#[test]
fn names_travel_as_they_are_where_no_terminal_reads_them() {
    let tree = Tree::new();
    tree.dir("two  blanks\nand \x1b[31m a line");
    let output = spelunk(&["two  blanks\nand \x1b[31m a line"], &tree.path());
    assert!(
        output
            .stdout
            .ends_with(b" two  blanks\nand \x1b[31m a line\n")
    );
}

#[test]
fn version_and_help_are_told() {
    let tree = Tree::new();
    let version = out(&spelunk(&["--version"], &tree.path()));
    assert_eq!(version, format!("spelunk {}\n", env!("CARGO_PKG_VERSION")));
    let help = out(&spelunk(&["--help"], &tree.path()));
    for flag in [
        "--one-file-system",
        "--exclude",
        "--threads",
        "--plain",
        "Exit codes",
    ] {
        assert!(help.contains(flag), "{flag} is not in the help");
    }
    assert_eq!(
        spelunk(&["--no-such-flag"], &tree.path()).status.code(),
        Some(2)
    );
}

#[test]
fn any_number_of_workers_finds_the_same() {
    let tree = small_tree();
    let told = |threads| {
        let output = spelunk(&["-t", threads, "."], &tree.path());
        fields(&out(&output)).map(str::to_owned)
    };
    assert_eq!(told("1"), told("4"));
    assert_eq!(told("4"), told("16"));
}

#[test]
fn settings_are_taken_from_the_usual_place_or_from_the_one_that_is_named() {
    let (tree, home) = (small_tree(), Tree::new());
    home.dir("spelunk")
        .text("spelunk/config.toml", "threads = 3\n");
    home.text("other.toml", "threads = 2\n");
    let assigned = |arguments: &[&str]| {
        let output = Command::new(PROGRAM)
            .args(arguments)
            .arg("--plain")
            .current_dir(tree.path())
            .env("XDG_CONFIG_HOME", home.path())
            .output()
            .expect("the program starts");
        err(&output)
    };
    let other = home.path().join("other.toml");
    let other = other.to_str().expect("a name of letters");
    assert_eq!(assigned(&[]), "Assigned 1 directory to 3 workers\n");
    let named = ["--config", other];
    assert_eq!(assigned(&named), "Assigned 1 directory to 2 workers\n");
    let threads = ["--config", other, "-t", "5"];
    assert_eq!(assigned(&threads), "Assigned 1 directory to 5 workers\n");
}

#[test]
fn a_mistake_in_the_settings_ends_it_before_anything_begins() {
    let tree = small_tree();
    tree.text("my.toml", "si = true\nthreads = 'many'\n");
    tree.text("keys.toml", "[keys]\ndown = ['n']\n");
    tree.text("colours.toml", "[colors.light]\n\nkey = 'pink'\n");
    let said = |file: &str| {
        let output = spelunk(&["--config", file], &tree.path());
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(out(&output), "");
        err(&output)
    };
    assert_eq!(
        said("my.toml"),
        "spelunk: my.toml line 2: threads must be a number from 1 to 1024, or \"auto\", not \"many\"\n"
    );
    assert_eq!(
        said("keys.toml"),
        "spelunk: keys.toml line 2: key \"n\" is one of \"sort-name\" already\n"
    );
    assert_eq!(
        said("colours.toml"),
        "spelunk: colours.toml line 3: key must be attributes and at most one colour; \"pink\" is neither, or a second colour\n"
    );
    let line = spelunk(&["--set", "si = 1"], &tree.path());
    assert_eq!(
        err(&line),
        "spelunk: --set line 1: si must be true or false, not 1\n"
    );
    assert_eq!(
        said("nowhere.toml"),
        "spelunk: nowhere.toml: no settings read: no such file or directory\n"
    );
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    let tree = small_tree();
    for shell in ["bash", "zsh", "fish"] {
        let output = spelunk(&["--completions", shell], &tree.path());
        assert!(
            output.status.success() && out(&output).contains("one-file-system"),
            "{shell}"
        );
    }
    let manual = out(&spelunk(&["--man"], &tree.path()));
    assert!(
        manual.starts_with(".ie") && manual.contains(".TH spelunk 1"),
        "{manual}"
    );
}

#[test]
fn block_size_counts_in_reports() {
    let tree = small_tree();
    let sizes = |block_size: &str, arguments: &[&str]| {
        let output = Command::new(PROGRAM)
            .args(arguments)
            .args(["--plain", "a/one"])
            .current_dir(tree.path())
            .env("BLOCK_SIZE", block_size)
            .output()
            .expect("the program starts");
        let line = out(&output);
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        (words[10].clone(), words[13].clone(), words[14].clone())
    };
    let is = |number: &str, unit: &str| ("5000".to_owned(), number.to_owned(), unit.to_owned());
    assert_eq!(sizes("1K", &[]), is("5", "1K"), "rounded up");
    assert_eq!(sizes("kB", &[]), is("5", "kB"));
    assert_eq!(sizes("nonsense", &[]), is("4.9", "KiB"));
    assert_eq!(
        sizes("1K", &["--si"]),
        is("5.0", "kB"),
        "the command line goes before it"
    );
}

/// Runs the program under strace so that only so many of the threads that it asks for begin.
fn with_threads(most: usize, arguments: &[&str], directory: &Path) -> Output {
    let inject = format!("inject=clone,clone3:error=EAGAIN:when={}+", most + 1);
    Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &inject, PROGRAM])
        .args(arguments)
        .current_dir(directory)
        .env("XDG_CONFIG_HOME", directory.join("no such directory"))
        .env_remove("BLOCK_SIZE")
        .stdin(Stdio::null())
        .output()
        .expect("strace starts")
}

#[test]
#[cfg(target_os = "linux")]
fn where_threads_cannot_be_started_fewer_do_it_or_it_is_said() {
    let tree = small_tree();
    let works = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "true"])
        .status();
    if !works.is_ok_and(|status| status.success()) {
        let name = "where_threads_cannot_be_started_fewer_do_it_or_it_is_said";
        return skip::skip(name, "strace is missing, or may not trace");
    }
    let whole = out(&spelunk(&["--plain", "-t", "4", "."], &tree.path()));
    let mut workers = Vec::new();
    // One looks at the root, one waits for signals, four are workers.
    for most in 0..=6 {
        let output = with_threads(most, &["--plain", "-t", "4", "."], &tree.path());
        let said = err(&output);
        if output.status.code() == Some(0) {
            assert_eq!(fields(&out(&output))[..4], fields(&whole)[..4]);
            workers.push(said);
        } else {
            assert_eq!(output.status.code(), Some(2), "{said}");
            let end = "cannot be started: resource temporarily unavailable; see `ulimit -u`\n";
            assert!(
                said.starts_with("spelunk: the thread \"") && said.ends_with(end),
                "{said}"
            );
            assert_eq!(out(&output), "");
        }
    }
    let expected = ["1 worker", "2 workers", "3 workers", "4 workers"];
    assert_eq!(
        workers,
        expected.map(|count| format!("Assigned 1 directory to {count}\n"))
    );
}

#[test]
#[cfg(feature = "faults")]
fn progress_is_shown_on_a_terminal_that_no_pager_has() {
    use crate::support::{keys::Key, terminal::Launch};

    let tree = small_tree();
    let report = |line: &str| {
        Launch::new("sh")
            .args(["-c", line, "sh", PROGRAM])
            .directory(tree.path())
            .env("SPELUNK_FAULT", "hang@lister:1")
            .start()
    };
    let progress = "1 of 1 left";
    let mut terminal = report("$1 --plain . >report");
    terminal.wait_for_text(progress);
    terminal.key(Key::Control('c'));
    assert_eq!(terminal.wait_exit(), 130);
    // There is progress every second.
    let mut terminal = report("$1 --plain --give-up-after 3s . | cat");
    terminal.wait_exit();
    let output = String::from_utf8_lossy(&terminal.output()).into_owned();
    assert!(output.contains("no answer"), "{output}");
    assert!(!output.contains(progress), "{output}");
}
