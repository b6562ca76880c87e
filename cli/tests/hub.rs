//! `glimpse import owner/name`, from a server that answers as the hub does.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Output},
    sync::{Arc, Mutex},
    thread,
};
use support::checkpoint;

/// The paths that were asked for.
type Asked = Arc<Mutex<Vec<String>>>;

const CARD: &[u8] = b"---\nlicense: mit\nlanguage: en\n---\n# A model\n";

/// Serves the checkpoint as `me/clip` and returns the server's address.
fn serve(asked: Asked) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &asked);
        }
    });
    address
}

fn answer(mut stream: TcpStream, asked: &Asked) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let request = lines.next().unwrap().unwrap();
    let headers: Vec<String> = lines
        .map(|line| line.unwrap().to_lowercase())
        .take_while(|line| !line.is_empty())
        .collect();
    let path = request.split(' ').nth(1).unwrap().to_owned();
    let file = path.strip_prefix("/me/clip/resolve/main/");
    let (status, more, body) = if path.starts_with("/api/models/me/clip") {
        let unwanted = ["pytorch_model.bin", "tf_model.h5", "README.md"].map(str::to_owned);
        let files = checkpoint("clip_gelu").read_dir().unwrap();
        let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let siblings: Vec<_> = files
            .chain(unwanted)
            .map(|name| serde_json::json!({ "rfilename": name }))
            .collect();
        let list = serde_json::json!({"siblings": siblings, "sha": "abc"});
        ("200 OK", String::new(), list.to_string().into_bytes())
    } else if let Some(file) = file {
        let whole = match file {
            "README.md" => CARD.to_vec(),
            file => fs::read(checkpoint("clip_gelu").join(file)).unwrap(),
        };
        let range = headers
            .iter()
            .find_map(|line| line.strip_prefix("range: bytes="));
        let end = if range == Some("0-0") { 1 } else { whole.len() };
        let more = format!(
            "etag: \"{}\"\r\nx-repo-commit: abc\r\ncontent-range: bytes 0-{}/{}\r\n",
            file.replace('.', ""),
            end - 1,
            whole.len()
        );
        ("206 Partial Content", more, whole[..end].to_vec())
    } else {
        ("404 Not Found", String::new(), vec![])
    };
    asked.lock().unwrap().push(path);
    let head = format!(
        "HTTP/1.1 {status}\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body).unwrap();
}

fn import(id: &str, hub: &str, folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_glimpse"))
        .args(["import", id, "-o", "pack", "--json"])
        .current_dir(folder)
        .env("HF_ENDPOINT", hub)
        .env("HF_HOME", folder.join("cache"))
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .output()
        .unwrap()
}

#[test]
fn only_what_is_needed_is_fetched_and_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let asked = Asked::default();
    let hub = serve(asked.clone());
    let imported = import("me/clip", &hub, folder.path());
    let told = String::from_utf8_lossy(&imported.stderr);
    assert!(imported.status.success(), "{told}");
    let manifest = fs::read(folder.path().join("pack/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["name"], "me/clip");
    assert_eq!(
        (&manifest["licence"], &manifest["languages"][0]),
        (&"mit".into(), &"en".into())
    );
    let fetched = |asked: &Asked| {
        let asked = asked.lock().unwrap();
        let files = asked.iter().filter_map(|path| path.rsplit_once("/main/"));
        let mut files: Vec<String> = files.map(|(_, file)| file.to_owned()).collect();
        files.sort();
        files.dedup();
        files
    };
    assert_eq!(
        fetched(&asked),
        [
            "README.md",
            "config.json",
            "model.safetensors",
            "preprocessor_config.json",
            "tokenizer.json"
        ]
    );

    // Again, from the cache: with the hub, and without it.
    asked.lock().unwrap().clear();
    assert!(import("me/clip", &hub, folder.path()).status.success());
    assert!(fetched(&asked).is_empty());
    assert!(
        import("me/clip", "http://127.0.0.1:9", folder.path())
            .status
            .success()
    );

    let missing = import("me/none", &hub, folder.path());
    let told = String::from_utf8_lossy(&missing.stderr);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        told.contains("no such model") && missing.stdout.is_empty(),
        "{told}"
    );
}
