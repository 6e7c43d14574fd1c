//! Marks: what is marked, what is said of it, and that nobody loses them by one key.

use spelunk::tree::block::Link;

use super::*;

/// Hard-linked files in `dir`: name, inode, size in KiB, how many names there are.
fn linked(dir: DirId, files: &[(&str, u64, u64, u64)]) -> Event {
    let mut packer = Packer::default();
    let pack = |(name, inode, size, links): &(&str, u64, u64, u64)| {
        let metadata = Metadata {
            kind: Kind::File,
            disk: size * 1024,
            apparent: size * 1024,
            modified: 0,
            identity: Identity {
                device: 1,
                inode: *inode,
            },
            links: *links,
        };
        packer.add(name.as_bytes(), &metadata)
    };
    let links: Vec<Link> = files.iter().filter_map(pack).collect();
    Event::Block(Block {
        dir,
        files: packer.finish(),
        links,
    })
}

fn sum(user: &User) -> (i128, i128, bool) {
    let sum = user.model.marks.sum().expect("it is added up");
    (sum.size / 1024, sum.freed() / 1024, sum.at_least)
}

fn marked(user: &User) -> Vec<&str> {
    let rows = user.model.browser.rows().iter();
    rows.filter(|row| row.marked)
        .map(|row| row.name.as_str())
        .collect()
}

#[test]
fn space_marks_and_moves_on_and_u_takes_all_marks_away() {
    let mut user = User::with_three();
    user.press(' ');
    assert_eq!((marked(&user), user.selected()), (vec!["a"], "b"));
    user.press(' ');
    user.press('k');
    user.press(' ');
    assert_eq!(marked(&user), ["a"], "the same again takes the mark away");
    user.wait(300);
    assert_eq!(sum(&user), (30, 30, true), "a is not read to its end");
    user.press_named(KeyCode::Esc);
    assert_eq!(marked(&user), ["a"], "Esc never takes marks away");
    user.press('U');
    assert!(user.model.marks.is_empty() && marked(&user).is_empty());
}

#[test]
fn an_inode_is_freed_only_if_all_its_names_are_marked() {
    let mut user = User::with_three();
    user.hear([
        linked(DirId(2), &[("one", 7, 100, 2), ("far", 8, 50, 3)]),
        linked(DirId(3), &[("two", 7, 100, 2), ("also far", 8, 50, 3)]),
    ]);
    user.complete();
    user.wait(300);
    user.press(' ');
    user.wait(300);
    assert_eq!(sum(&user), (180, 30, false));
    user.press(' ');
    user.wait(300);
    assert_eq!(
        sum(&user),
        (200, 150, false),
        "one of three names is outside"
    );
}

#[test]
fn what_is_marked_inside_something_marked_counts_with_it() {
    let mut user = User::with_three();
    user.complete();
    user.press(' ');
    user.press('k');
    user.press_named(KeyCode::Enter);
    assert_eq!(user.rows()[0], "x");
    user.press(' ');
    assert_eq!(user.model.marks.len(), 2);
    user.wait(300);
    assert_eq!(sum(&user), (30, 30, false));
    user.press('h');
    assert_eq!(marked(&user), ["a"], "marks stay when one goes elsewhere");
}

#[test]
fn the_directory_itself_cannot_be_marked() {
    let mut user = User::with_three();
    user.press('G');
    user.press(' ');
    assert!(user.model.marks.is_empty());
}

#[test]
fn q_asks_while_there_are_marks() {
    let mut user = User::with_three();
    user.press(' ');
    user.complete();
    assert_eq!(user.press('q'), None);
    let notice = user
        .model
        .notice
        .as_ref()
        .map(|notice| notice.text.as_str());
    assert_eq!(
        notice,
        Some("1 entry is marked. q again leaves, other keys stay.")
    );
    assert_eq!(user.press('q'), Some(Effect::Leave));
    let mut user = User::with_three();
    user.press(' ');
    user.complete();
    user.press('U');
    assert_eq!(
        user.press('q'),
        Some(Effect::Leave),
        "nothing would be lost"
    );
}

#[test]
fn the_shared_column_knows_what_has_names_elsewhere() {
    let mut user = User::with_three();
    user.hear([
        linked(
            DirId(2),
            &[
                ("one", 7, 100, 2),
                ("both", 8, 50, 2),
                ("both too", 8, 50, 2),
            ],
        ),
        linked(ROOT, &[("two", 7, 100, 2)]),
    ]);
    user.press('u');
    user.wait(300);
    let shared = |user: &User| -> Vec<(String, i128)> {
        let rows = user.model.browser.rows().iter();
        rows.filter_map(|row| Some((row.name.clone(), row.shared? / 1024)))
            .collect()
    };
    assert_eq!(
        shared(&user),
        [("two".to_owned(), 100)],
        "nothing is said of what is not read"
    );
    user.complete();
    user.wait(300);
    assert_eq!(
        shared(&user),
        [("a".to_owned(), 100), ("two".to_owned(), 100)]
    );
    user.press('u');
    assert_eq!(shared(&user), []);
}
