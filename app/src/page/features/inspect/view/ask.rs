//! Questions, answered by comparing.

use crate::page::{
    effects::ImageEmbedding,
    features::{
        inspect::{
            Deps, Msg,
            question::{self, Kind, Parsed},
            state::Inspector,
            text,
        },
        labels::READING,
        scores::{Candidate, Row, SHARE, Temperature, rank},
    },
    locale::{Text, numbers},
    ui::{bar::bar, field::typed},
};
use glimpse_model::score::cosine;
use std::rc::Rc;
use yew::{Callback, Html, InputEvent, html};

/// How many of the best answers are shown.
const SHOWN: usize = 8;

/// Share that the best answer needs to be said to be one.
const SURE: f32 = 0.3;

/// A row of the table: an answer, or that none of them fits.
struct Answer {
    text: Rc<str>,
    share: f32,
    cosine: f32,
    is_none: bool,
}

/// The tab's content: the question, the statement made of it, and the answers.
pub fn ask(
    inspector: &Inspector,
    image: &ImageEmbedding,
    deps: &Deps<'_>,
    send: &Callback<Msg>,
) -> Html {
    let question = &inspector.question;
    let example = |text: &'static str| {
        let onclick = send.reform(move |_| Msg::Ask(text.to_owned()));
        html! { <button type="button" class="quiet" {onclick}>{ text }</button> }
    };
    let parsed = question::parse(&inspector.asked);
    let note = match parsed {
        Parsed::Who => Some(text::NO_IDENTITIES),
        Parsed::Unclear => Some(text::UNCLEAR),
        Parsed::Question(_) | Parsed::Empty => None,
    };
    let has_statement = !question.statement.trim().is_empty();
    html! {
        <div class="closer-part">
            <label class="field-name" for="question">{ text::QUESTION }</label>
            <div class="field">
                <input
                    id="question"
                    type="text"
                    maxlength="200"
                    placeholder={text::QUESTION_EXAMPLE}
                    value={inspector.asked.clone()}
                    autocomplete="off"
                    oninput={typed(send, Msg::Ask)}
                />
            </div>
            <div class="sets">{ for text::EXAMPLE_QUESTIONS.into_iter().map(example) }</div>
            if let Some(note) = note {
                <p class="warning" role="status">{ note }</p>
            }
            if parsed == Parsed::Unclear {
                { kinds(has_statement.then(|| question.kind()), send) }
            }
            if has_statement {
                <section class="answers" aria-live="polite" id="answers">
                    { answers(inspector, image, deps) }
                </section>
                { english_field(
                    "statement",
                    text::statement(question.kind()),
                    "200",
                    &question.statement,
                    typed(send, Msg::Statement),
                ) }
                if !question.is_yes_no() {
                    { english_field(
                        "candidate-answers",
                        text::ANSWERS,
                        "4000",
                        &inspector.answers,
                        typed(send, Msg::Answers),
                    ) }
                }
                <details id="how-asked">
                    <summary>{ text::HOW }</summary>
                    <p class="hint">{ text::HOW_EXACT }</p>
                </details>
            }
        </div>
    }
}

/// A field, under its name, for words that the model reads; `most` is their length in characters.
fn english_field(
    id: &'static str,
    name: Text,
    most: &'static str,
    value: &str,
    oninput: Callback<InputEvent>,
) -> Html {
    html! {
        <>
            <label class="field-name" for={id}>{ name }</label>
            <div class="field">
                <input
                    {id}
                    type="text"
                    maxlength={most}
                    lang="en"
                    value={value.to_owned()}
                    autocomplete="off"
                    {oninput}
                />
            </div>
        </>
    }
}

/// What the answer to a question is that wasn't understood: each fills in a statement to begin with.
fn kinds(chosen: Option<Kind>, send: &Callback<Msg>) -> Html {
    let button = |kind: Kind| {
        let onclick = send.reform(move |_| Msg::Kind(kind));
        html! {
            <button
                type="button"
                class="quiet"
                data-kind={kind.id()}
                aria-pressed={(chosen == Some(kind)).to_string()}
                {onclick}
            >
                { text::kind(kind) }
            </button>
        }
    };
    html! {
        <>
            <p id="kinds-name">{ text::KINDS }</p>
            <div class="sets" id="kinds" role="group" aria-labelledby="kinds-name">
                { for Kind::CHOICES.into_iter().map(button) }
            </div>
        </>
    }
}

fn answers(inspector: &Inspector, image: &ImageEmbedding, deps: &Deps<'_>) -> Html {
    let question = &inspector.question;
    let sentences = question.sentences();
    let texts = deps.engine.texts();
    let embeds: Option<Vec<Rc<[f32]>>> = sentences
        .iter()
        .map(|sentence| texts.get(sentence))
        .collect();
    let (Some(embeds), Some(model)) = (embeds, deps.engine.model()) else {
        return html! { <p>{ READING }</p> };
    };
    let calibration = model.calibration.as_ref();
    if let ([embedding], true) = (&embeds[..], question.is_yes_no()) {
        let cosine = cosine(&image.embedding, embedding);
        let chance = calibration.map(|calibration| calibration.alone.probability(cosine));
        return html! {
            <p class="answer" data-yes={chance.map(|chance| chance.to_string())}>
                { text::yes_no(chance, cosine) }
            </p>
        };
    }
    let candidate = |(text, embedding): (&String, Rc<[f32]>)| Candidate {
        label: text.as_str().into(),
        draft: false,
        embedding,
    };
    let candidates: Vec<Candidate> = question.answers.iter().zip(embeds).map(candidate).collect();
    let ranking = rank(
        &image.embedding,
        &candidates,
        model,
        &Temperature::default(),
    );
    let answer = |row: &Row| Answer {
        text: row.label.clone(),
        share: row.share(),
        cosine: row.score.cosine,
        is_none: false,
    };
    let mut all: Vec<Answer> = ranking.rows.iter().map(answer).collect();
    if let (Some(index), Some(share), Some(calibration)) =
        (ranking.before_none(), ranking.none, calibration)
    {
        let none = Answer {
            text: text::NO_ANSWER.into(),
            share,
            cosine: calibration.together.none_cosine,
            is_none: true,
        };
        all.insert(index, none);
    }
    let first = all.first().map(|best| match best.share >= SURE {
        true => text::answer(&best.text, best.share, best.is_none),
        false => text::UNSURE.into(),
    });
    let row = |answer: &Answer| {
        html! {
            <tr
                key={&*answer.text}
                class={answer.is_none.then_some("none-row")}
                data-answer={answer.text.clone()}
                data-share={answer.share.to_string()}
            >
                <th scope="row">
                    <span class="label-name">{ answer.text.clone() }</span>
                    { bar(answer.share) }
                </th>
                <td>{ numbers::signed(answer.cosine, 3) }</td>
                <td class="share">{ numbers::percent(answer.share) }</td>
            </tr>
        }
    };
    html! {
        <>
            <p class="answer">{ first.unwrap_or_default() }</p>
            <table class="ranking">
                <thead class="visually-hidden">
                    <tr>
                        <th scope="col">{ text::ANSWER }</th>
                        <th scope="col">{ text::COSINE }</th>
                        <th scope="col">{ SHARE }</th>
                    </tr>
                </thead>
                <tbody>{ for all.iter().take(SHOWN).map(row) }</tbody>
            </table>
        </>
    }
}
