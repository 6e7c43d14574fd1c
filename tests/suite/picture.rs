//! Makes the picture of the README: the screen of a real run, as an SVG.

use std::{env, fmt::Write as _, fs, path::Path};

use crate::support::{keys::Key, terminal::Launch};

const SIZE: (u16, u16) = (100, 30);
/// Width and height of a cell, in pixels.
const CELL: (f32, f32) = (8.4, 18.0);
/// The sixteen colours of the picture's terminal.
const PALETTE: [&str; 16] = [
    "#1d2129", "#e06c75", "#98c379", "#d8a657", "#5fa8e8", "#c586c0", "#56b6c2", "#abb2bf",
    "#5c6370", "#ff7b85", "#b5e890", "#f0c674", "#79b8ff", "#e0a3dc", "#7fd5e0", "#ffffff",
];
const INK: &str = "#d5d9e0";
const PAPER: &str = "#1d2129";

#[test]
#[ignore = "writes assets/screen.svg; run by hand, as the README says"]
fn picture() {
    let root = env::var("PICTURE_OF").unwrap_or_else(|_| "/usr".into());
    let mut terminal = Launch::new(env!("CARGO_BIN_EXE_spelunk"))
        .args(["-t", "8", &root])
        .size(SIZE)
        .start();
    // Far enough for every part of the screen to have something to show.
    terminal.wait_for("a second has gone by", |screen| {
        screen
            .rows(0, SIZE.0)
            .next()
            .is_some_and(|line| line.ends_with("scanning     0:01"))
    });
    terminal.key(Key::Down);
    terminal.wait_for("the second row is selected", |screen| {
        screen
            .rows(0, SIZE.0)
            .skip(2)
            .filter(|line| line.contains("%  ") || line.contains("% █"))
            .count()
            > 2
    });
    let svg = svg(&terminal.screen());
    terminal.key(Key::Character('q'));
    terminal.wait_exit();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screen.svg");
    fs::write(path, svg).expect("write the picture");
}

fn svg(screen: &vt100::Screen) -> String {
    let (width, height) = (
        f32::from(SIZE.0) * CELL.0 + 24.0,
        f32::from(SIZE.1) * CELL.1 + 24.0,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for line in 0..SIZE.1 {
        let mut column = 0;
        while column < SIZE.0 {
            let (text, next) = run(screen, line, column);
            draw(&mut svg, screen.cell(line, column), &text, (column, line));
            column = next;
        }
    }
    svg + "</svg>\n"
}

/// Cells from `column` on that look the same, and where the next ones begin.
fn run(screen: &vt100::Screen, line: u16, column: u16) -> (String, u16) {
    let looks = |column| {
        screen
            .cell(line, column)
            .map(|cell: &vt100::Cell| (cell.fgcolor(), cell.bold(), cell.dim(), cell.inverse()))
    };
    let (first, mut text, mut next) = (looks(column), String::new(), column);
    while next < SIZE.0 && looks(next) == first {
        let content = screen.cell(line, next).map_or("", |cell| cell.contents());
        text += if content.is_empty() { " " } else { content };
        next += 1;
    }
    (text, next)
}

fn draw(svg: &mut String, cell: Option<&vt100::Cell>, text: &str, (column, line): (u16, u16)) {
    let Some(cell) = cell else { return };
    let (x, y) = (
        12.0 + f32::from(column) * CELL.0,
        12.0 + f32::from(line) * CELL.1,
    );
    let width = text.chars().count() as f32 * CELL.0;
    let colour = match cell.fgcolor() {
        vt100::Color::Idx(index) => PALETTE[usize::from(index) % PALETTE.len()],
        _ => INK,
    };
    let (ink, paper) = if cell.inverse() {
        (PAPER, Some(colour))
    } else {
        (colour, None)
    };
    // Writing into a string cannot fail.
    if let Some(paper) = paper {
        let height = CELL.1;
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{paper}\"/>"
        );
    }
    let weight = if cell.bold() {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let opacity = if cell.dim() { " opacity=\"0.55\"" } else { "" };
    // Word by word, each at its place, so that no viewer's idea of a blank can move anything.
    let mut at = 0;
    for word in text.split(' ') {
        let (x, length) = (x + at as f32 * CELL.0, word.chars().count());
        at += length + 1;
        if length > 0 {
            let word = word.replace('&', "&amp;").replace('<', "&lt;");
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" \
                 lengthAdjust=\"spacingAndGlyphs\" fill=\"{ink}\"{weight}{opacity}>{word}</text>",
                y + 13.5,
                length as f32 * CELL.0
            );
        }
    }
}
