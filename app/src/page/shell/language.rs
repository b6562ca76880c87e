//! The choice of the page's language.

use super::{Msg, text};
use crate::page::locale::{self, Language};
use web_sys::HtmlSelectElement;
use yew::{Callback, Event, Html, TargetCast, html};

/// The choice as far as it isn't [`locale::current`].
#[derive(Default)]
pub struct LanguageChoice {
    /// The language whose sentences couldn't be fetched last.
    failed: Option<Language>,
    /// Counts failures: the browser's choice is then made anew, with what is spoken.
    failures: u32,
}

impl LanguageChoice {
    /// Notes whether a language's sentences could be fetched, and remembers it for the next visit if
    /// so; returns what is to be told.
    pub fn loaded(&mut self, language: Language, is_there: bool) -> Option<String> {
        if is_there {
            self.failed = None;
            language.remember();
        } else {
            self.failed = Some(language);
            self.failures += 1;
        }
        self.note()
    }

    fn note(&self) -> Option<String> {
        let language = self.failed?.own_name();
        Some(text::LANGUAGE_FAILED.fill(&[("language", language)]))
    }
}

/// A native choice, each language by its own name; and a note where one couldn't be had.
pub fn choice(state: &LanguageChoice, send: &Callback<Msg>) -> Html {
    let onchange = {
        let send = send.clone();
        move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            if let Some(language) = Language::tagged(&select.value()) {
                send.emit(Msg::ChooseLanguage(language));
            }
        }
    };
    let option = |language: Language| {
        html! {
            <option
                value={language.tag()}
                lang={language.tag()}
                selected={language == locale::current()}
            >
                { language.own_name() }
            </option>
        }
    };
    html! {
        <div class="language">
            <label>
                <span class="visually-hidden">{ text::LANGUAGE }</span>
                <select id="language" key={state.failures} {onchange}>
                    { for Language::ALL.into_iter().map(option) }
                </select>
            </label>
            if let Some(note) = state.note() {
                <p class="note">{ note }</p>
            }
        </div>
    }
}
