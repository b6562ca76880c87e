//! The models that can be chosen: the default, others served beside it, those a visitor brought.

mod copies;
mod import;
mod remember;
mod served;
mod start;
mod storage;

pub use copies::{Copy, list as list_copies, remove as remove_copy};
pub use import::{Import, Imported};
pub use remember::{forget, remember};
pub use served::{fetch_manifest, folders, served};
pub use start::{Wanted, default_place, is_there, wanted};
pub use storage::{Space, ask_to_persist, list, new_folder, remove, space};

use super::{engine::Model, shared::Shared};
use crate::protocol::PackPlace;
use glimpse_model::pack::{Manifest, Quantisation};

/// A model of the menu.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// Where it lies, which is also what tells it from others.
    pub place: PackPlace,
    /// Its facts, once they are known.
    pub facts: Option<Model>,
}

/// Everything the menu shows.
#[derive(Clone, PartialEq)]
pub struct Models {
    /// The one that runs, or is on its way.
    pub chosen: PackPlace,
    /// On this site, the default first.
    served: Vec<Entry>,
    /// In the browser's storage, the oldest first.
    kept: Vec<Entry>,
    /// What is kept of those on this site.
    copies: Vec<Copy>,
    /// Whether the menu is open.
    pub open: bool,
    /// The model whose deletion waits for a second tap.
    pub doubted: Option<PackPlace>,
    /// Room in the browser's storage.
    pub space: Option<Space>,
    /// How the next checkpoint is stored.
    pub quantisation: Quantisation,
    /// The import that runs, or how the last one ended.
    pub import: Import,
}

impl Models {
    /// Starts with this one.
    pub fn new(chosen: PackPlace) -> Self {
        let entry = |place| Entry { place, facts: None };
        let mut served = vec![entry(default_place())];
        if matches!(chosen, PackPlace::Site(_)) && chosen != default_place() {
            served.push(entry(chosen.clone()));
        }
        Self {
            chosen,
            served,
            kept: Vec::new(),
            copies: Vec::new(),
            open: false,
            doubted: None,
            space: None,
            quantisation: Quantisation::Int8,
            import: Import::None,
        }
    }

    /// All of them in the menu's order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.served.iter().chain(&self.kept)
    }

    /// What is kept of a served model.
    pub fn copy(&self, place: &PackPlace) -> Option<&Copy> {
        let PackPlace::Site(address) = place else {
            return None;
        };
        self.copies.iter().find(|copy| copy.address == *address)
    }

    /// Whether a served model is kept as a whole.
    pub fn is_copied(&self, address: &str) -> bool {
        let whole = |copy: &Copy| copy.address == address && copy.manifest.is_some();
        self.copies.iter().any(whole)
    }

    /// The whole list of copies came; without a network, it is also how served models are known.
    pub fn set_copies(&mut self, copies: Vec<Copy>) {
        for copy in &copies {
            let place = PackPlace::Site(copy.address.clone());
            if let Some(manifest) = copy
                .manifest
                .as_ref()
                .filter(|_| self.facts(&place).is_none())
            {
                self.learn(place, manifest.clone());
            }
        }
        self.copies = copies;
    }

    /// Whether anything is in the browser's storage.
    pub fn stores_any(&self) -> bool {
        self.keeps_any() || !self.copies.is_empty()
    }

    /// Whether some are in the browser's storage.
    pub fn keeps_any(&self) -> bool {
        !self.kept.is_empty()
    }

    /// A model's facts, if they are known.
    pub fn facts(&self, place: &PackPlace) -> Option<&Model> {
        self.entries()
            .find(|entry| entry.place == *place)?
            .facts
            .as_ref()
    }

    /// Facts came; a served model that is new goes to the end of its kind.
    pub fn learn(&mut self, place: PackPlace, manifest: Manifest) {
        let facts = Some(Shared::new(manifest));
        let all = self.served.iter_mut().chain(&mut self.kept);
        match all.into_iter().find(|entry| entry.place == place) {
            Some(entry) => entry.facts = facts,
            None if matches!(place, PackPlace::Site(_)) => self.served.push(Entry { place, facts }),
            // One that another tab deleted, or that the list doesn't have yet.
            None => {}
        }
    }

    /// The whole list of the browser's storage came.
    pub fn set_kept(&mut self, packs: Vec<(String, Manifest)>) {
        let entry = |(folder, manifest)| Entry {
            place: PackPlace::Kept(folder),
            facts: Some(Shared::new(manifest)),
        };
        self.kept = packs.into_iter().map(entry).collect();
    }

    /// What a model is called in the menu: models of one name are numbered, so that they can be
    /// told apart.
    pub fn title(&self, place: &PackPlace) -> Option<String> {
        let name = |entry: &Entry| entry.facts.as_ref().map(|facts| facts.name.clone());
        let entry = self.entries().find(|entry| entry.place == *place)?;
        let own = name(entry)?;
        let before = self.entries().take_while(|entry| entry.place != *place);
        match before.filter_map(name).filter(|name| *name == own).count() {
            0 => Some(own),
            namesakes => Some(format!("{own} ({})", namesakes + 1)),
        }
    }
}
