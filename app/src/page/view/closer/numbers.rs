//! The embeddings themselves, and what each sentence gives.

use super::{
    super::super::{app::App, closer::Closer, labels, numbers as figures, photos::Seen, words},
    canvas,
};
use glimpse_model::{score::cosine, text::Template};
use std::rc::Rc;
use web_sys::HtmlCanvasElement;
use yew::{Html, Properties, component, html, use_effect_with, use_node_ref};

/// Strips for photo and words, and a table of the sentences.
pub fn numbers(app: &App, closer: &Closer, seen: &Rc<Seen>) -> Html {
    let text = app.closer_words();
    let templates = &app.labels.templates;
    let row = |template: &Template| {
        let sentence = template.fill(&closer.words);
        let found = app
            .text(&sentence)
            .map(|text| cosine(&seen.embedding, &text));
        html! {
            <tr key={sentence.clone()}>
                <th scope="row">{ sentence }</th>
                <td class="figures">{ found.map_or("\u{2026}".into(), |c| figures::signed(c, 3)) }</td>
            </tr>
        }
    };
    let mean = text.as_ref().map(|text| cosine(&seen.embedding, text));
    html! {
        <div class="closer-part">
            { super::words_field(closer, &app.labels.items, &app.send) }
            <h3>{ words::STRIPS }</h3>
            if let Some(text) = text {
                <Strips image={seen.embedding.clone()} text={text} name={closer.words.clone()} />
            } else {
                <p>{ words::READING }</p>
            }
            <h3>{ words::SENTENCES }</h3>
            <table class="sentences" id="sentences">
                <tbody>
                    { for templates.iter().map(row) }
                    if templates.len() > 1 {
                        <tr class="mean">
                            <th scope="row">{ words::SENTENCES_MEAN }</th>
                            <td class="figures">
                                { mean.map_or("\u{2026}".into(), |c| figures::signed(c, 3)) }
                            </td>
                        </tr>
                    }
                </tbody>
            </table>
            <p class="hint">
                { words::sentences_hint(labels::fill(templates, &closer.words).count()) }
            </p>
        </div>
    }
}

/// See [`Strips`].
#[derive(Properties, PartialEq)]
struct Props {
    image: Rc<[f32]>,
    text: Rc<[f32]>,
    name: Rc<str>,
}

/// Two embeddings, and number by number what they add to the cosine.
#[component]
fn Strips(props: &Props) -> Html {
    let Props { image, text, name } = props;
    let products: Rc<[f32]> = image.iter().zip(&**text).map(|(a, b)| a * b).collect();
    let agreeing = products.iter().filter(|product| **product > 0.0).count();
    let sum: f32 = products.iter().sum();
    html! {
        <div class="strips">
            <p class="hint">{ words::STRIP_IMAGE }</p>
            <Strip values={image.clone()} label={words::STRIP_IMAGE} />
            <p class="hint">{ words::strip_text(name) }</p>
            <Strip values={text.clone()} label={words::strip_text(name)} />
            <p class="hint">{ words::STRIP_PRODUCT }</p>
            <Strip values={products} label={words::STRIP_PRODUCT} />
            <p>{ words::strips_mean(image.len(), agreeing, sum) }</p>
        </div>
    }
}

/// See [`Strip`].
#[derive(Properties, PartialEq)]
struct StripProps {
    values: Rc<[f32]>,
    label: String,
}

/// One stripe of colour a number.
#[component]
fn Strip(props: &StripProps) -> Html {
    let strip = use_node_ref();
    use_effect_with((strip.clone(), props.values.clone()), |(strip, values)| {
        if let Some(strip) = strip.cast::<HtmlCanvasElement>() {
            let _ = draw(&strip, values);
        }
    });
    html! {
        <canvas ref={strip} class="strip-of-numbers" role="img" aria-label={props.label.clone()}>
        </canvas>
    }
}

/// Three deviations away is as deep as colours go.
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
