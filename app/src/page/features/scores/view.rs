//! How to read the scores: the choice of a score mode, and the slider of the temperature.

use super::{Deps, Msg, ScoreMode, Scores, Temperature, text};
use crate::page::{locale::numbers, ui::Model};
use web_sys::HtmlInputElement;
use yew::{Callback, Html, InputEvent, Properties, TargetCast, component, html};

/// The section about reading the scores; nothing before the model's manifest is known.
pub fn panel(scores: &Scores, deps: &Deps<'_>, send: &Callback<Msg>) -> Html {
    html! {
        <TemperaturePanel
            temperature={scores.temperature}
            model={deps.engine.model().cloned()}
            send={send.clone()}
        />
    }
}

/// What [`TemperaturePanel`] is drawn from.
#[derive(Properties, PartialEq)]
struct Props {
    temperature: Temperature,
    model: Option<Model>,
    send: Callback<Msg>,
}

/// Three score modes, and a slider.
#[component]
fn TemperaturePanel(props: &Props) -> Html {
    let Props {
        temperature,
        model,
        send,
    } = props;
    let Some(model) = model else {
        return Html::default();
    };
    let mode = temperature.mode(model);
    let choice = |choice: ScoreMode| {
        let onchange = send.reform(move |_| Msg::Choose(choice));
        let disabled = choice == ScoreMode::Calibrated && model.calibration.is_none();
        html! {
            <label class="choice">
                <input
                    type="radio"
                    name="reading"
                    value={choice.name()}
                    checked={choice == mode}
                    {disabled}
                    {onchange}
                />
                <span>{ text::mode(choice, model) }</span>
            </label>
        }
    };
    let is_changed = *temperature != Temperature::default();
    html! {
        <section class="dial" aria-labelledby="dial-title">
            <h2 id="dial-title">{ text::READ_SCORES }</h2>
            <div class="choices" role="radiogroup" aria-labelledby="dial-title">
                { for ScoreMode::ALL.into_iter().map(choice) }
            </div>
            <p class="hint">{ text::mode_means(mode, model) }</p>
            { slider(temperature, model, send) }
            if is_changed {
                <button type="button" class="button" onclick={send.reform(|_| Msg::Reset)}>
                    { text::RESET }
                </button>
            }
        </section>
    }
}

fn slider(temperature: &Temperature, model: &Model, send: &Callback<Msg>) -> Html {
    let oninput = {
        let send = send.clone();
        move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Ok(log2_factor) = input.value().parse() {
                send.emit(Msg::Turn(log2_factor));
            }
        }
    };
    let log2_factor = temperature.log2_factor;
    let trained = model.scoring.logit_scale.exp();
    let scale = numbers::signed(trained * log2_factor.exp2(), 1);
    let sharpness = text::sharpness(&scale, log2_factor == 0.0);
    html! {
        <>
            <label class="field-name" for="dial-input">
                { text::SHARPNESS }{ " " }
                <span class="figures">{ sharpness.clone() }</span>
            </label>
            <input
                id="dial-input"
                type="range"
                min={(-Temperature::MAX_LOG2_FACTOR).to_string()}
                max={Temperature::MAX_LOG2_FACTOR.to_string()}
                step="0.25"
                value={log2_factor.to_string()}
                list="dial-marks"
                aria-valuetext={sharpness}
                {oninput}
            />
            <datalist id="dial-marks"><option value="0" /></datalist>
            <p class="dial-ends" aria-hidden="true">
                <span>{ text::SOFTER }</span>
                <span>{ text::TRAINED }</span>
                <span>{ text::SHARPER }</span>
            </p>
            <details>
                <summary>{ text::SHARPNESS_TERM }</summary>
                <p class="hint">{ text::sharpness_exact(trained) }</p>
            </details>
        </>
    }
}
