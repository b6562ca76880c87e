//! The order of photos, and what is left out of sight.

use super::super::{Deps, Msg, Photos, text};
use crate::page::features::scores::{Fit, NONE};
use std::rc::Rc;
use web_sys::HtmlSelectElement;
use yew::{Callback, Event, Html, TargetCast, html};

/// The most labels to sort by: nobody reads more in a list.
const MOST: usize = 200;

/// The choice of what photos are sorted by; nothing for a single photo.
pub fn order(photos: &Photos, deps: &Deps<'_>, send: &Callback<Msg>) -> Html {
    let labels = &deps.labels.items;
    if photos.cards().len() < 2 || labels.is_empty() {
        return Html::default();
    }
    let by = photos.choice.by.as_ref();
    let onchange = {
        let labels = labels.clone();
        send.reform(move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            // The first entry is none of the labels.
            let index = usize::try_from(select.selected_index() - 1).ok();
            Msg::SortBy(index.and_then(|index| labels.get(index).cloned()))
        })
    };
    let option = |label: &Rc<str>| {
        html! { <option selected={by == Some(label)}>{ label.clone() }</option> }
    };
    html! {
        <label class="order">
            <span>{ text::SORT }</span>
            <select id="sort" {onchange}>
                <option selected={by.is_none()}>{ text::AS_ADDED }</option>
                <optgroup label={text::BY_LABEL}>
                    { for labels.iter().take(MOST).map(option) }
                </optgroup>
            </select>
        </label>
    }
}

/// Which photos are shown, if not all of them, and the way back to all.
pub fn filter(photos: &Photos, shown: usize, send: &Callback<Msg>) -> Html {
    let Some(only) = &photos.choice.only else {
        return Html::default();
    };
    let label = match only {
        Fit::Label(label) => label.clone(),
        Fit::None => NONE.into(),
    };
    html! {
        <p class="filter" id="filter" role="status">
            <span>{ text::filtered(&label, shown, photos.cards().len()) }</span>
            <button
                type="button"
                class="quiet"
                id="show-all"
                onclick={send.reform(|_| Msg::Only(None))}
            >
                { text::SHOW_ALL_PHOTOS }
            </button>
        </p>
    }
}
