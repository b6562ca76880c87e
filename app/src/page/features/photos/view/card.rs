//! One photo.

use super::{
    super::{Card, CardStatus, Msg, choice::share, text},
    grid::CardSettings,
};
use crate::page::{
    effects::ImageEmbedding,
    features::{
        labels::{self, LabelsStatus},
        scores::{Best, NONE, RankingTable},
    },
    locale::{Text, numbers},
    ui::{PtrEqRc, icons},
};
use std::rc::Rc;
use yew::{AttrValue, Callback, Html, Properties, component, html, use_state};

/// What [`CardView`] is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The photo with all that is known of it.
    pub card: PtrEqRc<Card>,
    /// What all cards have in common.
    pub settings: CardSettings,
    /// Cosine between the photo and the query, if there is one.
    pub cosine: Option<f32>,
    /// Takes what is done with the photo.
    pub send: Callback<Msg>,
}

/// The thumbnail, the name, and what became of the photo.
#[component]
pub fn CardView(props: &Props) -> Html {
    let card = &props.card;
    let id = card.id;
    let title = format!("photo-{id}-name");
    let image = match &card.status {
        CardStatus::Done(image) => Some(image),
        _ => None,
    };
    html! {
        <article
            class="card"
            id={format!("photo-{id}")}
            tabindex="-1"
            aria-labelledby={title.clone()}
            aria-busy={matches!(card.status, CardStatus::Embedding).then_some("true")}
            data-card={id.to_string()}
            data-state={card.status.name()}
            data-name={card.name.clone()}
            data-match={props.cosine.map(|cosine| cosine.to_string())}
            data-image-ms={image.map(|image| format!("{:.1}", image.timing.total()))}
        >
            <Thumbnail card={card.clone()} />
            <button
                type="button"
                class="remove"
                data-remove="true"
                aria-label={text::remove_photo(&card.name)}
                title={text::remove_photo(&card.name)}
                onclick={props.send.reform(move |_| Msg::Remove(id))}
            >
                { icons::cross() }
            </button>
            <div class="card-head">
                <h3 id={title} title={card.name.clone()}>{ card.name.clone() }</h3>
                if let Some(cosine) = props.cosine {
                    <p class="match figures">{ text::MATCH }{ " " }{ numbers::signed(cosine, 3) }</p>
                }
                { image.map(|image| figures(image)).unwrap_or_default() }
            </div>
            { body(props) }
            { actions(props) }
        </article>
    }
}

/// What can be done with a photo that is embedded.
fn actions(props: &Props) -> Html {
    let Props { card, send, .. } = props;
    let id = card.id;
    match card.status {
        CardStatus::Done(_) if props.settings.compact => return Html::default(),
        CardStatus::Done(_) => {}
        CardStatus::Failed(_) | CardStatus::Crashed => return retry(card, send),
        CardStatus::Waiting | CardStatus::Embedding => return Html::default(),
    }
    html! {
        <div class="actions">
            <button
                type="button"
                class="quiet"
                data-closer="true"
                aria-label={text::look_closer(&card.name)}
                onclick={send.reform(move |_| Msg::Inspect(id))}
            >
                { text::LOOK_CLOSER }
            </button>
            <button
                type="button"
                class="quiet"
                data-more="true"
                aria-label={text::more_like(&card.name)}
                onclick={send.reform(move |_| Msg::SearchLike(id))}
            >
                { text::MORE_LIKE_THIS }
            </button>
        </div>
    }
}

fn retry(card: &Card, send: &Callback<Msg>) -> Html {
    let id = card.id;
    html! {
        <div class="actions">
            <button
                type="button"
                class="quiet"
                data-retry="true"
                aria-label={text::retry_photo(&card.name)}
                onclick={send.reform(move |_| Msg::Retry(id))}
            >
                { text::RETRY }
            </button>
        </div>
    }
}

/// The photo's size, and how long it took.
fn figures(image: &ImageEmbedding) -> Html {
    let text = format!(
        "{}\u{202f}\u{d7}\u{202f}{} \u{b7} {}",
        image.width,
        image.height,
        numbers::duration(image.timing.total())
    );
    html! { <p class="figures">{ text }</p> }
}

fn body(props: &Props) -> Html {
    let Props { card, settings, .. } = props;
    let note = |text: Text| html! { <p class="card-note">{ text }</p> };
    match &card.status {
        CardStatus::Waiting if settings.image_tower_ready => note(text::WAITING),
        CardStatus::Waiting => note(text::WAITING_FOR_MODEL),
        CardStatus::Embedding => html! {
            <p class="card-note looking">{ icons::lens() }{ text::LOOKING }</p>
        },
        CardStatus::Failed(_) | CardStatus::Crashed => {
            html! { <p class="card-note failed" data-reason="true">{ text::failure(&card.status) }</p> }
        }
        CardStatus::Done(_) if card.ranking.rows.is_empty() => note(match settings.labels {
            LabelsStatus::None => labels::NO_LABELS,
            LabelsStatus::Some => labels::READING,
            LabelsStatus::Later => text::READ_LATER,
            LabelsStatus::Unreadable => text::UNREADABLE,
        }),
        CardStatus::Done(_) if settings.compact => best(card, settings.by.as_ref(), &props.send),
        CardStatus::Done(_) => html! {
            <RankingTable
                ranking={card.ranking.clone()}
                numbers={settings.numbers}
                is_softmax={settings.is_softmax}
                joint={settings.joint}
            />
        },
    }
}

/// Of a small card, the label that photos are sorted by, or else the one that fits best; a tap shows
/// all others.
fn best(card: &Card, by: Option<&Rc<str>>, send: &Callback<Msg>) -> Html {
    let (label, share) = match (by, card.ranking.best()) {
        (Some(label), _) => (label.clone(), share(card, label)),
        (None, Some(Best::Label(label, share))) => (label, share),
        (None, Some(Best::None(share))) => (NONE.into(), share),
        (None, None) => return Html::default(),
    };
    let id = card.id;
    html! {
        <button
            type="button"
            class="best"
            data-best={label.clone()}
            data-closer="true"
            aria-label={text::best(&card.name, &label, share)}
            onclick={send.reform(move |_| Msg::Inspect(id))}
        >
            <span>{ label.clone() }</span>
            <span class="figures">{ numbers::percent(share) }</span>
        </button>
    }
}

/// What [`Thumbnail`] is drawn from.
#[derive(Properties, PartialEq)]
struct ThumbnailProps {
    card: PtrEqRc<Card>,
}

/// The photo itself, or a placeholder if the browser can't show it.
#[component]
fn Thumbnail(props: &ThumbnailProps) -> Html {
    // The address that can't be shown: of a file that only we decode, a copy follows that can.
    let broken = use_state(AttrValue::default);
    let card = &props.card;
    let url = &card.picture.url;
    if url.is_empty() || *url == **broken {
        return html! {
            <div class="thumb none">{ icons::no_picture() }<span>{ text::NO_PREVIEW }</span></div>
        };
    }
    let onerror = {
        let url = AttrValue::from(url.clone());
        move |_| broken.set(url.clone())
    };
    html! {
        <div class="thumb">
            <img
                src={card.picture.url.clone()}
                alt={text::photo(&card.name)}
                loading="lazy"
                draggable="false"
                decoding="async"
                {onerror}
            />
        </div>
    }
}
