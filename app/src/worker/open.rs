//! Opening a pack: fetches, builds and checks the image tower ([`Session::open`]), which can be
//! used while the text tower follows ([`Session::load_text_tower`]).

use super::{
    cache,
    failure::{file_fault, tokenizer_fault, weight_fault},
    fetch::{self, FetchError},
    send,
};
use crate::protocol::{
    Backend, GoldenCheck, OpenFailure, PackFailure, PackLocation, Response, Stage,
};
use glimpse_model::{
    pack::{Golden, KnownSentences, Manifest, ManifestError, PackError, SentencesError, Tower},
    text::{TextTokenizer, TokenizeError},
    towers::{EmbedError, ImageTower, TextTower, WeightError, device::Device},
};
use std::cell::OnceCell;

/// A loaded model, perhaps still without its text tower.
pub struct Session {
    /// The manifest of the pack that is open.
    pub manifest: Manifest,
    /// The tower that embeds pictures.
    pub image: ImageTower,
    /// Embeds sentences, once it is loaded.
    pub text: OnceCell<TextTower>,
}

/// What is needed to load the text tower of a session that has only its image tower.
pub struct PendingTextTower {
    pack: PackLocation,
    /// The manifest, as it was fetched.
    json: Vec<u8>,
    progress: Progress,
}

/// Why a pack could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file can't be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The manifest can't be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file isn't what the manifest says.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A tower's weights don't fit its architecture.
    #[error(transparent)]
    Weight(#[from] WeightError),
    /// The pack's file of embedded sentences can't be read.
    #[error(transparent)]
    Sentences(#[from] SentencesError),
    /// The tokenizer can't be read.
    #[error(transparent)]
    Tokenizer(#[from] TokenizeError),
    /// The browser gives no device.
    #[cfg(feature = "webgpu")]
    #[error("WebGPU could not be started: {0}")]
    Device(#[from] glimpse_model::towers::device::WgpuInitError),
    /// The device failed while the towers were checked.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The device gives wrong numbers: the tower doesn't reproduce the golden embedding.
    #[error("{0:?} is below the cosine at which a backend is trusted")]
    SelfCheck(GoldenCheck),
}

impl OpenError {
    /// The failure as the page is told it.
    pub fn failure(&self) -> OpenFailure {
        let damaged = |fault| OpenFailure::Pack(PackFailure::Damaged(fault));
        match self {
            Self::Fetch(FetchError::Network { file, reason }) => {
                OpenFailure::Network(file_fault(file, reason))
            }
            Self::Fetch(FetchError::Storage { file, reason }) => {
                OpenFailure::Storage(file_fault(file, reason))
            }
            Self::Fetch(FetchError::Pack(error)) | Self::Pack(error) => {
                OpenFailure::Pack(error.into())
            }
            Self::Manifest(error) => OpenFailure::Pack(error.into()),
            Self::Weight(error) => damaged(weight_fault(error)),
            Self::Sentences(error) => damaged(file_fault(Manifest::SENTENCES, error)),
            Self::Tokenizer(error) => damaged(tokenizer_fault(error)),
            #[cfg(feature = "webgpu")]
            Self::Device(error) => OpenFailure::NoDevice(error.to_string()),
            Self::Embed(error) => OpenFailure::DeviceLost(error.to_string()),
            Self::SelfCheck(check) => OpenFailure::WrongNumbers(*check),
        }
    }
}

impl PendingTextTower {
    /// The sentences that the pack brings embeddings of; `None` for a pack without them.
    pub async fn known_sentences(
        &mut self,
        manifest: &Manifest,
    ) -> Result<Option<KnownSentences>, OpenError> {
        if !manifest.knows_sentences() {
            return Ok(None);
        }
        let name = Manifest::SENTENCES;
        let bytes = self.progress.download(&self.pack, manifest, name).await?;
        let length = manifest.architecture.projection_dim;
        Ok(Some(KnownSentences::read(&bytes, length)?))
    }
}

impl Session {
    /// Fetches, builds and checks the image tower, telling the page how far it is; the text tower
    /// follows with [`Session::load_text_tower`]. With `cached_first`, a cached manifest isn't
    /// requested anew.
    pub async fn open(
        pack: &PackLocation,
        cached_first: bool,
        device: &Device,
    ) -> Result<(Self, PendingTextTower), OpenError> {
        let json = fetch::manifest(pack, cached_first).await?;
        let manifest = Manifest::from_json(&json)?;
        let mut progress = Progress::new(manifest.total_bytes());
        progress.tell(Stage::Download);

        let bytes = progress
            .download(pack, &manifest, Tower::Image.file())
            .await?;
        progress.tell(Stage::Load(Tower::Image));
        let image = ImageTower::load(&manifest, &mut Tower::Image.read(&bytes)?, device)?;
        drop(bytes);
        progress.step(Stage::WarmUp(Tower::Image)).await;
        check_golden(Tower::Image, image.self_check(&manifest).await?)?;
        let session = Self {
            manifest,
            image,
            text: OnceCell::new(),
        };
        let pending = PendingTextTower {
            pack: pack.clone(),
            json,
            progress,
        };
        Ok((session, pending))
    }

    /// Fetches, builds and checks the text tower, telling the page how far it is.
    pub async fn load_text_tower(
        &self,
        pending: PendingTextTower,
        device: &Device,
    ) -> Result<(), OpenError> {
        let PendingTextTower {
            pack,
            json,
            mut progress,
        } = pending;
        let (pack, manifest) = (&pack, &self.manifest);
        let config = &manifest.tokenizer;
        let bytes = progress.download(pack, manifest, &config.file).await?;
        let tokenizer = TextTokenizer::from_json(&bytes, config)?;
        let bytes = progress
            .download(pack, manifest, Tower::Text.file())
            .await?;
        progress.step(Stage::Load(Tower::Text)).await;
        let mut weights = Tower::Text.read(&bytes)?;
        let text = TextTower::load(manifest, tokenizer, &mut weights, device)?;
        drop(weights);
        drop(bytes);
        progress.step(Stage::WarmUp(Tower::Text)).await;
        check_golden(Tower::Text, text.self_check(manifest).await?)?;
        if let PackLocation::Site(address) = pack {
            cache::commit(address, &json, manifest).await;
        }
        // A session's text tower is loaded once.
        let _ = self.text.set(text);
        Ok(())
    }
}

/// Refuses a tower whose embedding of the golden input isn't close enough to the golden one.
fn check_golden(tower: Tower, cosine: f32) -> Result<(), OpenError> {
    // Not-a-number is refused as well.
    if cosine >= Golden::MIN_COSINE {
        Ok(())
    } else {
        Err(OpenError::SelfCheck(GoldenCheck { tower, cosine }))
    }
}

/// Opens the device that computes; with a graphics card's name, for the status line.
pub async fn device(backend: Backend) -> Result<(Device, String), OpenError> {
    match backend {
        #[cfg(feature = "webgpu")]
        Backend::WebGpu => {
            super::subgroups::ask_for();
            Ok(glimpse_model::towers::device::webgpu().await?)
        }
        #[cfg(feature = "cpu")]
        Backend::Cpu => Ok((glimpse_model::towers::device::cpu(), String::new())),
        #[cfg(not(all(feature = "cpu", feature = "webgpu")))]
        other => Err(OpenError::Embed(EmbedError::Answer(format!(
            "this module has no backend \"{}\"",
            other.name()
        )))),
    }
}

/// How far opening has come: nine tenths are for bytes, the rest for building and checking.
struct Progress {
    /// Bytes fetched so far.
    bytes: u64,
    total: u64,
    steps: u32,
}

impl Progress {
    /// The share of the way that is downloading.
    const DOWNLOAD_SHARE: f64 = 0.9;
    const STEPS: f64 = 3.0;

    fn new(total: u64) -> Self {
        Self {
            bytes: 0,
            total,
            steps: 0,
        }
    }

    async fn download(
        &mut self,
        pack: &PackLocation,
        manifest: &Manifest,
        name: &str,
    ) -> Result<Vec<u8>, OpenError> {
        let entry = manifest.file(name)?;
        Ok(fetch::file(pack, name, entry, |bytes| {
            self.bytes += bytes;
            self.tell(Stage::Download);
        })
        .await?)
    }

    /// Begins one of the steps after or between downloads.
    async fn step(&mut self, stage: Stage) {
        self.steps += 1;
        self.tell(stage);
        // The message leaves before the thread is taken up.
        super::yield_now().await;
    }

    fn tell(&self, stage: Stage) {
        let downloaded = self.bytes as f64 / self.total.max(1) as f64;
        let stepped = f64::from(self.steps) / (Self::STEPS + 1.0);
        send(Response::Progress {
            stage,
            fraction: Self::DOWNLOAD_SHARE * downloaded + (1.0 - Self::DOWNLOAD_SHARE) * stepped,
            bytes: (self.bytes, self.total),
        });
    }
}
