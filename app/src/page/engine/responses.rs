//! What workers answer.

use super::{Engine, EngineMsg, backend::Fault, client::Signal, status::Phase};
use crate::{
    page::{
        effects::{Effects, Event, ImageEmbedding, Redraw, Reply, WorkerId},
        ui::PtrEqRc,
    },
    protocol::{Request, Response},
};
use glimpse_model::pack::PackSummary;
use js_sys::{Array, Float32Array, Uint8ClampedArray};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

impl Engine {
    /// Follows what a worker said.
    pub(super) fn on_response(
        &mut self,
        response: Response,
        attachment: &JsValue,
        fx: &mut Effects<EngineMsg>,
    ) -> Redraw {
        match response {
            Response::Progress {
                stage,
                fraction,
                bytes,
            } => {
                let phase = Phase::Opening {
                    stage,
                    fraction,
                    bytes,
                };
                self.set_phase(phase, fx);
            }
            Response::ImageTowerReady {
                manifest,
                device,
                sentences,
            } => {
                self.know(*manifest, device, fx);
                let embeddings = floats(attachment).unwrap_or_default();
                self.texts.add(sentences, &embeddings);
                self.set_image_tower_ready(true, fx);
            }
            Response::Ready {
                manifest,
                device,
                load_ms,
            } => {
                self.know(*manifest, device, fx);
                self.status.load_ms = Some(load_ms);
                fx.mark("load-ms", format!("{load_ms:.0}"));
                self.set_phase(Phase::Ready, fx);
                fx.event(Event::Ready);
            }
            Response::OpenFailed { failure } => self.open_failed(failure, fx),
            Response::ImageEmbedded {
                id,
                width,
                height,
                timing,
            } => match image(attachment) {
                Some((embedding, preview)) => {
                    self.crashes = 0;
                    self.status.photo_ms = Some(timing.total());
                    let image = ImageEmbedding {
                        embedding,
                        width,
                        height,
                        preview,
                        timing,
                    };
                    self.requests.reply(id, Reply::Image(image));
                    // Whoever asked for it draws the page.
                    return Redraw::Soon;
                }
                None => self.broke(Fault::NoNumbers, fx),
            },
            Response::Regions { id, grid, view } => {
                if let Some((embeds, pixels)) = regions(attachment) {
                    let reply = Reply::Regions {
                        grid,
                        view,
                        embeds,
                        pixels,
                    };
                    self.requests.reply(id, reply);
                }
            }
            Response::ImageFailed { id, failure } | Response::InspectFailed { id, failure } => {
                self.requests.reply(id, Reply::Failed(failure));
                return Redraw::No;
            }
            Response::IsDrawing { id } => self.requests.reply(id, Reply::Drawing),
            Response::TextsEmbedded { id, milliseconds } => {
                let embeddings = floats(attachment).unwrap_or_default();
                if let Some(count) = self.texts.answer(id, &embeddings) {
                    self.status.texts_ms = Some((count, milliseconds));
                    fx.mark("text-ms", format!("{milliseconds:.1}"));
                    fx.event(Event::TextsEmbedded);
                }
            }
            Response::TextsFailed { id, failure } => {
                let several = self.texts.refuse(id);
                if several.is_empty() {
                    fx.event(Event::TextRefused(failure));
                }
                for sentence in several {
                    self.ask(vec![sentence], false);
                }
            }
            // Hearing of it is all; what isn't understood comes as `Signal::Broke`.
            Response::Pong | Response::NotUnderstood { .. } => return Redraw::No,
            // Import responses; an import has a worker of its own, which `models` listens to.
            Response::Importing { .. }
            | Response::Imported { .. }
            | Response::ImportFailed { .. } => {}
        }
        Redraw::Now
    }

    /// Follows what a pool worker said.
    pub(super) fn on_pool_signal(
        &mut self,
        id: WorkerId,
        signal: Signal,
        fx: &mut Effects<EngineMsg>,
    ) -> Redraw {
        match signal {
            Signal::Alive => {
                if let Some(pack) = self.location.clone() {
                    let images_only = true;
                    self.post(id, Request::Open { pack, images_only }, JsValue::UNDEFINED);
                }
            }
            Signal::Said(response, attachment) => match *response {
                Response::ImageTowerReady { .. } => {
                    self.pool.set_ready(id);
                    self.mark_workers(fx);
                    fx.event(Event::PoolWorkerReady);
                }
                Response::OpenFailed { .. } => self.lose_pool_worker(id, fx),
                response @ (Response::ImageEmbedded { .. }
                | Response::ImageFailed { .. }
                | Response::IsDrawing { .. }) => {
                    return self.on_response(response, &attachment, fx);
                }
                _ => {}
            },
            Signal::Broke(_) | Signal::Outdated => self.lose_pool_worker(id, fx),
        }
        Redraw::Now
    }

    /// The model that runs says what it is.
    fn know(&mut self, manifest: PackSummary, device: String, fx: &mut Effects<EngineMsg>) {
        fx.mark("model", manifest.name.clone());
        self.model = Some(PtrEqRc::new(manifest));
        self.status.device = device.into();
    }
}

/// An embedding, alone or with what is to be shown.
fn image(attachment: &JsValue) -> Option<(Rc<[f32]>, Option<Blob>)> {
    let Some(parts) = attachment.dyn_ref::<Array>() else {
        return Some((floats(attachment)?, None));
    };
    Some((floats(&parts.get(0))?, parts.get(1).dyn_into().ok()))
}

/// The numbers of an attachment; `None` for none.
fn floats(attachment: &JsValue) -> Option<Rc<[f32]>> {
    let floats = attachment.dyn_ref::<Float32Array>()?.to_vec();
    (!floats.is_empty()).then(|| floats.into())
}

/// The patches' embeddings and the encoder's pixels.
fn regions(attachment: &JsValue) -> Option<(Vec<f32>, Vec<u8>)> {
    let parts = attachment.dyn_ref::<Array>()?;
    let embeds: Float32Array = parts.get(0).dyn_into().ok()?;
    let pixels: Uint8ClampedArray = parts.get(1).dyn_into().ok()?;
    Some((embeds.to_vec(), pixels.to_vec()))
}
