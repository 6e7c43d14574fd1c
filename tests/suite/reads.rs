//! The program only reads: what it opens, what it makes and what it starts, as its system calls
//! tell; and that the kernel denies the rest where it is asked to.

use std::{
    fs, io,
    os::unix::{fs::symlink, net::UnixListener},
    path::Path,
    process::Command,
    thread,
};

use spelunk::read_only;

use crate::support::{
    keys::Key,
    skip::skip,
    strace::{self, Traced},
    terminal::Launch,
    tree::Tree,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spelunk");

/// What may be opened besides directories of the tree: by the loader and the C library, by the
/// runtime and its standard library, for the settings, what earlier scans amounted to and the
/// terminal.
const ELSEWHERE: [&str; 13] = [
    ".so",
    "/etc/",
    "/lib/",
    "/lib64/",
    "/usr/lib/",
    "/usr/share/",
    "/proc/self/",
    "/sys/",
    "/dev/tty",
    "/dev/null",
    "config.toml",
    "/spelunk/totals",
    "terminfo",
];

/// What may be written to: the terminal, by two names, and the pipe from the explorer to its supervisor.
const OWN: [&str; 3] = ["\"/dev/tty\"", "\"/dev/pts/", "\"/dev/fd/"];

/// Calls that would change something, or start a program.
const CHANGES: &str = "execve,execveat,openat,openat2,open,creat,mkdir,mkdirat,rename,renameat,\
    renameat2,unlink,unlinkat,rmdir,link,linkat,symlink,symlinkat,mknod,mknodat,truncate,ftruncate,\
    chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,utimensat,setxattr,lsetxattr,fsetxattr";

/// A tree with one of everything that must not be opened.
fn tree() -> (Tree, UnixListener) {
    let tree = Tree::new();
    tree.file("a/b/file", 5_000)
        .file("a/.hidden", 1)
        .dir("empty");
    symlink("../a", tree.path().join("empty/link")).expect("make a link");
    let pipes = ["a/pipe", "empty/CACHEDIR.TAG"].map(|name| tree.path().join(name));
    let made = Command::new("mkfifo").args(pipes).status();
    assert!(made.is_ok_and(|status| status.success()), "make pipes");
    let socket = UnixListener::bind(tree.path().join("a/socket")).expect("make a socket");
    // Only root may make a device; it is the one of the null device.
    let device = tree.path().join("a/CACHEDIR.TAG");
    let _ = Command::new("mknod")
        .arg(device)
        .args(["c", "1", "3"])
        .output();
    (tree, socket)
}

/// Nothing but directories of the tree was opened, and what is listed above; nothing was made,
/// changed or taken away but in `state`; only the program itself was started.
fn only_reads(traced: &Traced, tree: &Path, state: &Path) {
    let tree = tree.to_str().expect("a plain path");
    let state = state.to_str().expect("a plain path");
    let mut entered = 0;
    for call in traced.calls() {
        let line = &call.line;
        match call.name.as_str() {
            "execve" => assert!(line.contains(PROGRAM), "{line}"),
            // A handle that neither reads nor writes: to ask for details, to name what may be written.
            "openat" if line.contains("O_PATH") => {}
            "openat" if line.contains(tree) => {
                entered += 1;
                assert!(
                    line.contains("O_DIRECTORY") && line.contains("O_RDONLY"),
                    "{line}"
                );
                assert!(line.contains("O_CLOEXEC"), "{line}");
                let is_root = line.contains("AT_FDCWD");
                assert!(is_root || line.contains("O_NOFOLLOW"), "{line}");
            }
            "open" | "openat" if line.contains("O_WRONLY") || line.contains("O_RDWR") => {
                let is_own = OWN.iter().any(|place| line.contains(place));
                assert!(is_own || line.contains(state), "{line}");
            }
            "openat" => {
                let is_known = ELSEWHERE.iter().any(|place| line.contains(place));
                assert!(is_known, "{line}");
            }
            _ => assert!(line.contains(state), "{line}"),
        }
    }
    assert!(entered >= 4, "the tree was read");
}

#[test]
fn a_scan_opens_nothing_but_directories_and_changes_nothing() {
    const NAME: &str = "a_scan_opens_nothing_but_directories_and_changes_nothing";
    if let Some(why) = strace::missing() {
        return skip(NAME, why);
    }
    let (tree, _socket) = tree();
    let home = Tree::new();
    for arguments in [
        &["--plain", "--exclude-caches"][..],
        &["--plain", "--read-only"],
        &["--plain", "--lister=portable", "--exclude-caches"],
        &["--list"],
    ] {
        let (output, traced) = strace::run(CHANGES, Path::new(PROGRAM), |command| {
            command
                .args(arguments)
                .arg(tree.path())
                .env("HOME", home.path())
                .env("XDG_STATE_HOME", home.path())
                .env_remove("XDG_CONFIG_HOME");
        });
        if arguments.contains(&"--read-only") && output.status.code() == Some(2) {
            continue;
        }
        assert!(output.status.success(), "{output:?}");
        only_reads(&traced, &tree.path(), &home.path());
    }
}

#[test]
fn the_interface_changes_nothing_either() {
    const NAME: &str = "the_interface_changes_nothing_either";
    if let Some(why) = strace::missing() {
        return skip(NAME, why);
    }
    let (tree, _socket) = tree();
    let record = Tree::new();
    let record = record.path().join("record");
    let mut terminal = Launch::new("strace")
        .args(strace::arguments(CHANGES, &record))
        .args([Path::new(PROGRAM), &tree.path()])
        .start();
    terminal.wait_for_text("complete");
    for key in "123456/b\r".chars() {
        terminal.key(match key {
            '\r' => Key::Enter,
            key => Key::Character(key),
        });
    }
    terminal.key(Key::Character('i'));
    terminal.wait_for_text("modified");
    terminal.key(Key::Escape);
    terminal.key(Key::Character('q'));
    assert_eq!(terminal.wait_exit(), 0);
    let state = terminal.home().join("state");
    only_reads(&Traced::read(&record), &tree.path(), &state);
}

#[test]
fn the_kernel_denies_all_writing_when_asked_to() {
    const NAME: &str = "the_kernel_denies_all_writing_when_asked_to";
    let (outside, inside) = (Tree::new(), Tree::new());
    outside.file("file", 10).dir("dir");
    inside.file("file", 10);
    let (out, own) = (outside.path(), inside.path());
    // Only that thread is bound, and those that it starts.
    let bound = thread::spawn(move || {
        if let Err(refused) = read_only::enforce(Some(&own)) {
            return skip(NAME, &refused.to_string());
        }
        let below = thread::spawn(move || {
            let (file, new) = (out.join("file"), out.join("new"));
            let denied: [(&str, io::Result<()>); 8] = [
                ("write", fs::write(&file, "x")),
                ("create", fs::write(&new, "x")),
                ("rename", fs::rename(&file, &new)),
                ("remove", fs::remove_file(&file)),
                ("remove a directory", fs::remove_dir(out.join("dir"))),
                ("make a directory", fs::create_dir(&new)),
                ("link", symlink("x", &new)),
                ("give a second name", fs::hard_link(&file, &new)),
            ];
            for (what, outcome) in denied {
                let error = outcome.expect_err(what);
                // A second name is denied as one that leads across.
                let kinds = [
                    io::ErrorKind::PermissionDenied,
                    io::ErrorKind::CrossesDevices,
                ];
                assert!(kinds.contains(&error.kind()), "{what}: {error}");
            }
            assert_eq!(fs::read(&file).expect("reading is allowed"), b"xxxxxxxxxx");
            assert_eq!(fs::read_dir(&out).expect("and listing").count(), 2);
            fs::write(own.join("new"), "x").expect("write where that is allowed");
            fs::rename(own.join("new"), own.join("file")).expect("and rename there");
        });
        below.join().expect("nothing panics");
    });
    bound.join().expect("nothing panics");
}

#[test]
fn read_only_is_kept_and_said_or_nothing_begins() {
    let (tree, _socket) = tree();
    let begin = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        let home = tree.path().join("home");
        command.args(arguments).arg(tree.path()).env("HOME", home);
        command.output().expect("the program starts")
    };
    let output = begin(&["--plain", "--set=read-only = true"]);
    if output.status.code() == Some(2) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("Landlock") && output.stdout.is_empty(),
            "{said}"
        );
        return skip("read_only_is_kept_and_said_or_nothing_begins", &said);
    }
    let fields = |text: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(text);
        text.split_whitespace()
            .take(11)
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(fields(&output.stdout), fields(&begin(&["--plain"]).stdout));
    let mut terminal = Launch::new(PROGRAM)
        .args([Path::new("--read-only"), &tree.path()])
        .start();
    terminal.wait_for_text("read-only");
    terminal.wait_for_text("complete");
    terminal.key(Key::Character('q'));
    assert_eq!(terminal.wait_exit(), 0);
}
