//! The photo in words: the nearest things, and a caption.

use crate::page::{
    effects::ImageEmbedding,
    features::inspect::{Deps, Msg, caption, state::Inspector, text},
    locale::numbers,
};
use yew::{Callback, Html, html};

/// How many of the nearest things are shown.
const NEAREST: usize = 8;

/// The tab's content: a button, and both once they are wanted.
pub fn described(
    inspector: &Inspector,
    image: &ImageEmbedding,
    deps: &Deps<'_>,
    send: &Callback<Msg>,
) -> Html {
    if !inspector.describing {
        return html! {
            <div class="closer-part">
                <p>{ text::describe_hint() }</p>
                <button
                    type="button"
                    class="button strong"
                    id="describe"
                    onclick={send.reform(|_| Msg::Describe)}
                >
                    { text::DESCRIBE }
                </button>
            </div>
        };
    }
    let texts = deps.engine.texts();
    let nearest = caption::nearest(&image.embedding, &|sentence| texts.get(sentence));
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
            <h3>{ text::CAPTION }</h3>
            if let Some(caption) = &inspector.caption {
                <blockquote id="caption" data-cosine={caption.cosine.to_string()}>
                    { &caption.text }
                </blockquote>
                <div class="bar-of-buttons">
                    <button
                        type="button"
                        class="button"
                        id="copy-caption"
                        onclick={send.reform(|_| Msg::CopyCaption)}
                    >
                        { text::COPY_ALT }
                    </button>
                    if let Some(done) = inspector.copied {
                        <span class="note" role="status">{ text::caption_copied(done) }</span>
                    }
                </div>
                <p class="hint">{ text::caption_hint(caption.cosine) }</p>
            } else {
                <p role="status">{ text::COMPOSING }</p>
            }
            <h3>{ text::NEAREST }</h3>
            <ol class="nearest" id="nearest">{ for nearest.iter().take(NEAREST).map(thing) }</ol>
            <details>
                <summary>{ text::CAPTION_TERM }</summary>
                <p class="hint">{ text::caption_exact() }</p>
            </details>
        </div>
    }
}
