//! Where in the photo words match, and what the encoder got of it.

use super::canvas;
use crate::page::{
    engine::text::image_failure,
    features::{
        inspect::{
            Msg,
            state::{Inspector, RegionStatus, Regions},
            text,
        },
        labels::READING,
        photos::{self, Card, LOOKING},
    },
    locale::numbers,
    ui::PtrEqRc,
};
use glimpse_model::{pixels::View, score::HeatMap as Heat};
use std::rc::Rc;
use web_sys::{HtmlCanvasElement, HtmlInputElement};
use yew::{
    Callback, Html, InputEvent, Properties, TargetCast, component, html, use_effect_with, use_memo,
    use_node_ref,
};

/// The longer side of the map's own pixels.
const SIDE: f64 = 640.0;

/// What [`HeatMap`] is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub inspector: Inspector,
    pub card: PtrEqRc<Card>,
    /// Width and height of the photo in pixels.
    pub size: [u32; 2],
    /// Direction of the words; `None` until they are embedded.
    pub text: Option<Rc<[f32]>>,
    /// Directions of other labels, as far as they are embedded.
    pub others: Vec<Rc<[f32]>>,
    pub labels: Rc<[Rc<str>]>,
    pub send: Callback<Msg>,
}

/// The tab's content: the photo under its map, and the encoder's input beside it.
#[component]
pub fn HeatMap(props: &Props) -> Html {
    let Props {
        inspector,
        card,
        size,
        text,
        others,
        labels,
        send,
    } = props;
    let (map, input) = (use_node_ref(), use_node_ref());
    let regions = match &inspector.regions {
        RegionStatus::Done(regions) => Some(regions.clone()),
        _ => None,
    };
    let heat = use_memo(
        (
            regions.clone(),
            text.clone(),
            others.clone(),
            inspector.contrast,
        ),
        |(regions, text, others, contrast)| {
            let (regions, text) = (regions.as_ref()?, text.as_ref()?);
            Some(Heat::new(&regions.embeds, text, others, *contrast))
        },
    );
    let compared = inspector.contrast && !others.is_empty();
    use_effect_with(
        (
            map.clone(),
            regions.clone(),
            heat.clone(),
            inspector.opacity,
            *size,
        ),
        |(map, regions, heat, opacity, size)| {
            if let (Some(map), Some(regions)) = (map.cast::<HtmlCanvasElement>(), regions) {
                // Without a context for drawing there is no picture.
                let _ = draw_map(&map, regions, (**heat).as_ref(), f64::from(*opacity), *size);
            }
        },
    );
    use_effect_with((input.clone(), regions.clone()), |(input, regions)| {
        if let (Some(input), Some(regions)) = (input.cast::<HtmlCanvasElement>(), regions) {
            // Likewise.
            let _ = draw_input(&input, regions);
        }
    });
    let oninput = {
        let send = send.clone();
        move |event: InputEvent| {
            let slider: HtmlInputElement = event.target_unchecked_into();
            if let Ok(percent) = slider.value().parse::<f32>() {
                send.emit(Msg::Opacity(percent / 100.0));
            }
        }
    };
    let heat = (*heat).as_ref();
    let said = match (&inspector.regions, heat, &regions) {
        (RegionStatus::Failed(failure), ..) => image_failure(failure),
        (RegionStatus::Crashed, ..) => text::RESTARTED.into(),
        (_, Some(heat), Some(regions)) if !heat.values.is_empty() => {
            hottest(&inspector.words, heat, regions, compared)
        }
        (RegionStatus::Done(_), None, _) => READING.into(),
        // The image tower isn't loaded: the photo is asked for once it is.
        (RegionStatus::Coming, ..) if inspector.request.is_none() => text::WAITING.into(),
        _ => LOOKING.into(),
    };
    let again = matches!(
        inspector.regions,
        RegionStatus::Failed(_) | RegionStatus::Crashed
    );
    html! {
        <div class="place">
            <div class="stage-column">
                <div class="stage">
                    <img src={card.picture.url.clone()} alt={photos::photo(&card.name)} />
                    <canvas
                        ref={map}
                        aria-hidden="true"
                        data-map={heat.map(|_| inspector.words.to_string())}
                        data-heat={heat.map(|heat| list(&heat.values))}
                        data-prominence={heat.and_then(Heat::prominence).map(|of| of.to_string())}
                        data-reach={heat.map(|heat| heat.reach().to_string())}
                    ></canvas>
                </div>
                { legend(heat, compared) }
            </div>
            <div class="stage-side">
                { super::words_field(inspector, labels, send) }
                <p role="status" id="place-said">{ said }</p>
                if again {
                    <button
                        type="button"
                        class="button"
                        id="place-again"
                        onclick={send.reform(|_| Msg::Again)}
                    >
                        { text::RETRY }
                    </button>
                }
                <label class="field-name" for="opacity">{ text::OPACITY }</label>
                <input
                    id="opacity"
                    type="range"
                    min="0"
                    max="100"
                    step="5"
                    value={format!("{:.0}", inspector.opacity * 100.0)}
                    {oninput}
                />
                <label class="check">
                    <input
                        id="contrast"
                        type="checkbox"
                        checked={inspector.contrast}
                        onchange={send.reform(|_| Msg::ToggleContrast)}
                    />
                    <span>{ text::CONTRAST }</span>
                </label>
                <p class="hint">{ text::MAP_HINT }</p>
                <details>
                    <summary>{ text::MAP_TERM }</summary>
                    <p class="hint">{ text::MAP_EXACT }</p>
                </details>
                if let Some(regions) = &regions {
                    <figure class="encoder-input">
                        <canvas
                            ref={input}
                            role="img"
                            aria-label={text::ENCODER_INPUT}
                            data-input={format!("{}x{}", regions.view.width, regions.view.height)}
                        ></canvas>
                        <figcaption class="hint">
                            { text::encoder_input(*size, &regions.view) }
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

/// Says in which ninth of the encoder's input the hottest patch lies, and whether that is faint.
fn hottest(words: &str, heat: &Heat, regions: &Regions, compared: bool) -> String {
    let hottest = heat
        .values
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map_or(0, |(patch, _)| patch);
    let third = |index: usize, of: usize| (index * 3 / of.max(1)).min(2);
    let ninth = (
        third(hottest / regions.grid.columns.max(1), regions.grid.rows),
        third(hottest % regions.grid.columns.max(1), regions.grid.columns),
    );
    text::hottest(words, ninth, compared, heat.is_faint())
}

/// The colours that the map has, and what they stand for.
fn legend(heat: Option<&Heat>, compared: bool) -> Html {
    let Some(heat) = heat.filter(|heat| !heat.values.is_empty()) else {
        return Html::default();
    };
    let (least, most) = heat.bounds();
    let stop = |eighth: u8| {
        let share = f32::from(eighth) / 8.0;
        let [red, green, blue] = canvas::heat(share * heat.reach());
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
            <span>{ numbers::signed(most, 2) }{ " " }{ text::heat_unit(compared) }</span>
        </div>
    }
}

/// Darkens what the encoder didn't get, and lays the heat over the rest.
fn draw_map(
    map: &HtmlCanvasElement,
    regions: &Regions,
    heat: Option<&Heat>,
    opacity: f64,
    [width, height]: [u32; 2],
) -> Option<()> {
    let scale = SIDE / f64::from(width.max(height).max(1));
    let side = |length: u32| f64::from(length) * scale;
    let (wide, high) = (side(width).max(1.0), side(height).max(1.0));
    let pen = canvas::pen(map, [wide.ceil() as u32, high.ceil() as u32])?;
    let area = &regions.view.area;
    let [left, top, across, down] =
        [area.x, area.y, area.width, area.height].map(|length| length * scale);
    pen.set_fill_style_str("rgba(8, 12, 13, 0.55)");
    pen.fill_rect(0.0, 0.0, wide, high);
    pen.clear_rect(left, top, across, down);
    let heat = heat.filter(|heat| !heat.values.is_empty())?;
    let View { width, height, .. } = regions.view;
    // Linear, so that shades may be spread for values.
    let shades: Vec<f32> = heat.values.iter().map(|&value| heat.shade(value)).collect();
    let spread = regions.grid.spread(&shades, width, height);
    let pixels: Vec<u8> = spread
        .iter()
        .flat_map(|&share| {
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

fn draw_input(canvas: &HtmlCanvasElement, regions: &Regions) -> Option<()> {
    let size = [regions.view.width as u32, regions.view.height as u32];
    let picture = canvas::picture(&regions.pixels, size)?;
    let pen = canvas::pen(canvas, size)?;
    pen.draw_image_with_html_canvas_element(&picture, 0.0, 0.0)
        .ok()
}
