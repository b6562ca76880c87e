//! How cosines become percentages: the choice, and the dial of sharpness.

use super::super::{
    app::{Send, ShareMsg},
    engine::Model,
    numbers,
    reading::{Dial, Reading},
    words,
};
use web_sys::HtmlInputElement;
use yew::{Html, InputEvent, Properties, TargetCast, component, html};

/// See [`DialPanel`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub dial: Dial,
    pub model: Option<Model>,
    pub send: Send,
}

/// Three ways to read the scores, and a slider.
#[component]
pub fn DialPanel(props: &Props) -> Html {
    let Props { dial, model, send } = props;
    let Some(model) = model else {
        return Html::default();
    };
    let reading = dial.reading(model);
    let choice = |choice: Reading| {
        let onchange = send.reform(move |_| ShareMsg::Read(choice).into());
        let disabled = choice == Reading::Calibrated && model.calibration.is_none();
        html! {
            <label class="choice">
                <input
                    type="radio"
                    name="reading"
                    value={choice.name()}
                    checked={choice == reading}
                    {disabled}
                    {onchange}
                />
                <span>{ words::reading(choice) }</span>
            </label>
        }
    };
    let oninput = {
        let send = send.clone();
        move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Ok(octaves) = input.value().parse() {
                send.emit(ShareMsg::Turn(octaves).into());
            }
        }
    };
    let changed = *dial != Dial::default();
    let trained = model.scoring.logit_scale.exp();
    let scale = numbers::signed(trained * dial.octaves.exp2(), 1);
    html! {
        <section class="dial" aria-labelledby="dial-title">
            <h2 id="dial-title">{ words::READ_SCORES }</h2>
            <div class="choices" role="radiogroup" aria-labelledby="dial-title">
                { for Reading::ALL.into_iter().map(choice) }
            </div>
            <p class="hint">{ words::reading_means(reading, model) }</p>
            <label class="field-name" for="dial-input">
                { words::SHARPNESS }{ " " }
                <span class="figures">{ words::sharpness(&scale, dial.octaves == 0.0) }</span>
            </label>
            <input
                id="dial-input"
                type="range"
                min={(-Dial::OCTAVES).to_string()}
                max={Dial::OCTAVES.to_string()}
                step="0.25"
                value={dial.octaves.to_string()}
                list="dial-marks"
                aria-valuetext={words::sharpness(&scale, dial.octaves == 0.0)}
                {oninput}
            />
            <datalist id="dial-marks"><option value="0" /></datalist>
            <p class="dial-ends" aria-hidden="true">
                <span>{ words::SOFTER }</span>
                <span>{ words::TRAINED }</span>
                <span>{ words::SHARPER }</span>
            </p>
            <details>
                <summary>{ words::SHARPNESS_TERM }</summary>
                <p class="hint">{ words::sharpness_exact(trained) }</p>
            </details>
            if changed {
                <button
                    type="button"
                    class="button"
                    onclick={send.reform(|_| ShareMsg::DialReset.into())}
                >
                    { words::RESET }
                </button>
            }
        </section>
    }
}
