//! Where a path leads: through modules, and through what they import.

use super::imports::{Module, Names};
use std::collections::BTreeMap;

/// How many imports of imports are followed: more of them are a circle.
const MAX_DEPTH: u32 = 8;

/// All modules of a crate.
#[derive(Debug, Default)]
pub struct Modules {
    list: Vec<Module>,
    by_path: BTreeMap<Names, usize>,
}

impl Modules {
    /// Adds a module; the last of one path is the one that [`Self::get`] finds.
    pub fn add(&mut self, module: Module) {
        self.by_path.insert(module.path.clone(), self.list.len());
        self.list.push(module);
    }

    /// All of them, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Module> {
        self.list.iter()
    }

    /// The module at a path from the crate's root.
    pub fn get(&self, path: &[String]) -> Option<&Module> {
        self.by_path.get(path).map(|index| &self.list[*index])
    }

    /// The path from the crate's root of what the module at `at` calls `names`; `None` for what
    /// isn't of this crate. The imports of a module are only followed where `is_open` says so of
    /// its path: elsewhere a name is taken as it stands.
    pub fn resolve(
        &self,
        at: &[String],
        names: &[String],
        is_open: impl Fn(&[String]) -> bool,
    ) -> Option<Names> {
        let modules = self;
        Resolver { modules, is_open }.follow(at, names, MAX_DEPTH)
    }
}

struct Resolver<'a, F> {
    modules: &'a Modules,
    is_open: F,
}

impl<F: Fn(&[String]) -> bool> Resolver<'_, F> {
    fn follow(&self, at: &[String], names: &[String], depth: u32) -> Option<Names> {
        let depth = depth.checked_sub(1)?;
        let (first, rest) = names.split_first()?;
        let start = self
            .start(at, first, depth)
            .or_else(|| self.in_globs(at, first, depth))?;
        Some(self.descend(start, rest, depth))
    }

    /// What a path's first name stands for, globs aside.
    fn start(&self, at: &[String], first: &str, depth: u32) -> Option<Names> {
        match first {
            "crate" => Some(Names::new()),
            "self" => Some(at.to_vec()),
            "super" => parent(at),
            name => self.named(at, name, depth),
        }
    }

    /// Goes on from a path that is known, name by name, as far as there are modules.
    fn descend(&self, mut path: Names, names: &[String], depth: u32) -> Names {
        for (index, name) in names.iter().enumerate() {
            let next = match name.as_str() {
                "super" => parent(&path),
                name => self
                    .named(&path, name, depth)
                    .or_else(|| self.in_globs(&path, name, depth)),
            };
            let Some(next) = next else {
                path.extend_from_slice(&names[index..]);
                break;
            };
            path = next;
        }
        path
    }

    /// A module below the one at `at`, or what that one binds by this name.
    fn named(&self, at: &[String], name: &str, depth: u32) -> Option<Names> {
        let mut below = at.to_vec();
        below.push(name.to_owned());
        if self.modules.get(&below).is_some() {
            return Some(below);
        }
        let names = self.open(at)?.bindings.get(name)?;
        // `use yew::{self, Html}`, which is another crate where there is no such module.
        let is_circle = names.first().is_some_and(|first| first == name);
        if is_circle {
            return None;
        }
        self.follow(at, names, depth)
    }

    /// What the module at `at` takes over by this name together with all others of a module. How
    /// such a glob begins isn't looked for in other globs.
    fn in_globs(&self, at: &[String], name: &str, depth: u32) -> Option<Names> {
        let depth = depth.checked_sub(1)?;
        self.open(at)?.globs.iter().find_map(|glob| {
            let (first, rest) = glob.split_first()?;
            let start = self.start(at, first, depth)?;
            let module = self.descend(start, rest, depth);
            self.named(&module, name, depth)
                .or_else(|| self.in_globs(&module, name, depth))
        })
    }

    fn open(&self, at: &[String]) -> Option<&Module> {
        self.modules.get(at).filter(|_| (self.is_open)(at))
    }
}

fn parent(path: &[String]) -> Option<Names> {
    path.split_last().map(|(_, parent)| parent.to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::imports;
    use super::*;

    fn names(path: &str) -> Names {
        let names = path.split("::").filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    }

    /// Where `path` leads in the module at `at`; imports of `closed` aren't followed.
    fn resolved(at: &str, path: &str) -> Option<String> {
        let sources = [
            ("page", ""),
            (
                "page::ui",
                "use super::dom; pub use bar::Bar; use yew::Html;",
            ),
            (
                "page::ui::bar",
                "use super::*; mod tests { use super::*; use yew::prelude::*; use js_sys::*; }",
            ),
            (
                "page::dom",
                "pub use crate::page::ui::Bar; use a::b; use b::a;",
            ),
            ("page::closed", "pub use crate::page::dom;"),
        ];
        let mut modules = Modules::default();
        for (path, text) in sources {
            let read = imports::read(names(path), text).unwrap();
            read.into_iter().for_each(|module| modules.add(module));
        }
        let is_open = |path: &[String]| path != names("page::closed");
        let path = modules.resolve(&names(at), &names(path), is_open)?;
        Some(path.join("::"))
    }

    #[test]
    fn paths_lead_up_and_down() {
        for (path, target) in [
            ("crate::page::dom::focus", "page::dom::focus"),
            ("self::tests::X", "page::ui::bar::tests::X"),
            ("super::super::dom::focus", "page::dom::focus"),
            ("self::super::super::dom", "page::dom"),
            ("tests::X", "page::ui::bar::tests::X"),
        ] {
            assert_eq!(resolved("page::ui::bar", path).as_deref(), Some(target));
        }
    }

    #[test]
    fn imports_are_followed() {
        for (at, path, target) in [
            ("page::ui", "dom::focus", "page::dom::focus"),
            ("page::ui::bar", "super::dom::focus", "page::dom::focus"),
            ("page::ui::bar", "dom::focus", "page::dom::focus"),
            ("page::ui::bar::tests", "dom::focus", "page::dom::focus"),
            ("page", "dom::Bar::new", "page::ui::bar::Bar::new"),
        ] {
            assert_eq!(resolved(at, path).as_deref(), Some(target), "{path}");
        }
    }

    #[test]
    fn a_closed_module_is_taken_as_it_stands() {
        let target = resolved("page", "closed::dom::focus");
        assert_eq!(target.as_deref(), Some("page::closed::dom::focus"));
    }

    #[test]
    fn other_crates_and_circles_lead_nowhere() {
        for (at, path) in [
            ("page::ui", "Html::default"),
            ("page::ui::bar::tests", "std::rc::Rc"),
            ("page::dom", "a::x"),
            ("", "super::x"),
        ] {
            assert_eq!(resolved(at, path), None, "{path}");
        }
    }
}
