//! The embeddings themselves, and what each sentence gives.

use super::canvas;
use crate::page::{
    effects::ImageEmbedding,
    features::{
        inspect::{Deps, Msg, state::Inspector, text},
        labels::{self, READING},
    },
    locale::numbers,
};
use glimpse_model::{score::cosine, text::Template};
use std::rc::Rc;
use web_sys::HtmlCanvasElement;
use yew::{Callback, Html, Properties, component, html, use_effect_with, use_node_ref};

/// The tab's content: strips for photo and words, and a table of the sentences.
pub fn vectors(
    inspector: &Inspector,
    image: &ImageEmbedding,
    deps: &Deps<'_>,
    send: &Callback<Msg>,
) -> Html {
    let (labels, texts) = (deps.labels, deps.engine.texts());
    let direction = inspector.words_direction(labels, texts);
    let templates = &labels.templates;
    let row = |template: &Template| {
        let sentence = template.fill(&inspector.words);
        let found = texts
            .get(&sentence)
            .map(|text| cosine(&image.embedding, &text));
        html! {
            <tr key={sentence.clone()}>
                <th scope="row">{ sentence }</th>
                <td class="figures">{ found.map_or("\u{2026}".into(), |c| numbers::signed(c, 3)) }</td>
            </tr>
        }
    };
    let mean = direction
        .as_ref()
        .map(|direction| cosine(&image.embedding, direction));
    html! {
        <div class="closer-part">
            { super::words_field(inspector, &labels.items, send) }
            <h3>{ text::STRIPS }</h3>
            if let Some(direction) = direction {
                <Strips
                    image={image.embedding.clone()}
                    text={direction}
                    name={inspector.words.clone()}
                />
            } else {
                <p>{ READING }</p>
            }
            <h3>{ text::SENTENCES }</h3>
            <table class="sentences" id="sentences">
                <tbody>
                    { for templates.iter().map(row) }
                    if templates.len() > 1 {
                        <tr class="mean">
                            <th scope="row">{ text::SENTENCES_MEAN }</th>
                            <td class="figures">
                                { mean.map_or("\u{2026}".into(), |c| numbers::signed(c, 3)) }
                            </td>
                        </tr>
                    }
                </tbody>
            </table>
            <p class="hint">
                { text::sentences_hint(labels::fill(templates, &inspector.words).count()) }
            </p>
        </div>
    }
}

/// What [`Strips`] is drawn from.
#[derive(Properties, PartialEq)]
struct Props {
    image: Rc<[f32]>,
    text: Rc<[f32]>,
    name: Rc<str>,
}

/// Two embeddings, and their products, number by number, whose sum is the cosine.
#[component]
fn Strips(props: &Props) -> Html {
    let Props { image, text, name } = props;
    let products: Rc<[f32]> = image.iter().zip(&**text).map(|(a, b)| a * b).collect();
    let agreeing = products.iter().filter(|product| **product > 0.0).count();
    let sum: f32 = products.iter().sum();
    html! {
        <div class="strips">
            <p class="hint">{ text::STRIP_IMAGE }</p>
            <Strip values={image.clone()} label={text::STRIP_IMAGE} />
            <p class="hint">{ text::strip_text(name) }</p>
            <Strip values={text.clone()} label={text::strip_text(name)} />
            <p class="hint">{ text::STRIP_PRODUCT }</p>
            <Strip values={products} label={text::STRIP_PRODUCT} />
            <p>{ text::strips_mean(image.len(), agreeing, sum) }</p>
        </div>
    }
}

/// What [`Strip`] is drawn from.
#[derive(Properties, PartialEq)]
struct StripProps {
    values: Rc<[f32]>,
    label: String,
}

/// A stripe of colour for each number.
#[component]
fn Strip(props: &StripProps) -> Html {
    let strip = use_node_ref();
    use_effect_with((strip.clone(), props.values.clone()), |(strip, values)| {
        if let Some(strip) = strip.cast::<HtmlCanvasElement>() {
            // Without a context for drawing there is no strip.
            let _ = draw(&strip, values);
        }
    });
    html! {
        <canvas ref={strip} class="strip-of-numbers" role="img" aria-label={props.label.clone()}>
        </canvas>
    }
}

/// Draws one pixel for each number; at three standard deviations colours are as deep as they go.
fn draw(strip: &HtmlCanvasElement, values: &[f32]) -> Option<()> {
    let count = values.len() as u32;
    let square = values.iter().map(|value| value * value).sum::<f32>() / values.len().max(1) as f32;
    let reach = (3.0 * square.sqrt()).max(f32::MIN_POSITIVE);
    let pixels: Vec<u8> = values
        .iter()
        .flat_map(|value| {
            let [red, green, blue] = canvas::signed(value / reach);
            [red, green, blue, 255]
        })
        .collect();
    let picture = canvas::picture(&pixels, [count, 1])?;
    let pen = canvas::pen(strip, [count, 1])?;
    pen.draw_image_with_html_canvas_element(&picture, 0.0, 0.0)
        .ok()
}
