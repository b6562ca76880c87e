//! Where a pack goes: a folder or a single ZIP file, whole or not at all.

use crate::pack::Pack;
use anyhow::{Context, Result, bail};
use glimpse_model::{checkpoint::PackSink, pack::Manifest};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process,
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A place that a pack may be written to.
pub struct Output {
    path: PathBuf,
    zip: bool,
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
        let free = !path.exists() || (!zip && empty()) || Pack::open(path).is_ok();
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
        Ok(Self {
            path: path.to_owned(),
            zip,
        })
    }

    /// Begins the pack in a folder of its own beside the place.
    pub fn stage(self) -> Result<Staged> {
        // Later renames have to stay on one file system.
        let parent = nearest_folder(&self.path);
        let name = format!(".glimpse-import-{}", process::id());
        let folder = parent.join(name);
        fs::create_dir(&folder)
            .with_context(|| format!("nothing can be written to {}", parent.display()))?;
        let staged = Staged {
            output: self,
            folder: folder.clone(),
        };
        // Ctrl-C leaves nothing behind either.
        ctrlc::set_handler(move || {
            let _ = fs::remove_dir_all(&folder);
            process::exit(130);
        })
        .context("interruptions can't be watched for")?;
        Ok(staged)
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

/// A pack that is not at its place yet; gone again if it never gets there.
pub struct Staged {
    output: Output,
    folder: PathBuf,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What is left over if this fails can't be helped, and is named so that it's recognised.
        let _ = fs::remove_dir_all(&self.folder);
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
    /// Moves the finished pack to its place.
    pub fn finish(self, manifest: &Manifest) -> Result<()> {
        let path = &self.output.path;
        let moved = if self.output.zip {
            self.move_zip(manifest)
        } else {
            self.move_folder(manifest)
        };
        moved.with_context(|| format!("{} can't be written", path.display()))
    }

    /// The manifest goes last, so that a folder with a manifest is whole.
    fn move_folder(&self, manifest: &Manifest) -> io::Result<()> {
        let path = &self.output.path;
        fs::create_dir_all(path)?;
        match fs::remove_file(path.join(Manifest::FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for name in files(manifest) {
            fs::rename(self.folder.join(name), path.join(name))?;
        }
        Ok(())
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
        fs::rename(whole, &self.output.path)
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
