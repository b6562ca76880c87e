//! What some tests need and not every machine has. Found out without compiling anything.

use crate::audit;
use crate::places::Places;
use crate::process::{answer as answer_of, program};
use crate::setup;
use std::env;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

/// The photos with captions that recall is measured on, below the shared folder.
const PHOTOS: &str = "data/flickr8k-dev.tar";

/// What this machine has.
#[derive(Debug, Default)]
pub struct Machine {
    /// The folder of data too large for the repository.
    pub shared: Option<PathBuf>,
    /// Whether a native program can use a graphics card.
    pub gpu: bool,
    /// Whether cargo-deny and RustSec's database are there, as `cargo xtask audit` leaves them.
    pub has_rustsec: bool,
    /// Whether npm answered what it knows against the packages of the set-up.
    pub has_npm_audit: bool,
    /// Firefox, as the tests drive it.
    pub firefox: Option<PathBuf>,
    /// The driver of `WebKitGTK`, with what it needs.
    pub webkit_driver: Option<PathBuf>,
    /// Whether it runs the tests unattended.
    pub is_ci: bool,
}

impl Machine {
    /// Looks at this machine.
    pub fn find(places: &Places) -> Self {
        let said = env::var("GLIMPSE_TEST_GPU").unwrap_or_default();
        Self {
            shared: shared(places),
            gpu: answer(&said).unwrap_or_else(has_gpu),
            has_rustsec: has_rustsec(places),
            has_npm_audit: audit::noted_npm(places)
                .is_ok_and(|finding| finding != audit::Finding::Unknown),
            firefox: setup::engines::firefox(),
            webkit_driver: setup::engines::webkit_driver(),
            is_ci: env::var_os("CI").is_some_and(|value| !value.is_empty()),
        }
    }

    /// Whether there are photos to measure recall on.
    pub fn has_photos(&self) -> bool {
        let has_photos = |folder: &PathBuf| folder.join(PHOTOS).is_file();
        self.shared.as_ref().is_some_and(has_photos)
    }
}

/// `GLIMPSE_SHARED`, or a folder `shared` beside the repository; as an absolute path, since tests
/// run in other folders than this program.
fn shared(places: &Places) -> Option<PathBuf> {
    let folder =
        env::var_os("GLIMPSE_SHARED").map_or_else(|| places.root.join("../shared"), PathBuf::from);
    let folder = folder.canonicalize().ok()?;
    folder.is_dir().then_some(folder)
}

/// Whether weaknesses of crates can be looked up without a network.
fn has_rustsec(places: &Places) -> bool {
    let database = setup::cargo_home(places).map(|home| home.join("advisory-dbs"));
    let mut deny = program(places, setup::found(places, "cargo-deny"));
    database.is_some_and(|folder| holds_database(&folder))
        && answer_of(deny.arg("--version")).is_some()
}

/// Whether a folder of databases has one; one that couldn't be fetched leaves a file behind.
fn holds_database(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .any(|database| database.join("crates").is_dir())
}

/// What `GLIMPSE_TEST_GPU` says about a graphics card, if anything.
fn answer(said: &str) -> Option<bool> {
    match said {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}

/// Whether a graphics card's device file can be opened. Other systems than Linux come with a
/// graphics card in all likelihood.
fn has_gpu() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let entries = fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| is_render_node(path))
        .chain([PathBuf::from("/dev/nvidia0")])
        .any(|path| is_openable(&path))
}

fn is_render_node(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("renderD"))
}

fn is_openable(path: &Path) -> bool {
    let mut options = OpenOptions::new();
    options.read(true).write(true).open(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places;

    #[test]
    fn only_a_clear_answer_overrides_what_is_found() {
        assert_eq!(answer("1"), Some(true));
        assert_eq!(answer("0"), Some(false));
        assert_eq!(answer(""), None);
        assert_eq!(answer("yes"), None);
    }

    #[test]
    fn render_nodes_are_told_from_displays() {
        assert!(is_render_node(Path::new("/dev/dri/renderD128")));
        assert!(!is_render_node(Path::new("/dev/dri/card0")));
    }

    #[test]
    fn a_database_that_could_not_be_fetched_is_none() {
        let folder = places::testing("advisories").root;
        assert!(!holds_database(&folder));
        fs::create_dir_all(folder.join("advisory-db-1")).unwrap();
        fs::write(folder.join("db.lock"), "").unwrap();
        assert!(!holds_database(&folder));
        fs::create_dir_all(folder.join("advisory-db-1/crates/a")).unwrap();
        assert!(holds_database(&folder));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_without_photos_has_none() {
        assert!(!Machine::default().has_photos());
        let root = places::testing("photos").root;
        let machine = Machine {
            shared: Some(root.clone()),
            ..Machine::default()
        };
        fs::create_dir_all(root.join("data")).unwrap();
        assert!(!machine.has_photos());
        fs::write(root.join(PHOTOS), "").unwrap();
        assert!(machine.has_photos());
        fs::remove_dir_all(root).unwrap();
    }
}
