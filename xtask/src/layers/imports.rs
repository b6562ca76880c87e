//! What a source names of others: its `use` trees, and the paths in the rest of its code. The bodies
//! of macros are searched token by token, since only the macro knows their grammar.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{ItemFn, ItemMod, ItemUse, Path, UseTree, Visibility};

/// The names that a path consists of.
pub type Names = Vec<String>;

/// A module: a file's own, or an inline one.
#[derive(Debug, Default)]
pub struct Module {
    /// From the crate's root.
    pub path: Names,
    /// What `use` binds: the name here, and the path as it is written.
    pub bindings: BTreeMap<String, Names>,
    /// The modules that `use` takes every name of.
    pub globs: Vec<Names>,
    /// Names that others may use: functions, and what `pub use` binds.
    pub exports: BTreeSet<String>,
    /// All that it names, in the order of the text.
    pub references: Vec<Reference>,
}

/// A path, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// `use` trees are written out: each of their leaves is a path of its own.
    pub names: Names,
    /// Its line in the file, counted from 1.
    pub line: usize,
}

/// Reads the file of the module at `path`: first the inline modules, last its own.
///
/// # Errors
/// Where the text isn't Rust.
pub fn read(path: Names, text: &str) -> syn::Result<Vec<Module>> {
    let file = syn::parse_file(text)?;
    let mut reader = Reader {
        module: Module::at(path),
        inline: Vec::new(),
    };
    reader.visit_file(&file);
    reader.inline.push(reader.module);
    Ok(reader.inline)
}

impl Module {
    fn at(path: Names) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }
}

/// Syntax visitor that collects a file's modules and the paths that they name.
struct Reader {
    /// The one that is being read.
    module: Module,
    /// Those that have been read.
    inline: Vec<Module>,
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let Some((_, items)) = &item.content else {
            return;
        };
        let mut path = self.module.path.clone();
        path.push(name(&item.ident));
        let outer = std::mem::replace(&mut self.module, Module::at(path));
        for item in items {
            self.visit_item(item);
        }
        let inner = std::mem::replace(&mut self.module, outer);
        self.inline.push(inner);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.read_use(item);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if is_exported(&item.vis) {
            self.module.exports.insert(name(&item.sig.ident));
        }
        visit::visit_item_fn(self, item);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none() {
            self.refer(path.segments.iter().map(|segment| &segment.ident));
        }
        visit::visit_path(self, path);
    }

    /// `pub(in super::super)` says who may use a thing, and uses nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.read_tokens(tokens.clone());
    }
}

impl Reader {
    /// Notes a path. A single name is no way into another module.
    fn refer<'a>(&mut self, idents: impl IntoIterator<Item = &'a Ident>) {
        let idents: Vec<&Ident> = idents.into_iter().collect();
        if let [_, .., last] = idents[..] {
            self.module.references.push(Reference {
                names: idents.iter().map(|ident| name(ident)).collect(),
                line: line(last),
            });
        }
    }

    fn read_use(&mut self, item: &ItemUse) {
        if item.leading_colon.is_none() {
            let is_exported = is_exported(&item.vis);
            let line = item.use_token.span.start().line;
            self.read_tree(&item.tree, &[], line, is_exported);
        }
    }

    /// Reads a tree below `prefix`, which ends in this line.
    fn read_tree(&mut self, tree: &UseTree, prefix: &[String], line: usize, is_exported: bool) {
        match tree {
            UseTree::Path(path) => {
                let longer = joined(prefix, &path.ident);
                self.read_tree(&path.tree, &longer, self::line(&path.ident), is_exported);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.read_tree(tree, prefix, line, is_exported);
                }
            }
            UseTree::Name(leaf) => self.bind(prefix, &leaf.ident, None, is_exported),
            UseTree::Rename(leaf) => {
                self.bind(prefix, &leaf.ident, Some(&leaf.rename), is_exported);
            }
            UseTree::Glob(_) => {
                self.module.globs.push(prefix.to_vec());
                let names = prefix.to_vec();
                self.module.references.push(Reference { names, line });
            }
        }
    }

    /// Notes a leaf of a `use` tree.
    fn bind(&mut self, prefix: &[String], leaf: &Ident, alias: Option<&Ident>, is_exported: bool) {
        // `dom::{self}` is `dom`; but `self` and `super` may also begin a path.
        let is_prefix = leaf == "self" && !prefix.is_empty();
        let names = if is_prefix {
            prefix.to_vec()
        } else {
            joined(prefix, leaf)
        };
        let bound = alias.map(name).or_else(|| names.last().cloned());
        if let Some(bound) = bound.filter(|bound| bound != "_") {
            if is_exported {
                self.module.exports.insert(bound.clone());
            }
            self.module.bindings.insert(bound, names.clone());
        }
        let line = line(leaf);
        self.module.references.push(Reference { names, line });
    }

    /// Looks for paths and `use` in a macro's body.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = &tokens[..];
        while let Some(token) = rest.first() {
            let taken = match token {
                TokenTree::Group(group) => {
                    self.read_tokens(group.stream());
                    1
                }
                TokenTree::Ident(ident) if ident == "use" => self.read_use_tokens(rest),
                TokenTree::Ident(ident) if ident == "pub" => {
                    1 + usize::from(rest.get(1).is_some_and(is_restriction))
                }
                TokenTree::Ident(_) => {
                    let idents = path(rest);
                    let taken = length(&idents);
                    self.refer(idents);
                    taken
                }
                // What follows belongs to a path that didn't begin with a name: `<T>::new`.
                _ if is_colons(rest) => 2 + length(&path(&rest[2..])),
                // `$module::Msg` leads where the macro is called, `$crate::page` where `crate` does.
                TokenTree::Punct(sign) if sign.as_char() == '$' => match path(&rest[1..]) {
                    idents if idents.first().is_some_and(|ident| *ident == "crate") => 1,
                    idents => 1 + length(&idents),
                },
                TokenTree::Punct(_) | TokenTree::Literal(_) => 1,
            };
            rest = &rest[taken..];
        }
    }

    /// Reads `use …;` in a macro's body; how many tokens it takes. What isn't one, such as the
    /// `use<'a>` of a type, takes one.
    fn read_use_tokens(&mut self, tokens: &[TokenTree]) -> usize {
        let is_end =
            |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ';');
        let Some(end) = tokens.iter().position(is_end) else {
            return 1;
        };
        let item: TokenStream = tokens[..=end].iter().cloned().collect();
        let Ok(item) = syn::parse2::<ItemUse>(item) else {
            return 1;
        };
        self.read_use(&item);
        end + 1
    }
}

/// The names of the path at the beginning of these tokens; none where there is none.
fn path(tokens: &[TokenTree]) -> Vec<&Ident> {
    let mut idents = Vec::new();
    let mut rest = tokens;
    while let Some(TokenTree::Ident(ident)) = rest.first() {
        idents.push(ident);
        if !is_colons(&rest[1..]) {
            break;
        }
        rest = &rest[3..];
    }
    idents
}

/// The number of tokens of a path: between two names there are two colons.
fn length(path: &[&Ident]) -> usize {
    (3 * path.len()).saturating_sub(2)
}

/// Whether these tokens begin with `::`.
fn is_colons(tokens: &[TokenTree]) -> bool {
    match tokens {
        [TokenTree::Punct(first), TokenTree::Punct(second), ..] => {
            let is_pair = first.spacing() == Spacing::Joint;
            is_pair && first.as_char() == ':' && second.as_char() == ':'
        }
        _ => false,
    }
}

/// Whether a token behind `pub` is `(crate)`, `(super)`, `(self)` or `(in …)`, and not the type of a
/// field.
fn is_restriction(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else {
        return false;
    };
    let mut tokens = group.stream().into_iter();
    let Some(TokenTree::Ident(first)) = tokens.next() else {
        return false;
    };
    let is_whole = tokens.next().is_none();
    let is_scope = ["crate", "self", "super"].iter().any(|word| first == word);
    group.delimiter() == Delimiter::Parenthesis && (first == "in" || (is_whole && is_scope))
}

fn is_exported(visibility: &Visibility) -> bool {
    !matches!(visibility, Visibility::Inherited)
}

fn joined(prefix: &[String], ident: &Ident) -> Names {
    let mut names = prefix.to_vec();
    names.push(name(ident));
    names
}

fn name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

fn line(ident: &Ident) -> usize {
    ident.span().start().line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the file of `page::ui` and its inline modules name, in these lines.
    fn references(text: &str) -> Vec<(String, usize)> {
        let modules = read(vec!["page".into(), "ui".into()], text).unwrap();
        let references = modules.into_iter().flat_map(|module| module.references);
        references
            .map(|reference| (reference.names.join("::"), reference.line))
            .collect()
    }

    fn named(text: &str) -> Vec<String> {
        let references = references(text).into_iter();
        references.map(|(names, _)| names).collect()
    }

    #[test]
    fn trees_of_several_lines_are_written_out_with_their_lines() {
        let text = "
            use super::{
                dom::{self, Listener as Ear},
                engine::*,
            };
            pub use self::icons::cross;
            use ::std::rc::Rc;
        ";
        let expected = [
            ("super::dom", 3),
            ("super::dom::Listener", 3),
            ("super::engine", 4),
            ("self::icons::cross", 6),
        ];
        assert_eq!(
            references(text),
            expected.map(|(names, line)| (names.to_owned(), line))
        );
    }

    #[test]
    fn bindings_globs_and_exports_are_those_of_their_module() {
        let text = "
            use super::{dom::{self, Listener as Ear}, files as _};
            pub use icons::cross;
            pub fn field() {}
            fn own() {}
            mod tests { use super::*; }
        ";
        let modules = read(vec!["page".into(), "ui".into()], text).unwrap();
        let (tests, own) = (&modules[0], &modules[1]);
        assert_eq!(tests.path, ["page", "ui", "tests"]);
        assert_eq!(tests.globs, [["super"]]);
        let bound: Vec<&String> = own.bindings.keys().collect();
        assert_eq!(bound, ["Ear", "cross", "dom"]);
        assert_eq!(own.bindings["Ear"], ["super", "dom", "Listener"]);
        assert_eq!(own.bindings["dom"], ["super", "dom"]);
        let exports: Vec<&String> = own.exports.iter().collect();
        assert_eq!(exports, ["cross", "field"]);
    }

    #[test]
    fn paths_outside_of_use_are_found_wherever_they_stand() {
        let text = "
            fn f(app: &crate::page::shell::App) -> Option<super::effects::Effect<self::Msg>> {
                let seen = <super::Card as super::Scored>::score::<super::engine::Texts>(app);
                if let super::engine::Phase::Ready = seen { super::super::shell::x() }
                local.method::<u8>();
            }
            #[derive(super::Named)]
            struct S(pub(in super::super) u8);
        ";
        let expected = [
            "crate::page::shell::App",
            "super::effects::Effect",
            "self::Msg",
            "super::Card",
            "super::Scored::score",
            "super::engine::Texts",
            "super::engine::Phase::Ready",
            "super::super::shell::x",
            "super::Named",
        ];
        let found = named(text);
        for name in expected {
            assert!(found.contains(&name.to_owned()), "{name} in {found:?}");
        }
        assert_eq!(found.len(), expected.len(), "{found:?}");
    }

    #[test]
    fn bodies_of_macros_are_searched() {
        let text = "
            fn view() -> Html {
                html! {
                    // super::shell::a()
                    <super::view::Card text={ \"super::shell::b\" } onclick={ self::send }>
                        { for list.iter().map(|item| super::super::shell::c::<Rc<str>>(item)) }
                        { Vec::<u8>::new() }
                    </super::view::Card>
                }
            }
            macro_rules! all {
                ($($module:ident),*) => {
                    use super::{engine::Engine, ui};
                    pub(in super::shell) struct All { $(pub $module: $module::State,)* }
                    fn f() -> $crate::page::Msg { ::std::mem::take() }
                };
            }
        ";
        let expected = [
            "super::view::Card",
            "self::send",
            "super::super::shell::c",
            "super::view::Card",
            "super::engine::Engine",
            "super::ui",
            "crate::page::Msg",
        ];
        assert_eq!(named(text), expected);
    }

    #[test]
    fn comments_and_strings_name_nothing() {
        let text = r##"
            //! [`App`](super::shell::App)
            /* use super::shell::App; */
            /// See [`super::shell`].
            const TEXT: &str = "use super::shell::App;";
            const RAW: &str = r#"super::shell::App"#;
        "##;
        assert_eq!(named(text), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_rust_is_an_error() {
        assert!(read(Vec::new(), "use super::{;").is_err());
    }
}
