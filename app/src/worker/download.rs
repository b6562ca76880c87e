//! Downloads of a served pack's files: first what the browser's storage has of a file, then the
//! rest by a range request. A download that breaks off goes on where it stopped, now or on the next
//! visit.

use super::{
    cache::CachedFile,
    chunks::{Chunks, within},
    fetch::FetchError,
    pause, scope, thrown,
};
use glimpse_model::pack::{FileBytes, FileEntry, PackError};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ReadableStream, RequestCache, RequestInit, Response};

/// Milliseconds before a download that broke off is tried again, and before each further try that
/// brings nothing.
const RETRY_DELAYS_MS: [u32; 3] = [500, 2000, 5000];

/// Milliseconds without a byte after which a response counts as broken off: a connection that is
/// there in name only says nothing of itself.
const STALL_MS: u32 = 15_000;

/// Milliseconds that a server has for the head of a response.
const HEAD_MS: u32 = 60_000;

/// Downloads a file and checks its length and SHA-256; `progress` is told how many bytes are new.
pub async fn file(
    base: &str,
    name: &str,
    entry: &FileEntry,
    progress: impl FnMut(u64),
) -> Result<Vec<u8>, FetchError> {
    let mut download = Download {
        address: format!("{base}{name}?sha256={}", entry.sha256),
        name,
        entry,
        bytes: FileBytes::new(name, entry),
        cached: CachedFile::open(base, entry).await,
        is_second: false,
        reported: 0,
        progress,
    };
    download.run().await
}

struct Download<'a, P> {
    address: String,
    name: &'a str,
    entry: &'a FileEntry,
    bytes: FileBytes<'a>,
    /// The file in the browser's storage, if it can be cached.
    cached: Option<CachedFile>,
    /// Whether what came first failed the check.
    is_second: bool,
    /// Bytes that `progress` was told of: what comes a second time is no progress.
    reported: usize,
    progress: P,
}

/// Why one response ended before the file was whole.
enum Break {
    /// The connection: another try may help.
    Connection(JsValue),
    /// The server, or the file: another try wouldn't help.
    Final(FetchError),
}

impl<P: FnMut(u64)> Download<'_, P> {
    async fn run(&mut self) -> Result<Vec<u8>, FetchError> {
        self.read_cached().await?;
        // A part of it may be damaged that was cached, here or by the browser for its own requests.
        let was_cached = !self.bytes.is_empty() || self.cached.is_none();
        let mut whole = self.read_checked().await;
        if was_cached && matches!(whole, Err(FetchError::Pack(_))) {
            self.is_second = true;
            whole = self.read_checked().await;
        }
        let whole = whole?;
        if let Some(cached) = self.cached.take() {
            cached.close();
        }
        Ok(whole)
    }

    /// Reads what is missing, and gives the whole, checked; drops all bytes that fail the check.
    async fn read_checked(&mut self) -> Result<Vec<u8>, FetchError> {
        let whole = match self.read_network().await {
            Ok(()) => self.bytes.finish().map_err(FetchError::from),
            Err(error) => Err(error),
        };
        if let Err(FetchError::Pack(_)) = whole {
            self.reset().await;
        }
        whole
    }

    /// Drops all bytes, on the disk as well.
    async fn reset(&mut self) {
        self.bytes.clear();
        if let Some(cached) = &mut self.cached {
            cached.clear().await;
        }
    }

    async fn read_cached(&mut self) -> Result<(), FetchError> {
        let file = match &self.cached {
            Some(cached) => cached.file().await,
            None => None,
        };
        let Some(file) = file else {
            return Ok(());
        };
        self.bytes.expect(file.size() as u64)?;
        let mut chunks = Chunks::of(&file.stream());
        // A cached file that can't be read any more counts as far as it went.
        while let Ok(Some(chunk)) = chunks.next().await {
            if self.push(&chunk).is_err() {
                self.reset().await;
                break;
            }
        }
        Ok(())
    }

    async fn read_network(&mut self) -> Result<(), FetchError> {
        let mut tries = RETRY_DELAYS_MS.iter();
        while (self.bytes.len() as u64) < self.entry.bytes {
            let before = self.bytes.len();
            let error = match self.read_response().await {
                Ok(()) => return Ok(()),
                Err(Break::Final(error)) => return Err(error),
                Err(Break::Connection(error)) => error,
            };
            if self.bytes.len() > before {
                tries = RETRY_DELAYS_MS.iter();
            }
            match tries.next() {
                // Nothing ever came: that is no download that broke off.
                Some(&milliseconds) if !self.bytes.is_empty() => pause(milliseconds).await,
                _ => return Err(self.network(thrown(&error))),
            }
        }
        Ok(())
    }

    /// Requests what is missing, and takes what comes.
    async fn read_response(&mut self) -> Result<(), Break> {
        let stream = match self.request().await? {
            Some(stream) => stream,
            None => {
                // The server can't go on there.
                self.reset().await;
                let all = self.request().await?;
                all.ok_or_else(|| Break::Final(self.network("the answer has no body".to_owned())))?
            }
        };
        if let Some(cached) = &mut self.cached {
            cached.write_from(self.bytes.len() as u64).await;
        }
        let mut chunks = Chunks::of(&stream);
        while let Some(chunk) = chunks
            .next_within(STALL_MS)
            .await
            .map_err(Break::Connection)?
        {
            if let Some(cached) = &mut self.cached {
                cached.append(&chunk);
            }
            let pushed = self.push(&chunk);
            pushed.map_err(|error| Break::Final(error.into()))?;
        }
        Ok(())
    }

    /// Requests the rest of the file; `None` where the server doesn't answer with just that.
    async fn request(&mut self) -> Result<Option<ReadableStream>, Break> {
        let start = self.bytes.len();
        let init = RequestInit::new();
        if self.cached.is_some() {
            // The browser's HTTP cache would be a second copy on the disk.
            init.set_cache(RequestCache::NoStore);
        } else if self.is_second {
            init.set_cache(RequestCache::Reload);
        }
        if start > 0 {
            let headers = web_sys::Headers::new().map_err(Break::Connection)?;
            let set = headers.set("range", &format!("bytes={start}-"));
            set.map_err(Break::Connection)?;
            init.set_headers(&headers);
        }
        let promise = scope().fetch_with_str_and_init(&self.address, &init);
        let response = within(HEAD_MS, &promise).await.map_err(Break::Connection)?;
        let response: Response = response.unchecked_into();
        let status = response.status();
        if let Some(length) = length(&response) {
            let whole = (start as u64).saturating_add(length);
            let expected = self.bytes.expect(whole);
            expected.map_err(|error| Break::Final(error.into()))?;
        }
        match (start, status) {
            (0, _) if response.ok() => Ok(response.body()),
            (0, _) => Err(Break::Final(self.network(format!("HTTP status {status}")))),
            (_, 206) if continues(&response, start) => Ok(response.body()),
            // The whole file, or a refusal.
            (_, 200..300 | 416) => Ok(None),
            _ => Err(Break::Final(self.network(format!("HTTP status {status}")))),
        }
    }

    /// Takes the file's next bytes, and reports them.
    fn push(&mut self, chunk: &[u8]) -> Result<(), PackError> {
        self.bytes.push(chunk)?;
        if self.bytes.len() > self.reported {
            (self.progress)((self.bytes.len() - self.reported) as u64);
            self.reported = self.bytes.len();
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

/// Whether a response begins at byte `start` of the file itself, not of a compressed form of it.
fn continues(response: &Response, start: usize) -> bool {
    let range = header(response, "content-range").unwrap_or_default();
    range.starts_with(&format!("bytes {start}-")) && header(response, "content-encoding").is_none()
}

/// Bytes that a response brings, where it says so; of a compressed one, at least as many.
fn length(response: &Response) -> Option<u64> {
    header(response, "content-length")?.parse().ok()
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}
