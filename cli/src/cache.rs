//! The folder of downloads that `cargo xtask setup` fills: the rule is xtask's (`xtask/src/places.rs`).

use std::{env, path::PathBuf};

/// `GLIMPSE_CACHE`, or `glimpse` in the user's folder for caches; `None` where there is none.
pub fn folder() -> Option<PathBuf> {
    let variable = |name: &str| env::var_os(name).map(PathBuf::from);
    if let Some(own) = variable("GLIMPSE_CACHE") {
        return Some(own);
    }
    if let Some(xdg) = variable("XDG_CACHE_HOME").filter(|path| path.is_absolute()) {
        return Some(xdg.join("glimpse"));
    }
    let (user, below) = if cfg!(windows) {
        ("LOCALAPPDATA", "glimpse")
    } else if cfg!(target_os = "macos") {
        ("HOME", "Library/Caches/glimpse")
    } else {
        ("HOME", ".cache/glimpse")
    };
    Some(variable(user)?.join(below))
}
