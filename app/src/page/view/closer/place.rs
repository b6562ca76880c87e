//! Where in the photo words match, and what the encoder got of it.

use super::{
    super::super::{
        app::{CloserMsg, Send},
        closer::{Closer, Regions, Stand},
        numbers,
        photos::Card,
        shared::Shared,
        words,
    },
    canvas,
};
use glimpse_model::pixels::View;
use std::rc::Rc;
use web_sys::{HtmlCanvasElement, HtmlInputElement};
use yew::{
    Html, InputEvent, Properties, TargetCast, component, html, use_effect_with, use_node_ref,
};

/// The longer side of the map's own pixels.
const SIDE: f64 = 640.0;

/// See [`Place`].
#[derive(Properties, PartialEq)]
pub struct Props {
    pub closer: Closer,
    pub card: Shared<Card>,
    /// Of the photo, in pixels.
    pub size: [u32; 2],
    /// What the words are, as a direction.
    pub text: Option<Rc<[f32]>>,
    /// What the other labels are, to be compared with.
    pub others: Vec<Rc<[f32]>>,
    pub labels: Rc<[Rc<str>]>,
    pub send: Send,
}

/// The photo under its map, and the encoder's input beside it.
#[component]
pub fn Place(props: &Props) -> Html {
    let Props {
        closer,
        card,
        size,
        text,
        others,
        labels,
        send,
    } = props;
    let (map, input) = (use_node_ref(), use_node_ref());
    let seen = match &closer.regions {
        Stand::Seen(regions) => Some(regions.clone()),
        _ => None,
    };
    let heat = match (&seen, text) {
        (Some(regions), Some(text)) => Some(regions.heat(text, others)),
        _ => None,
    };
    use_effect_with(
        (
            map.clone(),
            seen.clone(),
            heat.clone(),
            closer.opacity,
            *size,
        ),
        |(map, seen, heat, opacity, size)| {
            if let (Some(map), Some(seen)) = (map.cast::<HtmlCanvasElement>(), seen) {
                let _ = draw_map(&map, seen, heat.as_deref(), f64::from(*opacity), *size);
            }
        },
    );
    use_effect_with((input.clone(), seen.clone()), |(input, seen)| {
        if let (Some(input), Some(seen)) = (input.cast::<HtmlCanvasElement>(), seen) {
            let _ = draw_input(&input, seen);
        }
    });
    let oninput = {
        let send = send.clone();
        move |event: InputEvent| {
            let slider: HtmlInputElement = event.target_unchecked_into();
            if let Ok(percent) = slider.value().parse::<f32>() {
                send.emit(CloserMsg::Opacity(percent / 100.0).into());
            }
        }
    };
    let said = match (&closer.regions, &heat, &seen) {
        (Stand::Failed(reason), ..) => reason.to_string(),
        (_, Some(heat), Some(seen)) if !heat.is_empty() => {
            said(&closer.words, heat, seen, !others.is_empty())
        }
        (Stand::Seen(_), None, _) => words::READING.to_owned(),
        _ => words::LOOKING.to_owned(),
    };
    html! {
        <div class="place">
            <div class="stage-column">
                <div class="stage">
                    <img src={card.picture.url.clone()} alt={words::photo(&card.name)} />
                    <canvas
                        ref={map}
                        aria-hidden="true"
                        data-map={heat.as_ref().map(|_| closer.words.to_string())}
                        data-heat={heat.as_ref().map(|all| list(all))}
                    ></canvas>
                </div>
                { legend(heat.as_deref(), !others.is_empty()) }
            </div>
            <div class="stage-side">
                { super::words_field(closer, labels, send) }
                <p role="status" id="place-said">{ said }</p>
                <label class="field-name" for="opacity">{ words::OPACITY }</label>
                <input
                    id="opacity"
                    type="range"
                    min="0"
                    max="100"
                    step="5"
                    value={format!("{:.0}", closer.opacity * 100.0)}
                    {oninput}
                />
                <label class="check">
                    <input
                        id="contrast"
                        type="checkbox"
                        checked={closer.contrast}
                        onchange={send.reform(|_| CloserMsg::Contrast.into())}
                    />
                    <span>{ words::CONTRAST }</span>
                </label>
                <p class="hint">{ words::PLACE_HINT }</p>
                <details>
                    <summary>{ words::PLACE_TERM }</summary>
                    <p class="hint">{ words::PLACE_EXACT }</p>
                </details>
                if let Some(seen) = &seen {
                    <figure class="encoder-input">
                        <canvas
                            ref={input}
                            role="img"
                            aria-label={words::ENCODER_INPUT}
                            data-input={format!("{}x{}", seen.view.width, seen.view.height)}
                        ></canvas>
                        <figcaption class="hint">
                            { words::encoder_input(*size, &seen.view) }
                        </figcaption>
                    </figure>
                }
            </div>
        </div>
    }
}

fn list(heat: &[f32]) -> String {
    let all: Vec<String> = heat.iter().map(|cosine| format!("{cosine:.4}")).collect();
    all.join(" ")
}

/// The least and the greatest.
fn range(heat: &[f32]) -> (f32, f32) {
    let least = heat.iter().copied().fold(f32::INFINITY, f32::min);
    let most = heat.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    (least, most)
}

fn said(words: &str, heat: &[f32], seen: &Regions, compared: bool) -> String {
    let hottest = heat
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map_or(0, |(place, _)| place);
    let third = |place: usize, of: usize| (place * 3 / of.max(1)).min(2);
    let place = (
        third(hottest / seen.grid.columns.max(1), seen.grid.rows),
        third(hottest % seen.grid.columns.max(1), seen.grid.columns),
    );
    words::hottest(words, place, compared)
}

fn legend(heat: Option<&[f32]>, compared: bool) -> Html {
    let Some(heat) = heat.filter(|heat| !heat.is_empty()) else {
        return Html::default();
    };
    let (least, most) = range(heat);
    let stop = |place: u8| {
        let share = f32::from(place) / 8.0;
        let [red, green, blue] = canvas::heat(share);
        html! {
            <stop
                offset={format!("{:.1}%", share * 100.0)}
                stop-color={format!("rgb({red},{green},{blue})")}
            />
        }
    };
    html! {
        <div class="legend figures">
            <span>{ numbers::signed(least, 2) }</span>
            <svg aria-hidden="true" focusable="false">
                <defs>
                    <linearGradient id="heat">{ for (0..=8).map(stop) }</linearGradient>
                </defs>
                <rect width="100%" height="100%" rx="3" fill="url(#heat)" />
            </svg>
            <span>{ numbers::signed(most, 2) }{ " " }{ words::heat_unit(compared) }</span>
        </div>
    }
}

/// What the encoder didn't get is darkened; over the rest lies the heat.
fn draw_map(
    map: &HtmlCanvasElement,
    seen: &Regions,
    heat: Option<&[f32]>,
    opacity: f64,
    [width, height]: [u32; 2],
) -> Option<()> {
    let scale = SIDE / f64::from(width.max(height).max(1));
    let side = |length: u32| f64::from(length) * scale;
    let (wide, high) = (side(width).max(1.0), side(height).max(1.0));
    let pen = canvas::pen(map, [wide.ceil() as u32, high.ceil() as u32])?;
    let area = &seen.view.area;
    let [left, top, across, down] =
        [area.x, area.y, area.width, area.height].map(|length| length * scale);
    pen.set_fill_style_str("rgba(8, 12, 13, 0.55)");
    pen.fill_rect(0.0, 0.0, wide, high);
    pen.clear_rect(left, top, across, down);
    let heat = heat.filter(|heat| !heat.is_empty())?;
    let (least, most) = range(heat);
    let View { width, height, .. } = seen.view;
    let spread = seen.grid.spread(heat, width, height);
    let pixels: Vec<u8> = spread
        .iter()
        .flat_map(|cosine| {
            let share = (cosine - least) / (most - least).max(1e-6);
            let [red, green, blue] = canvas::heat(share);
            [red, green, blue, 255]
        })
        .collect();
    let heat = canvas::picture(&pixels, [width as u32, height as u32])?;
    pen.set_global_alpha(opacity);
    pen.set_image_smoothing_enabled(true);
    pen.draw_image_with_html_canvas_element_and_dw_and_dh(&heat, left, top, across, down)
        .ok()
}

fn draw_input(canvas: &HtmlCanvasElement, seen: &Regions) -> Option<()> {
    let size = [seen.view.width as u32, seen.view.height as u32];
    let picture = canvas::picture(&seen.pixels, size)?;
    let pen = canvas::pen(canvas, size)?;
    pen.draw_image_with_html_canvas_element(&picture, 0.0, 0.0)
        .ok()
}
