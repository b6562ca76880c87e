//! Icons as SVG, drawn for this page; all are decoration beside words, hidden from screen readers.

use yew::{Html, html};

/// The page's mark: a lens of six blades around an opening.
pub fn lens() -> Html {
    html! {
        <svg class="icon lens" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
            <circle cx="24" cy="24" r="20.5" />
            <g class="blades">
                <path d="M24 14.8 41.7 13.8" />
                <path d="M31.97 19.4 41.69 34.2" />
                <path d="M31.97 28.6 24 44.4" />
                <path d="M24 33.2 6.3 34.2" />
                <path d="M16.03 28.6 6.31 13.8" />
                <path d="M16.03 19.4 24 3.6" />
                <path d="M24 14.8 31.97 19.4V28.6L24 33.2 16.03 28.6V19.4Z" />
            </g>
        </svg>
    }
}

/// A shield: photos stay on the device.
pub fn shield() -> Html {
    stroke("M12 3.5 19 6v5.6c0 4-2.8 7.2-7 8.9-4.2-1.7-7-4.9-7-8.9V6ZM9 12l2.2 2.2L15.2 10")
}

/// A cross: removes or closes.
pub fn cross() -> Html {
    stroke("M6.5 6.5 17.5 17.5M17.5 6.5 6.5 17.5")
}

/// A picture, struck through: it can't be shown.
pub fn no_picture() -> Html {
    stroke("M4 5.5h16v13H4ZM4 15l4.5-4.5L13 15l2.5-2.5L20 17M15.5 9h.01M3 21 21 3")
}

fn stroke(path: &'static str) -> Html {
    html! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d={path} />
        </svg>
    }
}

/// The outline of a camera.
pub fn camera() -> Html {
    html! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d="M4 8h3.2l1.6-2.4h6.4L16.8 8H20a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1Z" />
            <circle cx="12" cy="13.2" r="3.6" />
        </svg>
    }
}
