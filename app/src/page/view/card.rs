//! One photo.

use super::{
    super::{
        app::{CloserMsg, PhotoMsg, SearchMsg, Send},
        numbers,
        photos::{Card, Seen, Stand},
        shared::Shared,
        words,
    },
    icons,
    photos::{LabelsStand, Settings},
    ranking::RankingTable,
};
use yew::{Html, Properties, component, html, use_state};

/// See [`CardView`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub card: Shared<Card>,
    pub settings: Settings,
    /// To what is looked for.
    pub cosine: Option<f32>,
    pub send: Send,
}

/// The thumbnail, the name, and what became of it.
#[component]
pub fn CardView(props: &Props) -> Html {
    let card = &props.card;
    let id = card.id;
    let title = format!("photo-{id}-name");
    let seen = match &card.stand {
        Stand::Done(seen) => Some(seen),
        _ => None,
    };
    html! {
        <article
            class="card"
            id={format!("photo-{id}")}
            tabindex="-1"
            aria-labelledby={title.clone()}
            aria-busy={matches!(card.stand, Stand::Embedding).then_some("true")}
            data-card={id.to_string()}
            data-state={card.stand.name()}
            data-name={card.name.clone()}
            data-match={props.cosine.map(|cosine| cosine.to_string())}
            data-image-ms={seen.map(|seen| format!("{:.1}", seen.timing.total()))}
        >
            <Thumbnail card={card.clone()} />
            <button
                type="button"
                class="remove"
                data-remove="true"
                aria-label={words::remove_photo(&card.name)}
                title={words::remove_photo(&card.name)}
                onclick={props.send.reform(move |_| PhotoMsg::Remove(id).into())}
            >
                { icons::cross() }
            </button>
            <div class="card-head">
                <h3 id={title} title={card.name.clone()}>{ card.name.clone() }</h3>
                if let Some(cosine) = props.cosine {
                    <p class="match figures">{ words::MATCH }{ " " }{ numbers::signed(cosine, 3) }</p>
                }
                { seen.map(|seen| facts(seen)).unwrap_or_default() }
            </div>
            { body(props) }
            { deeds(props) }
        </article>
    }
}

/// What can be done with a photo that was looked at.
fn deeds(props: &Props) -> Html {
    let Props { card, send, .. } = props;
    let id = card.id;
    if !matches!(card.stand, Stand::Done(_)) {
        return Html::default();
    }
    html! {
        <div class="deeds">
            <button
                type="button"
                class="quiet"
                data-closer="true"
                aria-label={words::look_closer(&card.name)}
                onclick={send.reform(move |_| CloserMsg::Open(id).into())}
            >
                { words::LOOK_CLOSER }
            </button>
            <button
                type="button"
                class="quiet"
                data-more="true"
                aria-label={words::more_like(&card.name)}
                onclick={send.reform(move |_| SearchMsg::Photo(id).into())}
            >
                { words::MORE_LIKE_THIS }
            </button>
        </div>
    }
}

fn facts(seen: &Seen) -> Html {
    let text = format!(
        "{}\u{202f}\u{d7}\u{202f}{} \u{b7} {}",
        seen.width,
        seen.height,
        numbers::duration(seen.timing.total())
    );
    html! { <p class="figures">{ text }</p> }
}

fn body(props: &Props) -> Html {
    let Props { card, settings, .. } = props;
    let quiet = |text: &'static str| html! { <p class="card-note">{ text }</p> };
    match &card.stand {
        Stand::Waiting if settings.ready => quiet(words::WAITING),
        Stand::Waiting => quiet(words::WAITING_FOR_MODEL),
        Stand::Embedding => html! {
            <p class="card-note looking">{ icons::lens() }{ words::LOOKING }</p>
        },
        Stand::Failed(reason) => {
            html! { <p class="card-note failed" data-reason="true">{ reason.clone() }</p> }
        }
        Stand::Done(_) if card.ranking.rows.is_empty() => quiet(match settings.labels {
            LabelsStand::None => words::NO_LABELS,
            LabelsStand::Some => words::READING,
            LabelsStand::Later => words::READ_LATER,
            LabelsStand::Unreadable => words::UNREADABLE,
        }),
        Stand::Done(_) => html! {
            <RankingTable
                ranking={card.ranking.clone()}
                numbers={settings.numbers}
                shares={settings.shares}
                together={settings.together}
            />
        },
    }
}

/// See [`Thumbnail`].
#[derive(Properties, PartialEq)]
struct ThumbnailProps {
    card: Shared<Card>,
}

/// The photo itself, or a placeholder if the browser can't show it.
#[component]
fn Thumbnail(props: &ThumbnailProps) -> Html {
    let broken = use_state(|| false);
    let card = &props.card;
    if *broken || card.picture.url.is_empty() {
        return html! {
            <div class="thumb none">{ icons::no_picture() }<span>{ words::NO_PREVIEW }</span></div>
        };
    }
    let onerror = move |_| broken.set(true);
    html! {
        <div class="thumb">
            <img
                src={card.picture.url.clone()}
                alt={words::photo(&card.name)}
                loading="lazy"
                draggable="false"
                decoding="async"
                {onerror}
            />
        </div>
    }
}
