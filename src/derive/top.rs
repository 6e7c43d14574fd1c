//! The largest few of many.

use std::{cmp::Reverse, collections::BinaryHeap};

/// The largest of what was offered, at most a given number.
#[derive(Clone, Debug)]
pub struct Top<T> {
    most: usize,
    /// The smallest on top.
    heap: BinaryHeap<Reverse<T>>,
}

impl<T: Ord> Top<T> {
    /// None yet, and later at most `most`.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            heap: BinaryHeap::new(),
        }
    }

    /// Whether `item` would be among them.
    pub fn admits(&self, item: &T) -> bool {
        match self.heap.peek() {
            Some(Reverse(smallest)) if self.heap.len() == self.most => item > smallest,
            _ => self.most > 0,
        }
    }

    /// Takes `item` in if it is among the largest. The one that had to go, perhaps `item` itself.
    pub fn offer(&mut self, item: T) -> Option<T> {
        if !self.admits(&item) {
            return Some(item);
        }
        let full = self.heap.len() == self.most;
        let gone = if full { self.heap.pop() } else { None };
        self.heap.push(Reverse(item));
        gone.map(|Reverse(gone)| gone)
    }

    /// Lets others take the places of all, or none.
    pub fn change(&mut self, change: impl Fn(T) -> Option<T>) {
        let items = std::mem::take(&mut self.heap).into_iter();
        let changed = items.filter_map(|Reverse(item)| change(item));
        self.heap = changed.map(Reverse).collect();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// All of them, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.heap.iter().map(|Reverse(item)| item)
    }
}
