//! Which model the page begins with.

use super::{remember::remembered, served, storage};
use crate::{page::platform::dom, protocol::PackLocation};

/// The default model's folder, relative to the page.
pub const DEFAULT: &str = "packs/default/";

/// The location of the model that every site has.
pub fn default_location() -> PackLocation {
    // A folder beside the page is always on its site.
    served::location(DEFAULT).unwrap_or_else(|| PackLocation::Site(DEFAULT.to_owned()))
}

/// The model to begin with.
pub enum Wanted {
    /// The one that `?pack=` names, which is opened unseen, or the default.
    Certain(PackLocation),
    /// The last visit's, which may have been deleted since.
    Remembered(PackLocation),
    /// The default, since `?pack=` points to another site.
    Refused,
}

/// `?pack=`, if that is on this site; else the last visit's model; else the default.
pub fn wanted(default: &PackLocation) -> Wanted {
    let asked = dom::parameter("pack").filter(|pack| !pack.is_empty());
    if let Some(asked) = asked {
        return served::location(&asked).map_or(Wanted::Refused, Wanted::Certain);
    }
    match remembered() {
        Some(location) if location != *default => Wanted::Remembered(location),
        _ => Wanted::Certain(default.clone()),
    }
}

/// Whether a remembered model is still there.
pub async fn is_there(location: &PackLocation) -> bool {
    match location {
        PackLocation::Site(address) => match served::location(address) {
            Some(PackLocation::Site(address)) => served::fetch_manifest(&address).await.is_some(),
            _ => false,
        },
        PackLocation::Kept(folder) => storage::is_there(folder).await,
    }
}
