//! Questions, answered by comparing.

use super::super::{
    super::{
        app::{App, CloserMsg},
        closer::Closer,
        numbers,
        photos::Seen,
        question::{self, Parsed},
        ranking::{Candidate, Row, rank},
        reading::Dial,
        words,
    },
    field::typed,
    ranking::bar,
};
use glimpse_model::score::cosine;
use std::rc::Rc;
use yew::{Html, html};

/// Answers shown.
const SHOWN: usize = 8;

/// Below this share the best answer isn't said to be one.
const SURE: f32 = 0.3;

/// An answer and its share.
struct Answer {
    text: Rc<str>,
    share: f32,
    cosine: f32,
    is_none: bool,
}

/// The question, the statement made of it, and the answers.
pub fn ask(app: &App, closer: &Closer, seen: &Seen) -> Html {
    let send = &app.send;
    let question = &closer.question;
    let example = |text: &'static str| {
        let onclick = send.reform(move |_| CloserMsg::Ask(text.to_owned()).into());
        html! { <button type="button" class="quiet" {onclick}>{ text }</button> }
    };
    let note = match question::parse(&closer.asked) {
        Parsed::Who => Some(words::ASK_WHO),
        Parsed::Unclear => Some(words::ASK_UNCLEAR),
        Parsed::Question(_) | Parsed::Empty => None,
    };
    html! {
        <div class="closer-part">
            <label class="field-name" for="question">{ words::ASK }</label>
            <div class="field">
                <input
                    id="question"
                    type="text"
                    maxlength="200"
                    placeholder={words::ASK_EXAMPLE}
                    value={closer.asked.clone()}
                    autocomplete="off"
                    oninput={typed(send, CloserMsg::Ask)}
                />
            </div>
            <div class="sets">{ for words::ASK_EXAMPLES.into_iter().map(example) }</div>
            if let Some(note) = note {
                <p class="warning" role="status">{ note }</p>
            }
            if !question.statement.trim().is_empty() {
                <section class="answers" aria-live="polite" id="answers">
                    { answers(app, closer, seen) }
                </section>
                <details open=true>
                    <summary>{ words::ASK_HOW }</summary>
                    <p class="hint">{ words::ASK_MEANS }</p>
                    <label class="field-name" for="statement">{ words::STATEMENT }</label>
                    <div class="field">
                        <input
                            id="statement"
                            type="text"
                            maxlength="200"
                            value={question.statement.clone()}
                            autocomplete="off"
                            oninput={typed(send, CloserMsg::Statement)}
                        />
                    </div>
                    if !question.is_yes_no() {
                        <label class="field-name" for="candidate-answers">{ words::ANSWERS }</label>
                        <div class="field">
                            <input
                                id="candidate-answers"
                                type="text"
                                maxlength="4000"
                                value={closer.answers.clone()}
                                autocomplete="off"
                                oninput={typed(send, CloserMsg::Answers)}
                            />
                        </div>
                    }
                </details>
            }
        </div>
    }
}

fn answers(app: &App, closer: &Closer, seen: &Seen) -> Html {
    let question = &closer.question;
    let sentences = question.sentences();
    let embeds: Option<Vec<Rc<[f32]>>> = sentences.iter().map(|s| app.text(s)).collect();
    let (Some(embeds), Some(model)) = (embeds, app.model.as_deref()) else {
        return html! { <p>{ words::READING }</p> };
    };
    let calibration = model.calibration.as_ref();
    if let ([embedding], true) = (&embeds[..], question.is_yes_no()) {
        let cosine = cosine(&seen.embedding, embedding);
        let chance = calibration.map(|calibration| calibration.alone.probability(cosine));
        return html! {
            <p class="answer" data-yes={chance.map(|chance| chance.to_string())}>
                { words::yes_no(chance, cosine) }
            </p>
        };
    }
    let candidate = |(text, embedding): (&String, Rc<[f32]>)| Candidate {
        label: text.as_str().into(),
        draft: false,
        embedding,
    };
    let candidates: Vec<Candidate> = question.answers.iter().zip(embeds).map(candidate).collect();
    let ranking = rank(&seen.embedding, &candidates, model, &Dial::default());
    let answer = |row: &Row| Answer {
        text: row.label.clone(),
        share: row.share(),
        cosine: row.score.cosine,
        is_none: false,
    };
    let mut all: Vec<Answer> = ranking.rows.iter().map(answer).collect();
    if let (Some(place), Some(share), Some(calibration)) =
        (ranking.before_none(), ranking.none, calibration)
    {
        let none = Answer {
            text: words::ASK_NONE.into(),
            share,
            cosine: calibration.together.none_cosine,
            is_none: true,
        };
        all.insert(place, none);
    }
    let first = all.first().map(|best| match best.share >= SURE {
        true => words::answer(&best.text, best.share, best.is_none),
        false => words::ASK_UNSURE.to_owned(),
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
                <thead class="unseen">
                    <tr>
                        <th scope="col">{ words::ANSWER }</th>
                        <th scope="col">{ words::COSINE }</th>
                        <th scope="col">{ words::SHARE }</th>
                    </tr>
                </thead>
                <tbody>{ for all.iter().take(SHOWN).map(row) }</tbody>
            </table>
        </>
    }
}
