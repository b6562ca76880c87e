//! Photos: coming, waiting, going.

use super::{
    super::{engine::WorkerId, files::Incoming, svg, words},
    App,
    msg::{CloserMsg, Msg, PhotoMsg},
};
use crate::protocol::{Request, RequestId};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::{Blob, File};
use yew::Context;

impl App {
    pub(super) fn on_photo(&mut self, ctx: &Context<Self>, msg: PhotoMsg) -> bool {
        match msg {
            PhotoMsg::Incoming(incoming) => self.incoming(incoming),
            PhotoMsg::Arrive => {
                self.timers.arrive = None;
                self.photos.arrive();
                self.pump();
            }
            PhotoMsg::Nothing => self.drop_note = Some(words::NO_FILES.into()),
            PhotoMsg::Sample(place) => self.sample(ctx, place),
            PhotoMsg::SampleCame(place, blob) => self.sample_came(place, blob),
            PhotoMsg::Drawn(request, Ok(bitmap)) => {
                self.send_photo(request, bitmap);
                return false;
            }
            PhotoMsg::Drawn(request, Err(reason)) => self.image_failed(request, &reason),
            PhotoMsg::Remove(id) => {
                let place = self.photos.cards().iter().position(|card| card.id == id);
                let cancel = self.photos.remove(id);
                self.search.forget(id);
                self.seek();
                self.cancel(cancel);
                let cards = self.photos.cards();
                let next = place.and_then(|place| cards.get(place).or_else(|| cards.last()));
                self.focus = Some(match next {
                    Some(card) => format!("#photo-{} [data-remove]", card.id),
                    None => "#file-input".into(),
                });
            }
            PhotoMsg::Clear => {
                let cancel = self.photos.clear();
                self.search.photos = Default::default();
                self.seek();
                self.cancel(cancel);
                self.focus = Some("#file-input".into());
            }
        }
        true
    }

    /// Sends a request's photo to its worker, unless it was removed in the meantime.
    pub(super) fn send_photo(&mut self, request: RequestId, picture: JsValue) {
        if let Some(worker) = self.photos.worker_of(request) {
            self.post_to(worker, Request::EmbedImage { id: request }, picture);
        }
    }

    /// What a request brought is a drawing: it is asked again with a bitmap of it.
    pub(super) fn draw_picture(&mut self, request: RequestId) {
        let closely = self.looks_closer(request);
        let card = match closely {
            true => self.closer.as_ref().map(|closer| closer.card),
            false => self.photos.card_of(request),
        };
        let Some(card) = card.and_then(|card| self.photos.get(card)) else {
            return;
        };
        let blob = card.picture.blob.clone();
        self.afterwards(async move {
            let bitmap = svg::drawn(blob).await;
            match closely {
                true => CloserMsg::Drawn(request, bitmap).into(),
                false => PhotoMsg::Drawn(request, bitmap).into(),
            }
        });
    }

    fn incoming(&mut self, incoming: Incoming) {
        let batch = incoming
            .files
            .into_iter()
            .map(|file: File| (file.name(), file.into()));
        let batch: Vec<_> = batch.collect();
        self.reveal = (!batch.is_empty()).then_some("#photos");
        let refused = self.photos.add(batch);
        self.drop_note = if refused > 0 {
            Some(words::too_many_photos(refused).into())
        } else if incoming.skipped > 0 {
            Some(words::skipped(incoming.skipped).into())
        } else {
            None
        };
        self.pump();
    }

    /// A sample that is on the page already is shown rather than added again.
    fn sample(&mut self, ctx: &Context<Self>, place: usize) {
        let Some(sample) = self.samples.get(place).cloned() else {
            return;
        };
        let known = self
            .sample_cards
            .iter()
            .find(|(file, _)| *file == sample.file);
        if let Some(card) = known.and_then(|&(_, card)| self.photos.get(card)) {
            self.focus = Some(format!("#photo-{}", card.id));
            return;
        }
        ctx.link().send_future(async move {
            Msg::from(PhotoMsg::SampleCame(place, sample.fetch().await))
        });
    }

    fn sample_came(&mut self, place: usize, blob: Option<Blob>) {
        let Some(file) = self.samples.get(place).map(|sample| sample.file.clone()) else {
            return;
        };
        let Some(blob) = blob else {
            self.drop_note = Some(words::SAMPLE_FAILED.into());
            return;
        };
        self.reveal = Some("#photos");
        let refused = self.photos.add(vec![(file.clone(), blob)]);
        self.drop_note = (refused > 0).then(|| Rc::from(words::too_many_photos(refused)));
        if let Some(card) = self.photos.cards().first().filter(|_| refused == 0) {
            self.sample_cards.retain(|(other, _)| *other != file);
            self.sample_cards.push((file, card.id));
        }
        self.pump();
    }

    fn cancel(&mut self, requests: impl IntoIterator<Item = (RequestId, WorkerId)>) {
        for (id, worker) in requests {
            self.post_to(worker, Request::Cancel { id }, JsValue::UNDEFINED);
        }
        self.pump();
    }
}
