//! Browsers of other engines than Chromium's, for the tests of the page: Firefox, and `WebKitGTK`, whose
//! engine is Safari's. Only Debian's packages bring both with drivers; elsewhere their tests are skipped.

use super::apt;
use crate::places::Places;
use crate::plan::{Step, Usual};
use crate::process::on_path;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// The browser, and for WebKit its driver, a screen without a monitor, and what Python opens its window
/// with (`tests/support/webkit.py`).
const PACKAGES: &[&str] = &[
    "firefox-esr",
    "webkit2gtk-driver",
    "xvfb",
    "python3-gi",
    "gir1.2-webkit2-4.1",
];

/// Debian's Firefox, if it's installed: that of other systems may be of any version.
pub fn firefox() -> Option<PathBuf> {
    on_path("firefox-esr")
}

/// WebKit's types for Python, below a folder of libraries.
const BINDINGS: &str = "girepository-1.0/WebKit2-4.1.typelib";

/// Where Debian puts libraries, and Python's own package for such types.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib",
];
const PYTHON_PACKAGE: &str = "/usr/lib/python3/dist-packages/gi";

/// WebKit's driver, if all that it needs is installed.
pub fn webkit_driver() -> Option<PathBuf> {
    let mut libraries = LIBRARIES.iter().map(Path::new);
    let has_bindings = libraries.any(|folder| folder.join(BINDINGS).is_file());
    let is_complete = has_bindings && Path::new(PYTHON_PACKAGE).is_dir();
    on_path("Xvfb").filter(|_| is_complete)?;
    on_path("WebKitWebDriver")
}

/// The step that installs both, where apt has them.
pub struct Engines<'a> {
    /// The folders; the cache lists the packages that were installed.
    pub places: &'a Places,
}

impl Step for Engines<'_> {
    fn title(&self) -> String {
        "Firefox and WebKit".into()
    }

    fn is_missing(&self) -> Result<bool> {
        Ok(apt::is_there() && (firefox().is_none() || webkit_driver().is_none()))
    }

    fn usual(&self) -> Usual {
        Usual {
            fetch: 75.0,
            make: 0.0,
        }
    }

    fn fetch(&self) -> Result<()> {
        apt::look_up(self.places, PACKAGES)?;
        // A relative of Debian's that lacks one still has the other: Ubuntu has no firefox-esr.
        let is_known = |package: &&&str| apt::knows(self.places, package);
        let known: Vec<&str> = PACKAGES.iter().filter(is_known).copied().collect();
        if known.is_empty() {
            return Ok(());
        }
        apt::install_listed(self.places, &known)
    }
}
