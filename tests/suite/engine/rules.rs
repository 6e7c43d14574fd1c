//! What is left out: patterns, cache directories, other file systems, those that the kernel makes
//! up, and loops.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use spelunk::{
    scan::{
        ListerKind, Options,
        dir::{Dir, DirId, Identity},
        enter::{Mount, Rules, is_kernel_file_system},
        event::Exclusion,
        job::{Portion, Subdirectories},
    },
    state::{ScanState, State},
    tree::DirState,
};

use super::{
    WORKERS, at, dirs, equals_reference, ignored, names, options, passes_with_mounts, place, scan,
    steer::Steered,
};
use crate::support::{reference, skip::skip, tree::Tree};

/// A whole scan under `rules`; one that asks for names only finds the same files.
fn scan_under(rules: &Rules, root: &Path, workers: u16) -> State {
    let mut options = options([root], workers);
    options.rules = rules.clone();
    let state = scan(&options);
    assert_eq!(
        (state.scan_state(), state.problems()),
        (ScanState::Complete, 0)
    );
    let files = dirs(&state).into_iter().flat_map(|dir| {
        let path = state.tree().path(dir);
        let names = state.tree().files(dir);
        names.map(move |file| path.join(OsStr::from_bytes(file.name)))
    });
    names::are_the_same(&options, &files.collect());
    state
}

/// The default rules but for what `set` sets.
fn rules(set: impl FnOnce(&mut Rules)) -> Rules {
    let mut rules = Rules::default();
    set(&mut rules);
    rules
}

fn except(patterns: &[&str]) -> Rules {
    rules(|rules| {
        rules
            .exclude(patterns.iter().copied())
            .expect("these are patterns");
    })
}

/// All that counts, below `root`: files, and directories with a slash behind.
fn counted(state: &State, root: &Path) -> Vec<String> {
    let mut counted = Vec::new();
    for dir in dirs(state)
        .into_iter()
        .filter(|dir| !matches!(state.tree().state(*dir), DirState::Excluded(_)))
    {
        let path = state.tree().path(dir);
        let path = path
            .strip_prefix(root)
            .expect("below the root")
            .display()
            .to_string();
        let files = state
            .tree()
            .files(dir)
            .map(|file| String::from_utf8_lossy(file.name).into_owned());
        counted.extend(files.map(|file| {
            if path.is_empty() {
                file
            } else {
                format!("{path}/{file}")
            }
        }));
        counted.extend((!path.is_empty()).then(|| format!("{path}/")));
    }
    counted.sort();
    counted
}

/// What GNU `du` makes of `root` with these flags.
fn du_with(flags: impl IntoIterator<Item = String>, root: &Path) -> Option<i128> {
    let version = Command::new("du").arg("--version").output().ok()?;
    if !String::from_utf8_lossy(&version.stdout).contains("GNU coreutils") {
        return None;
    }
    let output = Command::new("du")
        .args(["-s", "--block-size=1"])
        .args(flags)
        .arg("--")
        .arg(root)
        .output()
        .ok()?;
    String::from_utf8_lossy(&output.stdout)
        .split('\t')
        .next()?
        .parse()
        .ok()
}

fn tree_of_many_names() -> Tree {
    let tree = Tree::new();
    for name in [
        "a/x.o",
        "a/x.c",
        "a/target/deep/y",
        "b/target",
        "src/gen/z",
        "lib/src/gen/z.o",
        "gen/src",
        ".o/a",
    ] {
        tree.file(name, 3000);
    }
    tree.dir("target/debug")
        .dir("a/b/c")
        .file("a/[ab]", 5000)
        .file("a/a", 7000)
        .symlink("x.o", "a/link.o");
    tree
}

#[test]
fn patterns_leave_out_what_du_leaves_out() {
    let tree = tree_of_many_names();
    let whole = format!("{}/a/target", tree.path().display());
    let cases: [&[&str]; 12] = [
        &["*.o"],
        &["target"],
        &["src/gen"],
        &["a/*/deep"],
        &["[ab]"],
        &["\\[ab\\]"],
        &["?"],
        &["*/x*", "g*"],
        &["target/deep/y"],
        &[&whole],
        &["nothing", "b/c"],
        &["{a,b}"],
    ];
    let mut compared = 0;
    for patterns in cases {
        for workers in WORKERS {
            let state = scan_under(&except(patterns), &tree.path(), workers);
            let disk = state.tree().totals(DirId::TOP).disk;
            let flags = patterns
                .iter()
                .map(|pattern| format!("--exclude={pattern}"));
            // Braces are ours: the patterns of `du` have none.
            if let Some(du) = du_with(flags, &tree.path()).filter(|_| patterns != ["{a,b}"]) {
                assert_eq!(
                    disk,
                    du,
                    "without {patterns:?}: {:?}",
                    counted(&state, &tree.path())
                );
                compared += 1;
            }
        }
    }
    if compared == 0 {
        skip(
            "patterns_leave_out_what_du_leaves_out",
            "there is no GNU du",
        );
    }
}

#[test]
fn a_pattern_without_a_slash_is_held_against_names_and_one_with_a_slash_against_paths() {
    let tree = tree_of_many_names();
    let left = |patterns: &[&str]| {
        let all = counted(
            &scan_under(&Rules::default(), &tree.path(), 2),
            &tree.path(),
        );
        let state = scan_under(&except(patterns), &tree.path(), 2);
        let counted = counted(&state, &tree.path());
        assert!(
            !state.tree().is_lower_bound(DirId::TOP),
            "what is left out on request is not missing"
        );
        all.into_iter()
            .filter(|name| !counted.contains(name))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        left(&["*.o"]),
        [".o/", ".o/a", "a/link.o", "a/x.o", "lib/src/gen/z.o"]
    );
    assert_eq!(
        left(&["src/gen"]),
        ["lib/src/gen/", "lib/src/gen/z.o", "src/gen/", "src/gen/z"]
    );
    let targets = [
        "a/target/",
        "a/target/deep/",
        "a/target/deep/y",
        "b/target",
        "target/",
        "target/debug/",
    ];
    assert_eq!(left(&["target"]), targets);
    assert_eq!(
        left(&["target/"]),
        targets,
        "a slash at the end is for the reader"
    );
    assert_eq!(left(&["x.c", "y"]), ["a/target/deep/y", "a/x.c"]);
    assert!(
        left(&[]).is_empty() && left(&["arget", "x"]).is_empty(),
        "the whole name must match"
    );
}

#[test]
fn what_a_pattern_leaves_out_is_known_by_name_and_counts_nothing() {
    let tree = tree_of_many_names();
    for workers in WORKERS {
        let state = scan_under(&except(&["target"]), &tree.path(), workers);
        let target = at(&state, &tree.path().join("a/target"));
        assert_eq!(
            state.tree().state(target),
            DirState::Excluded(Exclusion::Pattern)
        );
        assert_eq!(
            state.tree().totals(target),
            spelunk::tree::totals::Totals::default()
        );
        assert_eq!(
            state.tree().state(at(&state, &tree.path())),
            DirState::Complete
        );
        assert_eq!(state.queued(), 0);
    }
    assert!(
        Rules::default().exclude(["fine", "[not"]).is_err(),
        "a pattern that is none is said"
    );
}

#[test]
fn cache_directories_are_left_out_by_a_valid_tag_only() {
    const VALID: &str = "Signature: 8a477f597d28d172789f06886806bc55";
    let tree = Tree::new();
    let tag = |dir: &str, text: &str| {
        tree.file(format!("{dir}/file"), 9000);
        std::fs::write(tree.path().join(dir).join("CACHEDIR.TAG"), text).expect("write a tag");
    };
    tag("exact", VALID);
    tag("deep/more", &format!("{VALID}\n# made by a test\n"));
    tag("short", &VALID[..42]);
    tag(
        "other",
        "Signature: something else that is just as long as it",
    );
    tag("empty", "");
    tree.file("linked/file", 1)
        .symlink("../exact/CACHEDIR.TAG", "linked/CACHEDIR.TAG")
        .dir("dir/CACHEDIR.TAG");
    let pipe = Command::new("mkfifo")
        .arg(tree.dir("pipe").path().join("pipe/CACHEDIR.TAG"))
        .status();
    assert!(pipe.is_ok_and(|status| status.success()), "make a pipe");
    for workers in WORKERS {
        equals_reference(
            &scan_under(&Rules::default(), &tree.path(), workers),
            &tree.path(),
        );
        let rules = rules(|rules| rules.exclude_caches = true);
        let state = scan_under(&rules, &tree.path(), workers);
        let excluded =
            |dir: &DirId| state.tree().state(*dir) == DirState::Excluded(Exclusion::Cache);
        let mut left: Vec<PathBuf> = dirs(&state)
            .iter()
            .filter(|dir| excluded(dir))
            .map(|dir| state.tree().path(*dir))
            .collect();
        left.sort();
        assert_eq!(
            left,
            [tree.path().join("deep/more"), tree.path().join("exact")]
        );
        let all = reference::totals(&tree.path());
        let (whole, sum) = (all[&tree.path()], state.tree().totals(DirId::TOP));
        let without = left.iter().map(|dir| all[dir].disk).sum::<u64>();
        assert_eq!(
            sum.disk,
            i128::from(whole.disk - without),
            "its own size included"
        );
        assert_eq!(
            (sum.files, sum.dirs),
            (whole.files as i64 - 4, whole.dirs as i64 - 2)
        );
        equals_reference(
            &scan_under(&rules, &tree.path().join("exact"), workers),
            &tree.path().join("exact"),
        );
    }
}

// The questions that are asked of every directory, with made-up identities.

/// A chain of directories that are these files, the last one not identified yet.
fn chain(above: &[Identity]) -> Arc<Dir> {
    let mut parent: Option<Arc<Dir>> = None;
    for number in 1..=above.len() as u32 + 1 {
        let name = [&b"dir"[..]].into_iter().collect();
        let only = Subdirectories::new(parent.take(), None, DirId(number), name);
        let job = Portion::Directories(only).next().expect("one name");
        let dir = Arc::clone(job.dir());
        if let Some(identity) = above.get(number as usize - 1) {
            dir.identify(*identity);
        }
        parent = Some(dir);
    }
    parent.expect("at least the last one")
}

fn on(device: u64, inode: u64) -> Identity {
    Identity { device, inode }
}

/// What `rules` say of the last of a chain, where the file system is the kernel's and there is a
/// valid tag.
fn refused(rules: &Rules, above: &[Identity], identity: Identity) -> Option<Exclusion> {
    let answer = rules.refuse::<Infallible>(
        &chain(above),
        identity,
        Mount::Perhaps,
        || Ok(true),
        || Ok(true),
    );
    answer.unwrap_or_else(|never| match never {})
}

#[test]
fn a_root_is_always_entered() {
    let all = rules(|rules| (rules.one_file_system, rules.exclude_caches) = (true, true));
    assert_eq!(refused(&all, &[], on(9, 1)), None);
}

#[test]
fn another_file_system_is_entered_unless_the_rules_say_otherwise() {
    let (stay, kernel) = (
        rules(|rules| rules.one_file_system = true),
        Rules::default(),
    );
    let all = rules(|rules| rules.include_kernel_file_systems = true);
    let above = [on(1, 2), on(1, 3)];
    assert_eq!(refused(&stay, &above, on(1, 4)), None);
    assert_eq!(
        refused(&kernel, &above, on(1, 4)),
        None,
        "only a mount can lead to another kind of file system"
    );
    assert_eq!(
        refused(&stay, &above, on(2, 4)),
        Some(Exclusion::OtherFileSystem)
    );
    assert_eq!(
        refused(&kernel, &above, on(2, 4)),
        Some(Exclusion::KernelFileSystem)
    );
    assert_eq!(refused(&all, &above, on(2, 4)), None);
    let disk = kernel.refuse::<Infallible>(
        &chain(&above),
        on(2, 4),
        Mount::Perhaps,
        || Ok(false),
        || Ok(true),
    );
    assert_eq!(disk, Ok(None), "another disk");
    assert_eq!(
        refused(&kernel, &[on(2, 2), on(2, 3)], on(2, 4)),
        None,
        "inside of a root on such a file system"
    );
}

#[test]
fn a_directory_that_is_its_own_ancestor_is_not_entered() {
    let above = [on(1, 2), on(1, 3), on(1, 4)];
    for inode in [2, 3, 4] {
        assert_eq!(
            refused(&Rules::default(), &above, on(1, inode)),
            Some(Exclusion::Loop)
        );
    }
    assert_eq!(refused(&Rules::default(), &above, on(1, 5)), None);
    let all = rules(|rules| rules.include_kernel_file_systems = true);
    assert_eq!(
        refused(&all, &above, on(2, 3)),
        None,
        "an inode number of another device is another file"
    );
    assert_eq!(
        refused(&all, &[on(1, 2), on(2, 2)], on(1, 2)),
        Some(Exclusion::Loop),
        "through another file system"
    );
}

#[test]
fn only_questions_that_matter_are_asked_and_their_errors_are_passed_on() {
    fn kernel() -> Result<bool, &'static str> {
        Err("kernel")
    }
    fn tag() -> Result<bool, &'static str> {
        Err("tag")
    }
    let caches = rules(|rules| rules.exclude_caches = true);
    let stay = rules(|rules| (rules.one_file_system, rules.exclude_caches) = (true, true));
    let (root, below) = (chain(&[]), chain(&[on(1, 2)]));
    assert_eq!(
        caches.refuse(&root, on(1, 2), Mount::Perhaps, kernel, tag),
        Ok(None)
    );
    assert_eq!(
        Rules::default().refuse(&below, on(1, 3), Mount::Perhaps, kernel, tag),
        Ok(None)
    );
    assert_eq!(
        Rules::default().refuse(&below, on(2, 3), Mount::Perhaps, kernel, tag),
        Err("kernel")
    );
    assert_eq!(
        caches.refuse(&below, on(1, 3), Mount::Perhaps, kernel, tag),
        Err("tag")
    );
    assert_eq!(
        caches.refuse(&below, on(1, 2), Mount::Perhaps, kernel, tag),
        Ok(Some(Exclusion::Loop))
    );
    assert_eq!(
        stay.refuse(&below, on(2, 3), Mount::Perhaps, kernel, tag),
        Ok(Some(Exclusion::OtherFileSystem))
    );
}

#[test]
fn a_root_on_a_file_system_of_the_kernel_is_entered() {
    const NAME: &str = "a_root_on_a_file_system_of_the_kernel_is_entered";
    let root = Path::new("/proc/sys/kernel");
    if !root.is_dir() {
        return skip(NAME, "there is no /proc/sys/kernel");
    }
    let state = scan(&options([root], 2));
    assert_eq!(state.scan_state(), ScanState::Complete);
    assert!(!matches!(
        state.tree().state(at(&state, root)),
        DirState::Excluded(_)
    ));
    assert!(state.tree().totals(DirId::TOP).files > 1);
    assert!(
        is_kernel_file_system(0x9fa0) && !is_kernel_file_system(0xef53),
        "proc is one, ext4 is none"
    );
}

// With mounts, in a namespace of their own.

/// Mounts below the tree given first, then runs the rest of its arguments. 77: mounting is not
/// allowed here.
const MOUNT: &str = r#"
    cd "$1" || exit 77
    mount -t tmpfs none disks/other && mount --bind once twice && mount --bind loop loop/in/it || exit 77
    mount --rbind /proc kernel/proc || exit 77
    head -c 50000 /dev/zero > disks/other/file && mkdir disks/other/dir || exit 78
    shift
    exec "$@"
"#;

#[test]
fn mounts_are_entered_or_not_by_the_rules() {
    let tree = Tree::new();
    tree.dir("disks/other")
        .file("disks/file", 9000)
        .dir("loop/in/it")
        .file("loop/file", 100)
        .dir("kernel/proc");
    tree.file("once/file", 30_000)
        .file("once/dir/file", 400)
        .dir("twice");
    passes_with_mounts(
        "mounts_are_entered_or_not_by_the_rules",
        MOUNT,
        &tree,
        ignored(module_path!(), "scan_what_is_mounted"),
    );
}

#[test]
#[ignore = "run by mounts_are_entered_or_not_by_the_rules, in a namespace where it may mount"]
fn scan_what_is_mounted() {
    let Some(root) = place("scan_what_is_mounted") else {
        return;
    };
    let stay = rules(|rules| rules.one_file_system = true);
    for workers in WORKERS {
        let disks = root.join("disks");
        equals_reference(&scan_under(&Rules::default(), &disks, workers), &disks);
        let state = scan_under(&stay, &disks, workers);
        let other = at(&state, &disks.join("other"));
        assert_eq!(
            state.tree().state(other),
            DirState::Excluded(Exclusion::OtherFileSystem)
        );
        assert_eq!(counted(&state, &disks), ["file"]);
        if let Some(du) = du_with(["-x".to_owned()], &disks) {
            assert_eq!(state.tree().totals(DirId::TOP).disk, du);
        }
        let state = scan_under(&Rules::default(), &root.join("loop"), workers);
        let states: BTreeMap<_, _> = dirs(&state)
            .into_iter()
            .map(|dir| (state.tree().path(dir), state.tree().state(dir)))
            .collect();
        assert_eq!(
            states[&root.join("loop/in/it")],
            DirState::Excluded(Exclusion::Loop)
        );
        assert_eq!(states.len(), 3);
        assert_eq!(counted(&state, &root.join("loop")), ["file", "in/"]);
        for lister in [ListerKind::Auto, ListerKind::Portable] {
            // What is above it is found out when it is read again.
            let mut steered = Steered::start(&Options {
                lister,
                ..options([root.join("loop")], workers)
            });
            steered.hear_out();
            let before = steered.listener.state.tree().totals(DirId::TOP);
            steered.rescan(&[at(&steered.listener.state, &root.join("loop/in"))]);
            steered.hear_out();
            let state = &steered.listener.state;
            let it = at(state, &root.join("loop/in/it"));
            assert_eq!(state.tree().state(it), DirState::Excluded(Exclusion::Loop));
            assert_eq!(state.tree().totals(DirId::TOP), before);
        }
        let state = scan_under(&Rules::default(), &root.join("kernel"), workers);
        let proc = at(&state, &root.join("kernel/proc"));
        assert_eq!(
            state.tree().state(proc),
            DirState::Excluded(Exclusion::KernelFileSystem)
        );
        let both = scan(&options([root.join("once"), root.join("twice")], workers));
        let sizes: Vec<i128> = both
            .roots()
            .iter()
            .map(|root| both.tree().totals(root.dir).disk)
            .collect();
        assert_eq!(sizes[0], sizes[1]);
        assert_eq!(
            both.tree().totals(DirId::TOP).disk,
            sizes[0] + sizes[1],
            "side by side it counts twice, as in du"
        );
    }
}
