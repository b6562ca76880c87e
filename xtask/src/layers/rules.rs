//! Who may import whom.

use super::imports::{self, Module, Names, Reference};
use super::modules::Modules;
use super::registry::Registry;
use super::{CRATE, Source};
use anyhow::{Context, Result, anyhow};
use std::fmt;

/// The page's module, directly below the crate's root.
const PAGE: &str = "page";

/// The module of its workers.
const WORKER: &str = "worker";

/// The file with the features' registry, below [`CRATE`].
const REGISTRY: &str = "page/features/mod.rs";

/// A layer of the page, the lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Platform,
    Locale,
    Ui,
    Effects,
    Engine,
    Features,
    Shell,
}

/// A part of the crate, within which everything may import everything.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// The crate's root module itself.
    Root,
    /// What stands there beside the page, by its name.
    Beside(String),
    /// The page's own module, which holds its layers.
    Page,
    /// A module there that is no layer, by its name.
    Stray(String),
    /// A layer; of the features only what they have in common.
    Layer(Layer),
    /// A feature, by its module's name.
    Feature(String),
}

/// Why something may not be as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    /// One layer imports another that stands above it.
    Upwards(Layer, Layer),
    /// The page imports its workers, or what is below both imports the page; these two.
    Across(String, String),
    /// A feature imports another that its line in the registry doesn't name.
    Unread(String, String),
    /// A feature's line names another that doesn't stand before it.
    Later(String, String),
    /// A feature imports what another has inside.
    Inside(String),
    /// A module of the page is no layer.
    NoLayer(String),
    /// A feature has no line in the registry.
    NoLine(String),
}

/// What may not be as it is, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Violation {
    file: String,
    line: usize,
    /// The import, as it is written; empty where it isn't about one.
    names: Names,
    fault: Fault,
}

/// Judges a crate by its sources.
///
/// # Errors
/// Where a source isn't Rust, or there is no registry.
pub fn check(sources: &[Source]) -> Result<Vec<Violation>> {
    let mut rules = Rules {
        modules: Modules::default(),
        registry: registry(sources)?,
    };
    let mut files = Vec::new();
    for source in sources {
        let path = module_path(&source.file);
        let read = imports::read(path, &source.text).map_err(|error| located(&error, source))?;
        for module in read {
            files.push(&source.file);
            rules.modules.add(module);
        }
    }
    let mut violations = rules.misplaced(sources);
    violations.extend(rules.registered());
    for (file, module) in files.into_iter().zip(rules.modules.iter()) {
        violations.extend(rules.imported(file, module));
    }
    violations.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
    violations.dedup();
    Ok(violations)
}

struct Rules {
    modules: Modules,
    registry: Registry,
}

impl Rules {
    /// Files that are in no layer, or in a feature without a line.
    fn misplaced(&self, sources: &[Source]) -> Vec<Violation> {
        let fault = |source: &Source| match self.part(&module_path(&source.file)) {
            Part::Stray(name) => Some(Fault::NoLayer(name)),
            Part::Feature(name) if self.registry.position(&name).is_none() => {
                Some(Fault::NoLine(name))
            }
            _ => None,
        };
        let violation = |source: &Source| {
            Some(Violation {
                fault: fault(source)?,
                file: source.file.clone(),
                line: 1,
                names: Names::new(),
            })
        };
        sources.iter().filter_map(violation).collect()
    }

    /// Lines of the registry that read what doesn't stand before them.
    fn registered(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (index, feature) in self.registry.features().iter().enumerate() {
            for read in &feature.reads {
                let is_before = self.registry.position(read).is_some_and(|at| at < index);
                if !is_before {
                    violations.push(Violation {
                        file: REGISTRY.into(),
                        line: feature.line,
                        names: Names::new(),
                        fault: Fault::Later(feature.module.clone(), read.clone()),
                    });
                }
            }
        }
        violations
    }

    /// What a module may not import.
    fn imported(&self, file: &str, module: &Module) -> Vec<Violation> {
        let from = self.part(&module.path);
        let violation = |reference: &Reference| {
            Some(Violation {
                fault: self.judge(&from, module, reference)?,
                file: file.to_owned(),
                line: reference.line,
                names: reference.names.clone(),
            })
        };
        module.references.iter().filter_map(violation).collect()
    }

    fn judge(&self, from: &Part, module: &Module, reference: &Reference) -> Option<Fault> {
        let fault = |(module, names): (&Module, &Names)| {
            let target = self.target(from, module, names)?;
            self.fault(from, &target)
        };
        // What begins with an import that is at fault itself is named there.
        let first = reference.names.first();
        let import = first.and_then(|name| self.import(module, name));
        let import = import.filter(|(_, names)| **names != reference.names);
        if import.and_then(fault).is_some() {
            return None;
        }
        fault((module, &reference.names))
    }

    /// The import that binds a name in a module, and whose it is: its own, or with `use super::*`
    /// that of the module around it.
    fn import<'a>(&'a self, module: &'a Module, name: &str) -> Option<(&'a Module, &'a Names)> {
        if let Some(names) = module.bindings.get(name) {
            return Some((module, names));
        }
        let has_outer = module.globs.iter().any(|glob| *glob == ["super"]);
        let (_, outer) = module.path.split_last().filter(|_| has_outer)?;
        self.import(self.modules.get(outer)?, name)
    }

    /// Where a path leads, up to where it enters another part.
    fn target(&self, from: &Part, module: &Module, names: &[String]) -> Option<Names> {
        self.modules.resolve(&module.path, names, |path| {
            let part = self.part(path);
            let is_common = matches!(part, Part::Root | Part::Page | Part::Layer(Layer::Features));
            is_common || part == *from
        })
    }

    fn fault(&self, from: &Part, target: &[String]) -> Option<Fault> {
        let to = self.part(target);
        match (from, &to) {
            (Part::Beside(one), Part::Page | Part::Layer(_) | Part::Feature(_)) => {
                Some(Fault::Across(one.clone(), PAGE.into()))
            }
            (Part::Page | Part::Layer(_) | Part::Feature(_), Part::Beside(other)) => {
                (other == WORKER).then(|| Fault::Across(PAGE.into(), other.clone()))
            }
            (Part::Feature(one), Part::Feature(other)) if one != other => {
                self.between(one, other, target)
            }
            _ => {
                let (from, to) = (from.layer()?, to.layer()?);
                (from < to).then_some(Fault::Upwards(from, to))
            }
        }
    }

    /// What one feature may not import of another.
    fn between(&self, one: &str, other: &str, target: &[String]) -> Option<Fault> {
        // One without a line is a violation already.
        let at = self.registry.position(one)?;
        let is_read = self.registry.features()[at]
            .reads
            .iter()
            .any(|read| read == other);
        let is_before = self
            .registry
            .position(other)
            .is_some_and(|other| other < at);
        let (one, other) = (one.to_owned(), other.to_owned());
        match (is_read, is_before) {
            (false, _) => Some(Fault::Unread(one, other)),
            (true, false) => Some(Fault::Later(one, other)),
            (true, true) => self.is_inside(target).then_some(Fault::Inside(other)),
        }
    }

    /// Whether a path into a feature leads further than its `mod.rs`: into a module there, unless
    /// that is the name of something public, too, and all that is wanted.
    fn is_inside(&self, target: &[String]) -> bool {
        let [page, features, feature, name, rest @ ..] = target else {
            return false;
        };
        let feature = [page, features, feature].map(String::clone);
        let is_public = |module: &Module| module.exports.contains(name);
        let is_public = self.modules.get(&feature).is_some_and(is_public);
        let is_module = self.modules.get(&target[..4]).is_some();
        is_module && !(is_public && rest.is_empty())
    }

    /// The part that a path from the crate's root leads to.
    fn part(&self, path: &[String]) -> Part {
        match path {
            [] => Part::Root,
            [name, ..] if name != PAGE => Part::Beside(name.clone()),
            [_] => Part::Page,
            [_, name, rest @ ..] => match (Layer::named(name), rest) {
                (Some(Layer::Features), [feature, ..])
                    if self.modules.get(&path[..3]).is_some() =>
                {
                    Part::Feature(feature.clone())
                }
                (Some(layer), _) => Part::Layer(layer),
                (None, _) if self.modules.get(&path[..2]).is_some() => Part::Stray(name.clone()),
                // An item of the page's own module.
                (None, _) => Part::Page,
            },
        }
    }
}

impl Layer {
    const ALL: [Self; 7] = [
        Self::Platform,
        Self::Locale,
        Self::Ui,
        Self::Effects,
        Self::Engine,
        Self::Features,
        Self::Shell,
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Locale => "locale",
            Self::Ui => "ui",
            Self::Effects => "effects",
            Self::Engine => "engine",
            Self::Features => "features",
            Self::Shell => "shell",
        }
    }
}

impl Part {
    fn layer(&self) -> Option<Layer> {
        match self {
            Self::Layer(layer) => Some(*layer),
            Self::Feature(_) => Some(Layer::Features),
            Self::Root | Self::Beside(_) | Self::Page | Self::Stray(_) => None,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CRATE}/{}:{}: ", self.file, self.line)?;
        if !self.names.is_empty() {
            write!(f, "`{}`: ", self.names.join("::"))?;
        }
        write!(f, "{}", self.fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upwards(Layer::Features, to) => {
                let to = to.name();
                write!(
                    f,
                    "a feature imports the {to}, which it can ask by an effect or an event"
                )
            }
            Self::Upwards(from, to) => {
                let (from, to) = (from.name(), to.name());
                write!(f, "{from} imports {to}, which stands above it")
            }
            Self::Across(from, to) => {
                write!(
                    f,
                    "{from} imports {to}: the page and its workers share protocol and storage alone"
                )
            }
            Self::Unread(one, other) => {
                write!(
                    f,
                    "{one} imports {other}, which its line in {REGISTRY} doesn't read"
                )
            }
            Self::Later(one, other) => {
                write!(
                    f,
                    "{one} reads {other}, which doesn't stand before it in {REGISTRY}"
                )
            }
            Self::Inside(other) => {
                write!(
                    f,
                    "this is inside of {other}: only what its mod.rs defines or re-exports is for others"
                )
            }
            Self::NoLayer(name) => write!(f, "{name} is no layer of the page"),
            Self::NoLine(name) => write!(f, "the feature {name} has no line in {REGISTRY}"),
        }
    }
}

fn registry(sources: &[Source]) -> Result<Registry> {
    let source = sources.iter().find(|source| source.file == REGISTRY);
    let source = source.with_context(|| format!("there is no {CRATE}/{REGISTRY}"))?;
    Registry::read(&source.text).map_err(|error| located(&error, source))
}

fn located(error: &syn::Error, source: &Source) -> anyhow::Error {
    let (file, line) = (&source.file, error.span().start().line);
    anyhow!("{CRATE}/{file}:{line}: {error}")
}

/// The module that a file holds: of `page/ui/mod.rs` it is `page::ui`.
fn module_path(file: &str) -> Names {
    let file = file.strip_suffix(".rs").unwrap_or(file);
    let mut names: Names = file.split('/').map(str::to_owned).collect();
    if names.last().is_some_and(|name| name == "mod") || names == ["lib"] {
        names.pop();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate whose imports are all as they should be.
    const CLEAN: [(&str, &str); 18] = [
        (
            "lib.rs",
            "pub mod page; pub mod protocol; pub mod storage; pub mod worker;",
        ),
        (
            "page/mod.rs",
            "mod platform; mod shell; pub fn start() { shell::App::start(platform::dom::root()) }",
        ),
        ("page/platform/mod.rs", "pub mod dom;"),
        ("page/platform/dom.rs", "use std::rc::Rc;"),
        (
            "page/ui/mod.rs",
            "mod bar; pub use bar::Bar; use super::platform::dom;",
        ),
        ("page/ui/bar.rs", "pub struct Bar(super::dom::Element);"),
        (
            "page/effects/mod.rs",
            "use crate::{page::ui::Bar, protocol::Request};",
        ),
        ("page/engine/mod.rs", "use super::effects::Effects;"),
        (
            "page/features/mod.rs",
            "use super::engine::Engine;
            features! {
                Scores in scores reads ();
                Photos in photos reads (scores);
                Search in search reads (photos);
            }",
        ),
        (
            "page/features/scores/mod.rs",
            "mod state; pub mod view; pub use state::Scores; pub use view::table; use super::Feature;",
        ),
        (
            "page/features/scores/state.rs",
            "use super::super::Feature; pub struct Scores;",
        ),
        (
            "page/features/scores/view.rs",
            "use super::state::Scores; pub fn table() {}",
        ),
        (
            "page/features/photos/mod.rs",
            "pub mod state; mod view; pub use state::Photos; pub use view::view;
            use super::scores::{self, Scores};",
        ),
        (
            "page/features/photos/state.rs",
            "pub struct Photos; pub struct Card;",
        ),
        (
            "page/features/photos/view.rs",
            "use super::{state::Photos, scores::table};
            pub fn view() -> Html { html! { <div>{ super::scores::table() }</div> } }
            mod tests { use super::*; fn f() { super::super::super::scores::table() } }",
        ),
        (
            "page/features/search/mod.rs",
            "use crate::page::{effects, engine::Engine, features::photos::{self, Photos}};
            fn draw() { photos::view(); effects::Effects::new() }",
        ),
        (
            "page/shell/mod.rs",
            "use super::{features::photos::state::Photos, engine::Engine}; use crate::protocol;",
        ),
        (
            "worker/mod.rs",
            "use crate::{protocol::Request, storage::opfs};",
        ),
    ];

    /// What is wrong once this text is added to one of the files, which may be new.
    fn found(file: &str, text: &str) -> Vec<String> {
        let mut sources: Vec<Source> = CLEAN
            .map(|(file, text)| Source {
                file: file.into(),
                text: text.into(),
            })
            .into();
        match sources.iter_mut().find(|source| source.file == file) {
            Some(source) => source.text += &format!("\n{text}"),
            None => sources.push(Source {
                file: file.into(),
                text: text.into(),
            }),
        }
        let violations = check(&sources).unwrap().into_iter();
        violations.map(|violation| violation.to_string()).collect()
    }

    /// That the text makes for one violation, which says this.
    #[track_caller]
    fn refused(file: &str, text: &str, says: &str) {
        let found = found(file, text);
        assert!(
            found.len() == 1 && found[0].contains(says),
            "{text}: {found:?}"
        );
    }

    #[test]
    fn a_crate_that_keeps_the_rules_passes() {
        assert_eq!(found("page/ui/field.rs", ""), Vec::<String>::new());
    }

    #[test]
    fn a_violation_names_file_line_and_import() {
        let text = "use super::{\n    platform::dom,\n    shell::App,\n};";
        let expected = "app/src/page/ui/mod.rs:4: `super::shell::App`: \
            ui imports shell, which stands above it";
        assert_eq!(found("page/ui/mod.rs", text), [expected]);
    }

    #[test]
    fn no_layer_imports_one_above_it() {
        for (file, text) in [
            ("page/platform/dom.rs", "use crate::page::ui::Bar;"),
            ("page/ui/mod.rs", "pub use super::effects::Effects;"),
            (
                "page/effects/mod.rs",
                "fn f() -> crate::page::engine::Engine {}",
            ),
            (
                "page/effects/mod.rs",
                "use crate::{page::{features::photos::CardId}};",
            ),
            ("page/engine/mod.rs", "use super::features::*;"),
            ("page/engine/pool.rs", "use super::super::shell;"),
            (
                "page/engine/mod.rs",
                "mod tests { fn f() { super::super::shell::x() } }",
            ),
            (
                "page/ui/mod.rs",
                "fn f() { html! { <div>{ super::shell::x() }</div> } }",
            ),
            ("page/features/mod.rs", "use crate::page::shell::App;"),
        ] {
            let says = match file {
                "page/features/mod.rs" => "imports the shell",
                _ => "which stands above it",
            };
            refused(file, text, says);
        }
    }

    #[test]
    fn a_way_around_by_another_module_is_found() {
        let by_glob = "use crate::page::*; fn f() { shell::x() }";
        refused("page/ui/mod.rs", by_glob, "ui imports shell");
        let by_name = "use crate::page as all; fn f() { all::shell::x() }";
        refused("page/ui/mod.rs", by_name, "ui imports shell");
        // The import that another file of the layer goes through is named as well.
        let violations = found(
            "page/platform/mod.rs",
            "use super::ui; mod a { use super::ui::Bar; }",
        );
        assert_eq!(violations.len(), 2, "{violations:?}");
    }

    #[test]
    fn uses_of_an_import_at_fault_are_not_named_again() {
        let text = "use super::shell::App; fn f() { App::new(); App::stop() }";
        refused("page/ui/mod.rs", text, "`super::shell::App`");
        let text = "use super::shell::App; mod tests { use super::*; fn f() { App::new() } }";
        refused("page/ui/mod.rs", text, "`super::shell::App`");
    }

    #[test]
    fn a_feature_does_not_know_the_shell() {
        let text = "use crate::page::shell::App;";
        refused(
            "page/features/photos/mod.rs",
            text,
            "a feature imports the shell",
        );
        let text = "fn f() { super::super::super::shell::x() }";
        refused(
            "page/features/photos/view.rs",
            text,
            "a feature imports the shell",
        );
    }

    #[test]
    fn the_page_and_its_workers_do_not_know_each_other() {
        for (file, text) in [
            ("page/engine/mod.rs", "use crate::worker::Queue;"),
            ("page/mod.rs", "use crate::worker;"),
            ("worker/queue.rs", "use crate::page::platform::dom;"),
            ("protocol/mod.rs", "use crate::page::effects::PRIMARY;"),
            ("storage/mod.rs", "fn f() { crate::page::start() }"),
        ] {
            refused(file, text, "share protocol and storage alone");
        }
    }

    #[test]
    fn a_feature_imports_only_what_its_line_reads() {
        for text in [
            "use super::scores::Scores;",
            "use super::{photos::Photos, scores};",
            "fn f() { crate::page::features::scores::table() }",
            "fn f() { html! { <super::scores::Table /> } }",
        ] {
            refused("page/features/search/mod.rs", text, "search imports scores");
        }
        let text = "use super::super::photos::Photos;";
        refused(
            "page/features/scores/view.rs",
            text,
            "scores imports photos",
        );
    }

    #[test]
    fn a_line_reads_only_features_before_it() {
        let mut sources: Vec<Source> = CLEAN
            .map(|(file, text)| Source {
                file: file.into(),
                text: text
                    .replace("scores reads ()", "scores reads (search)")
                    .replace("reads (photos)", "reads (photos, search, gone)"),
            })
            .into();
        let lines = |sources: &[Source]| {
            let violations = check(sources).unwrap().into_iter();
            violations
                .map(|violation| (violation.line, violation.fault))
                .collect::<Vec<_>>()
        };
        let later = |one: &str, other: &str| Fault::Later(one.into(), other.into());
        let in_registry = [
            (3, later("scores", "search")),
            (5, later("search", "search")),
            (5, later("search", "gone")),
        ];
        assert_eq!(lines(&sources), in_registry);
        sources.push(Source {
            file: "page/features/scores/a.rs".into(),
            text: "use super::super::search::Found;".into(),
        });
        let violations = lines(&sources);
        assert_eq!(violations.len(), 4);
        assert!(violations.contains(&(1, later("scores", "search"))));
    }

    #[test]
    fn a_feature_imports_nothing_inside_another() {
        for text in [
            "use super::photos::state::Card;",
            "use super::photos::state;",
            "use super::photos::{state::{Card as Photo}};",
            "fn f() { photos::state::Card::new() }",
            "fn f() { html! { <photos::view::Grid /> } }",
            "use super::photos::state::*;",
        ] {
            refused("page/features/search/mod.rs", text, "inside of photos");
        }
        // Where `view` is a function that is made public, and a module.
        assert!(found("page/features/search/mod.rs", "use super::photos::view;").is_empty());
    }

    #[test]
    fn every_file_of_the_page_has_its_place() {
        refused("page/words.rs", "", "words is no layer");
        refused("page/features/camera/mod.rs", "", "camera has no line");
    }

    #[test]
    fn what_is_no_rust_is_named_with_its_line() {
        let sources = [Source {
            file: REGISTRY.into(),
            text: "features! {}\nuse super::;".into(),
        }];
        let error = check(&sources).unwrap_err().to_string();
        assert!(
            error.starts_with("app/src/page/features/mod.rs:2: "),
            "{error}"
        );
    }
}
