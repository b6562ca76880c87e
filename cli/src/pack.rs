//! Packs, in a folder or in a single ZIP file, and where the default one is.

use crate::{disk, replacement};
use anyhow::{Context, Result, bail};
use glimpse_model::{
    checkpoint::Folder,
    pack::{Manifest, Tower},
    text::TextTokenizer,
    towers::{ImageTower, TextTower, WeightError, Weights, device},
};
use std::{
    env,
    io::Read,
    path::{Path, PathBuf},
};

/// Where the default pack lies in the project's folder.
const DEFAULT: &str = "www/packs/default";

/// The option `--pack`, which most commands share.
#[derive(clap::Args)]
pub struct PackChoice {
    /// The pack: its folder, or its single ZIP file; the default pack without it
    #[arg(
        long,
        env = "GLIMPSE_PACK",
        hide_env_values = true,
        value_name = "PACK"
    )]
    pack: Option<PathBuf>,
}

impl PackChoice {
    /// Opens the chosen pack, or else the default one.
    pub fn open(&self) -> Result<Pack> {
        Pack::open(&self.path()?)
    }

    /// The path of the chosen pack, or else of the default one.
    pub fn path(&self) -> Result<PathBuf> {
        match &self.pack {
            Some(path) => Ok(path.clone()),
            None => default_pack(),
        }
    }
}

/// The default pack of the project that this directory, or else this program, lies in.
fn default_pack() -> Result<PathBuf> {
    let here = env::current_dir().ok();
    let program = env::current_exe().ok();
    let found = [here, program]
        .iter()
        .flatten()
        .flat_map(|start| start.ancestors())
        .map(|folder| folder.join(DEFAULT))
        .find(|pack| pack.join(Manifest::FILE).is_file());
    found.with_context(|| {
        format!(
            "there is no default pack: no {DEFAULT} in this folder or one above it. \
             `cargo xtask setup` in Glimpse's repository makes it; another pack can be named \
             with --pack or GLIMPSE_PACK"
        )
    })
}

/// A pack and its manifest.
pub struct Pack {
    place: PathBuf,
    folder: Box<dyn Folder>,
    /// What it says it holds.
    pub manifest: Manifest,
}

impl Pack {
    /// Opens a pack's folder or ZIP file and reads its manifest; weights are read later.
    pub fn open(place: &Path) -> Result<Self> {
        if !place.exists() {
            bail!("there is no pack at {}", place.display());
        }
        replacement::complete(place).with_context(|| {
            let place = place.display();
            format!("the pack at {place} was being replaced, which can't be finished")
        })?;
        let folder = disk::open(place)?;
        if !folder.names().iter().any(|name| name == Manifest::FILE) {
            bail!(
                "{} is no pack: it holds no {}. A checkpoint becomes a pack by `glimpse import`",
                place.display(),
                Manifest::FILE
            );
        }
        // One byte more tells that there is too much.
        let most = Manifest::MAX_BYTES + 1;
        let manifest = read(&*folder, place, Manifest::FILE, most)?;
        let manifest =
            Manifest::from_json(&manifest).with_context(|| place.display().to_string())?;
        Ok(Self {
            place: place.to_owned(),
            folder,
            manifest,
        })
    }

    /// The path of the pack's folder or ZIP file.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Reads, checks and builds the image tower.
    pub fn image_tower(&self) -> Result<ImageTower> {
        self.tower(Tower::Image, |manifest, weights| {
            ImageTower::load(manifest, weights, &device::cpu())
        })
    }

    /// Reads, checks and builds the text tower.
    pub fn text_tower(&self) -> Result<TextTower> {
        let config = &self.manifest.tokenizer;
        let tokenizer = TextTokenizer::from_json(&self.file(&config.file)?, config)?;
        self.tower(Tower::Text, |manifest, weights| {
            TextTower::load(manifest, tokenizer, weights, &device::cpu())
        })
    }

    /// Builds a tower while its file is checked beside it; a damaged one gives nothing.
    fn tower<T: Send>(
        &self,
        tower: Tower,
        load: impl FnOnce(&Manifest, &mut Weights<'_>) -> Result<T, WeightError> + Send,
    ) -> Result<T> {
        let name = tower.file();
        let bytes = self.read(name)?;
        let (manifest, place) = (&self.manifest, &self.place);
        let (whole, built) = rayon::join(
            || verify(manifest, place, name, &bytes),
            || -> Result<T> { Ok(load(manifest, &mut tower.read(&bytes)?)?) },
        );
        whole?;
        built
    }

    /// One of its files, once it is known to be whole.
    pub fn file(&self, name: &str) -> Result<Vec<u8>> {
        let bytes = self.read(name)?;
        verify(&self.manifest, &self.place, name, &bytes)?;
        Ok(bytes)
    }

    /// One of its files, unchecked; of a longer one than the manifest says, a byte too many.
    fn read(&self, name: &str) -> Result<Vec<u8>> {
        let most = self.manifest.file(name)?.bytes.saturating_add(1);
        read(&*self.folder, &self.place, name, most)
    }
}

/// The first `most` bytes of a file.
fn read(folder: &dyn Folder, place: &Path, name: &str, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    folder
        .open(name)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .with_context(|| format!("{} can't be read", place.join(name).display()))?;
    Ok(bytes)
}

fn verify(manifest: &Manifest, place: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    manifest
        .file(name)?
        .verify(name, bytes)
        .with_context(|| format!("{} is damaged", place.display()))
}
