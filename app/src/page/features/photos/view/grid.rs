//! All cards, and what can be done with all of them.

use super::{
    super::{Card, CardStatus, Deps, Match, Msg, Photos, choice::Shown, removed::Removed, text},
    card::CardView,
    choice::{filter, order},
    present::present_bar,
};
use crate::page::{
    effects::ResultsFile,
    features::labels::LabelsStatus,
    locale::{Text, numbers},
    ui::{PtrEqRc, progress::Progress, undo::undo},
};
use glimpse_model::score::Together;
use std::rc::Rc;
use yew::{Callback, Html, Properties, classes, component, html};

/// So few cards are all laid out, also those out of sight.
const FEW: usize = 12;

/// What all cards have in common.
#[derive(Clone, PartialEq)]
pub struct CardSettings {
    /// Whether only one label is shown.
    pub compact: bool,
    /// The label that photos are sorted by, which small cards show in place of the best.
    pub by: Option<Rc<str>>,
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
            by: photos.choice.by.clone(),
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
    let shown = photos.shown(found.as_deref());
    let chosen = shown.iter().filter(|shown| !shown.is_left_out).count();
    html! {
        <section class="photos" id="photos" aria-labelledby="photos-title">
            { present_bar(photos, send).unwrap_or_else(|| {
                bar_of_buttons(cards, &settings, order(photos, deps, send), send)
            }) }
            { progress(photos.progress(deps.engine.image_workers().len()), send) }
            if is_searchable {
                { search_bar }
            }
            { filter(photos, chosen, send) }
            <Cards
                cards={shown}
                is_single={cards.len() == 1 || photos.position().is_some()}
                {settings}
                send={send.clone()}
            />
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

fn bar_of_buttons(
    cards: &[PtrEqRc<Card>],
    settings: &CardSettings,
    order: Html,
    send: &Callback<Msg>,
) -> Html {
    let any_done = cards
        .iter()
        .any(|card| matches!(card.status, CardStatus::Done(_)));
    html! {
        <div class="bar-of-buttons">
            <h2 id="photos-title">
                { text::PHOTOS }{ " " }<span class="count">{ numbers::whole(cards.len()) }</span>
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
            { order }
            <button
                type="button"
                class="button"
                id="present"
                onclick={send.reform(|_| Msg::Present)}
            >
                { text::PRESENT }
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
    cards: Vec<Shown>,
    /// Whether one card has all the room.
    is_single: bool,
    settings: CardSettings,
    send: Callback<Msg>,
}

/// The cards that are shown, in their order.
#[component]
fn Cards(props: &Props) -> Html {
    let Props {
        cards,
        is_single,
        settings,
        send,
    } = props;
    let card = |shown: &Shown| {
        html! {
            <li key={shown.card.id} class={shown.is_left_out.then_some("left-out")}>
                <CardView
                    card={shown.card.clone()}
                    settings={settings.clone()}
                    cosine={shown.cosine}
                    send={send.clone()}
                />
            </li>
        }
    };
    html! {
        <ul class={classes!(
            "cards",
            is_single.then_some("single"),
            (cards.len() > FEW).then_some("many"),
            settings.compact.then_some("compact"),
            settings.numbers.then_some("wide"),
            settings.joint.map(|_| "calibrated"),
        )}>
            { for cards.iter().map(card) }
        </ul>
    }
}
