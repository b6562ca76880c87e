//! What was taken away, and the button that brings it back.

use crate::page::locale::texts;
use yew::{Callback, Html, html};

/// Milliseconds in which something can be brought back.
pub const TIME: u32 = 10_000;

texts! {
    /// The button that brings back what was taken away.
    UNDO = "Undo";
}

/// Says what was taken away, beside the button; nothing where that is nothing.
pub fn undo(removed: Option<String>, onclick: Callback<yew::MouseEvent>) -> Html {
    let Some(removed) = removed else {
        return Html::default();
    };
    html! {
        <div class="undo" role="status">
            <span>{ removed }</span>
            <button type="button" class="button" data-undo="true" {onclick}>{ UNDO }</button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::locale::catalog::check;

    #[test]
    fn german_is_complete() {
        check(ALL, include_str!("text.de.json"));
    }
}
