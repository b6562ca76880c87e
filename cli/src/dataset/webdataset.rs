//! WebDataset shards: tar files in which a sample's files stand side by side under one key.

use super::{
    Part, Sample,
    facts::{self, Class, Facts, Truth},
    limits::{self, TEXT},
    npy,
};
use crate::{
    disk,
    failure::one_line,
    pictures::{Picture, is_picture},
};
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read, Seek},
    path::{Component, Path, PathBuf},
    sync::Arc,
};
use tar::{Entry, EntryType};

/// Whose captions count where both have some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// A JSON's, as img2dataset writes them.
    Json,
    /// A text's, as CLIP_benchmark reads them.
    Text,
}

/// A file of a sample, by the last part of its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Member {
    Picture,
    Json,
    Text,
    Class,
    Flags,
}

impl Member {
    /// Of a file's name; `None` of files that nothing is read from.
    pub fn of(name: &Path) -> Option<Self> {
        if is_picture(name) {
            return Some(Self::Picture);
        }
        let ending = name.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "json" | "jsn" => Some(Self::Json),
            "txt" | "text" | "caption" | "transcript" => Some(Self::Text),
            "cls" => Some(Self::Class),
            "npy" => Some(Self::Flags),
            _ => None,
        }
    }
}

/// What stands beside a picture.
#[derive(Debug, Default)]
pub struct Beside {
    json: Option<Map<String, Value>>,
    text: Option<String>,
    truth: Option<Truth>,
    trouble: Option<String>,
}

impl Beside {
    /// Takes the bytes of one file, or why there are none.
    pub fn take(&mut self, member: Member, bytes: Result<Vec<u8>>) {
        if let Err(error) = bytes.and_then(|bytes| self.parse(member, bytes)) {
            self.trouble.get_or_insert(one_line(&error));
        }
    }

    fn parse(&mut self, member: Member, bytes: Vec<u8>) -> Result<()> {
        match member {
            Member::Picture => {}
            Member::Json => match serde_json::from_slice(&bytes) {
                Ok(Value::Object(json)) => self.json = Some(json),
                Ok(_) => {}
                Err(error) => bail!("what stands beside it is no JSON: {error}"),
            },
            Member::Text => {
                let text = String::from_utf8(bytes);
                self.text = Some(text.ok().context("the text beside it is not UTF-8")?);
            }
            Member::Class => {
                let text = String::from_utf8(bytes);
                let text = text.ok().context("the class beside it is not UTF-8")?;
                let class = Class::parse(&text).context("the .cls file beside it is empty")?;
                self.truth = Some(Truth::One(class));
            }
            // Beside a class, it is something else: an embedding, for example.
            Member::Flags if self.truth.is_none() => {
                self.truth = Some(Truth::Flags(npy::flags(&bytes)?));
            }
            Member::Flags => {}
        }
        Ok(())
    }

    /// All of it as facts.
    pub fn facts(self, first: First) -> Facts {
        let Self {
            json,
            text,
            truth,
            trouble,
        } = self;
        let json = json.unwrap_or_default();
        let text = || -> Vec<String> {
            let lines = text.as_deref().map(facts::lines).into_iter().flatten();
            lines.map(str::to_owned).collect()
        };
        let named = || facts::captions(&json);
        let (one, other) = match first {
            First::Json => (named(), text()),
            First::Text => (text(), named()),
        };
        let mut captions = one;
        if captions.is_empty() {
            captions = other;
        }
        if captions.is_empty() {
            captions = facts::texts(&json);
        }
        Facts {
            captions,
            truth: truth.or_else(|| facts::truth(&json)),
            trouble,
        }
    }
}

/// The key and the extensions of a file in a shard: the key ends at the first dot of the name itself,
/// not of its folders'.
fn split_key(name: &Path) -> Option<(OsString, OsString)> {
    let file = name.file_name()?.as_encoded_bytes();
    let dot = file
        .iter()
        .position(|&byte| byte == b'.')
        .filter(|&dot| dot > 0)?;
    let whole = name.as_os_str().as_encoded_bytes();
    let extensions = file.len() - dot;
    let key = text_of(&whole[..whole.len() - extensions]);
    Some((key, text_of(&file[dot + 1..])))
}

#[cfg(unix)]
fn text_of(bytes: &[u8]) -> OsString {
    <OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes).to_owned()
}

#[cfg(not(unix))]
fn text_of(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// What is read of a sample so far.
#[derive(Default)]
struct Open {
    picture: Option<Picture>,
    /// A picture with more than one extension, which stands for the sample if there is no other.
    compound: Option<Picture>,
    more: Vec<PathBuf>,
    beside: Beside,
    /// The members that have been read, and whether under one extension alone.
    members: Vec<(Member, bool)>,
    /// The first of its files.
    name: PathBuf,
}

/// Reads what stands beside the pictures of a shard; of the pictures only where they lie. What can't
/// be used is left out, and so is whatever comes after a damaged place.
pub fn read(path: &Path, first: First) -> Result<Part> {
    let unreadable = || format!("{} is not a tar file that can be read", path.display());
    let mut file =
        disk::open_file(path).with_context(|| format!("{} can't be read", path.display()))?;
    let length = file.metadata().with_context(unreadable)?.len();
    refuse_compressed(&mut file, path)?;
    let mut shard = Shard {
        path: path.into(),
        samples: Vec::new(),
        keys: HashMap::new(),
        last: None,
        part: Part::default(),
    };
    let mut tar = tar::Archive::new(file);
    // Several archives, one behind the other, are read as one.
    tar.set_ignore_zeros(true);
    let mut ended = 0;
    let mut is_first = true;
    for entry in tar.entries_with_seek().with_context(unreadable)? {
        let taken = entry.and_then(|mut entry| {
            ended = entry.raw_file_position().saturating_add(entry.size());
            shard.take(&mut entry)
        });
        if let Err(error) = taken {
            if is_first {
                return Err(error).with_context(unreadable);
            }
            let rest = format!("the rest of it can't be read: {error}");
            shard.part.fail(path.display(), rest);
            ended = 0;
            break;
        }
        is_first = false;
    }
    if ended > length {
        let cut = "it is cut short, so some of it may be missing".to_owned();
        shard.part.fail(path.display(), cut);
    }
    Ok(shard.finish(first))
}

fn refuse_compressed(file: &mut File, path: &Path) -> Result<()> {
    let mut head = [0; 6];
    let read = file.read(&mut head).unwrap_or_default();
    file.rewind()
        .with_context(|| format!("{} can't be read from its start", path.display()))?;
    let with = match &head[..read] {
        [0x1f, 0x8b, ..] => "gunzip",
        [b'B', b'Z', b'h', ..] => "bunzip2",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "unzstd",
        [0xfd, b'7', b'z', b'X', b'Z', 0] => "unxz",
        _ => return Ok(()),
    };
    bail!(
        "{} is compressed: decompress it first ({with} does that), since pictures are read from \
         where they lie in it",
        path.display()
    )
}

struct Shard {
    path: Arc<Path>,
    samples: Vec<Open>,
    /// Samples by their key; there are several if one is used again.
    keys: HashMap<OsString, Vec<usize>>,
    last: Option<(OsString, usize)>,
    part: Part,
}

impl Shard {
    fn take(&mut self, entry: &mut Entry<'_, File>) -> io::Result<()> {
        let name = entry.path()?.into_owned();
        let kind = entry.header().entry_type();
        if kind == EntryType::Directory || is_passed_over(&name) {
            return Ok(());
        }
        let Some(member) = Member::of(&name) else {
            return Ok(());
        };
        let Some((key, extensions)) = split_key(&name) else {
            return Ok(());
        };
        if !kind.is_file() {
            let link = "this is a link or the like in the archive".to_owned();
            self.part.fail(name.display(), link);
            return Ok(());
        }
        let is_plain = !extensions.as_encoded_bytes().contains(&b'.');
        let place = self.sample(key, member, is_plain, &name);
        if member == Member::Picture {
            let (start, length) = (entry.raw_file_position(), entry.size());
            let shown = name.to_string_lossy().into_owned();
            let picture = Picture::part(shown, self.path.clone(), start, length);
            let sample = &mut self.samples[place];
            let free = match is_plain {
                true => &mut sample.picture,
                false => &mut sample.compound,
            };
            match free {
                None => *free = Some(picture),
                Some(_) if is_plain => self.twice(&name),
                Some(_) => sample.more.push(name),
            }
            return Ok(());
        }
        let sample = &mut self.samples[place];
        let is_known = sample
            .members
            .iter()
            .any(|&(other, plain)| other == member && plain);
        if !is_plain && is_known {
            return Ok(());
        }
        sample.members.push((member, is_plain));
        let size = entry.size();
        let fits = limits::at_most(format!("the length of {}", name.display()), size, TEXT);
        let bytes = match fits {
            Ok(()) => {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
            Err(error) => Err(error.into()),
        };
        self.samples[place].beside.take(member, bytes);
        Ok(())
    }

    fn twice(&mut self, name: &Path) {
        let reason =
            "another picture of the archive has this name or differs in the extension only";
        self.part.fail(name.display(), reason.to_owned());
    }

    /// The sample that a file belongs to: files of one key belong together if they stand side by
    /// side, or if they complete each other.
    fn sample(&mut self, key: OsString, member: Member, is_plain: bool, name: &Path) -> usize {
        if let Some((last, place)) = &self.last
            && *last == key
        {
            let place = *place;
            let has = self.samples[place].members.contains(&(member, true));
            // A JSON of its own again: the key begins anew.
            if member == Member::Picture || !has || !is_plain {
                return place;
            }
        }
        let lacks = |sample: &Open| match member {
            Member::Picture => sample.picture.is_none(),
            member => !sample.members.contains(&(member, true)),
        };
        let known = self.keys.entry(key.clone()).or_default();
        let place = known
            .iter()
            .copied()
            .find(|&place| lacks(&self.samples[place]));
        let place = place.unwrap_or_else(|| {
            known.push(self.samples.len());
            self.samples.push(Open {
                name: name.to_owned(),
                ..Open::default()
            });
            self.samples.len() - 1
        });
        self.last = Some((key, place));
        place
    }

    fn finish(self, first: First) -> Part {
        let Self {
            samples, mut part, ..
        } = self;
        let texts = samples.iter().any(|sample| {
            sample.beside.text.is_some() && (sample.picture.is_some() || sample.compound.is_some())
        });
        for sample in samples {
            let Open {
                picture,
                compound,
                more,
                beside,
                name,
                ..
            } = sample;
            if picture.is_none() {
                for other in more {
                    let reason = "another picture stands for its sample";
                    part.fail(other.display(), reason.to_owned());
                }
            }
            let Some(picture) = picture.or(compound) else {
                let has_facts = beside.json.is_some() || beside.truth.is_some();
                if has_facts || beside.trouble.is_some() || (texts && beside.text.is_some()) {
                    let reason = "there is no picture beside it".to_owned();
                    part.fail(name.display(), reason);
                }
                continue;
            };
            part.samples.push(Sample {
                picture,
                facts: beside.facts(first),
                no_label: None,
            });
        }
        part
    }
}

/// Hidden files, as in folders (`._a.jpg` is no picture), and what the library calls metadata.
fn is_passed_over(name: &Path) -> bool {
    let begins = |name: &OsStr, with: &[u8]| name.as_encoded_bytes().starts_with(with);
    let mut parts = name.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name),
        _ => None,
    });
    let mut rest = parts.clone();
    let is_meta = rest.next().is_some_and(|first| {
        begins(first, b"__") && first.as_encoded_bytes()[2..].ends_with(b"__")
    });
    is_meta || parts.any(|name| begins(name, b"."))
}

/// The shards of a part are read one after the other; one that can't be read is counted.
pub fn read_all(paths: &[PathBuf], first: First) -> Result<Part> {
    let mut whole = Part::default();
    for path in paths {
        match read(path, first) {
            Ok(mut part) => {
                // Shards use the same names again and again.
                let shard = path.file_name().unwrap_or_default().to_string_lossy();
                let samples = part.samples.iter_mut().filter(|_| paths.len() > 1);
                samples.for_each(|sample| {
                    sample.picture.name = format!("{shard}: {}", sample.picture.name);
                });
                whole.append(part)?;
            }
            Err(error) if paths.len() == 1 => return Err(error),
            Err(error) => whole.fail_file(path, &error),
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_end_at_the_first_dot_of_the_name() {
        for (name, key, extensions) in [
            ("a.jpg", "a", "jpg"),
            ("a.v1.jpg", "a", "v1.jpg"),
            ("x/v1.0/a.b.json", "x/v1.0/a", "b.json"),
            ("./a.jpg", "./a", "jpg"),
        ] {
            let found = split_key(Path::new(name)).unwrap();
            assert_eq!(found, (key.into(), extensions.into()));
        }
        assert_eq!(split_key(Path::new("x.y/a")), None);
        assert!(is_passed_over(Path::new("__meta__/a.json")));
        assert!(is_passed_over(Path::new("x/._a.jpg")));
        assert!(!is_passed_over(Path::new("__a.jpg")));
    }

    #[test]
    fn captions_beside_a_picture() {
        let beside = |json: &str, text: &str| {
            let mut beside = Beside::default();
            beside.take(Member::Json, Ok(json.as_bytes().to_vec()));
            beside.take(Member::Text, Ok(text.as_bytes().to_vec()));
            beside
        };
        let captions = |json, text, first| beside(json, text).facts(first).captions;
        let json = r#"{"caption": "a"}"#;
        assert_eq!(captions(json, "b\nc\n", First::Json), ["a"]);
        assert_eq!(captions(json, "b\nc\n", First::Text), ["b", "c"]);
        assert_eq!(captions(r#"{"title": "a"}"#, "b", First::Json), ["b"]);
        assert_eq!(captions(r#"{"title": "a"}"#, " ", First::Json), ["a"]);
        let broken = beside("{", "b").facts(First::Json);
        assert!(broken.trouble.unwrap().contains("no JSON"));
    }
}
