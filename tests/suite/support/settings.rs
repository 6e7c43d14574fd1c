//! The settings that the kernel keeps for a terminal (termios), as something to compare and to
//! print.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::termios::{ControlModes, InputModes, LocalModes, OutputModes};

/// Two terminals with equal settings treat keys and output alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    input: InputModes,
    output: OutputModes,
    control: ControlModes,
    local: LocalModes,
    /// The special characters, each with its name.
    characters: String,
}

impl Settings {
    /// The settings of the terminal with this device file.
    pub(crate) fn read(device: &Path) -> Self {
        let settings =
            rustix::termios::tcgetattr(open_device(device)).expect("read the terminal's settings");
        Self {
            input: settings.input_modes,
            output: settings.output_modes,
            control: settings.control_modes,
            local: settings.local_modes,
            characters: format!("{:?}", settings.special_codes),
        }
    }

    /// Whether keys go to the program one by one, unprinted, and Control-C as any other.
    pub(crate) fn are_raw(&self) -> bool {
        !self
            .local
            .intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }
}

/// Opens a terminal's device, but not as that of the tests themselves: without NOCTTY a test run
/// without a terminal of its own would take it.
pub(super) fn open_device(device: &Path) -> OwnedFd {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::open(device, flags, Mode::empty()).expect("open the pseudo-terminal")
}
