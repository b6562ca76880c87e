//! The features' registry: the lines `Name in module reads (others);` of `features!`.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Ident, Item, Result, Token, parenthesized};

mod keyword {
    syn::custom_keyword!(deferred);
    syn::custom_keyword!(reads);
}

/// All features, in their order.
#[derive(Debug)]
pub struct Registry {
    features: Vec<Feature>,
}

/// A line of it.
#[derive(Debug)]
pub struct Feature {
    /// The name of the feature's module.
    pub module: String,
    /// The modules of those that it reads.
    pub reads: Vec<String>,
    /// Its line in the registry's file, counted from 1.
    pub line: usize,
}

impl Registry {
    /// Finds it in the text of the file that it stands in.
    ///
    /// # Errors
    /// Where there is no `features!`, or one of another form.
    pub fn read(text: &str) -> Result<Self> {
        let file = syn::parse_file(text)?;
        let call = file.items.iter().find_map(|item| match item {
            Item::Macro(item) if item.mac.path.is_ident("features") => Some(&item.mac),
            _ => None,
        });
        let missing = || Error::new(Span::call_site(), "there is no `features!` here");
        let features = call.ok_or_else(missing)?.parse_body_with(lines)?;
        Ok(Self { features })
    }

    /// Its lines, in order.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Where in the order a feature stands, by its module's name.
    pub fn position(&self, module: &str) -> Option<usize> {
        let mut modules = self.features.iter().map(|feature| &feature.module);
        modules.position(|name| name == module)
    }
}

fn lines(input: ParseStream<'_>) -> Result<Vec<Feature>> {
    let mut features = Vec::new();
    while !input.is_empty() {
        features.push(input.parse()?);
    }
    Ok(features)
}

impl Parse for Feature {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Attribute::parse_outer(input)?;
        input.parse::<Ident>()?;
        input.parse::<Token![in]>()?;
        let module: Ident = input.parse()?;
        input.parse::<keyword::reads>()?;
        let list;
        parenthesized!(list in input);
        let reads = Punctuated::<Ident, Token![,]>::parse_terminated(&list)?;
        // Whether its code comes after the page is nothing to its reads.
        if input.parse::<Option<Token![,]>>()?.is_some() {
            input.parse::<keyword::deferred>()?;
        }
        input.parse::<Token![;]>()?;
        Ok(Self {
            line: module.span().start().line,
            module: module.unraw().to_string(),
            reads: reads.iter().map(|name| name.unraw().to_string()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_in_order() {
        let text = "
            macro_rules! features { () => {}; }
            features! {
                /// How.
                Scores in scores reads ();
                /// What.
                Photos in photos reads (scores, labels), deferred;
            }
        ";
        let registry = Registry::read(text).unwrap();
        let [scores, photos] = registry.features() else {
            panic!("{registry:?}");
        };
        assert_eq!((scores.module.as_str(), scores.line), ("scores", 5));
        assert_eq!((photos.module.as_str(), photos.line), ("photos", 7));
        assert!(scores.reads.is_empty());
        assert_eq!(photos.reads, ["scores", "labels"]);
        assert_eq!(registry.position("photos"), Some(1));
        assert_eq!(registry.position("labels"), None);
    }

    #[test]
    fn another_form_and_none_are_errors() {
        assert!(Registry::read("features! { Scores in scores; }").is_err());
        assert!(Registry::read("mod scores;").is_err());
    }
}
