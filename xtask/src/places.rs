//! Where things lie: the repository, the per-user cache and what is built from them.

use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};

/// The folders that every command works with.
pub struct Places {
    /// The root folder of the repository's working copy.
    pub root: PathBuf,
    /// Tools and downloads that every clone of the repository shares.
    pub cache: PathBuf,
}

impl Places {
    /// Finds the repository from Cargo's environment and the cache from the user's.
    pub fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .parent()
            .context("xtask has to lie in the repository")?;
        let cache = cache_folder(|name| env::var_os(name).map(PathBuf::from)).context(
            "no folder for downloads: neither GLIMPSE_CACHE nor HOME is set. \
             Set GLIMPSE_CACHE to a folder with 2 GB of room.",
        )?;
        Ok(Self {
            root: root.to_owned(),
            cache,
        })
    }

    /// The folder of the built site, as it is served.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Stamps, logs and other notes that xtask leaves for itself.
    pub fn notes(&self) -> PathBuf {
        self.target().join("xtask")
    }

    /// Cargo's target folder: `CARGO_TARGET_DIR` if it's set, else `target/`.
    pub fn target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.root.join("target"), |dir| self.root.join(dir))
    }

    /// Programs installed with `cargo install`.
    pub fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    /// Packages installed with npm.
    pub fn node_modules(&self) -> PathBuf {
        self.cache.join("npm/node_modules")
    }
}

/// Folders of a test's own below the system's temporary one.
#[cfg(test)]
pub fn testing(name: &str) -> Places {
    let root = env::temp_dir().join(format!("glimpse-{name}-{}", std::process::id()));
    Places {
        cache: root.join("cache"),
        root,
    }
}

fn cache_folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    if let Some(own) = variable("GLIMPSE_CACHE") {
        return Some(own);
    }
    if let Some(xdg) = variable("XDG_CACHE_HOME").filter(|path| path.is_absolute()) {
        return Some(xdg.join("glimpse"));
    }
    if cfg!(windows) {
        return variable("LOCALAPPDATA").map(|data| data.join("glimpse"));
    }
    let under_home = if cfg!(target_os = "macos") {
        Path::new("Library/Caches/glimpse")
    } else {
        Path::new(".cache/glimpse")
    };
    variable("HOME").map(|home| home.join(under_home))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Option<PathBuf> {
        cache_folder(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| PathBuf::from(value))
        })
    }

    #[test]
    fn own_variable_wins() {
        let found = with(&[("GLIMPSE_CACHE", "/a"), ("XDG_CACHE_HOME", "/b")]);
        assert_eq!(found, Some("/a".into()));
    }

    #[test]
    fn relative_xdg_folder_is_ignored() {
        let found = with(&[("XDG_CACHE_HOME", "b"), ("HOME", "/h")]);
        assert!(found.is_some_and(|path| path.starts_with("/h")));
    }

    #[test]
    fn nothing_known_is_none() {
        assert_eq!(with(&[]), None);
    }
}
