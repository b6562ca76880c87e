//! A bar that shows a share of 1.

use yew::{Html, html};

/// A bar as long as a share of 1, under its row; it only repeats a number, so it is hidden from
/// screen readers.
pub fn bar(share: f32) -> Html {
    html! {
        <svg class="fit" aria-hidden="true" focusable="false">
            <rect width={format!("{:.2}%", share * 100.0)} height="100%" rx="3" />
        </svg>
    }
}
