//! All cards, and what can be done with all of them.

use super::{
    super::{Card, CardId, CardStatus, Deps, Match, Msg, Photos, removed::Removed, text},
    card::CardView,
};
use crate::page::{
    effects::ResultsFile,
    features::labels::LabelsStatus,
    locale::Text,
    ui::{PtrEqRc, progress::Progress, undo::undo},
};
use glimpse_model::{order::sorted, score::Together};
use std::{collections::HashMap, rc::Rc};
use yew::{Callback, Html, Properties, classes, component, html};

/// What all cards have in common.
#[derive(Clone, Copy, PartialEq)]
pub struct CardSettings {
    /// Whether only the best label is shown.
    pub compact: bool,
    /// Whether cosine and logit are shown beside the share.
    pub numbers: bool,
    /// Whether the image tower is loaded, so that workers take photos.
    pub image_tower_ready: bool,
    /// Whether there is anything to score photos against.
    pub labels: LabelsStatus,
    /// Whether labels share 100 %, as in a softmax.
    pub is_softmax: bool,
    /// How "none of these" comes about, if the scores are calibrated.
    pub joint: Option<Together>,
}

impl CardSettings {
    fn new(photos: &Photos, deps: &Deps<'_>) -> Self {
        let model = deps.engine.model();
        Self {
            compact: photos.is_compact(),
            numbers: photos.numbers,
            image_tower_ready: deps.engine.is_image_tower_ready(),
            labels: deps.labels.status(deps.engine),
            is_softmax: deps.scores.is_softmax(model),
            joint: deps.scores.joint(model),
        }
    }
}

/// A card a photo, and the buttons above them; nothing without photos. With `found`, the photos of a
/// query come first, the best one at the top. The search bar is left out for a single photo.
pub fn grid(
    photos: &Photos,
    deps: &Deps<'_>,
    send: &Callback<Msg>,
    found: Option<Rc<[Match]>>,
    search_bar: Html,
) -> Html {
    let cards = photos.cards();
    if cards.is_empty() {
        return Html::default();
    }
    let settings = CardSettings::new(photos, deps);
    let is_searchable = cards.len() > 1 || found.is_some();
    html! {
        <section class="photos" id="photos" aria-labelledby="photos-title">
            { bar_of_buttons(cards, settings, send) }
            { progress(photos.progress(deps.engine.image_workers().len()), send) }
            if is_searchable {
                { search_bar }
            }
            <Cards cards={cards.to_vec()} {settings} {found} send={send.clone()} />
        </section>
    }
}

/// The button that unfolds the files to save, and a button for each.
fn save(any_done: bool, send: &Callback<Msg>) -> Html {
    let files = [
        ("table", ResultsFile::Table, text::SAVE_TABLE),
        ("scores", ResultsFile::Scores, text::SAVE_SCORES),
        ("embeddings", ResultsFile::Embeddings, text::SAVE_EMBEDDINGS),
    ];
    let button = |(name, file, label): (&'static str, ResultsFile, Text)| {
        html! {
            <button
                type="button"
                class="button"
                data-save={name}
                disabled={!any_done}
                onclick={send.reform(move |_| Msg::Save(file))}
            >
                { label }
            </button>
        }
    };
    html! {
        <details class="save" name="save">
            <summary class="button" id="save-results">{ text::SAVE }</summary>
            <div class="save-files">{ for files.into_iter().map(button) }</div>
        </details>
    }
}

/// What was taken off the page last, and the way back.
pub fn undo_bar(photos: &Photos, send: &Callback<Msg>) -> Html {
    undo(
        photos.removed.as_ref().map(Removed::told),
        send.reform(|_| Msg::Undo),
    )
}

/// How far many photos have come, and the button that stops them.
fn progress(progress: Option<super::super::progress::Progress>, send: &Callback<Msg>) -> Html {
    let Some(progress) = progress else {
        return Html::default();
    };
    let figures = match progress.left {
        _ if progress.is_stopped => Some(text::STOPPED.into()),
        left => left.map(text::time_left),
    };
    let (name, onclick) = if progress.is_stopped {
        (text::GO_ON, send.reform(|_| Msg::GoOn))
    } else {
        (text::STOP, send.reform(|_| Msg::Stop))
    };
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let value = progress.done as f64 / progress.all as f64;
    html! {
        <div class="photos-progress">
            <Progress
                label={text::PHOTOS}
                text={text::progress(progress.done, progress.all)}
                {figures}
                value={Some(value)}
            />
            <button type="button" class="button" id="stop-photos" {onclick}>{ name }</button>
        </div>
    }
}

fn bar_of_buttons(cards: &[PtrEqRc<Card>], settings: CardSettings, send: &Callback<Msg>) -> Html {
    let any_done = cards
        .iter()
        .any(|card| matches!(card.status, CardStatus::Done(_)));
    html! {
        <div class="bar-of-buttons">
            <h2 id="photos-title">
                { text::PHOTOS }{ " " }<span class="count">{ cards.len() }</span>
            </h2>
            <label for="file-input" class="button add-photos">{ text::ADD }</label>
            if cards.len() > 1 {
                <button
                    type="button"
                    class="button"
                    id="small-cards"
                    aria-pressed={settings.compact.to_string()}
                    onclick={send.reform(|_| Msg::ToggleCompact)}
                >
                    { text::COMPACT }
                </button>
            }
            <button
                type="button"
                class="button"
                aria-pressed={settings.numbers.to_string()}
                onclick={send.reform(|_| Msg::ToggleNumbers)}
            >
                { text::all_numbers(settings.joint.is_some()) }
            </button>
            { save(any_done, send) }
            <button type="button" class="quiet away" onclick={send.reform(|_| Msg::Clear)}>
                { text::CLEAR_PHOTOS }
            </button>
        </div>
    }
}

/// What [`Cards`] is drawn from.
#[derive(Properties, PartialEq)]
struct Props {
    cards: Vec<PtrEqRc<Card>>,
    settings: CardSettings,
    /// The best first; photos that aren't in it come behind.
    found: Option<Rc<[Match]>>,
    send: Callback<Msg>,
}

/// The cards, in the order of the query if there is one.
#[component]
fn Cards(props: &Props) -> Html {
    let Props {
        cards,
        settings,
        found,
        send,
    } = props;
    let card = |(card, cosine): (&PtrEqRc<Card>, Option<f32>)| {
        html! {
            <li key={card.id}>
                <CardView
                    card={card.clone()}
                    settings={*settings}
                    {cosine}
                    send={send.clone()}
                />
            </li>
        }
    };
    let ordered = ordered(cards, found.as_deref().unwrap_or_default());
    html! {
        <ul class={classes!(
            "cards",
            settings.compact.then_some("compact"),
            settings.numbers.then_some("wide"),
        )}>
            { for ordered.into_iter().map(card) }
        </ul>
    }
}

/// The cards in the order of a query, each with its cosine to it; those without one behind.
fn ordered<'a>(
    cards: &'a [PtrEqRc<Card>],
    found: &[Match],
) -> Vec<(&'a PtrEqRc<Card>, Option<f32>)> {
    let positions: HashMap<CardId, (usize, f32)> = found
        .iter()
        .enumerate()
        .map(|(position, found)| (found.card, (position, found.cosine)))
        .collect();
    let position = |card: &Card| positions.get(&card.id).map(|&(position, _)| position);
    let cosine = |card: &Card| positions.get(&card.id).map(|&(_, cosine)| cosine);
    let behind = |card: &Card| position(card).unwrap_or(usize::MAX);
    let ordered = cards.iter().map(|card| (card, cosine(card))).collect();
    sorted(ordered, |(a, _), (b, _)| behind(a).cmp(&behind(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_of_a_query_come_first_and_the_others_keep_their_order() {
        let photos = Photos::of(&["a", "b", "c", "d"]);
        let found = [(4, 0.3), (2, 0.1)].map(|(card, cosine)| Match { card, cosine });
        let ordered = ordered(photos.cards(), &found).into_iter();
        let ordered: Vec<_> = ordered.map(|(card, cosine)| (card.id, cosine)).collect();
        let expected = [(4, Some(0.3)), (2, Some(0.1)), (1, None), (3, None)];
        assert_eq!(ordered, expected);
    }
}
