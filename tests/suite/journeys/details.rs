//! The details of what is selected: what is asked, when, and what becomes of the answers.

use std::{io, path::Path};

use spelunk::{
    inquiry::{Answer, FileSystem, Mounted, Said, Symlink},
    ui::model::Asked,
};

use super::*;

fn asked(user: &User) -> &Path {
    &user.model.question().expect("something is asked").path
}

fn mounted(free: u64) -> Said {
    let size = FileSystem {
        size: 100,
        used: 40,
        free,
    };
    Said::Mounted(Ok(Mounted { place: None, size }))
}

fn free(user: &User) -> Option<u64> {
    match user.model.views.details.shown()?.mounted() {
        Asked::Known(mounted) => Some(mounted.size.free),
        Asked::BeingRead | Asked::Failed(_) => None,
    }
}

#[test]
fn i_asks_about_what_is_selected_and_follows_it() {
    let mut user = User::with_three();
    assert_eq!(user.model.question(), None, "nothing is asked before");
    user.press('i');
    assert_eq!(asked(&user), Path::new("/home/ada/a"));
    let first = user.model.question().expect("asked").clone();
    assert_eq!(first.symlink, Symlink::Itself);
    user.press('j');
    assert_eq!(asked(&user), Path::new("/home/ada/b"));
    let number = user.model.question().expect("asked").number;
    assert_ne!(number, first.number);
    assert_eq!(free(&user), None, "it is being read");
    let late = Answer {
        number: first.number,
        said: mounted(1),
    };
    user.tell(Message::Answer(late));
    assert_eq!(free(&user), None, "an answer to another question");
    let said = mounted(60);
    user.tell(Message::Answer(Answer { number, said }));
    assert_eq!(free(&user), Some(60));
    user.wait(300);
    assert_eq!(
        user.model.question().expect("asked").number,
        number,
        "the same is asked once"
    );
    user.press('i');
    assert_eq!(user.model.question(), None);
    assert!(!user.model.views.details.is_open());
}

#[test]
fn escape_closes_the_details_before_it_stops_anything() {
    let mut user = User::with_three();
    user.press('i');
    assert_eq!(user.press_named(KeyCode::Esc), None);
    assert!(!user.model.views.details.is_open());
    assert_eq!(user.press_named(KeyCode::Esc), Some(Effect::Stop));
}

#[test]
fn enter_opens_directories_and_the_details_of_files() {
    let mut user = User::with_three();
    user.press_named(KeyCode::Enter);
    assert!(!user.model.views.details.is_open());
    user.wait(300);
    assert_eq!(user.selected(), "x");
    user.press_named(KeyCode::Enter);
    assert_eq!(asked(&user), Path::new("/home/ada/a/x"));
    user.press_named(KeyCode::Enter);
    assert!(
        user.model.views.details.is_open(),
        "and does not close them"
    );
    user.press('h');
    user.wait(300);
    assert_eq!(asked(&user), Path::new("/home/ada/a"), "they stay open");
}

#[test]
fn the_directory_itself_and_the_root_have_details() {
    let mut user = User::with_three();
    user.press('G');
    assert_eq!(user.selected(), ".  the directory itself");
    user.press('i');
    let question = user.model.question().expect("asked");
    assert_eq!(question.path, Path::new("/home/ada"));
    assert_eq!(
        question.symlink,
        Symlink::Target,
        "what is scanned of a root is what it points to"
    );
}

#[test]
fn every_view_has_details_of_what_is_selected_in_it() {
    let mut user = User::with_three();
    user.complete();
    user.press('j');
    user.press('i');
    for (view, path) in [
        ('1', "/home/ada/b"),
        ('2', "/home/ada/b"),
        ('3', "/home/ada/a/x"),
        ('4', "/home/ada"),
        ('5', "/home/ada"),
        ('6', "/home/ada"),
    ] {
        user.press(view);
        user.wait(1_500);
        user.wait(1_500);
        assert_eq!(asked(&user), Path::new(path), "view {view}");
    }
    user.press('/');
    user.press('z');
    user.wait(600);
    assert_eq!(asked(&user), Path::new("/home/ada/c/z"), "what was found");
}

#[test]
fn the_order_stands_still_while_details_are_open() {
    let mut user = User::with_three();
    user.press('i');
    user.hear([files(DirId(4), &[("more", 90)])]);
    user.wait(5_000);
    assert_eq!(user.rows()[..3], ["a", "b", "c"]);
    assert_eq!(
        user.model.browser.rows()[2].size,
        100 * 1024,
        "numbers move"
    );
    user.press('n');
    user.press('n');
    assert_eq!(user.rows()[..3], ["c", "b", "a"], "another order is taken");
    user.press('s');
    user.hear([files(DirId(3), &[("even more", 900)])]);
    user.press('i');
    user.wait(300);
    assert_eq!(user.rows()[..3], ["b", "c", "a"]);
}

#[test]
fn what_cannot_be_asked_says_why() {
    let mut user = User::with_three();
    user.press('i');
    let number = user.model.question().expect("asked").number;
    let gone = io::Error::from_raw_os_error(2);
    let said = Said::Facts(Err(gone));
    user.tell(Message::Answer(Answer { number, said }));
    let details = user.model.views.details.shown().expect("they are open");
    let Asked::Failed(cause) = details.facts() else {
        panic!("{:?}", details.facts());
    };
    assert_eq!(cause, "no such file or directory");
}
