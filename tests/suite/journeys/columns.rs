//! Columns, orders and what is hidden.

use spelunk::ui::model::Measure;

use super::*;

/// Files in `dir` with their times, in seconds since 1970.
fn dated(dir: DirId, files: &[(&str, i64)]) -> Event {
    let mut packer = Packer::default();
    for (name, modified) in files {
        packer.add(name.as_bytes(), &file_of(4096, *modified));
    }
    Event::Block(Block {
        dir,
        files: packer.finish(),
        links: Vec::new(),
    })
}

fn file_of(bytes: u64, modified: i64) -> Metadata {
    Metadata {
        kind: Kind::File,
        disk: bytes,
        apparent: bytes,
        modified,
        identity: Identity {
            device: 1,
            inode: 1,
        },
        links: 1,
    }
}

#[test]
fn rows_by_time_stand_newest_first_and_show_it() {
    let mut user = User::with_three();
    user.hear([dated(
        ROOT,
        &[
            ("old", -5),
            ("new", i64::MAX),
            ("oldest", i64::MIN),
            ("middle", 86_400),
        ],
    )]);
    user.wait(300);
    user.press('M');
    assert!(user.model.columns.modified, "the order is seen");
    let files = |user: &User| -> Vec<String> {
        let rows = user.model.browser.rows().iter();
        let rows = rows.filter(|row| !["a", "b", "c"].contains(&row.name.as_str()));
        rows.map(|row| row.name.clone()).take(4).collect()
    };
    assert_eq!(files(&user), ["new", "middle", "old", "oldest"]);
    let times: Vec<i64> = user
        .model
        .browser
        .rows()
        .iter()
        .filter_map(|row| row.modified)
        .collect();
    assert_eq!(
        times,
        [i64::MAX, 86_400, -5, i64::MIN],
        "nothing is known of a, b and c"
    );
    user.press('M');
    assert_eq!(files(&user), ["oldest", "old", "middle", "new"]);
    user.press('m');
    assert!(
        user.model
            .browser
            .rows()
            .iter()
            .all(|row| row.modified.is_none())
    );
}

#[test]
fn a_selected_file_keeps_its_line_among_rows_by_time() {
    let mut user = User::with_three();
    user.hear([dated(ROOT, &[("x", 500), ("y", 400), ("z", 300)])]);
    user.wait(300);
    user.press('M');
    user.press('j');
    assert_eq!(user.selected(), "y");
    user.wait(2_500);
    user.hear([dated(ROOT, &[("newest", 900)])]);
    user.wait(300);
    assert_eq!((user.rows()[0], user.selected()), ("newest", "y"));
}

#[test]
fn directories_first_whatever_the_order() {
    let mut user = User::with_three();
    user.hear([files(ROOT, &[("big", 1_000), ("tiny", 1)])]);
    user.wait(300);
    assert_eq!(user.rows()[0], "big");
    user.press('t');
    assert_eq!(user.rows()[..5], ["a", "b", "c", "big", "tiny"]);
    user.press('s');
    assert_eq!(
        user.rows()[..5],
        ["c", "b", "a", "tiny", "big"],
        "reversed, but still first"
    );
    user.press('t');
    assert_eq!(user.rows()[0], "tiny");
}

#[test]
fn what_is_hidden_is_counted_in_one_row_and_comes_back() {
    let mut user = User::with_three();
    user.hear([files(ROOT, &[(".one", 7), (".two", 5)])]);
    user.complete();
    user.wait(300);
    assert_eq!(user.model.browser.len(), 6);
    user.press('e');
    let rows = user.model.browser.rows();
    let last = rows.last().expect("there are rows");
    assert_eq!(
        (last.name.as_str(), last.size, last.entry),
        ("2 entries are hidden. e shows them.", 12 * 1024, None)
    );
    let sum: i128 = rows.iter().map(|row| row.size).sum();
    assert_eq!(
        sum,
        user.model.browser.total(),
        "the rows add up to the total"
    );
    user.press('e');
    assert_eq!(user.model.browser.len(), 6);
}

#[test]
fn the_selection_does_not_stay_on_what_is_hidden() {
    let mut user = User::with_three();
    user.hear([files(ROOT, &[(".between", 15)])]);
    user.wait(300);
    user.press('j');
    user.press('j');
    assert_eq!(user.selected(), ".between");
    user.press('e');
    assert_eq!(user.selected(), "c", "what stands on its line now");
    user.press('k');
    assert_eq!(user.selected(), "b");
}

#[test]
fn a_directory_with_nothing_but_hidden_entries_says_so() {
    let mut user = User::new();
    user.hear([
        found(DirId::TOP, ROOT, &["/home/ada"]),
        Event::Entered { dir: ROOT },
        files(ROOT, &[(".only", 3)]),
        Event::Listed {
            dir: ROOT,
            slices: 0,
        },
    ]);
    user.all_leave();
    user.press('e');
    assert_eq!(
        user.rows(),
        [
            ".  the directory itself",
            "1 entry is hidden. e shows them."
        ]
    );
    user.press('j');
    assert_eq!(user.selected(), ".  the directory itself");
}

#[test]
fn g_c_and_m_change_columns_and_nothing_else() {
    let mut user = User::with_three();
    let before = (user.model.columns, user.rows().join(" "));
    for measure in [
        Measure::Bar,
        Measure::Share,
        Measure::Neither,
        Measure::Both,
    ] {
        user.press('g');
        assert_eq!(user.model.columns.measure, measure);
    }
    for key in ['c', 'm', 'c', 'm'] {
        user.press(key);
        assert_eq!(user.rows().join(" "), before.1);
    }
    assert_eq!(user.model.columns, before.0);
}

#[test]
fn which_columns_there_are_at_the_start_is_a_matter_of_the_settings() {
    let columns = |own: &str| User::with(own).model.columns;
    let usual = columns("");
    assert_eq!((usual.measure, usual.count), (Measure::Both, true));
    assert_eq!((usual.modified, usual.shared), (false, false));
    let own = columns("columns = ['time', 'bar']");
    assert_eq!((own.measure, own.count), (Measure::Bar, false));
    assert_eq!((own.modified, own.shared), (true, false));
    let none = columns("columns = []");
    assert_eq!((none.measure, none.count), (Measure::Neither, false));
    assert!(columns("columns = 'shared'").shared);
}
