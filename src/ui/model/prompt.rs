//! A line of text that is being typed: where the cursor is, and what keys do to it.

use unicode_segmentation::UnicodeSegmentation as _;

/// Longer ones are typed by nobody.
const MOST: usize = 1000;

/// The text. See the module's head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    text: String,
    /// In bytes, always between two clusters of characters.
    cursor: usize,
}

/// Where the cursor is moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui) enum Motion {
    Left,
    Right,
    Start,
    End,
}

impl Prompt {
    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor, and what behind it.
    pub fn around_cursor(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Puts `text` in at the cursor, without what cannot be typed; line breaks become blanks.
    pub(in crate::ui) fn insert(&mut self, text: &str) {
        let breaks = |letter| matches!(letter, '\n' | '\r' | '\t');
        let typed = text
            .chars()
            .map(|letter| if breaks(letter) { ' ' } else { letter });
        for letter in typed.filter(|letter| !letter.is_control()) {
            if self.text.len() + letter.len_utf8() <= MOST {
                self.text.insert(self.cursor, letter);
                self.cursor += letter.len_utf8();
            }
        }
        // A mark that belongs to the letter behind it would be cut from it.
        while !self.is_between_clusters() {
            self.cursor += 1;
        }
    }

    fn is_between_clusters(&self) -> bool {
        let mut starts = self.text.grapheme_indices(true).map(|(start, _)| start);
        self.cursor == self.text.len() || starts.any(|start| start == self.cursor)
    }

    /// Takes away what is before the cursor: one character.
    pub(in crate::ui) fn erase_character(&mut self) {
        self.erase_to(self.left());
    }

    /// The word, and the blanks behind it.
    pub(in crate::ui) fn erase_word(&mut self) {
        let before = self.text[..self.cursor].trim_end();
        let start = before.rfind(char::is_whitespace).map_or(0, |blank| {
            blank + before[blank..].chars().next().map_or(0, char::len_utf8)
        });
        self.erase_to(start);
    }

    /// Everything.
    pub(in crate::ui) fn erase_all(&mut self) {
        self.erase_to(0);
    }

    /// Takes away the character behind the cursor.
    pub(in crate::ui) fn delete(&mut self) {
        let behind = self.right();
        self.text.replace_range(self.cursor..behind, "");
    }

    fn erase_to(&mut self, start: usize) {
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    pub(in crate::ui) fn go(&mut self, motion: Motion) {
        self.cursor = match motion {
            Motion::Left => self.left(),
            Motion::Right => self.right(),
            Motion::Start => 0,
            Motion::End => self.text.len(),
        };
    }

    fn left(&self) -> usize {
        let mut clusters = self.text[..self.cursor].grapheme_indices(true);
        clusters.next_back().map_or(0, |(start, _)| start)
    }

    fn right(&self) -> usize {
        let mut clusters = self.text[self.cursor..].graphemes(true);
        self.cursor + clusters.next().map_or(0, str::len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn typed(text: &str) -> Prompt {
        let mut prompt = Prompt::default();
        prompt.insert(text);
        prompt
    }

    #[test]
    fn it_is_edited_at_the_cursor() {
        let mut prompt = typed("one two  three");
        prompt.erase_word();
        assert_eq!(prompt.text(), "one two  ");
        prompt.erase_word();
        assert_eq!(prompt.text(), "one ");
        prompt.erase_character();
        prompt.go(Motion::Start);
        prompt.insert("> ");
        prompt.go(Motion::Right);
        prompt.delete();
        assert_eq!(prompt.around_cursor(), ("> o", "e"));
        prompt.go(Motion::End);
        prompt.erase_all();
        assert_eq!(prompt, Prompt::default());
        prompt.erase_character();
        prompt.erase_word();
        prompt.delete();
        prompt.go(Motion::Left);
        assert_eq!(prompt, Prompt::default());
    }

    #[test]
    fn clusters_are_not_cut_and_nothing_gets_in_that_cannot_be_typed() {
        let mut prompt = typed("e\u{301}👨‍👩‍👧x");
        prompt.erase_character();
        prompt.erase_character();
        assert_eq!(prompt.text(), "e\u{301}");
        prompt.erase_character();
        assert_eq!(prompt.text(), "");
        assert_eq!(typed("a\nb\x1b[2J\tc").text(), "a b[2J c");
        assert_eq!(typed(&"x".repeat(5000)).text().len(), MOST);
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(steps in prop::collection::vec((0..9_u8, ".{0,3}"), 0..60)) {
            let mut prompt = Prompt::default();
            for (step, text) in steps {
                match step {
                    0..=2 => prompt.insert(&text),
                    3 => prompt.erase_character(),
                    4 => prompt.erase_word(),
                    5 => prompt.delete(),
                    6 => prompt.go(Motion::Left),
                    7 => prompt.go(Motion::Right),
                    _ => prompt.go(Motion::Start),
                }
                let (before, behind) = prompt.around_cursor();
                prop_assert_eq!(format!("{before}{behind}"), prompt.text());
            }
        }
    }
}
