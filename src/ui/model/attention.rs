//! Whether the window is being looked at, and whether whoever looks elsewhere is to be called.

use std::time::Duration;

/// The end of a scan that has run for longer is worth calling somebody.
const WORTH_CALLING: Duration = Duration::from_secs(30);

/// Where the user looks, as far as the terminal tells, and the calls.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    is_here: bool,
    calls: u32,
    had_call: bool,
}

impl Attention {
    /// The window is looked at: without focus reports nobody is ever called.
    pub(super) fn new() -> Self {
        Self {
            is_here: true,
            calls: 0,
            had_call: false,
        }
    }

    /// How often somebody was to be called so far.
    pub fn calls(&self) -> u32 {
        self.calls
    }

    /// The window has the focus now, or has it no longer.
    pub(in crate::ui) fn set_focus(&mut self, is_here: bool) {
        self.is_here = is_here;
    }

    /// A scan begins.
    pub(super) fn begin(&mut self) {
        self.had_call = false;
    }

    /// There is nothing more to wait for in a scan that has run for so long. Whether somebody is
    /// to be called: once in a scan.
    pub(super) fn call(&mut self, elapsed: Duration) -> bool {
        let had_call = std::mem::replace(&mut self.had_call, true);
        let is_wanted = !had_call && !self.is_here && elapsed > WORTH_CALLING;
        self.calls += u32::from(is_wanted);
        is_wanted
    }
}
