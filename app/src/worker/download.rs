//! A file of a pack that this site serves: first what the browser's storage has of it, then the
//! rest over the network. A download that breaks off goes on where it stopped, now or on the next
//! visit.

use super::{copy::Copy, fetch::FetchError, pause, pieces::Pieces, scope, thrown};
use glimpse_model::pack::{FileEntry, PackError, Verifier};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, RequestCache, RequestInit, Response};

/// Milliseconds before a download that broke off is tried again, and before each further try that
/// brings nothing.
const PAUSES: [u32; 3] = [500, 2000, 5000];

/// Fetches a file, telling `progress` how many bytes are new.
pub async fn file(
    base: &str,
    name: &str,
    facts: &FileEntry,
    progress: impl FnMut(u64),
) -> Result<Vec<u8>, FetchError> {
    let mut download = Download {
        address: format!("{base}{name}?sha256={}", facts.sha256),
        name,
        facts,
        bytes: Vec::with_capacity(usize::try_from(facts.bytes).unwrap_or_default()),
        verifier: Verifier::new(name, facts),
        copy: Copy::open(base, facts).await,
        told: 0,
        progress,
    };
    download.run().await
}

struct Download<'a, P> {
    address: String,
    name: &'a str,
    facts: &'a FileEntry,
    bytes: Vec<u8>,
    verifier: Verifier<'a>,
    /// Where the browser keeps it, if it does.
    copy: Option<Copy>,
    /// Bytes that `progress` knows of: what comes a second time is no progress.
    told: usize,
    progress: P,
}

/// Why a turn of a download ended.
enum Break {
    /// The connection: another try may help.
    Connection(JsValue),
    /// The server, or the file.
    Final(FetchError),
}

impl<P: FnMut(u64)> Download<'_, P> {
    async fn run(&mut self) -> Result<Vec<u8>, FetchError> {
        self.read_copy().await?;
        let has_old = !self.bytes.is_empty();
        self.read_network().await?;
        if let Err(error) = self.judge() {
            self.forget().await;
            if !has_old {
                return Err(error.into());
            }
            // What was kept may be what is damaged.
            self.read_network().await?;
            if let Err(error) = self.judge() {
                self.forget().await;
                return Err(error.into());
            }
        }
        if let Some(copy) = self.copy.take() {
            copy.close();
        }
        Ok(std::mem::take(&mut self.bytes))
    }

    fn judge(&mut self) -> Result<(), PackError> {
        let fresh = Verifier::new(self.name, self.facts);
        std::mem::replace(&mut self.verifier, fresh).finish()
    }

    /// Begins anew, on the disk as well.
    async fn forget(&mut self) {
        self.bytes.clear();
        self.verifier = Verifier::new(self.name, self.facts);
        if let Some(copy) = &mut self.copy {
            copy.clear().await;
        }
    }

    async fn read_copy(&mut self) -> Result<(), FetchError> {
        let stream = match &self.copy {
            Some(copy) => copy.stream().await,
            None => None,
        };
        let Some(stream) = stream else {
            return Ok(());
        };
        let mut pieces = Pieces::of(&stream);
        // A copy that can't be read any more counts as far as it went.
        while let Ok(Some(piece)) = pieces.next().await {
            if self.take(&piece).is_err() {
                self.forget().await;
                break;
            }
        }
        Ok(())
    }

    async fn read_network(&mut self) -> Result<(), FetchError> {
        let mut tries = PAUSES.iter();
        while (self.bytes.len() as u64) < self.facts.bytes {
            let before = self.bytes.len();
            let error = match self.read_response().await {
                Ok(()) => return Ok(()),
                Err(Break::Final(error)) => return Err(error),
                Err(Break::Connection(error)) => error,
            };
            if self.bytes.len() > before {
                tries = PAUSES.iter();
            }
            match tries.next() {
                // Nothing ever came: that is no download that broke off.
                Some(&milliseconds) if !self.bytes.is_empty() => pause(milliseconds).await,
                _ => return Err(self.network(thrown(&error))),
            }
        }
        Ok(())
    }

    /// Asks for what is missing, and takes what comes.
    async fn read_response(&mut self) -> Result<(), Break> {
        let stream = match self.ask().await? {
            Some(stream) => stream,
            None => {
                // The server can't go on there.
                self.forget().await;
                let all = self.ask().await?;
                all.ok_or_else(|| Break::Final(self.network("the answer has no body".to_owned())))?
            }
        };
        if let Some(copy) = &mut self.copy {
            copy.write_from(self.bytes.len() as u64).await;
        }
        let mut pieces = Pieces::of(&stream);
        while let Some(piece) = pieces.next().await.map_err(Break::Connection)? {
            if let Some(copy) = &mut self.copy {
                copy.append(&piece);
            }
            let taken = self.take(&piece);
            taken.map_err(|error| Break::Final(error.into()))?;
        }
        Ok(())
    }

    /// The rest of the file; `None` where the server doesn't give just that.
    async fn ask(&self) -> Result<Option<ReadableStream>, Break> {
        let start = self.bytes.len();
        let init = RequestInit::new();
        if self.copy.is_some() {
            // One copy on the disk is enough.
            init.set_cache(RequestCache::NoStore);
        }
        if start > 0 {
            let headers = web_sys::Headers::new().map_err(Break::Connection)?;
            let set = headers.set("range", &format!("bytes={start}-"));
            set.map_err(Break::Connection)?;
            init.set_headers(&headers);
        }
        let promise = scope().fetch_with_str_and_init(&self.address, &init);
        let response = JsFuture::from(promise).await.map_err(Break::Connection)?;
        let response: Response = response.unchecked_into();
        let status = response.status();
        match (start, status) {
            (0, _) if response.ok() => Ok(response.body()),
            (0, _) => Err(Break::Final(self.network(format!("HTTP status {status}")))),
            (_, 206) if continues(&response, start) => Ok(response.body()),
            // The whole file, or a refusal.
            (_, 200..300 | 416) => Ok(None),
            _ => Err(Break::Final(self.network(format!("HTTP status {status}")))),
        }
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), PackError> {
        self.verifier.update(piece)?;
        self.bytes.extend_from_slice(piece);
        if self.bytes.len() > self.told {
            (self.progress)((self.bytes.len() - self.told) as u64);
            self.told = self.bytes.len();
        }
        Ok(())
    }

    fn network(&self, reason: String) -> FetchError {
        FetchError::Network {
            file: self.name.to_owned(),
            reason,
        }
    }
}

/// Whether an answer begins at `start` of the very file, not of a compressed form of it.
fn continues(response: &Response, start: usize) -> bool {
    let header = |name| response.headers().get(name).ok().flatten();
    let range = header("content-range").unwrap_or_default();
    range.starts_with(&format!("bytes {start}-")) && header("content-encoding").is_none()
}
