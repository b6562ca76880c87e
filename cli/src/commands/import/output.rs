//! Where a pack goes: a folder or a single ZIP file, whole or not at all.

use crate::{pack::Pack, replacement};
use anyhow::{Context, Result, bail};
use glimpse_model::{checkpoint::PackSink, pack::Manifest};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A place that a pack may be written to.
pub struct Output {
    /// Without links, where it exists: what a link leads to is replaced, not the link.
    path: PathBuf,
    zip: bool,
    /// The files of the pack that is there, its manifest among them; none if there is no pack.
    old: Vec<String>,
}

impl Output {
    /// Refuses a place where other things are. Packs are replaced.
    pub fn check(path: &Path, force: bool) -> Result<Self> {
        let zip = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
        let shown = path.display();
        if path.file_name().is_none() && !path.is_dir() {
            bail!("{shown} is no name for a pack");
        }
        if path.is_symlink() && !path.exists() {
            bail!("{shown} is a link that leads nowhere");
        }
        if zip && path.is_dir() {
            bail!("{shown} is a folder; a pack as a single file can't take its place");
        }
        if !zip && path.exists() && !path.is_dir() {
            bail!("{shown} is a file; a pack is a folder, or a single file that ends in .zip");
        }
        let empty = || {
            path.read_dir()
                .is_ok_and(|mut files| files.next().is_none())
        };
        let old = Pack::open(path).ok().map(|pack| pack.manifest);
        let free = !path.exists() || (!zip && empty()) || old.is_some();
        if !free && !force {
            bail!(
                "{shown} exists and is no pack; --force writes the pack there nevertheless{}",
                if zip {
                    ", in its place"
                } else {
                    ", and leaves files of other names alone"
                }
            );
        }
        let real = || fs::canonicalize(path).with_context(|| format!("{shown} can't be read"));
        Ok(Self {
            path: match path.exists() {
                true => real()?,
                false => path.to_owned(),
            },
            zip,
            old: old.iter().flat_map(files).map(str::to_owned).collect(),
        })
    }

    /// Begins the pack in a folder of its own: beside the place, or in it where other files are,
    /// since that folder stays.
    pub fn stage(self) -> Result<Staged> {
        let beside = nearest_folder(&self.path);
        let inside = self.path.is_dir() && !replacement::holds_only(&self.path, &self.old)?;
        let folder = match inside {
            true => new_folder(&self.path),
            // Where the folder may be written to, but not the one that it lies in.
            false => new_folder(&beside).or_else(|error| match self.path.is_dir() {
                true => new_folder(&self.path),
                false => Err(error),
            }),
        };
        let above = if inside { &self.path } else { &beside };
        let folder =
            folder.with_context(|| format!("nothing can be written to {}", above.display()))?;
        let unfinished = Arc::new(Mutex::new(Some(folder.clone())));
        let staged = Staged {
            output: self,
            folder,
            unfinished: Arc::clone(&unfinished),
        };
        // Ctrl-C leaves nothing behind either. While the pack is moved to its place, it waits.
        ctrlc::set_handler(move || {
            remove(&mut lock(&unfinished));
            process::exit(130);
        })
        .context("interruptions can't be watched for")?;
        Ok(staged)
    }
}

/// A new hidden folder in another one.
fn new_folder(above: &Path) -> io::Result<PathBuf> {
    let id = process::id();
    let mut number = 0;
    loop {
        // An earlier process of the same number may have been killed.
        let folder = above.join(format!(".glimpse-import-{id}-{number}"));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            made => return made.map(|()| folder),
        }
    }
}

/// The folder of a pack that is not finished; `None` once it isn't to be deleted any more.
type Unfinished = Option<PathBuf>;

fn lock(unfinished: &Mutex<Unfinished>) -> MutexGuard<'_, Unfinished> {
    unfinished.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remove(unfinished: &mut Unfinished) {
    if let Some(folder) = unfinished.take() {
        // What is left over if this fails can't be helped, and is named so that it's recognised.
        let _ = fs::remove_dir_all(folder);
    }
}

/// The nearest folder above `path` that exists.
fn nearest_folder(path: &Path) -> PathBuf {
    let above = path.ancestors().skip(1);
    let mut above = above.filter(|folder| folder.is_dir() && folder.file_name().is_some());
    match above.next() {
        Some(folder) => folder.to_owned(),
        None if path.is_absolute() => PathBuf::from("/"),
        None => PathBuf::from("."),
    }
}

/// Deletes files of packs, and their folder if nothing else is in it.
fn remove_pack<'a>(folder: &Path, names: impl Iterator<Item = &'a str>) {
    for name in names {
        // Most aren't there; a folder that is left over can't be helped, as above.
        let _ = fs::remove_file(folder.join(name));
    }
    let _ = fs::remove_dir(folder);
}

/// A pack that is not at its place yet; gone again if it never gets there.
pub struct Staged {
    output: Output,
    folder: PathBuf,
    unfinished: Arc<Mutex<Unfinished>>,
}

impl Drop for Staged {
    fn drop(&mut self) {
        remove(&mut lock(&self.unfinished));
    }
}

impl PackSink for Staged {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + '_>> {
        let file = File::create(self.folder.join(name))?;
        Ok(Box::new(BufWriter::with_capacity(1 << 20, file)))
    }

    fn read(&mut self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.folder.join(name))
    }
}

impl Staged {
    /// Moves the finished pack to its place, in the place of a pack that is there. A crash leaves
    /// either of the two whole.
    pub fn finish(self, manifest: &Manifest) -> Result<()> {
        let path = &self.output.path;
        let mut unfinished = lock(&self.unfinished);
        let moved = if self.output.zip {
            self.move_zip(manifest)
        } else {
            let names: Vec<&str> = files(manifest).collect();
            let old = &self.output.old;
            // From here on the folder may hold what was at the place before.
            *unfinished = None;
            let moved = replacement::replace(&self.folder, path, &names, old);
            if moved.is_err() {
                let old = old.iter().map(String::as_str);
                remove_pack(&self.folder, names.into_iter().chain(old));
            }
            moved
        };
        moved.with_context(|| format!("{} can't be written", path.display()))
    }

    fn move_zip(&self, manifest: &Manifest) -> io::Result<()> {
        let whole = self.folder.join("pack.zip");
        let mut zip = ZipWriter::new(BufWriter::new(File::create(&whole)?));
        for name in files(manifest) {
            let mut file = File::open(self.folder.join(name))?;
            let large = file.metadata()?.len() >= u64::from(u32::MAX);
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Stored)
                .large_file(large);
            zip.start_file(name, options)?;
            io::copy(&mut file, &mut zip)?;
        }
        zip.finish()?.flush()?;
        if let Some(parent) = self.output.path.parent() {
            fs::create_dir_all(parent)?;
        }
        replacement::replace_file(&whole, &self.output.path)
    }
}

/// A pack's files, the manifest last.
fn files(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let listed = manifest.files.keys().map(String::as_str);
    listed.chain([Manifest::FILE])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path) -> String {
        Output::check(path, false)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn other_peoples_files_are_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        assert_eq!(refusal(path), "");
        assert_eq!(refusal(&path.join("new/pack")), "");
        assert_eq!(refusal(&path.join("new.zip")), "");
        fs::write(path.join("letter.zip"), "dear").unwrap();
        assert!(refusal(path).contains("is no pack"));
        assert!(refusal(&path.join("letter.zip")).contains("--force"));
        assert!(Output::check(path, true).is_ok());
        fs::write(path.join("letter"), "dear").unwrap();
        assert!(Output::check(&path.join("letter"), true).is_err());
    }

    #[test]
    fn the_nearest_folder_is_found() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(nearest_folder(&folder.path().join("a/b/c")), folder.path());
        assert_eq!(nearest_folder(Path::new("a-new-pack")), Path::new("."));
        assert_eq!(nearest_folder(Path::new("/a-new-pack")), Path::new("/"));
    }
}
