//! From a pack's address to two towers that have proved themselves, one after the other: the first
//! can be used while the second is on its way.

use super::{
    copy,
    fetch::{self, FetchError},
    send,
};
use crate::protocol::{Backend, Blame, PackPlace, Response, Stage};
use glimpse_model::{
    pack::{Golden, KnownSentences, Manifest, ManifestError, PackError, SentencesError, Tower},
    text::{TextTokenizer, TokenizeError},
    towers::{EmbedError, ImageTower, TextTower, WeightError, device::Device},
};
use std::cell::OnceCell;

/// A loaded model, or one whose text tower is on its way.
pub struct Session {
    /// The pack's.
    pub manifest: Manifest,
    /// Pictures to embeddings.
    pub image: ImageTower,
    /// Sentences to embeddings, once it has come.
    pub text: OnceCell<TextTower>,
}

/// What is left to do for a session that sees, but doesn't read yet.
pub struct Reading {
    pack: PackPlace,
    json: Vec<u8>,
    progress: Progress,
}

/// Why a pack could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The way to the pack.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Its manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// One of its files.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A tower's weights.
    #[error(transparent)]
    Weight(#[from] WeightError),
    /// The sentences that it brings along.
    #[error(transparent)]
    Sentences(#[from] SentencesError),
    /// Its tokenizer.
    #[error(transparent)]
    Tokenizer(#[from] TokenizeError),
    /// No device.
    #[cfg(feature = "webgpu")]
    #[error("WebGPU could not be started: {0}")]
    Device(#[from] glimpse_model::towers::device::WgpuInitError),
    /// The device failed at once.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The device gives wrong numbers.
    #[error(
        "the {tower} gives wrong numbers on this device (its check embedding has cosine {cosine:.3} to the right one)"
    )]
    SelfCheck {
        /// The tower.
        tower: Tower,
        /// To the golden embedding.
        cosine: f32,
    },
}

impl OpenError {
    /// Whether another backend might do better.
    pub fn blame(&self) -> Blame {
        match self {
            #[cfg(feature = "webgpu")]
            Self::Device(_) => Blame::Backend,
            Self::Embed(_) | Self::SelfCheck { .. } => Blame::Backend,
            _ => Blame::Pack,
        }
    }
}

impl Reading {
    /// What the pack knows of sentences.
    pub async fn known(
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
    /// follows with [`Session::read`]. A manifest `as_kept` isn't asked for anew.
    pub async fn open(
        pack: &PackPlace,
        as_kept: bool,
        device: &Device,
    ) -> Result<(Self, Reading), OpenError> {
        let json = fetch::manifest(pack, as_kept).await?;
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
        trust(Tower::Image, image.self_check(&manifest).await?)?;
        let session = Self {
            manifest,
            image,
            text: OnceCell::new(),
        };
        let reading = Reading {
            pack: pack.clone(),
            json,
            progress,
        };
        Ok((session, reading))
    }

    /// Fetches, builds and checks the text tower, telling the page how far it is.
    pub async fn read(&self, reading: Reading, device: &Device) -> Result<(), OpenError> {
        let Reading {
            pack,
            json,
            mut progress,
        } = reading;
        let (pack, manifest) = (&pack, &self.manifest);
        let facts = &manifest.tokenizer;
        let bytes = progress.download(pack, manifest, &facts.file).await?;
        let tokenizer = TextTokenizer::from_json(&bytes, facts)?;
        let bytes = progress
            .download(pack, manifest, Tower::Text.file())
            .await?;
        progress.step(Stage::Load(Tower::Text)).await;
        let mut weights = Tower::Text.read(&bytes)?;
        let text = TextTower::load(manifest, tokenizer, &mut weights, device)?;
        drop(weights);
        drop(bytes);
        progress.step(Stage::WarmUp(Tower::Text)).await;
        trust(Tower::Text, text.self_check(manifest).await?)?;
        if let PackPlace::Site(address) = pack {
            copy::settle(address, &json, manifest).await;
        }
        // A session reads once.
        let _ = self.text.set(text);
        Ok(())
    }
}

fn trust(tower: Tower, cosine: f32) -> Result<(), OpenError> {
    // Not-a-number is not trusted either.
    if cosine >= Golden::MIN_COSINE {
        Ok(())
    } else {
        Err(OpenError::SelfCheck { tower, cosine })
    }
}

/// What computes, and its name in words.
pub async fn device(backend: Backend) -> Result<(Device, String), OpenError> {
    match backend {
        #[cfg(feature = "webgpu")]
        Backend::WebGpu => {
            super::subgroups::ask_for();
            Ok(glimpse_model::towers::device::webgpu().await?)
        }
        #[cfg(feature = "cpu")]
        Backend::Cpu => Ok((
            glimpse_model::towers::device::cpu(),
            "processor, SIMD".to_owned(),
        )),
        #[cfg(not(all(feature = "cpu", feature = "webgpu")))]
        other => Err(OpenError::Embed(EmbedError::Answer(format!(
            "this module has no backend \"{}\"",
            other.name()
        )))),
    }
}

/// How far opening has come: nine tenths for bytes, the rest for building and checking.
struct Progress {
    bytes: u64,
    total: u64,
    steps: u32,
}

impl Progress {
    const DOWNLOAD: f64 = 0.9;
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
        pack: &PackPlace,
        manifest: &Manifest,
        name: &str,
    ) -> Result<Vec<u8>, OpenError> {
        let facts = manifest.file(name)?;
        Ok(fetch::file(pack, name, facts, |bytes| {
            self.bytes += bytes;
            self.tell(Stage::Download);
        })
        .await?)
    }

    /// One of the steps after or between downloads begins.
    async fn step(&mut self, stage: Stage) {
        self.steps += 1;
        self.tell(stage);
        // The message leaves before the thread is taken up.
        super::breathe().await;
    }

    fn tell(&self, stage: Stage) {
        let downloaded = self.bytes as f64 / self.total.max(1) as f64;
        let stepped = f64::from(self.steps) / (Self::STEPS + 1.0);
        send(Response::Progress {
            stage,
            fraction: Self::DOWNLOAD * downloaded + (1.0 - Self::DOWNLOAD) * stepped,
            bytes: (self.bytes, self.total),
        });
    }
}
