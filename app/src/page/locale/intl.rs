//! What the browser's `Intl` knows of a language: its decimal mark, its lists, its names for
//! languages. Outside a browser everything is as in English.

use super::Language;
use std::cell::RefCell;

thread_local! {
    static DECIMAL_MARK: RefCell<String> = RefCell::new(".".to_owned());
}

/// Looks up what numbers need, once for a language.
pub fn set_language(language: Language) {
    let mark = browser::decimal_mark(language).unwrap_or_else(|| ".".to_owned());
    DECIMAL_MARK.replace(mark);
}

/// Digits with a full stop, as Rust writes them, with the decimal mark of the page's language.
pub fn localized(digits: String) -> String {
    DECIMAL_MARK.with_borrow(|mark| match mark.as_str() {
        "." => digits,
        mark => digits.replace('.', mark),
    })
}

/// Items as one list: "a, b and c".
pub fn list(items: &[String]) -> String {
    browser::list(super::current(), items).unwrap_or_else(|| items.join(", "))
}

/// A language's name by its tag (BCP 47), in the page's language; the tag where nobody knows it.
pub fn language_name(tag: &str) -> String {
    browser::language_name(super::current(), tag).unwrap_or_else(|| tag.to_owned())
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use super::Language;
    use crate::page::platform::dom;
    use js_sys::{Array, Function, Object, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    /// A formatter of `Intl`, with one option.
    fn formatter(name: &str, language: Language, option: (&str, &str)) -> Option<JsValue> {
        let intl = dom::property(&js_sys::global(), "Intl")?;
        let class: Function = dom::property(&intl, name)?.dyn_into().ok()?;
        let options = Object::new();
        Reflect::set(&options, &option.0.into(), &option.1.into()).ok()?;
        let arguments = Array::of2(&language.tag().into(), &options);
        Reflect::construct(&class, &arguments).ok()
    }

    fn call(object: &JsValue, method: &str, argument: &JsValue) -> Option<JsValue> {
        let method: Function = dom::property(object, method)?.dyn_into().ok()?;
        method.call1(object, argument).ok()
    }

    pub fn decimal_mark(language: Language) -> Option<String> {
        let numbers = formatter("NumberFormat", language, ("style", "decimal"))?;
        let parts: Array = call(&numbers, "formatToParts", &1.5.into())?
            .dyn_into()
            .ok()?;
        let is_mark =
            |part: &JsValue| dom::property(part, "type").is_some_and(|kind| kind == "decimal");
        dom::property(&parts.iter().find(is_mark)?, "value")?.as_string()
    }

    pub fn list(language: Language, items: &[String]) -> Option<String> {
        let lists = formatter("ListFormat", language, ("type", "conjunction"))?;
        let items: Array = items.iter().map(JsValue::from).collect();
        call(&lists, "format", &items)?.as_string()
    }

    pub fn language_name(language: Language, tag: &str) -> Option<String> {
        let names = formatter("DisplayNames", language, ("type", "language"))?;
        call(&names, "of", &tag.into())?.as_string()
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod browser {
    use super::Language;

    pub fn decimal_mark(language: Language) -> Option<String> {
        let mark = match language {
            Language::English => ".",
            Language::German => ",",
        };
        Some(mark.to_owned())
    }

    pub fn list(_: Language, _: &[String]) -> Option<String> {
        None
    }

    pub fn language_name(_: Language, _: &str) -> Option<String> {
        None
    }
}
