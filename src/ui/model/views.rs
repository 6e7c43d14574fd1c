//! The six views: which of them is shown, and what the keys that move and open do in each.
//!
//! Every view is on the directory that is shown. What a view needs beyond the tree is derived by a
//! file of its own beside this one, and drawn by the file of the same name in `view`.

use std::time::Duration;

use super::{
    AgesTable, DetailsPanel, Direction, End, Find, LargestFiles, Map, Model, ProblemsTable, Stage,
    TypesTable, What,
    listing::{self, By, EntryId},
    table::{Sight, Table},
};
use crate::{derive::entries::Entry, scan::dir::DirId};

/// One of the views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The entries of the directory.
    Browse,
    /// The same as tiles, with theirs inside them.
    Map,
    /// The largest files below it.
    Largest,
    /// What is below it by ending.
    Types,
    /// What is below it by the time of its last change.
    Ages,
    /// What keeps its total from being exact.
    Problems,
}

impl View {
    /// Every view, in the order of the keys.
    pub const ALL: [Self; 6] = [
        Self::Browse,
        Self::Map,
        Self::Largest,
        Self::Types,
        Self::Ages,
        Self::Problems,
    ];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Browse => "Browse",
            Self::Map => "Map",
            Self::Largest => "Largest",
            Self::Types => "Types",
            Self::Ages => "Ages",
            Self::Problems => "Problems",
        }
    }

    /// The key for it, from 1 on.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// The one to its right, or the first.
    pub(in crate::ui) fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// The one to its left, or the last.
    pub(in crate::ui) fn previous(self) -> Self {
        Self::ALL[(self as usize + Self::ALL.len() - 1) % Self::ALL.len()]
    }
}

/// What the region of the rows shows. Whatever takes the place of the view is another variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A view.
    View(View),
    /// What is being looked for.
    Find,
}

/// With fewer lines there is no room for tiles.
const LEAST_FOR_MAP: u16 = 6;

/// What the views need beyond the tree.
#[derive(Debug)]
pub struct Views {
    /// The tiles.
    pub map: Map,
    /// The largest files.
    pub largest: LargestFiles,
    /// What there is by ending.
    pub types: TypesTable,
    /// What there is by age.
    pub ages: AgesTable,
    /// What could not be read.
    pub problems: ProblemsTable,
    /// What is looked for, if anything is.
    pub find: Option<Find>,
    /// What there is to know of what is selected.
    pub details: DetailsPanel,
}

impl Views {
    pub(super) fn new(dir: DirId) -> Self {
        Self {
            map: Map::new(dir),
            largest: LargestFiles::new(dir),
            types: TypesTable::new(dir),
            ages: AgesTable::new(dir),
            problems: ProblemsTable::new(dir),
            find: None,
            details: DetailsPanel::default(),
        }
    }

    /// The table that is shown; `None` for the rows of the directory.
    fn table(&self, content: Content) -> Option<&dyn Table> {
        match content {
            Content::View(View::Browse) => None,
            Content::View(View::Map) => Some(&self.map),
            Content::View(View::Largest) => Some(&self.largest),
            Content::View(View::Types) => Some(&self.types),
            Content::View(View::Ages) => Some(&self.ages),
            Content::View(View::Problems) => Some(&self.problems),
            Content::Find => self.find.as_ref().map(|find| find as &dyn Table),
        }
    }

    fn table_mut(&mut self, content: Content) -> Option<&mut dyn Table> {
        match content {
            Content::View(View::Browse) => None,
            Content::View(View::Map) => Some(&mut self.map),
            Content::View(View::Largest) => Some(&mut self.largest),
            Content::View(View::Types) => Some(&mut self.types),
            Content::View(View::Ages) => Some(&mut self.ages),
            Content::View(View::Problems) => Some(&mut self.problems),
            Content::Find => self.find.as_mut().map(|find| find as &mut dyn Table),
        }
    }
}

impl Model {
    /// What the region of the rows shows now.
    pub fn content(&self) -> Content {
        if self.is_typing() {
            return Content::Find;
        }
        match self.view {
            View::Map if !self.has_room_for_map() => Content::View(View::Browse),
            view => Content::View(view),
        }
    }

    fn has_room_for_map(&self) -> bool {
        let lines = self.size.1;
        lines >= LEAST_FOR_MAP
            && (!self.views.details.is_open() || crate::ui::view::leaves_rows_beside_details(self))
    }

    /// The directory that every view is on.
    pub fn dir(&self) -> DirId {
        self.browser.dir()
    }

    /// The head of the column of sizes: which of the two sizes is shown.
    pub fn size_word(&self) -> &'static str {
        if self.browser.order().apparent {
            "apparent"
        } else {
            "disk"
        }
    }

    /// Shows another view.
    pub(in crate::ui) fn show_view(&mut self, view: View) {
        if self.is_typing() {
            self.end_find();
        }
        self.view = view;
        self.views.largest.set_only(None);
    }

    /// Moves the selection by `rows`, up where negative, not beyond the ends.
    pub(in crate::ui) fn step(&mut self, rows: isize) {
        match self.views.table_mut(self.content()) {
            Some(table) => table.step(rows, self.now),
            None => self.browser.step(&self.state, rows, self.now),
        }
        self.follow_map();
    }

    /// Selects the first row, or the last.
    pub(in crate::ui) fn select_end(&mut self, end: End) {
        match self.views.table_mut(self.content()) {
            Some(table) => table.select_end(end, self.now),
            None => self.browser.select_end(&self.state, end, self.now),
        }
        self.follow_map();
    }

    /// Goes to the right in the map; opens what is selected elsewhere.
    pub(in crate::ui) fn go_right(&mut self) {
        match self.content() {
            Content::View(View::Map) => self.go(Direction::Right),
            Content::View(_) | Content::Find => self.open(),
        }
    }

    /// Goes to the left in the map, and up elsewhere.
    pub(in crate::ui) fn go_left(&mut self) {
        match self.content() {
            Content::View(View::Map) => self.go(Direction::Left),
            Content::View(_) | Content::Find => self.go_up(),
        }
    }

    fn go(&mut self, direction: Direction) {
        self.views.map.go(direction);
        self.follow_map();
    }

    /// Selects a tile of the map.
    pub(in crate::ui) fn select_tile(&mut self, number: usize) {
        self.views.map.select(number);
        self.follow_map();
    }

    /// What is selected in the map is what is selected among the rows.
    fn follow_map(&mut self) {
        if self.content() == Content::View(View::Map)
            && let Some(entry) = self.views.map.selected_entry()
        {
            self.browser.select(entry);
        }
    }

    fn open_tile(&mut self) {
        match self.views.map.selected_what() {
            Some(What::Entry(Entry::Directory(dir))) => {
                let entry = EntryId::Directory(dir);
                if listing::is_directory(self.state.tree(), entry).is_some() {
                    self.browser.open(dir);
                }
            }
            Some(What::More(_)) => self.show_view(View::Browse),
            Some(What::Entry(Entry::File(_))) => self.views.details.open(),
            None => {}
        }
    }

    /// Whether what is selected can be marked.
    pub fn can_mark(&self) -> bool {
        self.entry_to_mark().is_some()
    }

    /// The selected entry, and the directory that it is a row of.
    fn entry_to_mark(&self) -> Option<(DirId, EntryId)> {
        let (dir, entry) = match self.content() {
            Content::View(View::Browse) => (self.browser.dir(), self.browser.selected()?.entry?),
            Content::View(View::Largest) => self.views.largest.selected(self.state.tree())?,
            Content::View(_) | Content::Find => return None,
        };
        (entry != EntryId::Itself).then_some((dir, entry))
    }

    /// Marks what is selected, or takes its mark away, and moves on.
    pub(in crate::ui) fn mark(&mut self) {
        if let Some((dir, entry)) = self.entry_to_mark() {
            self.marks.toggle(dir, entry);
            self.step(1);
        }
    }

    /// Opens what is selected.
    pub(in crate::ui) fn open(&mut self) {
        match self.content() {
            Content::View(View::Browse) => {
                if let Some(dir) = self.selected_directory() {
                    self.browser.open(dir);
                } else if self.browser.selected().is_some() {
                    self.views.details.open();
                }
            }
            Content::View(View::Map) => self.open_tile(),
            Content::View(View::Largest) => {
                if let Some((dir, entry)) = self.views.largest.selected(self.state.tree()) {
                    self.browser.reveal(dir, entry);
                    self.show_view(View::Browse);
                }
            }
            Content::View(View::Types) => self.find_type(),
            Content::Find => self.go_to_found(),
            Content::View(View::Problems) => {
                if let Some((dir, entry)) = self.views.problems.selected(&self.state) {
                    self.browser.reveal(dir, entry);
                    self.show_view(View::Browse);
                }
            }
            Content::View(View::Ages) => {
                let age = self.views.ages.selected();
                self.show_view(View::Largest);
                self.views.largest.set_only(Some(age));
            }
        }
    }

    /// Shows the directory above.
    pub(in crate::ui) fn go_up(&mut self) {
        if let Some(parent) = self.parent() {
            self.browser.up(parent);
        }
    }

    /// Orders the rows by `by`, where they can be.
    pub(in crate::ui) fn order_by(&mut self, by: By) {
        match self.content() {
            Content::View(View::Browse) => {
                // What rows stand in the order of is seen.
                self.columns.count |= by == By::Count;
                self.columns.modified |= by == By::Modified;
                self.browser.order_by(by);
            }
            Content::View(View::Types) => self.views.types.order_by(by),
            Content::View(_) | Content::Find => {}
        }
    }

    // ── Finding ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// What is looked for, if anything is.
    pub fn find(&self) -> Option<&Find> {
        self.views.find.as_ref()
    }

    /// Whether letters are text now.
    pub fn is_typing(&self) -> bool {
        self.find()
            .is_some_and(|find| find.stage() == Stage::Typing)
    }

    /// Whether one steps through what was found.
    pub fn is_stepping(&self) -> bool {
        self.find()
            .is_some_and(|find| find.stage() == Stage::Stepping)
    }

    /// Begins to look for something below the directory that is shown; goes on typing what was
    /// looked for before, if that is still open.
    pub(in crate::ui) fn begin_find(&mut self) {
        let (dir, apparent) = (self.browser.dir(), self.browser.order().apparent);
        let find = self
            .views
            .find
            .get_or_insert_with(|| Find::new(dir, apparent));
        find.set_stage(Stage::Typing);
    }

    /// Looks for the files of the selected type.
    fn find_type(&mut self) {
        if let Some(pattern) = self.views.types.selected_pattern() {
            self.end_find();
            self.begin_find();
            if let Some(find) = &mut self.views.find {
                find.prompt.insert(&pattern);
            }
        }
    }

    /// Ends it.
    pub(in crate::ui) fn end_find(&mut self) {
        self.views.find = None;
    }

    /// Goes to the selected one of those that were found.
    pub(in crate::ui) fn go_to_found(&mut self) {
        let Some(find) = &mut self.views.find else {
            return;
        };
        if let Some((dir, entry)) = find.selected(self.state.tree()) {
            find.set_stage(Stage::Stepping);
            self.browser.reveal(dir, entry);
            self.show_view(View::Browse);
        }
    }

    /// Goes to the next one, or the one before.
    pub(in crate::ui) fn step_found(&mut self, end: End) {
        if let Some(find) = &mut self.views.find {
            find.select_neighbour(end, self.now);
            self.go_to_found();
        }
    }

    /// Whether anything is to be looked through that is not on the screen.
    pub(super) fn is_find_behind(&self) -> bool {
        let find = self.find().filter(|_| self.is_stepping());
        find.is_some_and(|find| find.is_behind(&self.state))
    }

    /// Goes on looking while one steps through what was found.
    pub(super) fn follow_find(&mut self) {
        if self.is_stepping() {
            let changed = self.with_table_of(Content::Find, |table, sight| {
                table.renew(sight);
                table.take_slice(sight) && table.show(sight, 1)
            });
            self.dirty |= changed == Some(true);
        }
    }

    // ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// When the order may move again that stands still now, or more may be taken for which it is too
    /// early.
    pub(super) fn rows_wait_until(&self) -> Option<Duration> {
        match self.views.table(self.content()) {
            Some(table) => table.stands_still_until(self.now),
            None => self.browser.waits_until(self.now),
        }
    }

    /// Whether anything is still to be taken for what is shown.
    pub(super) fn is_behind(&self) -> bool {
        match self.views.table(self.content()) {
            Some(table) => table.is_behind(&self.state),
            None => self.browser.is_behind(),
        }
    }

    /// Begins to take what is new for what is shown, and cuts out what is on the screen.
    pub(super) fn renew_content(&mut self) {
        let lines = crate::ui::view::rows_that_fit(self);
        let changed = self.with_table(|table, sight| {
            table.renew(sight);
            table.take_slice(sight);
            table.show(sight, lines)
        });
        if let Some(changed) = changed {
            self.dirty |= changed;
        } else {
            self.browser.hold(self.views.details.is_open());
            self.browser.renew(self.state.tree(), self.now);
            self.browser.take_slice(self.state.tree(), self.now);
            self.refresh_window();
        }
        self.rows_wait = self.rows_wait_until();
    }

    /// Takes a slice of what is new for what is shown.
    pub(super) fn take_slice(&mut self) {
        let lines = crate::ui::view::rows_that_fit(self);
        let changed =
            self.with_table(|table, sight| table.take_slice(sight) && table.show(sight, lines));
        if let Some(changed) = changed {
            self.dirty |= changed;
        } else if self.browser.take_slice(self.state.tree(), self.now) {
            self.refresh_window();
        }
    }

    /// Calls `then` with the table that is shown; not where the rows of the directory are.
    fn with_table<T>(&mut self, then: impl FnOnce(&mut dyn Table, &Sight<'_>) -> T) -> Option<T> {
        self.with_table_of(self.content(), then)
    }

    fn with_table_of<T>(
        &mut self,
        content: Content,
        then: impl FnOnce(&mut dyn Table, &Sight<'_>) -> T,
    ) -> Option<T> {
        self.with_views(|views, sight| Some(then(views.table_mut(content)?, sight)))
    }

    pub(super) fn with_views<T>(&mut self, then: impl FnOnce(&mut Views, &Sight<'_>) -> T) -> T {
        let columns = crate::ui::view::columns_that_fit(self);
        let sight = Sight {
            state: &self.state,
            dir: self.browser.dir(),
            apparent: self.browser.order().apparent,
            scan: self.scan,
            now: self.now,
            begun: self.settings.begun,
            signs: self.settings.signs,
            workers: &self.workers,
            columns,
            lines: self.size.1,
            selected: self.browser.selected_entry(),
            is_held: self.views.details.is_open(),
        };
        then(&mut self.views, &sight)
    }
}
