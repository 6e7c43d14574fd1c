//! What the details say, in words. It must not know where they stand.

use super::Saying;
use crate::{
    escape,
    format::{self, days_between},
    inquiry::{Facts, Mounted, Names},
    tree::{Bound, block::Kind},
    ui::{
        model::{Asked, Details, Directory, Model, RowState},
        view::{browser::left_out, sign_of_bound},
    },
};

/// With fewer columns there is only what is needed.
const NARROW: usize = 32;
const BEING_READ: &str = "being read";

/// Everything but the path, in lines of `room` columns, what is asked for least last.
pub(super) fn of(model: &Model, details: &Details, room: usize) -> Vec<Saying> {
    let record = details.record();
    let directory = record.directory.as_ref();
    let how = directory.map_or(Bound::Exact, |directory| directory.bound);
    let say = |about, text: String| Saying::new(about, &text, room);
    // The sign for it stands before the text.
    let room_of_bound = room.saturating_sub(match sign_of_bound(how, model.settings.signs) {
        "" => 0,
        sign => format::width(sign) + 1,
    });
    let bound = |about, text: String| Saying {
        bound: how,
        ..Saying::new(about, &text, room_of_bound)
    };
    let is_narrow = room < NARROW;
    let mut sayings = Vec::new();
    sayings.extend(directory.map(|directory| say("state", state(model, directory))));
    sayings.push(bound("on disk", bytes(model, record.disk, is_narrow)));
    sayings.push(bound("apparent", apparent(model, details, is_narrow)));
    sayings.push(say("kind", kind(details)));
    sayings.extend(directory.map(|directory| bound("contains", contents(directory))));
    sayings.extend(freed(model, details).map(|text| bound("freed", text)));
    sayings.extend(linked(details).map(|text| say("linked as", text)));
    sayings.push(say("disk", disk(model, details.mounted())));
    let modified = record
        .modified
        .map(|seconds| modified(model, seconds, is_narrow));
    sayings.extend(modified.map(|text| say("modified", text)));
    sayings.push(say("inode", inode(details.facts())));
    if let Asked::Known(facts) = details.facts() {
        let zone = &model.settings.zone;
        sayings.push(say("accessed", zone.second(facts.accessed)));
        sayings.push(say("changed", zone.second(facts.changed)));
    }
    sayings
}

/// A size, exactly and in short: `88,153,427,968 bytes   82.1 GiB`.
fn bytes(model: &Model, bytes: i128, is_narrow: bool) -> String {
    let all = u64::try_from(bytes.max(0)).unwrap_or(u64::MAX);
    let exact = format::plural(all, "byte", "bytes");
    let short = format::size_plain(bytes, model.settings.units);
    match all {
        0..1000 => exact,
        _ if is_narrow => format!("{} B, {short}", format::count(all)),
        _ => format!("{exact}   {short}"),
    }
}

fn apparent(model: &Model, details: &Details, is_narrow: bool) -> String {
    /// Less than this is what does not fill the last block.
    const BLOCK: i128 = 4096;
    let record = details.record();
    let text = bytes(model, record.apparent, is_narrow);
    let holes = record.apparent - record.disk;
    if record.kind != Kind::File || holes < BLOCK || is_narrow {
        return text;
    }
    let holes = format::size_plain(holes, model.settings.units);
    if may_compress(details.mounted()) {
        format!("{text}   {holes} of it take no room")
    } else {
        format!("{text}   sparse: {holes} are holes")
    }
}

/// Whether what takes less room than it has bytes need not have holes.
fn may_compress(mounted: &Asked<Mounted>) -> bool {
    const PLAIN: [&[u8]; 5] = [b"ext2", b"ext3", b"ext4", b"xfs", b"tmpfs"];
    match mounted {
        Asked::Known(Mounted {
            place: Some(place), ..
        }) => !PLAIN.contains(&place.kind.as_slice()),
        _ => false,
    }
}

fn kind(details: &Details) -> String {
    let word = match details.record().kind {
        Kind::File => "file",
        Kind::Directory => "directory",
        Kind::Symlink => "symlink",
        Kind::Pipe => "pipe",
        Kind::Socket => "socket",
        Kind::Device => "device",
        Kind::Other => "of no known kind",
    };
    match details.facts() {
        Asked::BeingRead => format!("{word}, mode and owner {BEING_READ}"),
        Asked::Known(facts) => {
            let (user, group) = owner(facts, details.owner());
            format!(
                "{word}, mode {:04o}, owner {user}, group {group}",
                facts.mode
            )
        }
        Asked::Failed(cause) => format!("{word}; nothing more is known: {cause}"),
    }
}

fn owner(facts: &Facts, names: Option<&Names>) -> (String, String) {
    let who = |number: u32, name: Option<&String>| match name {
        Some(name) => format!("{} ({number})", escape::text(name)),
        None => number.to_string(),
    };
    (
        who(facts.user, names.and_then(|names| names.user.as_ref())),
        who(facts.group, names.and_then(|names| names.group.as_ref())),
    )
}

/// What a directory is in, and why.
fn state(model: &Model, directory: &Directory) -> String {
    let word = directory.state.word();
    let unread = || format::plural(directory.unfinished, "directory", "directories");
    match directory.state {
        RowState::Complete => format!("{word}: all of it was read"),
        RowState::Partial => {
            if let Some(cause) = &directory.failure {
                return format!("{word}: {cause}");
            }
            let places = format::plural(directory.missing, "place", "places");
            let was = if directory.missing == 1 {
                "was"
            } else {
                "were"
            };
            format!("{word}: {places} in it could not be read, or {was} skipped")
        }
        RowState::Queued => format!("{word}: not read yet"),
        RowState::Reading | RowState::Paused | RowState::Stopped => {
            format!("{word}: {} not read yet", unread())
        }
        RowState::Stalled => {
            let stalled = model
                .workers
                .rows()
                .iter()
                .filter_map(|row| row.call.zip(row.here));
            let longest = stalled.max_by_key(|(_, here)| *here);
            match longest {
                Some((call, here)) if directory.unfinished == 1 => {
                    format!("{word}: no answer for {} ({call})", format::elapsed(here))
                }
                _ => format!("{word}: a system call does not answer"),
            }
        }
        RowState::Rescan => format!("{word}: read again, the numbers are those from before"),
        RowState::Skipped => format!("{word}: {} left out on request", unread_or_all(directory)),
        RowState::Failed => {
            let cause = directory.failure.as_deref().unwrap_or("internal error");
            format!("{word}: {cause}")
        }
        RowState::Excluded(rule) => {
            let why = left_out(rule);
            let (first, rest) = why.split_at(1);
            // The word has said it already.
            let why = why.strip_prefix("Excluded ");
            let why = why.map_or_else(|| first.to_lowercase() + rest, str::to_owned);
            format!("{word}: {}", why.trim_end_matches('.'))
        }
    }
}

fn unread_or_all(directory: &Directory) -> String {
    format::plural(
        directory.unfinished.max(directory.missing).max(1),
        "directory",
        "directories",
    )
}

fn contents(directory: &Directory) -> String {
    let files = format::plural(directory.files, "file", "files");
    let dirs = format::plural(directory.dirs, "directory", "directories");
    format!("{files}, {dirs}")
}

fn modified(model: &Model, seconds: i64, is_narrow: bool) -> String {
    let (when, begun) = (model.settings.zone.second(seconds), model.settings.begun);
    if is_narrow {
        return when;
    }
    let days = days_between(seconds, begun);
    let ago = match days {
        _ if seconds > begun => "after this scan began".to_owned(),
        0 => "less than a day before this scan".to_owned(),
        days => format!("{} before this scan", format::plural(days, "day", "days")),
    };
    format!("{when}   {ago}")
}

fn inode(facts: &Asked<Facts>) -> String {
    match facts {
        Asked::BeingRead => BEING_READ.to_owned(),
        Asked::Known(facts) => {
            let (major, minor) = facts.device;
            let inode = format::count(facts.inode);
            let links = format::plural(facts.links, "link", "links");
            format!("{inode} on device {major}:{minor}, {links}")
        }
        Asked::Failed(_) => "not known".to_owned(),
    }
}

/// Where the other names are, of what has any.
fn linked(details: &Details) -> Option<String> {
    /// More are only counted.
    const SHOWN: usize = 3;
    let others = details.others();
    let all = others.all().checked_sub(1).filter(|others| *others > 0)?;
    let paths = others.paths();
    let mut text = paths[..paths.len().min(SHOWN)].join(", ");
    let known = others.known();
    let more = known.saturating_sub(SHOWN as u64);
    if more > 0 {
        text += &format!(" and {} more", format::count(more));
    }
    let elsewhere = all.saturating_sub(known);
    if others.is_behind() {
        text += if text.is_empty() {
            "being looked for"
        } else {
            ", more being looked for"
        };
    } else if elsewhere > 0 {
        let names = format::plural(elsewhere, "name", "names");
        let comma = if text.is_empty() { "" } else { ", " };
        text += &format!("{comma}{names} elsewhere");
    }
    Some(text)
}

/// What deleting it would free; not of a file with one name, which is all of it.
fn freed(model: &Model, details: &Details) -> Option<String> {
    let others = details.others();
    let is_linked = others.all() > 1;
    if details.record().directory.is_none() && !is_linked {
        return None;
    }
    let Some(sum) = details.sum() else {
        return Some("being added up".to_owned());
    };
    let size = |bytes| format::size_plain(bytes, model.settings.units);
    if is_linked && sum.kept > 0 {
        return Some(match (others.all() - 1, others.paths()) {
            (1, [path]) => format!("nothing, unless {path} is deleted too"),
            (1, _) => "nothing, unless its other name is deleted too".to_owned(),
            (count, _) => format!(
                "nothing, unless its {} other names are deleted too",
                format::count(count)
            ),
        });
    }
    let freed = size(sum.freed());
    Some(if sum.kept > 0 {
        format!("{freed}, {} is linked elsewhere", size(sum.kept))
    } else {
        freed
    })
}

/// The file system: kind, place, all of it, what is taken, what is free.
fn disk(model: &Model, mounted: &Asked<Mounted>) -> String {
    match mounted {
        Asked::BeingRead => BEING_READ.to_owned(),
        Asked::Failed(_) => "not known".to_owned(),
        Asked::Known(Mounted { place, size }) => {
            let [all, used, free] = [size.size, size.used, size.free]
                .map(|bytes| format::size_plain(bytes.into(), model.settings.units));
            let sizes = format!("{all}, {used} used, {free} free");
            match place {
                Some(place) => format!(
                    "{} on {}, {sizes}",
                    escape::name(&place.kind),
                    escape::path(&place.point)
                ),
                None => sizes,
            }
        }
    }
}
