//! The demo's server: the built site and nothing else, with the headers that the page promises.

use crate::fingerprint::sha256_of;
use anyhow::{Context, Result, bail};
use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use axum::http::{Request, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::fs;
use std::future::Future;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tower_http::services::ServeDir;

/// What every answer says; `docs/hosting.md` lists the same for other servers.
const HEADERS: [(&str, &str); 8] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", PERMISSIONS_POLICY),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// What the page may do. `index.html` carries the same for servers that can't send it, except for
/// who may frame the page, which browsers read in a header only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
    img-src 'self' blob: data:; style-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; require-trusted-types-for 'script'; trusted-types default; \
    frame-ancestors 'none'";

/// What of the device the page uses: the camera and the full screen if one asks for them, and the
/// clipboard to copy to.
const PERMISSIONS_POLICY: &str = "camera=(self), clipboard-write=(self), \
    fullscreen=(self), accelerometer=(), \
    browsing-topics=(), clipboard-read=(), display-capture=(), encrypted-media=(), \
    geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), \
    idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    picture-in-picture=(), publickey-credentials-create=(), publickey-credentials-get=(), \
    screen-wake-lock=(), serial=(), usb=(), window-management=(), \
    xr-spatial-tracking=()";

/// For files whose address changes with their content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// For the others: kept, and asked for by their ETag each time.
const ASK_FIRST: &str = "no-cache";

/// Takes a port on this machine, so that it's known to be free before anything is built.
pub fn listen(port: u16) -> Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "port {port} is already in use, perhaps by another demo. Stop that, or choose \
             another port, such as `cargo xtask demo --port {}`.",
            port.checked_add(1).unwrap_or(8080)
        ),
        Err(error) => Err(error).with_context(|| format!("couldn't listen on port {port}")),
    }
}

/// Where a listener is found.
pub fn address(listener: &TcpListener) -> Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

/// Serves a folder until `stop` is done.
pub fn serve(
    listener: TcpListener,
    folder: &Path,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let files = ServeDir::new(folder)
        .precompressed_br()
        .precompressed_gzip();
    let site = Router::new()
        .fallback_service(files)
        .layer(middleware::from_fn_with_state(
            Arc::new(Hashes::of(folder)),
            answer,
        ));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let server = async { axum::serve(listener, site).await };
        // A browser keeps its connections open: waiting for them to close would take for ever.
        tokio::select! {
            served = server => served.context("the server stopped"),
            () = stop => Ok(()),
        }
    })
}

/// Serves a folder for as long as the process runs, on a thread of its own.
pub fn serve_beside(listener: TcpListener, folder: &Path) {
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        if let Err(error) = serve(listener, &folder, std::future::pending()) {
            eprintln!("The server stopped: {error:#}");
        }
    });
}

/// The SHA-256 of a folder's files, each computed once as long as the file stays the same.
struct Hashes {
    folder: PathBuf,
    known: Mutex<HashMap<PathBuf, (u64, SystemTime, String)>>,
}

impl Hashes {
    fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            known: Mutex::default(),
        }
    }

    /// The hash of the file at an address' path; `None` where there is none, or where the path isn't
    /// spelled as the file's name is.
    fn get(&self, path: &str) -> Option<String> {
        let path = Path::new(path.trim_start_matches('/'));
        let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        if !path.components().all(is_plain) {
            return None;
        }
        let path = self.folder.join(path);
        let facts = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
        let state = (facts.len(), facts.modified().ok()?);
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((length, time, hash)) = known().get(&path)
            && (*length, *time) == state
        {
            return Some(hash.clone());
        }
        let hash = sha256_of(&path).ok()?;
        known().insert(path, (state.0, state.1, hash.clone()));
        Some(hash)
    }
}

async fn answer(
    State(hashes): State<Arc<Hashes>>,
    request: Request<axum::body::Body>,
    next: Next,
) -> Response {
    let uri = request.uri().clone();
    let found = match hash_asked_for(&uri) {
        None => Found::Unasked,
        Some(hash) => {
            let (hash, path) = (hash.to_owned(), uri.path().to_owned());
            // A large file takes a while.
            let found = tokio::task::spawn_blocking(move || hashes.get(&path).map(|is| is == hash));
            match found.await {
                Ok(Some(true)) => Found::Same,
                Ok(Some(false)) => Found::Other,
                _ => Found::Unasked,
            }
        }
    };
    let mut response = match found {
        // While a site is being replaced, files of two versions may be asked for.
        Found::Other => StatusCode::NOT_FOUND.into_response(),
        Found::Same | Found::Unasked => next.run(request).await,
    };
    // What failed once may be there the next time.
    let is_final = response.status().is_success() || response.status().is_redirection();
    let caching = match is_final {
        true => cache_policy(&uri, found),
        false => "no-store",
    };
    let caching = (CACHE_CONTROL.as_str(), caching);
    for (name, value) in HEADERS.into_iter().chain([caching]) {
        let name = HeaderName::from_static(name);
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// Whether a file is the one whose hash was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// No hash was asked for, or there is no file to compare.
    Unasked,
    Same,
    Other,
}

/// The `sha256=` of an address.
fn hash_asked_for(uri: &Uri) -> Option<&str> {
    let mut pairs = uri.query()?.split('&');
    pairs.find_map(|pair| pair.strip_prefix("sha256="))
}

fn cache_policy(uri: &Uri, found: Found) -> &'static str {
    if found == Found::Same || has_hashed_name(uri.path()) {
        FOR_EVER
    } else {
        ASK_FIRST
    }
}

/// Whether a file's name carries the build's hash of it: `glimpse-0123456789abcdef_bg.wasm`.
fn has_hashed_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let stem = ["_bg", "_deferred", "_link", "_loader"]
        .iter()
        .find_map(|ending| stem.strip_suffix(ending))
        .unwrap_or(stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        // Leading zeros aren't written; fewer than twelve digits in all hardly ever happen.
        (12..=16).contains(&hash.len())
            && hash
                .bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    #[test]
    fn only_addresses_with_a_hash_are_kept_for_ever() {
        for (address, expected) in [
            ("/glimpse-86b1c3c8b2a5d0f1_bg.wasm", FOR_EVER),
            ("/glimpse-86b1c3c8b2a5d0f1.js", FOR_EVER),
            ("/glimpse-86b1c3c8b2a5d0f1_deferred.wasm", FOR_EVER),
            ("/glimpse-86b1c3c8b2a5d0f1_link.js", FOR_EVER),
            ("/glimpse-cpu-86b1c3c8b2a5d0f1_loader.js", FOR_EVER),
            ("/glimpse-webgpu-86b1c3c8b2a5d0f1_bg.wasm", FOR_EVER),
            ("/", ASK_FIRST),
            ("/index.html", ASK_FIRST),
            ("/service-worker.js", ASK_FIRST),
            ("/manifest.webmanifest", ASK_FIRST),
            ("/glimpse-cpu.js", ASK_FIRST),
            ("/packs/default/text.safetensors?sha256=ab", ASK_FIRST),
            ("/packs/default/text.safetensors?v=1", ASK_FIRST),
        ] {
            let uri = Uri::from_static(address);
            assert_eq!(cache_policy(&uri, Found::Unasked), expected, "{address}");
        }
    }

    /// The head of what the server answers to a GET.
    fn head(address: std::net::SocketAddr, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, _) = answer.split_once("\r\n\r\n").context("no head")?;
        Ok(head.to_owned())
    }

    #[test]
    fn a_hash_that_is_asked_for_is_compared_with_the_file() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("glimpse-serve-{}", std::process::id()));
        fs::create_dir_all(folder.join("packs"))?;
        let file = folder.join("packs/a.txt");
        fs::write(&file, "abc")?;
        let listener = listen(0)?;
        let address = listener.local_addr()?;
        serve_beside(listener, &folder);
        // Of "abc", and of "abcd".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let abcd = "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589";
        let ask = |path: &str, hash: &str| head(address, &format!("{path}?sha256={hash}"));
        let [first, other] = [ask("/packs/a.txt", abc)?, ask("/packs/a.txt", abcd)?];
        fs::write(&file, "abcd")?;
        let [before, after] = [ask("/packs/a.txt", abc)?, ask("/packs/a.txt", abcd)?];
        let outside = ask("/../a.txt", abc)?;
        let missing = ask("/packs/b.txt", abc)?;
        fs::remove_dir_all(&folder)?;
        for (head, status, caching) in [
            (&first, "200", FOR_EVER),
            (&other, "404", "no-store"),
            (&before, "404", "no-store"),
            (&after, "200", FOR_EVER),
            (&outside, "404", "no-store"),
            (&missing, "404", "no-store"),
        ] {
            assert_eq!(head.split_whitespace().nth(1), Some(status), "{head}");
            assert!(
                head.contains(&format!("cache-control: {caching}")),
                "{head}"
            );
            for (name, value) in HEADERS {
                assert!(head.contains(&format!("{name}: {value}")), "{name}: {head}");
            }
        }
        Ok(())
    }

    #[test]
    fn taken_port_is_said() -> Result<()> {
        let first = listen(0)?;
        let port = first.local_addr()?.port();
        let message = match listen(port) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        assert!(message.contains(&format!("port {port} is already in use")));
        assert!(message.contains("--port"));
        Ok(())
    }

    #[test]
    fn page_and_server_promise_the_same() {
        let page = include_str!("../../index.html");
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        let in_page = CONTENT_SECURITY_POLICY.strip_suffix("; frame-ancestors 'none'");
        assert!(in_page.is_some_and(|policy| page.contains(&format!("\"{policy}\""))));
    }

    #[test]
    fn what_other_servers_should_send_is_what_this_one_sends() {
        let documented = include_str!("../../docs/hosting.md");
        for (name, value) in HEADERS {
            let line = format!("\n{name}: {value}\n");
            assert!(documented.contains(&line), "{name}");
        }
    }
}
