//! Photos that come in and go.

use super::{CardId, CardStatus, Deps, Msg, Photos, samples, text};
use crate::page::{
    effects::{Effects, Event, Redraw, TimerKey},
    features::{Feature, Link},
    platform::{
        dropped::Dropped,
        files::{Incoming, LeftOut},
        share_target,
    },
    ui::undo,
};
use std::rc::Rc;
use web_sys::{Blob, File};

/// Selects the section with all cards.
const GRID: &str = "#photos";

const FORGET: TimerKey = "photos.forget";

/// The input that opens the file picker.
const FILE_INPUT: &str = "#file-input";

/// In a link: whether all numbers are shown.
const LINK_KEY: &str = "numbers";
const SAMPLES_KEY: &str = "samples";
const OFF: &str = "off";

impl Feature for Photos {
    type Msg = Msg;
    type Deps<'a> = Deps<'a>;

    fn start(&mut self, _: &Deps<'_>, fx: &mut Effects<Msg>) {
        fx.spawn(async { Msg::SamplesListed(samples::list().await) });
        fx.spawn_maybe(async {
            let (incoming, lost) = share_target::take().await?;
            Some(if incoming.files.is_empty() && lost == 0 {
                Msg::NothingDropped
            } else {
                Msg::Shared(incoming, lost)
            })
        });
    }

    fn update(&mut self, msg: Msg, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        match msg {
            Msg::Incoming(incoming) | Msg::FolderPicked(Dropped::Photos(incoming)) => {
                self.take_in(incoming, deps, fx);
            }
            Msg::Shared(incoming, lost) => {
                self.take_in(incoming, deps, fx);
                if lost > 0 {
                    self.note = Some(text::not_taken_over(lost).into());
                }
            }
            Msg::FolderPicked(Dropped::Model(files)) => {
                fx.event(Event::ImportModel(Rc::new(files)));
                return Redraw::No;
            }
            Msg::NothingDropped => self.note = Some(text::NO_FILES.into()),
            Msg::Arrive => {
                self.arrival_is_timed = false;
                self.arrive();
                self.dispatch(deps, fx);
            }
            Msg::SamplesListed(list) => {
                self.samples.list = list.into();
                self.fetch_wanted(fx);
            }
            Msg::ChooseSample(index) => {
                self.choose_sample(index, fx);
                return Redraw::No;
            }
            Msg::SampleFetched(index, blob) => {
                for (index, blob) in self.samples.fetched(index, blob) {
                    match blob {
                        Some(blob) => self.add_sample(index, blob, deps, fx),
                        None => self.note = Some(text::SAMPLE_FAILED.into()),
                    }
                }
            }
            Msg::Replied(request, reply) => return self.on_reply(request, reply, deps, fx),
            Msg::Drawn(request, bitmap) => return self.on_drawn(request, bitmap, deps, fx),
            Msg::Stop => self.is_stopped = true,
            Msg::GoOn => {
                self.is_stopped = false;
                self.dispatch(deps, fx);
            }
            Msg::Undo => self.undo(deps, fx),
            Msg::Forget => self.removed = None,
            Msg::Retry(card) => {
                self.set_status(card, CardStatus::Waiting);
                fx.focus(format!("#photo-{card}"));
                self.dispatch(deps, fx);
            }
            Msg::Rank => self.rank_some(deps, fx),
            Msg::RankAll => {
                self.rank_is_timed = false;
                self.rank_all(deps, fx);
            }
            Msg::ToggleNumbers => {
                self.numbers = !self.numbers;
                fx.event(Event::SetupChanged);
            }
            Msg::Only(only) => {
                // A second tap shows all again.
                self.choice.only = only.filter(|only| self.choice.only.as_ref() != Some(only));
            }
            Msg::SortBy(label) => self.choice.by = label,
            Msg::Present => self.begin_presentation(fx),
            Msg::Listening(listeners) => self.listen(listeners),
            Msg::StepPresentation(by) => self.step_presentation(by),
            Msg::EndPresentation => self.end_presentation(fx),
            Msg::ToggleCompact => self.compact = Some(!self.is_compact()),
            Msg::Save(file) => {
                fx.event(Event::SaveResults(file));
                return Redraw::No;
            }
            Msg::Inspect(card) => {
                fx.event(Event::InspectPhoto(card));
                return Redraw::No;
            }
            Msg::SearchLike(card) => {
                fx.event(Event::SearchPhoto(card));
                return Redraw::No;
            }
            Msg::Remove(card) => self.remove_card(card, deps, fx),
            Msg::Clear => {
                for sent in self.clear() {
                    fx.cancel(sent.request);
                }
                fx.focus(FILE_INPUT);
                self.taken_off(Event::PhotosCleared, deps, fx);
            }
        }
        Redraw::Now
    }

    fn hear(&mut self, event: &Event, deps: &Deps<'_>, fx: &mut Effects<Msg>) -> Redraw {
        match event {
            Event::ImageTowerReady | Event::Ready => {
                self.dispatch(deps, fx);
                self.rank_all(deps, fx);
            }
            Event::PoolWorkerReady => self.dispatch(deps, fx),
            Event::LabelsChanged | Event::ScoresChanged => {
                self.check_choice(deps);
                self.rank_all(deps, fx);
            }
            Event::TextsEmbedded | Event::TextRefused(_) => self.rank_soon(deps, fx),
            Event::ModelChanged => self.reset(),
            Event::AddPhotos(photos) => {
                self.add_batch(photos.to_vec(), &LeftOut::default(), deps, fx);
            }
            Event::SetupRead => self.fetch_wanted(fx),
            Event::IntakeNote(note) => self.note = note.clone(),
            _ => return Redraw::No,
        }
        Redraw::Now
    }

    fn read_link(&mut self, link: &Link) {
        self.numbers = link.get(LINK_KEY).is_none_or(|value| value != OFF);
        let samples = link
            .get(SAMPLES_KEY)
            .map(String::as_str)
            .unwrap_or_default();
        self.samples.wanted = samples.split(',').map(str::to_owned).collect();
    }

    fn write_link(&self, link: &mut Link) {
        if !self.numbers {
            link.insert(LINK_KEY, OFF.to_owned());
        }
        let is_there = |card: CardId| self.get(card).is_some();
        let samples = self.samples.shown(is_there).join(",");
        if !samples.is_empty() {
            link.insert(SAMPLES_KEY, samples);
        }
    }
}

impl Photos {
    fn take_in(&mut self, incoming: Incoming, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let photo = |file: File| (file.name(), Blob::from(file));
        let batch: Vec<_> = incoming.files.into_iter().map(photo).collect();
        if !batch.is_empty() {
            fx.reveal(GRID);
        }
        self.add_batch(batch, &incoming.left_out, deps, fx);
    }

    /// Adds photos, and tells about those without room and about what else is left out; returns how many
    /// found no room.
    fn add_batch(
        &mut self,
        batch: Vec<(String, Blob)>,
        left_out: &LeftOut,
        deps: &Deps<'_>,
        fx: &mut Effects<Msg>,
    ) -> usize {
        self.is_stopped = false;
        let refused = self.add(batch);
        self.note = text::left_out(refused, left_out).map(Rc::from);
        self.dispatch(deps, fx);
        refused
    }

    /// Fetches the samples that the address names, the last one first, so that they stand in its order.
    fn fetch_wanted(&mut self, fx: &mut Effects<Msg>) {
        if self.samples.list.is_empty() {
            return;
        }
        for name in std::mem::take(&mut self.samples.wanted).into_iter().rev() {
            let mut list = self.samples.list.iter();
            if let Some(index) = list.position(|sample| sample.name() == name)
                && self.samples.card(&self.samples.list[index].file).is_none()
            {
                self.choose_sample(index, fx);
            }
        }
    }

    /// Fetches a sample photo, or shows the one that is on the page already.
    fn choose_sample(&mut self, index: usize, fx: &mut Effects<Msg>) {
        let Some(sample) = self.samples.list.get(index).cloned() else {
            return;
        };
        let card = self.samples.card(&sample.file);
        match card.filter(|&card| self.get(card).is_some()) {
            Some(card) => fx.focus(format!("#photo-{card}")),
            None if self.samples.ask(index) => {
                fx.spawn(async move { Msg::SampleFetched(index, sample.fetch().await) });
            }
            None => {}
        }
    }

    fn add_sample(&mut self, index: usize, blob: Blob, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let Some(file) = self
            .samples
            .list
            .get(index)
            .map(|sample| sample.file.clone())
        else {
            return;
        };
        fx.reveal(GRID);
        let refused = self.add_batch(vec![(file.clone(), blob)], &LeftOut::default(), deps, fx);
        let card = self.cards().first().filter(|_| refused == 0);
        if let Some(card) = card.map(|card| card.id) {
            self.samples.set_card(file, card);
            fx.event(Event::SetupChanged);
        }
    }

    /// Brings back what was taken off last. Labels and the query may be others by now.
    fn undo(&mut self, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        fx.stop_timer(FORGET);
        self.bring_back();
        self.rank_all(deps, fx);
        self.dispatch(deps, fx);
        fx.event(Event::SetupChanged);
        fx.reveal(GRID);
        if let Some(card) = self.cards().first() {
            fx.event(Event::ImageEmbedded(card.id));
        }
    }

    /// Takes a photo off the page; the keyboard goes to the next one.
    fn remove_card(&mut self, id: CardId, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        let shown = self
            .shown(None)
            .into_iter()
            .filter(|shown| !shown.is_left_out);
        let shown: Vec<CardId> = shown.map(|shown| shown.card.id).collect();
        let index = shown.iter().position(|&shown| shown == id);
        let next =
            index.and_then(|index| shown.get(index + 1).or(shown.get(index.wrapping_sub(1))));
        if let Some(sent) = self.remove(id) {
            fx.cancel(sent.request);
        }
        fx.focus(match next {
            Some(card) => format!("#photo-{card} [data-remove]"),
            None => FILE_INPUT.to_owned(),
        });
        self.taken_off(Event::PhotoRemoved(id), deps, fx);
    }

    /// Photos were taken off the page, which can be undone for some seconds, and others may go on.
    fn taken_off(&mut self, event: Event, deps: &Deps<'_>, fx: &mut Effects<Msg>) {
        self.check_presentation(fx);
        fx.after(FORGET, undo::TIME, Msg::Forget);
        fx.event(event);
        // The address names samples that are on the page.
        fx.event(Event::SetupChanged);
        self.dispatch(deps, fx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{
        effects::{Effect, PRIMARY},
        engine::Engine,
        features::{
            labels::Labels,
            photos::{CardStatus, in_flight::Sent, samples::Sample},
            scores::Scores,
        },
    };
    use yew::Callback;

    /// What a change on a page without workers asks for.
    fn effects(change: impl FnOnce(&Deps<'_>, &mut Effects<Msg>)) -> Vec<Effect> {
        let engine = Engine::new(Callback::noop());
        let (scores, labels) = (Scores::default(), Labels::default());
        let deps = Deps {
            engine: &engine,
            scores: &scores,
            labels: &labels,
        };
        let mut fx = Effects::default();
        change(&deps, &mut fx);
        fx.take()
    }

    fn update(photos: &mut Photos, msg: Msg) -> Vec<Effect> {
        effects(|deps, fx| {
            photos.update(msg, deps, fx);
        })
    }

    fn hear(photos: &mut Photos, event: &Event) -> Vec<Effect> {
        effects(|deps, fx| {
            photos.hear(event, deps, fx);
        })
    }

    fn send(photos: &mut Photos, card: CardId) {
        photos.set_status(card, CardStatus::Embedding);
        photos.in_flight.add(Sent {
            request: 7,
            card,
            worker: PRIMARY,
        });
    }

    #[test]
    fn the_keyboard_goes_to_the_photo_after_a_removed_one() {
        let mut photos = Photos::of(&["a", "b"]);
        send(&mut photos, 1);
        let asked = update(&mut photos, Msg::Remove(1));
        assert!(matches!(
            &asked[..],
            [
                Effect::Cancel(7),
                Effect::Focus(selector),
                Effect::After("photos.forget", 10_000, _),
                Effect::Event(Event::PhotoRemoved(1)),
                Effect::Event(Event::SetupChanged)
            ] if selector == "#photo-2 [data-remove]"
        ));
        let asked = update(&mut photos, Msg::Remove(2));
        assert!(matches!(&asked[0], Effect::Focus(selector) if selector == FILE_INPUT));
    }

    #[test]
    fn clearing_cancels_what_is_at_workers() {
        let mut photos = Photos::of(&["a", "b"]);
        send(&mut photos, 2);
        let asked = update(&mut photos, Msg::Clear);
        assert!(matches!(
            asked[..],
            [
                Effect::Cancel(7),
                Effect::Focus(_),
                Effect::After("photos.forget", 10_000, _),
                Effect::Event(Event::PhotosCleared),
                Effect::Event(Event::SetupChanged)
            ]
        ));
        assert!(photos.cards().is_empty());
    }

    #[test]
    fn a_sample_is_fetched_unless_it_is_on_the_page() {
        let mut photos = Photos::of(&["cat.jpg"]);
        let list = vec![Sample::of("cat.jpg", "here"), Sample::of("dog.jpg", "here")];
        update(&mut photos, Msg::SamplesListed(list));
        photos.samples.set_card("cat.jpg".to_owned(), 1);
        let asked = update(&mut photos, Msg::ChooseSample(0));
        assert!(matches!(&asked[..], [Effect::Focus(selector)] if selector == "#photo-1"));
        let asked = update(&mut photos, Msg::ChooseSample(1));
        assert!(matches!(asked[..], [Effect::Spawn(_)]));
        // Once it is off the page, it is fetched again.
        update(&mut photos, Msg::Remove(1));
        let asked = update(&mut photos, Msg::ChooseSample(0));
        assert!(matches!(asked[..], [Effect::Spawn(_)]));
        assert!(update(&mut photos, Msg::ChooseSample(0)).is_empty());
        update(&mut photos, Msg::SampleFetched(0, None));
        assert_eq!(photos.note, None, "the one before is still on its way");
        update(&mut photos, Msg::SampleFetched(1, None));
        assert_eq!(photos.note.as_deref(), Some(text::SAMPLE_FAILED.english()));
    }

    #[test]
    fn what_was_removed_comes_back_until_its_time_is_over() {
        let mut photos = Photos::of(&["a", "b"]);
        update(&mut photos, Msg::Remove(1));
        let asked = update(&mut photos, Msg::Undo);
        assert!(matches!(asked[0], Effect::StopTimer("photos.forget")));
        assert_eq!(photos.cards().len(), 2);
        update(&mut photos, Msg::Clear);
        update(&mut photos, Msg::Forget);
        update(&mut photos, Msg::Undo);
        assert!(photos.cards().is_empty());
    }

    #[test]
    fn cards_are_small_when_there_are_many_or_when_that_is_chosen() {
        let mut photos = Photos::of(&["a"; 24]);
        assert!(!photos.is_compact());
        update(&mut photos, Msg::ToggleCompact);
        assert!(photos.is_compact());
        let mut photos = Photos::of(&["a"; 25]);
        assert!(photos.is_compact());
        update(&mut photos, Msg::ToggleCompact);
        assert!(!photos.is_compact());
    }

    #[test]
    fn many_photos_are_scored_in_slices() {
        let mut photos = Photos::of(&["a"; 8]);
        let asked = hear(&mut photos, &Event::LabelsChanged);
        assert!(matches!(asked[..], [Effect::After("photos.rank", 20, _)]));
        assert_eq!(photos.unranked, [7, 8]);
        assert!(update(&mut photos, Msg::Rank).is_empty());
        assert!(photos.unranked.is_empty());
    }

    #[test]
    fn another_model_embeds_all_photos_again() {
        let mut photos = Photos::of(&["a", "b"]);
        send(&mut photos, 1);
        assert!(hear(&mut photos, &Event::ModelChanged).is_empty());
        assert_eq!((photos.waiting(), photos.in_flight.count()), (2, 0));
    }

    #[test]
    fn others_may_tell_something_under_the_drop_zone() {
        let mut photos = Photos::default();
        hear(&mut photos, &Event::IntakeNote(Some("No picture.".into())));
        assert_eq!(photos.note.as_deref(), Some("No picture."));
        hear(&mut photos, &Event::IntakeNote(None));
        assert_eq!(photos.note, None);
    }

    #[test]
    fn a_link_says_when_only_shares_are_shown() {
        let mut photos = Photos::default();
        let mut link = Link::default();
        photos.write_link(&mut link);
        assert_eq!(link, Link::default());
        let asked = update(&mut photos, Msg::ToggleNumbers);
        assert!(matches!(asked[..], [Effect::Event(Event::SetupChanged)]));
        photos.write_link(&mut link);
        let mut read = Photos::default();
        read.read_link(&link);
        assert!(!read.numbers);
        read.read_link(&Link::default());
        assert!(read.numbers);
    }
}
