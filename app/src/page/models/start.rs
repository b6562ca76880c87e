//! Which model the page begins with.

use super::{super::dom, remember::remembered, served, storage};
use crate::protocol::PackPlace;

const DEFAULT: &str = "packs/default/";

/// The model that every site has.
pub fn default_place() -> PackPlace {
    // A folder beside the page is always on its site.
    served::served(DEFAULT).unwrap_or_else(|| PackPlace::Site(DEFAULT.to_owned()))
}

/// What the address or the memory asks for.
pub enum Wanted {
    /// Nothing, or the address does: it is taken at its word.
    Certain(PackPlace),
    /// The last visit's, which may be gone by now.
    Remembered(PackPlace),
    /// `?pack=` points to another site: the default instead.
    Refused,
}

/// `?pack=`, if that is on this site; else the last visit's; else the default.
pub fn wanted() -> Wanted {
    let asked = dom::parameter("pack").filter(|pack| !pack.is_empty());
    if let Some(asked) = asked {
        return served::served(&asked).map_or(Wanted::Refused, Wanted::Certain);
    }
    match remembered() {
        Some(place) if place != default_place() => Wanted::Remembered(place),
        _ => Wanted::Certain(default_place()),
    }
}

/// Whether a remembered model is still there.
pub async fn is_there(place: &PackPlace) -> bool {
    match place {
        PackPlace::Site(address) => match served::served(address) {
            Some(PackPlace::Site(address)) => served::fetch_manifest(&address).await.is_some(),
            _ => false,
        },
        PackPlace::Kept(folder) => storage::manifest(folder).await.is_some(),
    }
}
