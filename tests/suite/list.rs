//! `--list`: the same files as a plain serial walk finds, as they are found, without a call for any
//! of them.

use std::{
    collections::BTreeSet,
    io::Read,
    os::unix::{ffi::OsStrExt, net::UnixListener, process::ExitStatusExt},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{
    skip::{self, skip},
    terminal::Launch,
    tree::Tree,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spelunk");
const LISTERS: [&str; 2] = ["auto", "portable"];

fn command(arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .arg("--list")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null());
    command
}

fn list(arguments: &[&str], directory: &Path) -> Output {
    command(arguments, directory)
        .output()
        .expect("the program starts")
}

/// The paths in this output, each ended by `end`, sorted. None may come twice.
fn paths(output: &[u8], end: u8) -> BTreeSet<Vec<u8>> {
    let Some((last, rest)) = output.split_last() else {
        return BTreeSet::new();
    };
    assert_eq!(*last, end, "the last path is ended as well");
    let mut paths = BTreeSet::new();
    for path in rest.split(|byte| *byte == end) {
        assert!(
            paths.insert(path.to_vec()),
            "{} comes twice",
            String::from_utf8_lossy(path)
        );
    }
    paths
}

/// What a serial walk of `root` finds, which is to be called `given`: everything that is no
/// directory.
fn walk(root: &Path, given: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    for entry in root.read_dir().expect("read a directory") {
        let entry = entry.expect("read a directory");
        let path = [given, entry.file_name().as_bytes()].join(&b'/');
        if entry.file_type().expect("a file has a type").is_dir() {
            found.extend(walk(&entry.path(), &path));
        } else {
            found.insert(path);
        }
    }
    found
}

fn set(paths: &[&str]) -> BTreeSet<Vec<u8>> {
    paths.iter().map(|path| path.as_bytes().to_vec()).collect()
}

/// A tree with every kind of file, names that hurt, and a directory that is shared when sizes are
/// asked for.
fn tree_of_everything() -> Tree {
    let tree = Tree::new();
    tree.file("a/one", 5_000)
        .file("a/b/two", 100)
        .file("three", 1)
        .dir("empty/and/deep")
        .link("a/one", "a/b/again")
        .symlink("a", "to a directory")
        .symlink("nowhere", "to nothing")
        .symlink(".", "a/to itself");
    for name in [
        &b"two  blanks "[..],
        b"line\nfeed",
        b"-rf",
        b"evil\x1b[2J",
        b"back\\slash",
        "caf\u{e9}\u{202e}".as_bytes(),
    ] {
        tree.file_bytes(&[b"a/", name].concat(), 1)
            .file_bytes(&[b"dir ", name, b"/file"].concat(), 1);
    }
    if cfg!(target_os = "linux") {
        tree.file_bytes(b"not text \xff\x85/\xfe", 1);
    }
    drop(UnixListener::bind(tree.path().join("a/socket")).expect("make a socket"));
    for number in 0..5_000 {
        tree.file(format!("large/{number}"), 0);
        if number % 1_000 == 0 {
            tree.file(format!("large/{number} has/a file"), 0);
        }
    }
    tree
}

#[test]
fn the_files_of_a_serial_walk() {
    let tree = tree_of_everything();
    let expected = walk(&tree.path(), b".");
    assert!(expected.len() > 5_000);
    for lister in LISTERS {
        for workers in ["1", "2", "8"] {
            let output = list(
                &["-0", "--lister", lister, "-t", workers, "."],
                &tree.path(),
            );
            assert_eq!(
                paths(&output.stdout, 0),
                expected,
                "{lister}, {workers} workers"
            );
            assert_eq!(
                (output.status.code(), output.stderr.as_slice()),
                (Some(0), &b""[..])
            );
        }
    }
    let mut lines: Vec<u8> = list(&[], &tree.path()).stdout;
    let mut zeros: Vec<u8> = expected
        .iter()
        .flat_map(|path| [path, &b"\n"[..]].concat())
        .collect();
    lines.sort_unstable();
    zeros.sort_unstable();
    assert!(
        lines == zeros,
        "without a DIR it is `.`, and without -0 a line feed ends each"
    );
}

#[test]
fn paths_begin_as_they_were_named() {
    let tree = Tree::new();
    tree.file("a/b/one", 1)
        .file("a/two", 1)
        .file("c/three", 1)
        .symlink("a", "link")
        .dir("empty");
    let listed = |roots: &[&str]| {
        let output = list(roots, &tree.path());
        assert_eq!(output.status.code(), Some(0));
        paths(&output.stdout, b'\n')
    };
    assert_eq!(listed(&["a"]), set(&["a/b/one", "a/two"]));
    assert_eq!(listed(&["a/"]), set(&["a/b/one", "a/two"]));
    assert_eq!(listed(&["./a/b", "c"]), set(&["./a/b/one", "c/three"]));
    assert_eq!(listed(&["a/../c"]), set(&["a/../c/three"]));
    assert_eq!(
        listed(&["link"]),
        set(&["link/b/one", "link/two"]),
        "a symlink that was named is followed"
    );
    assert_eq!(
        listed(&["a/two", "c"]),
        set(&["a/two", "c/three"]),
        "a file that was named is listed"
    );
    assert_eq!(listed(&["empty"]), set(&[]));
    let absolute = tree.path().join("c");
    let absolute = absolute.to_str().expect("a plain path");
    assert_eq!(listed(&[absolute]), set(&[&format!("{absolute}/three")]));
}

#[test]
fn a_file_below_two_roots_is_listed_once() {
    let tree = Tree::new();
    tree.file("a/b/one", 1).file("a/two", 1);
    let output = list(&["a/b", "a", "nowhere"], &tree.path());
    assert_eq!(paths(&output.stdout, b'\n'), set(&["a/b/one", "a/two"]));
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("a/b lies in a;") && said.contains("nowhere: no such directory;"),
        "{said}"
    );
    assert_eq!(list(&["nowhere"], &tree.path()).status.code(), Some(2));
}

#[test]
fn rules_leave_files_out() {
    let tree = Tree::new();
    tree.file("keep/one", 1)
        .file("keep/two.o", 1)
        .file("target/three", 1)
        .file("cache/four", 1);
    let signature = "Signature: 8a477f597d28d172789f06886806bc55";
    std::fs::write(tree.path().join("cache/CACHEDIR.TAG"), signature).expect("write a tag");
    for lister in LISTERS {
        let rules = [
            "--exclude-caches",
            "--exclude",
            "*.o",
            "--exclude",
            "target",
        ];
        let output = list(&[&["--lister", lister], &rules[..]].concat(), &tree.path());
        assert_eq!(
            paths(&output.stdout, b'\n'),
            set(&["./keep/one"]),
            "{lister}"
        );
        assert_eq!(output.status.code(), Some(0));
    }
    let whole = tree.path().join("keep/one");
    let whole = whole.to_str().expect("a plain path");
    let output = list(&["--exclude", whole, "keep"], &tree.path());
    assert_eq!(
        paths(&output.stdout, b'\n'),
        set(&["keep/two.o"]),
        "patterns are held against the same paths as without --list"
    );
}

#[test]
fn an_unreadable_directory_is_said_and_the_rest_is_listed() {
    const NAME: &str = "an_unreadable_directory_is_said_and_the_rest_is_listed";
    let tree = Tree::new();
    tree.file("open/one", 1)
        .file("secret\x1b/hidden", 1)
        .unreadable("secret\x1b");
    skip::without_root(NAME, Path::new(PROGRAM), |program| {
        for lister in LISTERS {
            let run = |root: &str| {
                program
                    .command(["--list", "--lister", lister, root])
                    .current_dir(tree.path())
                    .stdin(Stdio::null())
                    .output()
                    .expect("the program starts")
            };
            let output = run(".");
            assert_eq!(output.status.code(), Some(1));
            assert_eq!(paths(&output.stdout, b'\n'), set(&["./open/one"]));
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                said.starts_with("spelunk: ./secret\x1b: permission denied (open")
                    && said.lines().count() == 1,
                "{said}"
            );
            let output = run("secret\x1b");
            assert_eq!(output.status.code(), Some(2), "nothing could be read");
            assert!(output.stdout.is_empty());
        }
    });
}

#[test]
fn names_are_made_safe_on_a_terminal() {
    let tree = Tree::new();
    tree.file_bytes(b"evil\x1b[2J", 1)
        .file_bytes(b"line\nfeed/back\\slash", 1);
    let shown = |arguments: &[&str]| {
        let launch = Launch::new(PROGRAM).args(arguments);
        let mut terminal = launch.directory(tree.path()).start();
        assert_eq!(terminal.wait_exit(), 0);
        let text = String::from_utf8(terminal.output()).expect("nothing but text is shown");
        let shown = text.split_inclusive(['\n', '\0']).map(str::to_owned);
        shown.collect::<BTreeSet<_>>()
    };
    let (one, other) = (r"./evil\x1b[2J", r"./line\x0afeed/back\\slash");
    let ended = |end: &str| BTreeSet::from([one, other].map(|path| format!("{path}{end}")));
    assert_eq!(shown(&["--list"]), ended("\r\n"));
    assert_eq!(shown(&["--list", "-0"]), ended("\0"));
}

/// So much to list that a pipe cannot hold it: whoever writes it waits for somebody to read.
fn more_than_a_pipe_holds() -> Tree {
    let tree = Tree::new();
    for number in 0..6_000 {
        tree.file(format!("{}/{number:0100}", number % 60), 0);
    }
    tree
}

/// Starts to list, and reads the first byte.
fn begin(tree: &Tree) -> Child {
    let mut child = command(&[], &tree.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut first = [0];
    let out = child.stdout.as_mut().expect("a pipe");
    out.read_exact(&mut first).expect("something is listed");
    child
}

#[test]
fn it_ends_quietly_when_nobody_reads_on() {
    let tree = more_than_a_pipe_holds();
    let mut child = begin(&tree);
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}

#[test]
fn a_signal_ends_it_while_it_waits_for_a_reader() {
    let tree = more_than_a_pipe_holds();
    let mut child = begin(&tree);
    // Not one that whoever runs the tests in the background may have taught them to ignore.
    kill_process(Pid::from_child(&child), Signal::TERM).expect("send a signal to the program");
    let status = child.wait().expect("the program ends");
    assert_eq!(status.signal(), Some(Signal::TERM.as_raw()));
}

#[test]
fn output_that_cannot_be_written_is_said() {
    const NAME: &str = "output_that_cannot_be_written_is_said";
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
        return skip(NAME, "there is no /dev/full");
    };
    let tree = Tree::new();
    tree.file("one", 1);
    let output = command(&[], &tree.path())
        .stdout(full)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "spelunk: standard output: no space left on device\n"
    );
}

#[test]
fn what_makes_no_sense_is_wrong_use() {
    let tree = Tree::new();
    assert_eq!(list(&["--plain"], &tree.path()).status.code(), Some(2));
    let output = Command::new(PROGRAM)
        .arg("-0")
        .current_dir(tree.path())
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
}

/// The calls that ask for metadata, as `strace` sees them in a run of the program. `None`, aloud,
/// where there is none or it may not trace.
fn calls(name: &str, arguments: &[&str], tree: &Tree) -> Option<Vec<String>> {
    let Some(strace) = skip::find("strace") else {
        skip(name, "strace is missing");
        return None;
    };
    let traced = tempfile::NamedTempFile::new().expect("make a temporary file");
    let output = Command::new(strace)
        .args(["-f", "-qq", "-s", "200", "-e", "trace=%%stat", "-o"])
        .arg(traced.path())
        .arg("--")
        .arg(PROGRAM)
        .args(arguments)
        .current_dir(tree.path())
        .stdin(Stdio::null())
        .output()
        .expect("run strace");
    if output.status.code() != Some(0) {
        let said = String::from_utf8_lossy(&output.stderr);
        skip(name, &format!("strace may not trace here: {}", said.trim()));
        return None;
    }
    let traced = std::fs::read_to_string(traced.path()).expect("read what strace has written");
    Some(traced.lines().map(str::to_owned).collect())
}

#[test]
fn nothing_but_directories_is_asked_about() {
    const NAME: &str = "nothing_but_directories_is_asked_about";
    let tree = Tree::new();
    if !tells_types(&tree.path()) {
        return skip(
            NAME,
            "the file system of the temporary directory may not tell types",
        );
    }
    tree.file("dir/below/the file", 10)
        .symlink("below/the file", "dir/the file too")
        .file("the file as well", 10);
    let of_files = |calls: Vec<String>| {
        calls
            .into_iter()
            .filter(|call| call.contains("the file"))
            .collect::<Vec<_>>()
    };
    for lister in LISTERS {
        let Some(listing) = calls(NAME, &["--list", "--lister", lister, "."], &tree) else {
            return;
        };
        assert!(
            listing.iter().any(|call| call.contains("stat")),
            "{lister}: the trace has the calls about directories"
        );
        assert_eq!(of_files(listing), [""; 0], "{lister}");
        // That the names would be seen in the trace if they were asked about.
        let Some(report) = calls(NAME, &["--plain", "--lister", lister, "."], &tree) else {
            return;
        };
        assert!(of_files(report).len() >= 3, "{lister}");
    }
}

/// Whether this is on one of the file systems that are known to tell types with names.
fn tells_types(path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        const KNOWN: [u64; 3] = [
            0xef53,      // ext4
            0x0102_1994, // tmpfs
            0x9123_683e, // btrfs
        ];
        rustix::fs::statfs(path).is_ok_and(|answer| KNOWN.contains(&(answer.f_type as u64)))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        false
    }
}
