//! The site: built by Trunk in two stages, so that the demo can be used before the graphics card's
//! program is compiled; for a release also optimised and compressed.
//!
//! | stage | what comes into `dist/` |
//! | --- | --- |
//! | [`Stage::Page`] | the page, the processor's worker, the decoders, the packs and everything in `www/` |
//! | [`Stage::Graphics`] | the graphics card's worker, and the list of files in the service worker |
//!
//! Between the two, `index.html` says in `data-building` what is still to come.

mod catalogs;
mod compress;
mod decoder;
mod html;
mod names;
mod optimise;
mod packs;
mod precache;
mod split;

pub use precache::write as precache;

use crate::fingerprint::{self, Fingerprint};
use crate::places::Places;
use crate::plan::{Step, Usual};
use crate::process::{path_with_tools, program, run_logged};
use crate::setup;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// What the site is made from.
const SOURCES: &[&str] = &[
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "app",
    "index.html",
    "model/Cargo.toml",
    "model/src",
    "photos/Cargo.toml",
    "photos/src",
    "www",
];

/// The page's program, as `index.html` names it.
const MAIN: &str = "glimpse";

/// The worker that is built with the page.
const PROCESSOR: &str = "glimpse-cpu";

/// The worker that is built apart from the rest.
const GRAPHICS: &str = "glimpse-webgpu";

/// The decoders that browsers lack, which both workers load.
const DECODER: &str = "glimpse-decoder";

/// Their backends, as the page names them.
const CPU: &str = "cpu";
const WEBGPU: &str = "webgpu";

/// How much is done to what the browser downloads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// Quickly built, as fast in use, served from the same machine.
    Demo,
    /// As small as it gets: `wasm-opt`, and every file in Brotli and gzip beside itself.
    Release,
}

/// A part of the site's build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// All that the page needs on the processor.
    Page,
    /// The graphics card's worker.
    Graphics,
}

/// The steps that build the site, as far as it isn't there.
pub fn steps(places: &Places, quality: Quality) -> Vec<Box<dyn Step + '_>> {
    let mut steps: Vec<Box<dyn Step>> = vec![page(places), graphics(places)];
    if quality == Quality::Release {
        steps.push(Box::new(Shrink { places }));
    }
    steps
}

/// The step that builds the page's stage alone, for the demo.
pub fn page(places: &Places) -> Box<dyn Step + '_> {
    Box::new(Build {
        places,
        stage: Stage::Page,
    })
}

/// The step that builds the graphics card's stage alone, for the demo.
pub fn graphics(places: &Places) -> Box<dyn Step + '_> {
    Box::new(Build {
        places,
        stage: Stage::Graphics,
    })
}

/// A stage, built by Trunk.
struct Build<'a> {
    places: &'a Places,
    stage: Stage,
}

/// Where parts of the site lie until they are moved into `dist/`, beside it, since files are only
/// renamed within one file system.
fn unfinished(places: &Places) -> PathBuf {
    places.root.join(".site")
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Graphics => "graphics",
        }
    }

    /// The folder that Trunk writes: a page that is being served isn't disturbed by the next one.
    fn folder(self, places: &Places) -> PathBuf {
        unfinished(places).join(self.name())
    }
}

impl Step for Build<'_> {
    fn title(&self) -> String {
        match self.stage {
            Stage::Page => "the page, and its program for the processor".into(),
            Stage::Graphics => "its program for graphics cards (WebGPU)".into(),
        }
    }

    fn is_missing(&self) -> Result<bool> {
        Ok(!is_current(self.places, self.stage.name())?)
    }

    fn usual(&self) -> Usual {
        let make = match self.stage {
            Stage::Page => 340.0,
            Stage::Graphics => 300.0,
        };
        Usual { fetch: 0.0, make }
    }

    fn make(&self) -> Result<()> {
        let Self { places, stage } = *self;
        let made_from = made_from(places)?;
        forget(places, stage.name())?;
        trunk(places, stage)?;
        match stage {
            Stage::Page => place_page(places)?,
            Stage::Graphics => place_graphics(places)?,
        }
        fingerprint::record(&stamp(places, stage.name()), &made_from)
    }
}

/// The stages' names, and that of what a release adds, in their order.
const PARTS: &[&str] = &["page", "graphics", SHRUNK];
const SHRUNK: &str = "shrunk";

fn is_current(places: &Places, part: &str) -> Result<bool> {
    let is_there = places.dist().join("index.html").is_file();
    Ok(is_there && fingerprint::is_current(&stamp(places, part), &made_from(places)?))
}

fn stamp(places: &Places, part: &str) -> PathBuf {
    places.notes().join(format!("site-{part}.stamp"))
}

/// What a failed build leaves behind must not pass for a finished one, nor a new page for one whose
/// graphics worker is of the same version: a part and those behind it count as not being there.
fn forget(places: &Places, part: &str) -> Result<()> {
    for part in PARTS.iter().skip_while(|name| **name != part) {
        let stamp = stamp(places, part);
        if stamp.exists() {
            fs::remove_file(stamp)?;
        }
    }
    Ok(())
}

fn made_from(places: &Places) -> Result<String> {
    let toolchain = setup::find_toolchain(places);
    let mut print = Fingerprint::default()
        .word(&toolchain.map_or_else(String::new, |wasm| wasm.describe(places)))
        .word(compress::SCRIPT)
        .word(include_str!("html.rs"))
        .word(include_str!("names.rs"))
        .word(include_str!("precache.rs"))
        .word(include_str!("decoder.rs"))
        .word(include_str!("split.rs"))
        .word(include_str!("catalogs.rs"));
    for source in SOURCES {
        print = print.path(&places.root.join(source))?;
    }
    Ok(print.finish())
}

/// Trunk on `index.html` without the other stage's programs.
fn trunk(places: &Places, stage: Stage) -> Result<()> {
    let (source, folder) = (places.root.join("index.html"), stage.folder(places));
    let page = fs::read_to_string(&source)
        .with_context(|| format!("couldn't read {}", source.display()))?;
    let page = match stage {
        Stage::Page => html::without(&page, GRAPHICS),
        // Trunk insists on a main program, which is there by now.
        Stage::Graphics => html::only(&page, &[MAIN, GRAPHICS]),
    }
    .with_context(|| format!("index.html has no program {GRAPHICS}"))?;
    // Beside `index.html`, since what it names is looked for from there.
    let target = places.root.join(format!(".site-{}.html", stage.name()));
    fs::create_dir_all(&folder)?;
    fs::write(&target, page)?;
    let mut trunk = program(places, "trunk");
    setup::toolchain(places)?.select(places, &mut trunk);
    trunk
        .env("PATH", path_with_tools(places)?)
        .args(["build", "--release", "--offline", "--dist"])
        .args([&folder, &target]);
    let built = run_logged(places, &format!("trunk-{}", stage.name()), &mut trunk);
    fs::remove_file(&target)?;
    built.context("Trunk couldn't build the site")?;
    let lock = folder.join(".trunk-lock");
    if lock.exists() {
        fs::remove_file(lock)?;
    }
    Ok(())
}

/// The page's stage takes the place of the site before.
fn place_page(places: &Places) -> Result<()> {
    let (built, dist) = (Stage::Page.folder(places), places.dist());
    split::run(places, &built)?;
    decoder::link(&built, PROCESSOR, &decoder::build(places, &built)?)?;
    let worker = names::hash(&built, PROCESSOR, names::WORKER)?.stem;
    let page = html::with_worker(&read_page(&built)?, CPU, &worker);
    fs::write(built.join("index.html"), html::marked(&page, WEBGPU))?;
    packs::list(&built.join("packs"))?;
    catalogs::write(&places.root.join("app/src/page"), &built.join("text"))?;
    // Its list would lack what is still to come.
    fs::remove_file(built.join("service-worker.js"))?;
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::rename(&built, &dist)
        .with_context(|| format!("couldn't move {} to {}", built.display(), dist.display()))
}

/// The graphics card's stage joins it. The page loses its mark last: a browser that waits for that
/// then finds everything.
fn place_graphics(places: &Places) -> Result<()> {
    let (built, dist) = (Stage::Graphics.folder(places), places.dist());
    decoder::link(&built, GRAPHICS, &decoder::stem(&dist)?)?;
    let named = names::hash(&built, GRAPHICS, names::WORKER);
    let stem = named.context("Trunk built no worker for WebGPU")?.stem;
    names::remove(&dist, GRAPHICS)?;
    for entry in fs::read_dir(&built)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if name.to_string_lossy().starts_with(GRAPHICS) {
            fs::rename(&path, dist.join(name))?;
        }
    }
    fs::remove_dir_all(&built)?;
    let page = html::with_worker(&html::unmarked(&read_page(&dist)?), WEBGPU, &stem);
    let worker = places.root.join("www/service-worker.js");
    precache::write_from(&dist, &worker, &[("index.html", page.as_bytes())])?;
    let unmarked = unfinished(places).join("index.html");
    fs::write(&unmarked, page)?;
    fs::rename(&unmarked, dist.join("index.html"))?;
    Ok(())
}

/// Names the programs anew, whose modules have changed.
fn name_programs(dist: &Path) -> Result<()> {
    let named = names::hash(dist, MAIN, names::PAGE)?;
    let mut page = read_page(dist)?.replace(&named.before, &named.stem);
    let decoders = names::hash(dist, DECODER, names::DECODER)?;
    for (backend, program) in [(CPU, PROCESSOR), (WEBGPU, GRAPHICS)] {
        decoder::relink(dist, program, &decoders)?;
        let stem = names::hash(dist, program, names::WORKER)?.stem;
        page = html::with_worker(&page, backend, &stem);
    }
    Ok(fs::write(dist.join("index.html"), page)?)
}

/// Tells the page that what it waits for won't come.
pub fn mark_failed(places: &Places) -> Result<()> {
    let dist = places.dist();
    let page = html::marked(&read_page(&dist)?, "failed");
    fs::write(dist.join("index.html"), page)?;
    Ok(())
}

fn read_page(folder: &Path) -> Result<String> {
    let page = folder.join("index.html");
    fs::read_to_string(&page).with_context(|| format!("couldn't read {}", page.display()))
}

/// The whole site, optimised and compressed for the way.
struct Shrink<'a> {
    places: &'a Places,
}

impl Step for Shrink<'_> {
    fn title(&self) -> String {
        "smaller programs and compressed files".into()
    }

    fn is_missing(&self) -> Result<bool> {
        Ok(!is_current(self.places, SHRUNK)?)
    }

    fn usual(&self) -> Usual {
        Usual {
            fetch: 0.0,
            make: 150.0,
        }
    }

    fn make(&self) -> Result<()> {
        let places = self.places;
        let made_from = made_from(places)?;
        forget(places, SHRUNK)?;
        optimise::run(places)?;
        name_programs(&places.dist())?;
        precache(&places.dist())?;
        compress::run(places)?;
        fingerprint::record(&stamp(places, SHRUNK), &made_from)
    }
}

/// Says how large each module is, and how large it travels.
pub fn report(places: &Places) -> Result<()> {
    let size = |path: &Path| fs::metadata(path).map(|facts| facts.len() / 1000).ok();
    for module in optimise::modules(&places.dist())? {
        let name = module.file_name().unwrap_or_default().to_string_lossy();
        let mut line = format!("  {name}: {} kB", size(&module).unwrap_or_default());
        for (ending, encoding) in [("gz", "gzip"), ("br", "Brotli")] {
            if let Some(size) = size(&module.with_added_extension(ending)) {
                line += &format!(", {size} kB in {encoding}");
            }
        }
        println!("{line}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_whose_modules_changed_are_named_anew_in_the_page() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("glimpse-workers-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let starts = r#"<script data-module="/glimpse-0.js" data-wasm="/glimpse-0_bg.wasm"></script></body>"#;
        let page = include_str!("../../../index.html").replace("</body>", starts);
        fs::write(folder.join("index.html"), page)?;
        for ending in names::PAGE {
            fs::write(folder.join(format!("glimpse-0{ending}")), "")?;
        }
        fs::write(folder.join("glimpse-decoder-0.js"), "")?;
        fs::write(folder.join("glimpse-decoder-0_bg.wasm"), "decoders")?;
        for program in [PROCESSOR, GRAPHICS] {
            fs::write(folder.join(format!("{program}_loader.js")), "")?;
            decoder::link(&folder, program, "glimpse-decoder-0")?;
            fs::write(folder.join(format!("{program}.js")), "")?;
            fs::write(folder.join(format!("{program}_bg.wasm")), "module")?;
        }
        name_programs(&folder)?;
        let first = read_page(&folder)?;
        let module = |page: &str| -> Result<PathBuf> {
            let (_, rest) = page.split_once("data-worker-cpu=\"").context("no worker")?;
            let stem = rest.split('"').next().unwrap_or_default();
            Ok(folder.join(format!("{stem}_bg.wasm")))
        };
        fs::write(module(&first)?, "optimised")?;
        fs::write(folder.join(decoder::stem(&folder)? + "_bg.wasm"), "smaller")?;
        name_programs(&folder)?;
        let second = read_page(&folder)?;
        let served = fs::read_to_string(module(&second)?)?;
        let decoders = decoder::stem(&folder)?;
        for program in [PROCESSOR, GRAPHICS] {
            let worker = names::find(&folder, program, names::LOADER)?.context("no worker")?;
            let loader = fs::read_to_string(folder.join(worker + names::LOADER))?;
            assert!(
                loader.contains(&format!("import('./{decoders}.js')")),
                "{loader}"
            );
        }
        fs::remove_dir_all(&folder)?;
        assert_eq!(served, "optimised");
        assert_ne!(first, second);
        assert_eq!(second.matches("data-worker-").count(), 2);
        let [script, wasm] = html::main_files(&second).context("no program")?;
        assert_eq!(
            script.strip_suffix(names::GLUE),
            wasm.strip_suffix(names::MODULE)
        );
        Ok(())
    }
}
