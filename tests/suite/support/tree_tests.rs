//! Trees, the two counts of them, and running without root, proved on each other.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use super::reference::{Reader, Totals, totals, totals_for};
use super::skip::{am_root, copy, find, skip, skipped, without_root};
use super::terminal::Terminal;
use super::tree::Tree;

/// Two directories that share a file, a link between the top and one of them, and one of each other
/// thing.
fn varied() -> Tree {
    let tree = Tree::new();
    tree.dir("empty")
        .file("a/one", 5000)
        .file("a/deep/two", 1)
        .link("a/one", "b/one")
        .link("a/one", "a/deep/again");
    tree.symlink("a", "to-a")
        .symlink("nowhere", "b/broken")
        .sparse("b/sparse", 1 << 20);
    tree
}

#[test]
fn the_reference_counts_each_hard_link_once_in_each_directory() {
    let tree = varied();
    let root = tree.path();
    let totals = totals(&root);
    let of = |name: &str| totals[&root.join(name)];
    let own = |name: &str| {
        std::fs::metadata(root.join(name))
            .expect("look at a directory")
            .len()
    };
    assert_eq!(totals.len(), 5);
    assert_eq!(
        of("empty"),
        Totals {
            files: 0,
            dirs: 1,
            apparent: own("empty"),
            disk: of("empty").disk
        }
    );
    let (deep, a, b) = (of("a/deep"), of("a"), of("b"));
    assert_eq!(
        (deep.files, deep.dirs, deep.apparent),
        (2, 1, own("a/deep") + 1 + 5000)
    );
    assert_eq!(
        (a.files, a.dirs, a.apparent),
        (3, 2, own("a") + deep.apparent)
    );
    assert_eq!(
        (b.files, b.dirs, b.apparent),
        (3, 1, own("b") + 5000 + 7 + (1 << 20))
    );
    let top = totals[&root];
    assert_eq!((top.files, top.dirs), (7, 5));
    assert_eq!(
        top.apparent,
        own(".") + own("empty") + a.apparent + b.apparent - 5000 + 1
    );
    assert!(b.disk < 1 << 20, "a sparse file has no blocks");
}

#[test]
fn the_reference_and_du_agree() {
    let tree = varied();
    if cfg!(target_os = "linux") {
        tree.file_bytes(b"b/\xff\n\x1b", 10_000);
    } else {
        skip(
            "the_reference_and_du_agree",
            "the filesystem takes only text as names (the rest is tested)",
        );
    }
    let root = tree.path();
    let Some(du) = super::du::du_every(&root) else {
        return skip("the_reference_and_du_agree", "no GNU du");
    };
    let ours = totals(&root)
        .into_iter()
        .map(|(path, totals)| (path, totals.disk));
    assert_eq!(ours.collect::<BTreeMap<_, _>>(), du);
}

#[test]
fn a_shut_directory_counts_with_its_own_size_and_is_opened_again() {
    let tree = Tree::new();
    tree.file("open/file", 10)
        .file("shut/in/file", 10)
        .unreadable("shut/in")
        .unreadable("shut");
    let root = tree.path();
    let seen = totals_for(Reader::Ordinary, &root);
    let shut = seen[&root.join("shut")];
    assert_eq!((shut.files, shut.dirs), (0, 1));
    assert_eq!(seen[&root].files, 1);
    assert_eq!(totals(&root)[&root].files, if am_root() { 2 } else { 1 });
    drop(tree);
    assert!(!root.exists());
}

#[test]
fn a_program_without_root_is_kept_out() {
    let tree = Tree::new();
    tree.file("shut/file", 10).unreadable("shut");
    let list = find("ls").expect("ls is everywhere");
    without_root("a_program_without_root_is_kept_out", &list, |ordinary| {
        let output = ordinary
            .command(["-a"])
            .arg(tree.path().join("shut"))
            .output()
            .expect("run ls");
        assert!(!output.status.success(), "{output:?}");
        let mut terminal = Terminal::spawn(
            ordinary.program(),
            ordinary.arguments([tree.path()]),
            (60, 10),
        );
        assert_eq!(terminal.wait_exit(), 0);
        assert_eq!(terminal.text(), "shut");
    });
}

#[test]
fn a_program_out_of_reach_is_copied_for_an_ordinary_user() {
    let tree = Tree::new();
    tree.dir("private");
    let private = tree.path().join("private");
    let program = private.join("program");
    copy(&find("true").expect("true is everywhere"), &program);
    std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o700))
        .expect("shut a directory");
    without_root(
        "a_program_out_of_reach_is_copied_for_an_ordinary_user",
        &program,
        |ordinary| {
            assert!(
                ordinary
                    .command([""; 0])
                    .status()
                    .expect("run a copy of true")
                    .success()
            );
        },
    );
}

#[test]
fn skipping_is_counted() {
    let before = skipped();
    skip("skipping_is_counted", "to see that this line is shown");
    assert!(skipped() > before);
}
