//! Where each feature stands on the page.

use super::{App, Msg, deferred::Views, language, text};
use crate::page::{
    features::{camera, labels, models, photos, scores, status},
    locale,
    ui::icons,
};
use yew::{Html, html};

/// Draws the whole page from all features.
pub fn page(app: &App) -> Html {
    let (engine, features, send) = (&app.engine, &app.features, &app.senders);
    let has_photos = !features.photos.cards().is_empty();
    html! {
        // Drawn anew as a whole in another language.
        <key={locale::current().tag()}>
            <a class="skip" href="#label-input">{ text::SKIP }</a>
            <header class="top">
                <p class="brand">{ icons::lens() }<span>{ "Glimpse" }</span></p>
                { later(app, |views| {
                    (views.offline)(&features.offline, &features.offline(engine), &send.offline)
                }) }
                { language::choice(&app.language, &app.send) }
            </header>
            <main class={if has_photos { "layout has-photos" } else { "layout" }}>
                <div class="intake">
                    <h1>{ text::TITLE }</h1>
                    <p class="lead">{ text::LEAD }</p>
                    if features.models.is_asking() {
                        { models::ask(&features.models, &send.models) }
                    } else {
                        { status::line(&features.status(engine), &send.status) }
                    }
                    <p class="warning" role="status" hidden={!app.is_incomplete}>
                        { app.is_incomplete.then_some(text::INCOMPLETE) }
                    </p>
                    { models::menu(
                        &features.models,
                        &features.models(engine),
                        later(app, |views| (views.models)(&features.models, &send.models)),
                        &send.models,
                    ) }
                    { photos::intake(&features.photos, &send.photos) }
                    <div class="ways-in">
                        { photos::folder_button() }
                        { camera::button(&features.camera, &send.camera) }
                    </div>
                    { photos::samples(&features.photos, &send.photos) }
                </div>
                <aside class="side panel" aria-labelledby="labels-title">
                    { labels::panel(
                        &features.labels,
                        &features.labels(engine),
                        on_photos(app),
                        &send.labels,
                    ) }
                    { settings(app) }
                </aside>
                <div class="results">
                    { later(app, |views| {
                        (views.camera)(&features.camera, &features.camera(engine), &send.camera)
                    }) }
                    { grid(app) }
                </div>
                { scores::explanations(&features.scores, &features.scores(engine)) }
                { models::pickers(&send.models) }
                { photos::folder_input(&send.photos) }
            </main>
            { later(app, |views| {
                (views.inspect)(&features.inspect, &features.inspect(engine), &send.inspect)
            }) }
            <div class="undos">
                { photos::undo_bar(&features.photos, &send.photos) }
                { labels::undo_bar(&features.labels, &send.labels) }
                // Beside its button it would lie below the panel's fold.
                if let Some(done) = app.copied {
                    <p class="undo">{ text::link_copied(done) }</p>
                }
            </div>
            <p class="visually-hidden" role="status">{ app.announcer.said() }</p>
            if app.dragging {
                <div class="overlay" aria-hidden="true">
                    <p>{ icons::lens() }<span>{ text::DROP_NOW }</span></p>
                </div>
            }
        </>
    }
}

/// What labels say about photos, and how photos follow.
fn on_photos(app: &App) -> labels::OnPhotos {
    let photos = &app.features.photos;
    labels::OnPhotos {
        tally: photos.tally(),
        only: photos.only(),
        filter: app
            .senders
            .photos
            .reform(|fit| photos::Msg::Only(Some(fit))),
    }
}

/// What is drawn once the deferred code is there.
fn later(app: &App, draw: impl FnOnce(&Views) -> Html) -> Html {
    app.views.as_ref().map(draw).unwrap_or_default()
}

fn grid(app: &App) -> Html {
    let (engine, features, send) = (&app.engine, &app.features, &app.senders);
    let bar = later(app, |views| {
        (views.search)(&features.search, &features.search(engine), &send.search)
    });
    photos::grid(
        &features.photos,
        &features.photos(engine),
        &send.photos,
        features.search.found.clone(),
        bar,
    )
}

/// What is set rarely: a button on small screens, where it would stand between a photo and its scores.
fn settings(app: &App) -> Html {
    let (features, send) = (&app.features, &app.senders);
    html! {
        <div class={if app.shows_settings { "settings" } else { "settings folded" }}>
            <button
                type="button"
                class="button settings-button"
                aria-expanded={app.shows_settings.to_string()}
                aria-controls="settings"
                onclick={app.send.reform(|_| Msg::ToggleSettings)}
            >
                { text::SETTINGS }
            </button>
            <div id="settings">
                { labels::templates(&features.labels, &send.labels) }
                { scores::panel(&features.scores, &features.scores(&app.engine), &send.scores) }
                { link(app) }
            </div>
        </div>
    }
}

/// Copies the page's address.
fn link(app: &App) -> Html {
    html! {
        <section class="link">
            <button
                type="button"
                class="button"
                id="copy-link"
                onclick={app.send.reform(|_| Msg::CopyAddress)}
            >
                { text::COPY_LINK }
            </button>
        </section>
    }
}
