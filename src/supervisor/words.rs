//! What the explorer says to its supervisor, and how that is told from the text of errors, which
//! comes the same way: a word begins with a zero byte, is a line, and no text has a zero byte.

use super::modes::{Modes, Mouse};

/// What the explorer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// It wants the terminal, in these modes, and waits until it has it.
    Take(Modes),
    /// It is to be suspended, as by the key, and draws nothing any more.
    Suspend,
    /// It is about to end. If it does not, it hangs.
    Leaving,
    /// Nothing more is to come from it but this exit code.
    Done(u8),
}

impl Word {
    /// As it is written.
    pub(super) fn line(self) -> String {
        let word = match self {
            Self::Take(Modes { mouse, progress }) => {
                let mouse = if mouse == Mouse::Reported {
                    " mouse"
                } else {
                    ""
                };
                let progress = if progress { " progress" } else { "" };
                format!("take{mouse}{progress}")
            }
            Self::Suspend => "suspend".to_owned(),
            Self::Leaving => "leaving".to_owned(),
            Self::Done(code) => format!("done {code}"),
        };
        format!("\0{word}\n")
    }

    /// As it is read, without zero byte and line feed.
    fn read(word: &str) -> Option<Self> {
        let mut parts = word.split(' ');
        let first = parts.next()?;
        let rest: Vec<&str> = parts.collect();
        match first {
            "take" => Some(Self::Take(Modes {
                mouse: if rest.contains(&"mouse") {
                    Mouse::Reported
                } else {
                    Mouse::Untouched
                },
                progress: rest.contains(&"progress"),
            })),
            "suspend" => Some(Self::Suspend),
            "leaving" => Some(Self::Leaving),
            "done" => rest.first()?.parse().ok().map(Self::Done),
            _ => None,
        }
    }
}

/// Longest text that is kept. The beginning of it tells more than the end.
const TEXT: usize = 64 * 1024;

/// Takes apart what comes.
#[derive(Debug, Default)]
pub(super) struct Listener {
    /// The beginning of a word.
    word: Option<Vec<u8>>,
    /// All text so far.
    pub(super) text: Vec<u8>,
}

impl Listener {
    /// The words in `bytes`; what is none is kept as text.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Vec<Word> {
        let mut words = Vec::new();
        for byte in bytes {
            match (&mut self.word, *byte) {
                (_, 0) => self.word = Some(Vec::new()),
                (Some(word), b'\n') => {
                    words.extend(std::str::from_utf8(word).ok().and_then(Word::read));
                    self.word = None;
                }
                (Some(word), byte) => word.push(byte),
                (None, byte) if self.text.len() < TEXT => self.text.push(byte),
                (None, _) => {}
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_text_wherever_they_are_cut() {
        let take = |mouse, progress| Word::Take(Modes { mouse, progress });
        let said = [
            take(Mouse::Reported, false),
            take(Mouse::Untouched, true),
            Word::Suspend,
            Word::Leaving,
            Word::Done(143),
        ];
        let texts = ["", "done 0\n", "leaving\n", "half a line", " and its end\n"];
        let parts = said.iter().zip(texts);
        let all: String = parts
            .flat_map(|(word, text)| [word.line(), text.to_owned()])
            .collect();
        for length in 1..=all.len() {
            let mut listener = Listener::default();
            let pieces = all.as_bytes().chunks(length);
            let heard: Vec<Word> = pieces.flat_map(|piece| listener.hear(piece)).collect();
            assert_eq!(heard, said);
            assert_eq!(listener.text, texts.concat().as_bytes());
        }
    }

    #[test]
    fn text_without_an_end_takes_no_more_room() {
        let mut listener = Listener::default();
        for _ in 0..3 {
            assert!(listener.hear(&vec![b'x'; TEXT]).is_empty());
        }
        assert_eq!(listener.text.len(), TEXT);
        assert_eq!(listener.hear(b"\0done 1\n"), [Word::Done(1)]);
    }
}
