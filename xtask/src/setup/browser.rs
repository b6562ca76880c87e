//! A Chromium and its driver, for the checks that look at the page.

use super::apt;
use crate::places::Places;
use crate::plan::{Step, Usual};
use crate::process::on_path;
use anyhow::{Result, bail};
use std::env;
use std::path::{Path, PathBuf};

const BROWSERS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

const MAC_BROWSERS: &[&str] = &[
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// The browser: `CHROME` if it's set, else one that is installed.
pub fn chromium() -> Option<PathBuf> {
    let named = env::var_os("CHROME").map(PathBuf::from);
    let installed = || BROWSERS.iter().find_map(|name| on_path(name));
    let on_mac = || {
        MAC_BROWSERS
            .iter()
            .map(PathBuf::from)
            .find(|path| path.exists())
    };
    named.or_else(installed).or_else(on_mac)
}

/// The browser's driver: `CHROMEDRIVER` if it's set, else one that is installed.
pub fn driver() -> Option<PathBuf> {
    let named = env::var_os("CHROMEDRIVER").map(PathBuf::from);
    named.or_else(|| on_path("chromedriver"))
}

/// The step that installs both.
pub struct Browser<'a> {
    /// The folders; the cache lists the packages that were installed.
    pub places: &'a Places,
}

impl Step for Browser<'_> {
    fn title(&self) -> String {
        "Chromium and its driver".into()
    }

    fn is_missing(&self) -> Result<bool> {
        if let Some(named) = env::var_os("CHROME")
            && !Path::new(&named).is_file()
        {
            bail!("CHROME names {}, which isn't a file", named.display());
        }
        Ok(chromium().is_none() || driver().is_none())
    }

    fn usual(&self) -> Usual {
        Usual {
            fetch: 60.0,
            make: 0.0,
        }
    }

    fn fetch(&self) -> Result<()> {
        if !apt::is_there() {
            bail!(
                "install Chrome or Chromium and the chromedriver of the same version, put them \
                 on PATH (or name them in CHROME and CHROMEDRIVER), and start this again"
            );
        }
        apt::install_listed(self.places, &["chromium", "chromium-driver"])
    }
}
