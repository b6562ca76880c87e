//! The camera's stream, and what the model sees in it.

use super::{
    super::{
        app::{App, CameraMsg, Send},
        camera::{Camera, Stream},
        words,
    },
    icons,
    ranking::RankingTable,
};
use std::rc::Rc;
use web_sys::HtmlVideoElement;
use yew::{Html, Properties, component, html, use_effect_with, use_node_ref};

/// The button that switches it on.
pub fn button(app: &App) -> Html {
    let onclick = app.send.reform(|_| CameraMsg::Start.into());
    let refused = match &app.camera {
        Camera::Refused(reason) => Some(reason.clone()),
        _ => None,
    };
    html! {
        <>
            if !matches!(app.camera, Camera::On(_)) {
                <button
                    type="button"
                    class="button camera-button"
                    id="camera-button"
                    disabled={matches!(app.camera, Camera::Asking)}
                    {onclick}
                >
                    { icons::camera() }
                    { if matches!(app.camera, Camera::Asking) { words::CAMERA_ASKING } else { words::CAMERA } }
                </button>
            }
            if let Some(reason) = refused {
                <p class="note" role="status" id="camera-refused">{ reason }</p>
            }
        </>
    }
}

/// The stream and its labels, while it is on.
pub fn live(app: &App) -> Html {
    let Camera::On(live) = &app.camera else {
        return Html::default();
    };
    let settings = app.card_settings();
    let send = &app.send;
    html! {
        <section class="camera card" id="camera" aria-labelledby="camera-title">
            <h2 id="camera-title" class="unseen">{ words::CAMERA_TITLE }</h2>
            <Video stream={live.stream.clone()} send={send.clone()} />
            <div class="camera-side">
                <p class="hint figures" data-rate={live.rate().map(|rate| format!("{rate:.2}"))}>
                    { words::rate(live.rate()) }
                </p>
                if live.ranking.rows.is_empty() {
                    <p class="card-note">
                        { if live.seen.is_some() { words::NO_LABELS } else { words::LOOKING } }
                    </p>
                } else {
                    <RankingTable
                        ranking={live.ranking.clone()}
                        numbers=false
                        shares={settings.shares}
                        together={settings.together}
                    />
                }
                <div class="deeds">
                    <button
                        type="button"
                        class="button strong"
                        id="camera-keep"
                        onclick={send.reform(|_| CameraMsg::Keep.into())}
                    >
                        { words::CAMERA_KEEP }
                    </button>
                    <button
                        type="button"
                        class="button"
                        id="camera-stop"
                        onclick={send.reform(|_| CameraMsg::Stop.into())}
                    >
                        { words::CAMERA_STOP }
                    </button>
                </div>
                <p class="hint">{ words::CAMERA_HINT }</p>
            </div>
        </section>
    }
}

/// See [`Video`].
#[derive(Properties)]
struct Props {
    stream: Rc<Stream>,
    send: Send,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.stream, &other.stream)
    }
}

/// A tap on it keeps the picture.
#[component]
fn Video(props: &Props) -> Html {
    let video = use_node_ref();
    let stream = props.stream.clone();
    use_effect_with(Rc::as_ptr(&stream), {
        let video = video.clone();
        move |_| {
            if let Some(video) = video.cast::<HtmlVideoElement>() {
                video.set_src_object(Some(&stream.0));
                let _ = video.play();
            }
        }
    });
    html! {
        <video
            ref={video}
            id="camera-video"
            class="thumb"
            autoplay=true
            muted=true
            playsinline=true
            aria-label={words::CAMERA_TITLE}
            onclick={props.send.reform(|_| CameraMsg::Keep.into())}
        ></video>
    }
}
