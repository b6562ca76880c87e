//! The list of models, which of them is chosen, and what the menu shows besides.

use super::{
    cached::CachedPack,
    import::Import,
    spending::AskReason,
    start::DEFAULT,
    storage::{PackFault, Space, StoredPack},
    text,
};
use crate::{
    page::{
        effects::Notice,
        ui::{Model, PtrEqRc},
    },
    protocol::PackLocation,
};
use std::collections::HashMap;

/// A model that the menu lists, served by this site or imported.
#[derive(Clone)]
pub struct Entry {
    /// Where its pack lies, which tells it from others.
    pub location: PackLocation,
    /// Its manifest, once that is known.
    pub manifest: Option<Model>,
    /// Why it can't be used, if its folder holds no pack.
    pub fault: Option<PackFault>,
}

/// The models that can be chosen: the default, others served beside it, those that were imported.
pub struct Models {
    /// The model that runs, or is on its way.
    pub chosen: PackLocation,
    /// The model that every site has.
    pub(super) default: PackLocation,
    /// Models on this site, the default first.
    served: Vec<Entry>,
    /// Models in the browser's storage, the oldest first.
    stored: Vec<Entry>,
    /// Copies of served models in the browser's storage.
    cached: Vec<CachedPack>,
    /// Whether the list of copies is from after the model was ready, so that one that isn't on it won't
    /// come.
    pub(in crate::page::features) knows_copies: bool,
    /// Whether the visitor deleted the copy of the model that runs.
    pub(super) is_copy_deleted: bool,
    /// Whether the menu is open.
    pub(super) is_open: bool,
    /// The model whose deletion waits for the visitor's confirmation.
    pub(super) pending_delete: Option<PackLocation>,
    /// Room in the browser's storage, once it was measured.
    pub(super) space: Option<Space>,
    /// The import that runs, or how the last one ended.
    pub(super) import: Import,
    /// Why downloads are asked about, if they are.
    pub(super) ask: Option<AskReason>,
    /// Whether the chosen model waits for the visitor's leave to be downloaded.
    pub(super) is_asking: bool,
    /// What is told once the chosen model is opened.
    pub(super) notice: Option<Notice>,
    /// Bytes to download of served models, by their addresses, as far as that is known.
    pub(super) sizes: HashMap<String, u64>,
}

impl Default for Models {
    /// The default model alone, its address not resolved yet.
    fn default() -> Self {
        let default = PackLocation::Site(DEFAULT.to_owned());
        Self {
            chosen: default.clone(),
            served: vec![entry(default.clone())],
            default,
            stored: Vec::new(),
            cached: Vec::new(),
            knows_copies: false,
            is_copy_deleted: false,
            is_open: false,
            pending_delete: None,
            space: None,
            import: Import::default(),
            ask: None,
            is_asking: false,
            notice: None,
            sizes: HashMap::new(),
        }
    }
}

fn entry(location: PackLocation) -> Entry {
    Entry {
        location,
        manifest: None,
        fault: None,
    }
}

impl Models {
    /// Whether the default model is chosen.
    pub fn is_default(&self) -> bool {
        self.chosen == self.default
    }

    /// Whether a served model's copy is complete, by the model's address.
    pub fn is_cached(&self, address: &str) -> bool {
        let complete = |pack: &CachedPack| pack.address == address && pack.manifest.is_some();
        self.cached.iter().any(complete)
    }

    /// Whether the chosen model waits for the visitor's leave to be downloaded.
    pub fn is_asking(&self) -> bool {
        self.is_asking
    }

    /// Bytes that a model is to download; `None` if that isn't known, or if it is there already.
    pub fn download_size(&self, location: &PackLocation) -> Option<u64> {
        match location {
            PackLocation::Site(address) => self.sizes.get(address).copied(),
            PackLocation::Kept(_) => None,
        }
    }

    /// Begins the list with the default model and the chosen one.
    pub(super) fn begin(&mut self, default: PackLocation, chosen: PackLocation) {
        self.served = vec![entry(default.clone())];
        if matches!(chosen, PackLocation::Site(_)) && chosen != default {
            self.served.push(entry(chosen.clone()));
        }
        self.default = default;
        self.chosen = chosen;
    }

    /// All models in the menu's order.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.served.iter().chain(&self.stored)
    }

    fn entry(&self, location: &PackLocation) -> Option<&Entry> {
        self.entries().find(|entry| entry.location == *location)
    }

    /// A model's manifest, if it is known.
    pub(super) fn manifest(&self, location: &PackLocation) -> Option<&Model> {
        self.entry(location)?.manifest.as_ref()
    }

    /// A served model's copy, complete or not.
    pub(super) fn cached_pack(&self, location: &PackLocation) -> Option<&CachedPack> {
        let PackLocation::Site(address) = location else {
            return None;
        };
        self.cached.iter().find(|pack| pack.address == *address)
    }

    /// Takes over the list of copies. Without a network, it is also how served models are known.
    pub(super) fn set_cached(&mut self, packs: Vec<CachedPack>) {
        for pack in &packs {
            let location = PackLocation::Site(pack.address.clone());
            if let Some(manifest) = &pack.manifest
                && self.manifest(&location).is_none()
            {
                self.learn(location, manifest.clone());
            }
        }
        for pack in packs.iter().filter(|pack| pack.manifest.is_some()) {
            self.sizes.remove(&pack.address);
        }
        self.cached = packs;
    }

    /// Takes over the list of imported models.
    pub(super) fn set_stored(&mut self, packs: Vec<StoredPack>) {
        let entry = |pack: StoredPack| {
            let fault = pack.content.as_ref().err().copied();
            Entry {
                location: PackLocation::Kept(pack.folder),
                manifest: pack.content.ok().map(PtrEqRc::new),
                fault,
            }
        };
        self.stored = packs.into_iter().map(entry).collect();
    }

    /// Whether there are imported models.
    pub(super) fn has_stored(&self) -> bool {
        !self.stored.is_empty()
    }

    /// Whether there are imported models, or copies of served ones.
    pub(super) fn uses_storage(&self) -> bool {
        self.has_stored() || !self.cached.is_empty()
    }

    /// Takes over a model's manifest. A served model that is new goes to the end of its kind.
    pub(super) fn learn(&mut self, location: PackLocation, manifest: Model) {
        let manifest = Some(manifest);
        let mut entries = self.served.iter_mut().chain(&mut self.stored);
        match entries.find(|entry| entry.location == location) {
            Some(entry) => entry.manifest = manifest,
            None if matches!(location, PackLocation::Site(_)) => {
                self.served.push(Entry {
                    location,
                    manifest,
                    fault: None,
                });
            }
            // One that another tab deleted, or that the list doesn't have yet.
            None => {}
        }
    }

    /// What a model is called in the menu: models of one name are numbered, so that they can be
    /// told apart.
    pub(super) fn title(&self, location: &PackLocation) -> Option<String> {
        let name = |entry: &Entry| match (&entry.manifest, entry.fault) {
            (Some(model), _) => Some(model.name.clone()),
            (None, fault) => fault.map(|fault| text::fault(fault).into()),
        };
        let own = name(self.entry(location)?)?;
        let before = self
            .entries()
            .take_while(|entry| entry.location != *location);
        match before.filter_map(name).filter(|name| *name == own).count() {
            0 => Some(own),
            namesakes => Some(format!("{own} ({})", namesakes + 1)),
        }
    }

    /// Selects a model's element in the menu, by its index, since an address may hold any character.
    pub(super) fn selector(&self, location: &PackLocation) -> String {
        let index = self.entries().position(|entry| entry.location == *location);
        format!("#model-{}", index.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(name: &str) -> PackLocation {
        PackLocation::Site(format!("https://example.com/packs/{name}/"))
    }

    #[test]
    fn a_chosen_model_of_this_site_stands_after_the_default() {
        let mut models = Models::default();
        models.begin(site("default"), site("other"));
        let locations: Vec<_> = models.entries().map(|entry| &entry.location).collect();
        assert_eq!(locations, [&site("default"), &site("other")]);
        assert_eq!(models.selector(&site("other")), "#model-1");
        assert!(!models.is_default());
    }

    #[test]
    fn the_default_is_listed_once() {
        let mut models = Models::default();
        models.begin(site("default"), site("default"));
        assert_eq!(models.entries().count(), 1);
        assert!(models.is_default());
    }

    #[test]
    fn what_is_no_pack_is_shown_and_stays() {
        let mut models = Models::default();
        let stored = |folder: &str, fault| StoredPack {
            folder: folder.to_owned(),
            content: Err(fault),
        };
        models.set_stored(vec![
            stored("01", PackFault::Unfinished),
            stored("02", PackFault::Unfinished),
            stored("03", PackFault::OtherVersion),
        ]);
        let title = |folder: &str| models.title(&PackLocation::Kept(folder.to_owned()));
        assert_eq!(title("01").as_deref(), Some("Unfinished import"));
        assert_eq!(title("02").as_deref(), Some("Unfinished import (2)"));
        assert!(title("03").is_some());
        assert_eq!(models.entries().count(), 4);
    }

    #[test]
    fn a_copy_counts_once_it_is_complete() {
        let mut models = Models::default();
        models.begin(site("default"), site("default"));
        models.set_cached(vec![CachedPack {
            address: "https://example.com/packs/default/".to_owned(),
            bytes: 1000,
            manifest: None,
        }]);
        assert!(!models.is_cached("https://example.com/packs/default/"));
        assert!(models.cached_pack(&site("default")).is_some());
        assert!(models.uses_storage());
    }
}
