//! What the page looks like. Everything here shows the root's memory and sends messages back.

mod bring;
mod camera;
mod card;
mod closer;
mod dial;
mod explain;
mod field;
mod icons;
mod intake;
mod labels;
mod models;
mod none_row;
mod offline;
pub mod photos;
mod progress;
mod ranking;
mod samples;
mod search;
mod status;
mod template;

use super::{
    app::{App, ShareMsg},
    dom, words,
};
use yew::{Html, html};

/// The whole page.
pub fn page(app: &App) -> Html {
    let has_photos = !app.photos.cards().is_empty();
    html! {
        <>
            <a class="skip" href="#label-input">{ words::SKIP }</a>
            <header class="top">
                <p class="brand">{ icons::lens() }<span>{ "Glimpse" }</span></p>
                <offline::Privacy facts={app.offline.facts} />
                <offline::Update
                    facts={app.offline.facts}
                    {has_photos}
                    send={app.send.clone()}
                />
            </header>
            <main class={if has_photos { "bench has-photos" } else { "bench" }}>
                <div class="intake">
                    <h1>{ words::TITLE }</h1>
                    <p class="lead">{ words::LEAD }</p>
                    <status::Status
                        life={app.life.clone()}
                        model={app.model.clone()}
                        send={app.send.clone()}
                    />
                    <models::ModelMenu
                        models={app.models.clone()}
                        model={app.model.clone()}
                        send={app.send.clone()}
                    />
                    <intake::Intake note={app.drop_note.clone()} send={app.send.clone()} />
                    <div class="ways-in">
                        <button
                            type="button"
                            class="button"
                            id="folder-button"
                            onclick={|_| dom::click("#folder-input")}
                        >
                            { words::CHOOSE_FOLDER }
                        </button>
                        { camera::button(app) }
                    </div>
                    <samples::Samples samples={app.samples.clone()} send={app.send.clone()} />
                </div>
                <aside class="side panel" aria-labelledby="labels-title">
                    <labels::LabelsPanel
                        items={app.labels.items.clone()}
                        draft={app.labels.draft.clone()}
                        note={app.label_note.clone()}
                        warning={app.foreign_label()}
                        late={app.late_label()}
                        send={app.send.clone()}
                    />
                    <template::TemplateField
                        text={app.labels.template_text.clone()}
                        changed={!app.labels.has_first_template()}
                        send={app.send.clone()}
                    />
                    <dial::DialPanel
                        dial={app.dial}
                        model={app.model.clone()}
                        send={app.send.clone()}
                    />
                    <section class="link">
                        <button
                            type="button"
                            class="button"
                            id="copy-link"
                            onclick={app.send.reform(|_| ShareMsg::Copy.into())}
                        >
                            { words::COPY_LINK }
                        </button>
                        if let Some(done) = app.copied {
                            <p class="note">{ words::link_copied(done) }</p>
                        }
                    </section>
                </aside>
                <div class="looked-at">
                { camera::live(app) }
                <photos::PhotoGrid
                    cards={app.photos.cards().to_vec()}
                    settings={app.card_settings()}
                    query={app.search.text.clone()}
                    query_photos={app.search.photos.clone()}
                    found={app.search.found.clone()}
                    send={app.send.clone()}
                />
                </div>
                <explain::Explain model={app.model.clone()} />
                <bring::Pickers send={app.send.clone()} />
            </main>
            { closer::dialogue(app) }
            <p class="unseen" role="status">{ app.announcer.said() }</p>
            if app.dragging {
                <div class="overlay" aria-hidden="true">
                    <p>{ icons::lens() }<span>{ words::DROP_NOW }</span></p>
                </div>
            }
        </>
    }
}
