//! Replacing a pack's folder so that a crash at any point leaves a whole pack, the old one or the
//! new one: [`replace`], and [`complete`] for what was interrupted.
//!
//! A folder that is missing, empty or holds nothing but the old pack is replaced by a single
//! rename or exchange of folders. Where other files lie beside the pack, or the system can't
//! exchange folders, the folder itself stays. Then the new pack is first put into it as a whole,
//! under the name [`PENDING`]: from that rename on the new pack counts. Its files are moved to
//! their places after that, the manifest last, and whatever opens the pack after a crash moves the
//! rest.
//!
//! Files that belong to neither pack are never deleted.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// The folder, inside the pack's, that holds what has not been moved to its place yet.
const PENDING: &str = ".glimpse-pending";

/// Puts a finished pack in the place of what is at `to`; both have to be real paths, without
/// links. `from` is a folder of its own and holds the files `names` and nothing else, the manifest
/// being the last of them. `old` are the files of the pack that is replaced, with its manifest.
///
/// # Errors
/// The system's. Until the new pack counts, `from` is left as it is; what remains of it after that
/// is the old pack's.
pub fn replace(from: &Path, to: &Path, names: &[&str], old: &[String]) -> io::Result<()> {
    replace_in_steps(from, to, names, old, &mut |_| Ok(()))
}

/// Called before each change of what is on the disk, with its name. Tests make it fail, which is
/// as if the program had been killed there.
type Step<'a> = &'a mut dyn FnMut(&str) -> io::Result<()>;

fn replace_in_steps(
    from: &Path,
    to: &Path,
    names: &[&str],
    old: &[String],
    step: Step<'_>,
) -> io::Result<()> {
    step("sync")?;
    for name in names {
        sync_file(&from.join(name))?;
    }
    sync_folder(from)?;
    if !to.exists() {
        if let Some(parent) = to.parent() {
            step("make the folder above")?;
            fs::create_dir_all(parent)?;
        }
        step("rename")?;
        fs::rename(from, to)?;
        return sync_above(to);
    }
    if !from.starts_with(to) && holds_only(to, old)? && !is_working_folder(to) {
        // Later failures to keep its owner's settings would come too late.
        fs::set_permissions(from, fs::metadata(to)?.permissions())?;
        step("exchange")?;
        if exchange(from, to).is_ok() {
            sync_above(to)?;
            return remove_old(from, to, old, step).map_err(|error| {
                let from = from.display();
                let left = format!("the new pack is there, but of the old one is left {from}");
                io::Error::new(error.kind(), format!("{left}: {error}"))
            });
        }
    }
    replace_inside(from, to, names, step)
}

/// Whether nothing lies in a folder but these files.
///
/// # Errors
/// The system's: the folder can't be listed.
pub fn holds_only(folder: &Path, files: &[String]) -> io::Result<bool> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        let name = entry.file_name();
        let is_known = files.iter().any(|file| name == file.as_str());
        if !is_known || !entry.file_type()?.is_file() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether this program was started in the folder or below it: the terminal would be left in a
/// folder that is gone.
fn is_working_folder(folder: &Path) -> bool {
    env::current_dir().is_ok_and(|here| here.starts_with(folder))
}

/// Exchanges two folders in one step.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// Deletes the old pack, which lies where the new one was made. What else came into its folder
/// meanwhile goes to the new one.
fn remove_old(from: &Path, to: &Path, old: &[String], step: Step<'_>) -> io::Result<()> {
    for name in old {
        step("delete an old file")?;
        match fs::remove_file(from.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    for entry in from.read_dir()? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if !place.exists() {
            fs::rename(entry.path(), place)?;
        }
    }
    step("delete the old folder")?;
    fs::remove_dir(from)
}

/// Leaves the folder itself and all other files in it.
fn replace_inside(from: &Path, to: &Path, names: &[&str], step: Step<'_>) -> io::Result<()> {
    complete_in_steps(to, step)?;
    if let Some(name) = names.iter().find(|name| to.join(name).is_dir()) {
        let message = format!("{name} in it is a folder");
        return Err(io::Error::new(ErrorKind::IsADirectory, message));
    }
    let pending = to.join(PENDING);
    step("rename into the folder")?;
    match fs::rename(from, &pending) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            let near = to.join(format!("{PENDING}-copy"));
            step("copy")?;
            copy(from, &near, names)?;
            step("rename the copy")?;
            fs::rename(&near, &pending)?;
            // Of no use any more, and of no harm.
            let _ = fs::remove_dir_all(from);
        }
        moved => moved?,
    }
    sync_folder(to)?;
    complete_in_steps(to, step)
}

fn copy(from: &Path, to: &Path, names: &[&str]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for name in names {
        fs::copy(from.join(name), to.join(name))?;
        sync_file(&to.join(name))?;
    }
    sync_folder(to)
}

/// Finishes a replacement that was interrupted after the new pack had become the one that counts.
/// Does nothing where there is none.
///
/// # Errors
/// The system's: the folder can't be written to.
pub fn complete(folder: &Path) -> io::Result<()> {
    complete_in_steps(folder, &mut |_| Ok(()))
}

fn complete_in_steps(folder: &Path, step: Step<'_>) -> io::Result<()> {
    let pending = folder.join(PENDING);
    let entries = match pending.read_dir() {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(());
        }
        entries => entries?,
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    files.sort_by_key(|file| file.ends_with(glimpse_model::pack::Manifest::FILE));
    for file in files {
        step("move a file to its place")?;
        match fs::rename(&file, folder.join(file.file_name().unwrap_or_default())) {
            // Another program finishes it, too.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            moved => moved?,
        }
    }
    sync_folder(folder)?;
    step("delete the empty folder")?;
    match fs::remove_dir(&pending) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Puts a finished file in the place of what is at `to`.
///
/// # Errors
/// The system's; then `to` is as it was.
pub fn replace_file(from: &Path, to: &Path) -> io::Result<()> {
    sync_file(from)?;
    fs::rename(from, to)?;
    sync_above(to)
}

/// Waits until a file's bytes are on the disk: else a rename could get there before them.
fn sync_file(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.sync_all()
}

fn sync_above(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), sync_folder)
}

/// Waits until a folder's list of names is on the disk. Windows has no such call.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    // A path without a folder is one in the working folder.
    let path = match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => path,
    };
    match File::open(path).and_then(|folder| folder.sync_all()) {
        // Some network file systems can't, and it's only needed where power fails.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const NAMES: [&str; 3] = ["image", "text", "manifest.json"];

    fn pack(folder: &Path, content: &str) {
        fs::create_dir_all(folder).unwrap();
        for name in NAMES {
            fs::write(folder.join(name), content).unwrap();
        }
    }

    /// What the pack at `folder` says, if all its files say the same.
    fn whole(folder: &Path) -> Option<String> {
        let said = |name: &str| fs::read_to_string(folder.join(name)).ok();
        let first = said(NAMES[0])?;
        NAMES
            .iter()
            .all(|name| said(name).as_ref() == Some(&first))
            .then_some(first)
    }

    /// Kills the replacement before each of its steps in turn, and has the state looked at.
    /// Answers with the steps' names.
    fn killed_everywhere(
        prepare: impl Fn(&Path) -> PathBuf,
        look: impl Fn(&Path, &str),
    ) -> Vec<String> {
        let mut steps = Vec::new();
        for kill_at in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let from = folder.path().join("from");
            pack(&from, "new");
            let to = prepare(folder.path());
            let mut taken = Vec::new();
            let mut step = |name: &str| {
                taken.push(name.to_owned());
                match taken.len() == kill_at + 1 {
                    true => Err(io::Error::other("killed")),
                    false => Ok(()),
                }
            };
            let old: Vec<String> = NAMES.map(str::to_owned).into();
            let ended = replace_in_steps(&from, &to, &NAMES, &old, &mut step);
            look(&to, taken.last().unwrap());
            if ended.is_ok() {
                assert_eq!(whole(&to).as_deref(), Some("new"));
                assert!(!from.exists(), "{taken:?}");
                return steps;
            }
            let error = ended.unwrap_err().to_string();
            assert!(error.ends_with("killed"), "{error}");
            steps.clone_from(&taken);
        }
        unreachable!()
    }

    #[test]
    fn a_new_folder_is_there_as_a_whole_or_not_at_all() {
        let look = |to: &Path, _: &str| {
            assert!(!to.exists() || whole(to).is_some());
        };
        let steps = killed_everywhere(|folder| folder.join("a/b/pack"), look);
        assert_eq!(steps.last().unwrap(), "rename");
    }

    /// Read by whoever knows nothing of replacements, too.
    #[test]
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    fn a_pack_alone_in_its_folder_is_exchanged() {
        let prepare = |folder: &Path| {
            let to = folder.join("pack");
            pack(&to, "old");
            to
        };
        let look = |to: &Path, step: &str| assert!(whole(to).is_some(), "{step}");
        let steps = killed_everywhere(prepare, look);
        assert!(steps.contains(&"exchange".to_owned()), "{steps:?}");
    }

    fn beside_a_letter(folder: &Path) -> PathBuf {
        let to = folder.join("pack");
        pack(&to, "old");
        fs::create_dir(to.join("letters")).unwrap();
        fs::write(to.join("letters/letter"), "dear").unwrap();
        to
    }

    #[test]
    fn beside_other_files_an_interrupted_replacement_is_completed() {
        let seen = std::cell::RefCell::new(BTreeMap::new());
        let look = |to: &Path, step: &str| {
            let letter = || fs::read(to.join("letters/letter")).unwrap();
            assert_eq!(letter(), b"dear");
            complete(to).unwrap();
            let found = whole(to).unwrap_or_else(|| panic!("{step}"));
            seen.borrow_mut().insert(step.to_owned(), found);
            assert_eq!(letter(), b"dear");
            assert!(!to.join(PENDING).exists());
        };
        let steps = killed_everywhere(beside_a_letter, look);
        assert!(!steps.contains(&"exchange".to_owned()), "{steps:?}");
        let seen = seen.borrow();
        assert_eq!(seen["rename into the folder"], "old");
        assert_eq!(seen["move a file to its place"], "new");
    }

    #[test]
    fn what_was_interrupted_before_does_not_stop_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let to = beside_a_letter(folder.path());
        pack(&to.join(PENDING), "between");
        let from = folder.path().join("from");
        pack(&from, "new");
        replace(&from, &to, &NAMES, &[]).unwrap();
        assert_eq!(whole(&to).as_deref(), Some("new"));
        assert!(!to.join(PENDING).exists());
    }

    #[test]
    fn a_folder_of_a_files_name_is_refused_before_anything_changes() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("to");
        fs::create_dir_all(to.join("text/letters")).unwrap();
        let from = folder.path().join("from");
        pack(&from, "new");
        let error = replace(&from, &to, &NAMES, &[]).unwrap_err();
        assert!(error.to_string().contains("text"), "{error}");
        assert_eq!(whole(&from).as_deref(), Some("new"));
        assert_eq!(to.read_dir().unwrap().count(), 1);
    }

    #[test]
    fn what_came_into_the_old_folder_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        pack(&from, "old");
        pack(&to, "new");
        fs::write(from.join("letter"), "dear").unwrap();
        let old: Vec<String> = NAMES.map(str::to_owned).into();
        remove_old(&from, &to, &old, &mut |_| Ok(())).unwrap();
        assert_eq!(fs::read(to.join("letter")).unwrap(), b"dear");
        assert!(!from.exists());
    }

    /// As where the folder is a file system of its own, mounted there.
    #[test]
    #[cfg(target_os = "linux")]
    fn another_file_system_is_copied_to() {
        let folder = tempfile::tempdir().unwrap();
        let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
            return;
        };
        let from = folder.path().join("from");
        pack(&from, "new");
        let to = beside_a_letter(other.path());
        replace(&from, &to, &NAMES, &[]).unwrap();
        assert_eq!(whole(&to).as_deref(), Some("new"));
        assert_eq!(fs::read(to.join("letters/letter")).unwrap(), b"dear");
        assert_eq!(to.read_dir().unwrap().count(), 4);
    }
}
