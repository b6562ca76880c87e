//! The photo in words: the nearest things, and a caption.

use crate::page::{
    effects::ImageEmbedding,
    features::inspect::{
        Deps, Msg,
        caption::{self, Caption},
        state::Inspector,
        text,
    },
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
                { composed(caption, inspector.copied, send) }
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

/// The caption with its button, or why none is offered.
fn composed(caption: &Caption, copied: Option<bool>, send: &Callback<Msg>) -> Html {
    let (text, cosine, has_place) = match caption {
        Caption::Weak { thing } => {
            return html! {
                <p role="status" id="no-caption" data-thing={thing.clone()}>
                    { text::no_caption(thing) }
                </p>
            };
        }
        Caption::Found {
            text,
            cosine,
            has_place,
        } => (text, *cosine, *has_place),
    };
    html! {
        <>
            <blockquote id="caption" lang="en" data-cosine={cosine.to_string()}>{ text }</blockquote>
            <div class="bar-of-buttons">
                <button
                    type="button"
                    class="button"
                    id="copy-caption"
                    onclick={send.reform(|_| Msg::CopyCaption)}
                >
                    { text::COPY_ALT }
                </button>
                if let Some(done) = copied {
                    <span class="note" role="status">{ text::caption_copied(done) }</span>
                }
            </div>
            <p class="hint">{ text::caption_hint(cosine, has_place) }</p>
        </>
    }
}
