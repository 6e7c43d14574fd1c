//! The layers, read off the source: who may mention whom. Comments, texts and the tests inside
//! modules may say what they like; only code counts.

use std::{
    fs,
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use crate::support::skip::skip;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A source file: its path below `src/` and its words, without comments and texts.
struct Source {
    path: PathBuf,
    words: Vec<String>,
}

impl Source {
    /// Whether it is the module of this path or below it: `scan` is `scan.rs` and all of `scan/`.
    fn is_of(&self, module: &str) -> bool {
        self.path.with_extension("") == Path::new(module) || self.path.starts_with(module)
    }

    fn mentions(&self, words: &[&str]) -> bool {
        self.words.windows(words.len()).any(|window| {
            window
                .iter()
                .zip(words)
                .all(|(word, wanted)| word == wanted)
        })
    }

    /// Everything but modules that exist in tests only.
    fn without_tests(self) -> Self {
        let mut words = Vec::new();
        let mut rest = self.words.as_slice();
        while let Some((word, after)) = rest.split_first() {
            let starts = |wanted: &[&str]| {
                rest.len() >= wanted.len() && rest.iter().zip(wanted).all(|(a, b)| a == b)
            };
            if starts(&["#", "[", "cfg", "(", "test", ")", "]", "mod"]) {
                rest = &rest[length_of_block(rest)..];
            } else {
                words.push(word.clone());
                rest = after;
            }
        }
        Self {
            path: self.path,
            words,
        }
    }
}

/// How many words there are up to the end of the first block in braces, or to the `;` before one.
fn length_of_block(words: &[String]) -> usize {
    let mut depth = 0;
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "{" => depth += 1,
            "}" if depth == 1 => return at + 1,
            "}" => depth -= 1,
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    words.len()
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let files = WalkDir::new(&src)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.expect("read the sources"));
    let files = files.filter(|file| {
        file.path()
            .extension()
            .is_some_and(|extension| extension == "rs")
    });
    // Loom models are tests that stand in files of their own.
    let is_model = |path: &Path| path.starts_with(src.join("scan")) && path.ends_with("model.rs");
    files
        .filter(|file| !is_model(file.path()))
        .map(|file| {
            let text = fs::read_to_string(file.path()).expect("read a source file");
            let path = file
                .path()
                .strip_prefix(&src)
                .expect("below src")
                .to_owned();
            Source {
                path,
                words: words_of(&text),
            }
            .without_tests()
        })
        .collect()
}

/// The words of Rust code: names and numbers, `::`, and every other character by itself.
fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = unspoken(rest).unwrap_or_else(|| {
            let name = rest
                .find(|character: char| !is_of_a_name(character))
                .unwrap_or(rest.len());
            let length = match name {
                0 if rest.starts_with("::") => 2,
                0 => first.len_utf8(),
                _ => name,
            };
            if !first.is_whitespace() {
                words.push(rest[..length].to_owned());
            }
            length
        });
        rest = &rest[length..];
    }
    words
}

fn is_of_a_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// How long the comment, text or character is that `rest` begins with, if it does.
fn unspoken(rest: &str) -> Option<usize> {
    let through = |end: &str, from: usize| {
        rest[from..]
            .find(end)
            .map_or(rest.len(), |at| from + at + end.len())
    };
    if rest.starts_with("//") {
        return Some(through("\n", 0));
    }
    if rest.starts_with("/*") {
        return Some(through("*/", 2));
    }
    let start = ["br", "b", "r", "c", ""].into_iter().find_map(|prefix| {
        let body = rest.strip_prefix(prefix)?.trim_start_matches('#');
        (body.starts_with('"') && (prefix.ends_with('r') || rest.as_bytes()[prefix.len()] == b'"'))
            .then_some((prefix, rest.len() - body.len()))
    });
    if let Some((prefix, quote)) = start {
        if prefix.ends_with('r') {
            return Some(through(
                &format!("\"{}", "#".repeat(quote - prefix.len())),
                quote + 1,
            ));
        }
        return Some(quote + 1 + quoted(&rest[quote + 1..], '"'));
    }
    // A character, and not a lifetime.
    let body = rest.strip_prefix('\'')?;
    let first = body.chars().next()?;
    (first == '\\' || body[first.len_utf8()..].starts_with('\'')).then(|| 1 + quoted(body, '\''))
}

/// The length of the rest of a text in quotes, the closing one included.
fn quoted(rest: &str, quote: char) -> usize {
    let mut characters = rest.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote {
            return at + 1;
        }
    }
    rest.len()
}

/// Fails with every file that `rule` finds something in.
fn none(sources: &[Source], what: &str, rule: impl Fn(&Source) -> bool) {
    let guilty: Vec<_> = sources
        .iter()
        .filter(|source| rule(source))
        .map(|source| &source.path)
        .collect();
    assert!(guilty.is_empty(), "{what}: {guilty:?}");
}

#[test]
fn code_is_told_from_comments_texts_and_tests() {
    let text = r##"
        //! ratatui
        use crate::{tree::block, scan}; /* crossterm */
        fn name<'a>(b: &'a str) -> char { let _ = ("ui \" ui", r#"ui " ui"#, b"ui", b'"', '\'', '"'); 'x' }
        #[cfg(test)]
        mod tests { fn f() { Event::Found } }
        #[cfg(test)]
        mod apart;
        fn last() {}
    "##;
    let source = Source {
        path: PathBuf::from("scan/x.rs"),
        words: words_of(text),
    };
    assert!(
        ["ratatui", "crossterm", "ui"]
            .iter()
            .all(|word| !source.mentions(&[word])),
        "{:?}",
        source.words
    );
    assert!(source.mentions(&["crate", "::", "{", "tree", "::", "block", ",", "scan"]));
    assert!(source.mentions(&["Event", "::", "Found"]) && source.mentions(&["fn", "last"]));
    assert!(source.is_of("scan") && !source.is_of("sca") && !source.is_of("tree"));
    let source = source.without_tests();
    assert!(
        !source.mentions(&["Event"])
            && !source.mentions(&["apart"])
            && source.mentions(&["fn", "last"])
    );
}

#[test]
fn nothing_below_the_interface_mentions_it() {
    let mut below = sources();
    assert!(
        below.iter().any(|source| source.is_of("scan"))
            && below.iter().any(|source| source.is_of("ui"))
    );
    below.retain(|source| !source.is_of("ui") && !source.is_of("main"));
    for word in ["ratatui", "crossterm"] {
        none(&below, word, |source| source.mentions(&[word]));
    }
    // The one place that says which modules there are.
    below.retain(|source| !source.is_of("lib"));
    none(&below, "the interface", |source| source.mentions(&["ui"]));
}

#[test]
fn the_pool_knows_blocks_and_nothing_else_above_it() {
    let pool: Vec<Source> = sources()
        .into_iter()
        .filter(|source| source.is_of("scan"))
        .collect();
    none(&pool, "the tree beyond its blocks", |source| {
        let ends = source
            .words
            .iter()
            .enumerate()
            .filter(|(_, word)| *word == "tree")
            .map(|(at, _)| at + 1);
        ends.into_iter()
            .any(|end| !source.words[end..].starts_with(&["::".to_owned(), "block".to_owned()]))
    });
    for module in ["state", "report", "progress"] {
        none(&pool, module, |source| {
            source.mentions(&["crate", "::", module]) || source.mentions(&[module, "::"])
        });
    }
}

#[test]
fn the_tree_knows_nothing_of_workers_and_the_fold_nothing_of_channels() {
    let sources = sources();
    none(&sources, "workers in the tree", |source| {
        source.is_of("tree")
            && [
                "crossbeam_channel",
                "state",
                "frontier",
                "outbox",
                "WorkerId",
                "thread",
            ]
            .iter()
            .any(|word| source.mentions(&[word, "::"]) || source.mentions(&["::", word]))
    });
    none(&sources, "channels in the fold", |source| {
        source.is_of("state")
            && ["crossbeam_channel", "Instant", "SystemTime", "thread"]
                .iter()
                .any(|word| source.mentions(&[word]))
    });
}

#[test]
fn only_the_fold_interprets_events() {
    let mut sources = sources();
    let place = sources
        .iter()
        .position(|source| source.path == Path::new("scan/event.rs"));
    let variants = variants(&sources.remove(place.expect("there are events")));
    assert!(
        variants.len() >= 9 && variants.iter().any(|name| name == "Listed"),
        "{variants:?}"
    );
    let interprets = |source: &Source| {
        variants
            .iter()
            .any(|variant| source.mentions(&["Event", "::", variant]))
            || source.mentions(&["Event", "::", "*"])
            || source.mentions(&["Event", "::", "{"])
    };
    assert!(
        sources
            .iter()
            .any(|source| source.is_of("state") && interprets(source)),
        "the fold does"
    );
    none(&sources, "events", |source| {
        !source.is_of("scan") && !source.is_of("state") && interprets(source)
    });
}

/// The names in `pub enum Event`.
fn variants(source: &Source) -> Vec<String> {
    let start = source
        .words
        .windows(2)
        .position(|words| words == ["enum", "Event"])
        .expect("the events");
    let body = &source.words[start + 3..start + length_of_block(&source.words[start..])];
    let mut depth = 0;
    let mut variants = Vec::new();
    for word in body {
        match word.as_str() {
            "{" | "(" => depth += 1,
            "}" | ")" => depth -= 1,
            name if depth == 0 && name.starts_with(char::is_uppercase) => {
                variants.push(name.to_owned());
            }
            _ => {}
        }
    }
    variants
}

#[test]
fn views_read_no_clock_and_touch_no_file() {
    let views: Vec<Source> = sources()
        .into_iter()
        .filter(|source| source.is_of("ui/view"))
        .collect();
    if views.is_empty() {
        skip(
            "views_read_no_clock_and_touch_no_file",
            "there are no views yet",
        );
    }
    for word in ["fs", "stdout", "stdin", "SystemTime"] {
        none(&views, word, |source| source.mentions(&[word]));
    }
    none(&views, "a clock", |source| {
        source.mentions(&["Instant", "::", "now"]) || source.mentions(&[".", "elapsed", "("])
    });
}

#[test]
fn the_top_level_holds_what_it_should_and_nothing_else() {
    const NAME: &str = "the_top_level_holds_what_it_should_and_nothing_else";
    const ALLOWED: [&str; 10] = [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        ".ci",
        ".github",
        "assets",
        "src",
        "tests",
    ];
    if root().join(".cargo_vcs_info.json").exists() {
        return skip(NAME, "this is a published package, not the repository");
    }
    let ignored = fs::read_to_string(root().join(".gitignore")).unwrap_or_default();
    let ignored: Vec<&str> = ignored
        .lines()
        .filter_map(|line| line.strip_prefix('/'))
        .collect();
    for entry in root().read_dir().expect("read the top level") {
        let name = entry
            .expect("read the top level")
            .file_name()
            .into_string()
            .expect("a plain name");
        let of_git = name == ".git" || name == ".gitignore";
        assert!(
            of_git || ALLOWED.contains(&name.as_str()) || ignored.contains(&name.as_str()),
            "{name} at the top"
        );
    }
}
