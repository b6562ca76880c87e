//! Messages of the page's frame.

use super::deferred::Deferred;
use crate::page::{engine::EngineMsg, features, locale::Language, platform::dropped::Dropped};

/// What can happen to the page.
pub enum Msg {
    /// A message to the engine.
    Engine(EngineMsg),
    /// A message to one of the features.
    Feature(features::Msg),
    /// The page's deferred code is there, or can't be had so far.
    Deferred(Option<Box<Deferred>>),
    /// Files are over the window, or no longer.
    Dragging(bool),
    /// Files were dropped or pasted.
    Dropped(Dropped),
    /// Something without files was dropped.
    NothingDropped,
    /// News pause: they are told.
    Announce,
    /// What is set rarely is folded or unfolded.
    ToggleSettings,
    /// The page is drawn.
    Draw,
    /// Changes of the setup pause: the address follows.
    WriteAddress,
    /// Someone changed the address, or followed a link.
    AddressChanged,
    /// The address is wanted in the clipboard.
    CopyAddress,
    /// It is there, or the browser refused.
    AddressCopied(bool),
    /// Another language is chosen.
    ChooseLanguage(Language),
    /// Its sentences are there, or can't be had.
    LanguageLoaded(Language, bool),
}
