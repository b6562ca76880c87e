//! The camera's button, and its stream with the labels' scores beside it.

use super::{
    Camera, Deps, Msg,
    media::{Stream, VIDEO_ID},
    text,
};
use crate::page::{
    features::{labels, photos, scores::RankingTable},
    ui::icons,
};
use std::rc::Rc;
use web_sys::HtmlVideoElement;
use yew::{Callback, Html, Properties, component, html, use_effect_with, use_node_ref};

/// The button that switches the camera on, and why that failed.
pub fn button(camera: &Camera, send: &Callback<Msg>) -> Html {
    let onclick = send.reform(|_| Msg::Start);
    let is_asking = matches!(camera, Camera::Asking);
    let refused = match camera {
        Camera::Refused(reason) => Some(reason.clone()),
        _ => None,
    };
    html! {
        <>
            if !matches!(camera, Camera::On(_)) {
                <button
                    type="button"
                    class="button camera-button"
                    id="camera-button"
                    disabled={is_asking}
                    {onclick}
                >
                    { icons::camera() }
                    { if is_asking { text::ASKING } else { text::START } }
                </button>
            }
            if let Some(reason) = refused {
                <p class="note" role="status" id="camera-refused">{ reason }</p>
            }
        </>
    }
}

/// The stream and its labels, while the camera is on.
pub fn live(camera: &Camera, deps: &Deps<'_>, send: &Callback<Msg>) -> Html {
    let Camera::On(live) = camera else {
        return Html::default();
    };
    let model = deps.engine.model();
    html! {
        <section class="camera card" id="camera" aria-labelledby="camera-title">
            <h2 id="camera-title" class="visually-hidden">{ text::TITLE }</h2>
            <Video stream={live.stream.clone()} send={send.clone()} />
            <div class="camera-side">
                <p class="hint figures" data-rate={live.rate().map(|rate| format!("{rate:.2}"))}>
                    { text::rate(live.rate()) }
                </p>
                if live.ranking.rows.is_empty() {
                    <p class="card-note">
                        { if live.image.is_some() { labels::NO_LABELS } else { photos::LOOKING } }
                    </p>
                } else {
                    <RankingTable
                        ranking={live.ranking.clone()}
                        numbers=false
                        is_softmax={deps.scores.is_softmax(model)}
                        joint={deps.scores.joint(model)}
                    />
                }
                <div class="actions">
                    <button
                        type="button"
                        class="button strong"
                        id="camera-keep"
                        onclick={send.reform(|_| Msg::Keep)}
                    >
                        { text::KEEP }
                    </button>
                    <button
                        type="button"
                        class="button"
                        id="camera-stop"
                        onclick={send.reform(|_| Msg::Stop)}
                    >
                        { text::STOP }
                    </button>
                </div>
                <p class="hint">{ text::HINT }</p>
            </div>
        </section>
    }
}

/// What [`Video`] is drawn from.
#[derive(Properties)]
struct Props {
    /// The camera's stream, which the video shows.
    stream: Rc<Stream>,
    /// Takes [`Msg::Keep`], which a tap on the picture sends.
    send: Callback<Msg>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.stream, &other.stream)
    }
}

/// The stream. A tap on it keeps the picture.
#[component]
fn Video(props: &Props) -> Html {
    let video = use_node_ref();
    let stream = props.stream.clone();
    use_effect_with(Rc::as_ptr(&stream), {
        let video = video.clone();
        move |_| {
            if let Some(video) = video.cast::<HtmlVideoElement>() {
                video.set_src_object(Some(&stream.0));
                // Refused where the page may not play by itself; a frame is then never there.
                let _ = video.play();
            }
        }
    });
    html! {
        <video
            ref={video}
            id={VIDEO_ID}
            class="thumb"
            autoplay=true
            muted=true
            playsinline=true
            aria-label={text::TITLE}
            onclick={props.send.reform(|_| Msg::Keep)}
        ></video>
    }
}
