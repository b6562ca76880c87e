//! Questions, answered by comparing.

use super::super::{
    super::{
        app::{App, CloserMsg, Send},
        closer::Closer,
        numbers,
        photos::Seen,
        question::{self, Parsed},
        words,
    },
    ranking::bar,
};
use glimpse_model::score::{cosine, score_cosines};
use std::rc::Rc;
use web_sys::HtmlInputElement;
use yew::{Callback, Html, InputEvent, TargetCast, html};

/// Answers shown.
const SHOWN: usize = 8;

/// Below this share the best answer isn't said to be one.
const SURE: f32 = 0.3;

/// An answer and its share.
struct Answer {
    text: String,
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

fn typed(send: &Send, msg: fn(String) -> CloserMsg) -> Callback<InputEvent> {
    let send = send.clone();
    Callback::from(move |event: InputEvent| {
        let input: HtmlInputElement = event.target_unchecked_into();
        send.emit(msg(input.value()).into());
    })
}

fn answers(app: &App, closer: &Closer, seen: &Seen) -> Html {
    let question = &closer.question;
    let sentences = question.sentences();
    let embeds: Option<Vec<Rc<[f32]>>> = sentences.iter().map(|s| app.text(s)).collect();
    let (Some(embeds), Some(model)) = (embeds, app.model.as_deref()) else {
        return html! { <p>{ words::READING }</p> };
    };
    let cosines: Vec<f32> = embeds
        .iter()
        .map(|embedding| cosine(&seen.embedding, embedding))
        .collect();
    if let ([cosine], true) = (&cosines[..], question.is_yes_no()) {
        let chance = model
            .calibration
            .as_ref()
            .map(|calibration| calibration.alone.probability(*cosine));
        return html! {
            <p class="answer" data-yes={chance.map(|chance| chance.to_string())}>
                { words::yes_no(chance, *cosine) }
            </p>
        };
    }
    let judged = model
        .calibration
        .as_ref()
        .map(|calibration| calibration.judge(&cosines));
    let shares: Vec<f32> = match &judged {
        Some(judged) => judged.labels.iter().map(|chance| chance.share).collect(),
        None => score_cosines(&cosines, &model.scoring)
            .iter()
            .map(|s| s.probability)
            .collect(),
    };
    let mut all: Vec<Answer> = question
        .answers
        .iter()
        .zip(shares)
        .zip(&cosines)
        .map(|((text, share), &cosine)| Answer {
            text: text.clone(),
            share,
            cosine,
            is_none: false,
        })
        .collect();
    if let (Some(judged), Some(calibration)) = (&judged, &model.calibration) {
        all.push(Answer {
            text: words::ASK_NONE.to_owned(),
            share: judged.none,
            cosine: calibration.together.none_cosine,
            is_none: true,
        });
    }
    all.sort_by(|a, b| b.share.total_cmp(&a.share));
    let first = all.first().map(|best| match best.share >= SURE {
        true => words::answer(&best.text, best.share, best.is_none),
        false => words::ASK_UNSURE.to_owned(),
    });
    let row = |answer: &Answer| {
        html! {
            <tr
                key={answer.text.clone()}
                class={answer.is_none.then_some("none-row")}
                data-answer={answer.text.clone()}
                data-share={answer.share.to_string()}
            >
                <th scope="row">
                    <span class="label-name">{ &answer.text }</span>
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
