//! The demo's server: the built site and nothing else, with the headers that the page promises.

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use axum::http::{Request, Uri};
use axum::middleware::{self, Next};
use axum::response::Response;
use std::future::Future;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use tower_http::services::ServeDir;

/// What the page may do; `index.html` carries the same, for other servers.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
    img-src 'self' blob: data:; style-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'";

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
        .layer(middleware::from_fn(add_headers));
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

async fn add_headers(request: Request<axum::body::Body>, next: Next) -> Response {
    let policy = cache_policy(request.uri());
    let mut response = next.run(request).await;
    // What failed once may be there the next time.
    let is_final = response.status().is_success() || response.status().is_redirection();
    let policy = if is_final { policy } else { "no-store" };
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    };
    set(CACHE_CONTROL.as_str(), policy);
    set("content-security-policy", CONTENT_SECURITY_POLICY);
    set("cross-origin-embedder-policy", "require-corp");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("referrer-policy", "no-referrer");
    set("x-content-type-options", "nosniff");
    set("x-frame-options", "DENY");
    response
}

fn cache_policy(uri: &Uri) -> &'static str {
    let asks_by_hash = uri
        .query()
        .is_some_and(|query| query.split('&').any(|pair| pair.starts_with("sha256=")));
    if asks_by_hash || has_hashed_name(uri.path()) {
        FOR_EVER
    } else {
        ASK_FIRST
    }
}

/// Whether a file's name carries Trunk's hash of it: `glimpse-0123456789abcdef_bg.wasm`.
fn has_hashed_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
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

    #[test]
    fn only_addresses_with_a_hash_are_kept_for_ever() {
        for (address, expected) in [
            ("/glimpse-86b1c3c8b2a5d0f1_bg.wasm", FOR_EVER),
            ("/glimpse-86b1c3c8b2a5d0f1.js", FOR_EVER),
            ("/packs/default/text.safetensors?sha256=ab", FOR_EVER),
            ("/", ASK_FIRST),
            ("/index.html", ASK_FIRST),
            ("/service-worker.js", ASK_FIRST),
            ("/manifest.webmanifest", ASK_FIRST),
            ("/glimpse-cpu.js", ASK_FIRST),
            ("/glimpse-webgpu_bg.wasm", ASK_FIRST),
            ("/packs/default/text.safetensors?v=1", ASK_FIRST),
        ] {
            assert_eq!(
                cache_policy(&Uri::from_static(address)),
                expected,
                "{address}"
            );
        }
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
        assert!(page.contains(CONTENT_SECURITY_POLICY));
    }
}
