//! Folders and archives with something wrong in them: it is counted and named, the rest is done,
//! and nothing waits for ever.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use std::{
    ffi::OsStr,
    fs::{self, File, Permissions},
    io::Write,
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, symlink},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use support::{Answer, image, import, text};

/// Runs `glimpse` and fails where it takes longer than a minute.
fn glimpse(arguments: &[&OsStr]) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| File::create(folder.path().join(name)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_glimpse"))
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(file("out"))
        .stderr(file("err"))
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("{arguments:?} hangs");
        }
        thread::sleep(Duration::from_millis(20));
    };
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    Answer {
        code: status.code().unwrap(),
        out: read("out"),
        err: read("err"),
    }
}

fn run(arguments: &[&str], data: &Path, more: &[&str]) -> Answer {
    let mut all: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    all.push(data.as_os_str());
    all.extend(more.iter().map(OsStr::new));
    glimpse(&all)
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn picture(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::copy(image("grey_150x150.png"), path).unwrap();
}

/// A folder that nobody may list, for as long as this lives.
struct Locked(PathBuf);

impl Locked {
    /// `None` for root, who may read everything.
    fn new(path: PathBuf) -> Option<Self> {
        picture(&path.join("unseen.png"));
        fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
        let locked = Self(path);
        locked.0.read_dir().is_err().then_some(locked)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        let _ = fs::set_permissions(&self.0, Permissions::from_mode(0o755));
    }
}

/// What is wrong in an odd folder, each a name and a word of the reason.
const WRONG: [(&str, &str); 6] = [
    ("album", "leads nowhere"),
    ("dangling.png", "leads nowhere"),
    ("inside/again", "it lies in"),
    ("itself.png", "can't be followed"),
    ("pipe.jpg", "a pipe"),
    ("text.jpg", "a text file"),
];

/// Fills a folder with two good pictures, one of them with a name that is no UTF-8, and with
/// everything in [`WRONG`].
fn odd(folder: &Path) {
    picture(&folder.join("inside/good.png"));
    picture(&folder.join(OsStr::from_bytes(b"caf\xe9.png")));
    symlink("nowhere", folder.join("dangling.png")).unwrap();
    symlink("/nowhere/at/all", folder.join("album")).unwrap();
    symlink("..", folder.join("inside/again")).unwrap();
    symlink("itself.png", folder.join("itself.png")).unwrap();
    // An editor's lock: hidden, so passed over.
    symlink("somebody@computer.123", folder.join(".#good.png")).unwrap();
    pipe(&folder.join("pipe.jpg"));
    pipe(&folder.join("pipe"));
    fs::write(folder.join("text.jpg"), "no picture").unwrap();
}

/// Each wrong thing has its line, and there are no others.
fn names_what_is_wrong(answer: &Answer, more: usize) {
    assert_eq!(answer.code, 3, "{}", answer.err);
    for (name, reason) in WRONG {
        let mut lines = answer.err.lines();
        let told = lines.any(|line| line.contains(&format!("/{name}: ")) && line.contains(reason));
        assert!(told, "{name}: {}", answer.err);
    }
    let lines = answer.err.lines().count();
    assert_eq!(lines, WRONG.len() + more, "{}", answer.err);
}

#[test]
fn odd_folders_of_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_gelu", "int8", folder.path());
    let pack = ["--pack", text(&pack), "--json"];
    let photos = folder.path().join("photos");
    odd(&photos);
    let with = |more: &[&'static str]| [more, &pack].concat();

    let embedded = run(&["embed"], &photos, &pack);
    names_what_is_wrong(&embedded, 0);
    let rows: Value = serde_json::from_str(&embedded.out).unwrap();
    let rows = rows["images"].as_array().unwrap();
    let good = |rows: &[Value]| rows.iter().filter(|row| row.get("error").is_none()).count();
    assert_eq!((good(rows), rows.len()), (2, 2 + WRONG.len()));
    let classified = run(&["classify"], &photos, &with(&["--labels", "cat, dog"]));
    names_what_is_wrong(&classified, 0);
    let rows: Vec<Value> = serde_json::from_str(&classified.out).unwrap();
    assert_eq!(good(&rows), 2);
    let found = run(&["search"], &photos, &with(&["a photo"]));
    names_what_is_wrong(&found, 0);
    let hits: Vec<Value> = serde_json::from_str(&found.out).unwrap();
    assert_eq!(hits.len(), 2);

    // Named one by one: what is wrong with one does not stop the others.
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let mut arguments = vec![OsStr::new("embed")];
    let (pipe, good) = (photos.join("pipe"), photos.join("inside/good.png"));
    arguments.extend([empty.as_os_str(), pipe.as_os_str(), good.as_os_str()]);
    arguments.extend(pack.map(OsStr::new));
    let some = glimpse(&arguments);
    assert_eq!(some.code, 3, "{}", some.err);
    for words in ["empty: this folder holds no picture", "pipe: ", "a pipe"] {
        assert!(some.err.contains(words), "{}", some.err);
    }
    run(&["embed"], &empty, &pack).assert_fails(1, &["holds no picture"]);
    run(&["embed"], &pipe, &pack).assert_fails(1, &["a pipe"]);

    if let Some(locked) = Locked::new(photos.join("locked")) {
        let answer = run(&["embed"], &photos, &pack);
        names_what_is_wrong(&answer, 1);
        assert!(answer.err.contains("locked: this can't be read"));
        drop(locked);
    }
}

#[test]
fn two_names_that_are_shown_alike_are_two_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_gelu", "int8", folder.path());
    let photos = folder.path().join("photos");
    for name in [&b"a\xfe.png"[..], b"a\xff.png"] {
        picture(&photos.join(OsStr::from_bytes(name)));
    }
    let answer = run(&["embed"], &photos, &["--pack", text(&pack)]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    assert!(answer.out.starts_with("2 pictures"), "{}", answer.out);
}

#[test]
fn odd_data_sets_in_folders() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("siglip", "int8", folder.path());
    // Even the data set's own folder has such a name.
    let data = folder.path().join(OsStr::from_bytes(b"set \xe9"));
    odd(&data.join("cat"));
    picture(&data.join("dog/a.png"));
    picture(&data.join("beside.png"));
    picture(&data.join(OsStr::from_bytes(b"\xff/a.png")));
    let json = ["--pack", text(&pack), "--json"];
    let answer = run(&["evaluate", "zero-shot"], &data, &json);
    names_what_is_wrong(&answer, 2);
    for words in ["beside the class folders", "isn't UTF-8"] {
        assert!(answer.err.contains(words), "{}", answer.err);
    }
    let found: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(found["n"], 3);

    let data = folder.path().join("captions");
    odd(&data);
    for (name, bytes) in [
        (&b"caf\xe9.txt"[..], &b"a cup of coffee"[..]),
        (b"inside/good.json", b"{\"captions\": [\"a dog\"]}"),
        (b"text.txt", b"some text"),
        (b"c.json", b"{\"captions\""),
        (b"d.txt", b"caf\xe9"),
    ] {
        fs::write(data.join(OsStr::from_bytes(name)), bytes).unwrap();
    }
    for name in ["c.png", "d.png"] {
        picture(&data.join(name));
    }
    let answer = run(&["evaluate", "retrieval"], &data, &json);
    names_what_is_wrong(&answer, 2);
    for words in ["c.png: what stands beside it is no JSON", "d.png: the text"] {
        assert!(answer.err.contains(words), "{}", answer.err);
    }
    let found: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(
        (&found["n_images"], &found["n_texts"]),
        (&json!(2), &json!(2))
    );
}

/// Adds an entry of this kind to a tar file.
fn add(tar: &mut tar::Builder<File>, name: &[u8], kind: tar::EntryType, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_entry_type(kind);
    let name = Path::new(OsStr::from_bytes(name));
    tar.append_data(&mut header, name, bytes).unwrap();
}

#[test]
fn odd_archives() {
    use tar::EntryType::{Regular, Symlink};
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_gelu", "int8", folder.path());
    let more = ["--pack", text(&pack), "--json"];
    let png = fs::read(image("grey_150x150.png")).unwrap();
    let label = |label: &str| json!({"label": label, "captions": [label]}).to_string();
    let file = folder.path().join("set.tar");
    let archive = |more: &mut dyn FnMut(&mut tar::Builder<File>)| {
        let mut tar = tar::Builder::new(File::create(&file).unwrap());
        for (name, word) in [(&b"x/a\xfe"[..], "cat"), (b"x/a\xff", "dog")] {
            add(&mut tar, &[name, b".png"].concat(), Regular, &png);
            let json = [name, b".json"].concat();
            add(&mut tar, &json, Regular, label(word).as_bytes());
        }
        more(&mut tar);
        tar.into_inner().unwrap();
    };
    let good = |answer: &Answer, count: u64| {
        let found: Value = serde_json::from_str(&answer.out).unwrap();
        let key = if found.get("n").is_some() {
            "n"
        } else {
            "n_images"
        };
        assert_eq!(found[key], count, "{}", answer.err);
    };
    let kinds = [["evaluate", "zero-shot"], ["evaluate", "retrieval"]];

    archive(&mut |tar| {
        add(tar, b"x/._a.png", Regular, b"of a Mac");
        for (name, bytes) in [("b.png", &png[..]), ("b.json", b"{"), ("b.gif", &png)] {
            add(tar, name.as_bytes(), Regular, bytes);
        }
        add(tar, b"link.png", Symlink, b"");
    });
    for kind in kinds {
        let answer = run(&kind, &file, &more);
        assert_eq!(answer.code, 3, "{}", answer.err);
        for words in [
            "b.png: what stands",
            "b.gif: another",
            "link.png: this is a link",
        ] {
            assert!(answer.err.contains(words), "{}", answer.err);
        }
        assert_eq!(answer.err.lines().count(), 3, "{}", answer.err);
        good(&answer, 2);
    }

    // Cut short in the last picture, and then damaged behind the first ones.
    archive(&mut |tar| {
        add(tar, b"z.json", Regular, label("cat").as_bytes());
        add(tar, b"z.png", Regular, &png);
    });
    let whole = fs::read(&file).unwrap();
    let end = whole.iter().rposition(|&byte| byte != 0).unwrap();
    fs::write(&file, &whole[..end - 30]).unwrap();
    for kind in kinds {
        let answer = run(&kind, &file, &more);
        assert_eq!(answer.code, 3, "{}", answer.err);
        for words in ["z.png", "set.tar: it is cut short"] {
            assert!(answer.err.contains(words), "{}", answer.err);
        }
        good(&answer, 2);
    }
    archive(&mut |_| {});
    File::options()
        .append(true)
        .open(&file)
        .unwrap()
        .write_all(&[7; 2048])
        .unwrap();
    for kind in kinds {
        let answer = run(&kind, &file, &more);
        assert_eq!(answer.code, 3, "{}", answer.err);
        assert!(answer.err.contains("the rest of it can't be read"));
        good(&answer, 2);
    }

    // Several archives, one behind the other.
    let mut second = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    for (name, bytes) in [("y.png", &png[..]), ("y.json", label("cat").as_bytes())] {
        header.set_size(bytes.len() as u64);
        second.append_data(&mut header, name, bytes).unwrap();
    }
    archive(&mut |_| {});
    let both = [fs::read(&file).unwrap(), second.into_inner().unwrap()].concat();
    fs::write(&file, both).unwrap();
    for kind in kinds {
        let answer = run(&kind, &file, &more);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""));
        good(&answer, 3);
    }
}

/// A pipe in the place of a file is refused, not waited for.
#[test]
fn pipes_are_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_gelu", "int8", folder.path());
    let pack = ["--pack", text(&pack)];
    let waits = folder.path().join("pipe");
    pipe(&waits);
    let good = image("grey_150x150.png");
    let refused = |arguments: &[&str], more: &[&str]| {
        let answer = run(arguments, &waits, more);
        answer.assert_fails(1, &["pipe"]);
    };
    refused(&["evaluate", "zero-shot"], &pack);
    refused(&["evaluate", "retrieval"], &pack);
    refused(&["info"], &[]);
    refused(&["import"], &["-o", "x"]);
    refused(&["pretrain"], &[]);
    refused(&["calibrate", pack[1]], &[]);
    refused(&["embed", text(&good), "--pack"], &[]);
    refused(&["embed", pack[0], pack[1], "--texts-file"], &[]);
    let mut classify = vec!["classify", text(&good), "--labels-file"];
    classify.splice(1..1, pack);
    refused(&classify, &[]);

    // What a shell opened already has an end.
    let line = format!(
        "{} embed <(cat {}) --pack {}",
        env!("CARGO_BIN_EXE_glimpse"),
        text(&good),
        pack[1]
    );
    if let Ok(output) = Command::new("bash").args(["-c", &line]).output() {
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{told}");
    }
}

/// A data set for calibration in which some things are wrong.
#[test]
fn odd_folders_are_calibrated_on() {
    let folder = tempfile::tempdir().unwrap();
    let pack = import("clip_quick_gelu", "f32", folder.path());
    let data = folder.path().join("classes");
    odd(&data.join("cat"));
    let names = [
        "gradient_320x200.png",
        "shapes_97x211.png",
        "noise_301x37.png",
    ];
    for (place, name) in names.iter().cycle().take(12).enumerate() {
        let class = data.join(["cat", "dog", "ball"][(place * 5 / 4) % 3]);
        fs::create_dir_all(&class).unwrap();
        fs::copy(image(name), class.join(format!("{place}-{name}"))).unwrap();
    }
    let more = ["--labels", "2", "--force", "--json"];
    let answer = run(&["calibrate", text(&pack)], &data, &more);
    // What these random weights say may fit no calibration; what is wrong is named all the same.
    let told = WRONG.iter().all(|(name, _)| answer.err.contains(name));
    assert!(told, "{}", answer.err);
}
