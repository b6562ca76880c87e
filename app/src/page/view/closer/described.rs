//! The photo in words: the nearest things, and a caption.

use super::super::super::{
    app::{App, CloserMsg},
    caption,
    closer::Closer,
    numbers,
    photos::Seen,
    words,
};
use yew::{Html, html};

/// Nearest things shown.
const NEAREST: usize = 8;

/// Both, once they are wanted.
pub fn described(app: &App, closer: &Closer, seen: &Seen) -> Html {
    let send = &app.send;
    if !closer.describing {
        return html! {
            <div class="closer-part">
                <p>{ words::describe_hint() }</p>
                <button
                    type="button"
                    class="button strong"
                    id="describe"
                    onclick={send.reform(|_| CloserMsg::Describe.into())}
                >
                    { words::DESCRIBE }
                </button>
            </div>
        };
    }
    let get = |sentence: &str| app.text(sentence);
    let nearest = caption::nearest(&seen.embedding, &get);
    let thing = |(thing, cosine): &(String, f32)| {
        html! {
            <li key={thing.clone()}>
                <span>{ thing }</span>{ " " }
                <span class="figures">{ numbers::signed(*cosine, 3) }</span>
            </li>
        }
    };
    html! {
        <div class="closer-part">
            <h3>{ words::CAPTION }</h3>
            if let Some(caption) = &closer.caption {
                <blockquote id="caption" data-cosine={caption.cosine.to_string()}>
                    { &caption.text }
                </blockquote>
                <div class="bar-of-buttons">
                    <button
                        type="button"
                        class="button"
                        id="copy-caption"
                        onclick={copy(app, caption.text.clone())}
                    >
                        { words::COPY_ALT }
                    </button>
                    if let Some(done) = closer.copied {
                        <span class="note" role="status">{ words::copied_text(done) }</span>
                    }
                </div>
                <p class="hint">{ words::caption_hint(caption.cosine) }</p>
            } else {
                <p role="status">{ words::COMPOSING }</p>
            }
            <h3>{ words::NEAREST }</h3>
            <ol class="nearest" id="nearest">{ for nearest.iter().take(NEAREST).map(thing) }</ol>
            <details>
                <summary>{ words::CAPTION_TERM }</summary>
                <p class="hint">{ words::caption_exact() }</p>
            </details>
        </div>
    }
}

fn copy(app: &App, text: String) -> yew::Callback<yew::MouseEvent> {
    app.send
        .reform(move |_| CloserMsg::Copy(text.clone()).into())
}
