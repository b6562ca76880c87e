//! Glimpse in the browser: the page ([`page`]) and its workers ([`worker`]), which speak
//! [`protocol`] and share the packs that are [`kept`] and the
//! [`copies`] of those that are served.
#![cfg(target_arch = "wasm32")]

pub mod copies;
pub mod kept;
#[cfg(feature = "page")]
pub mod page;
pub mod protocol;
#[cfg(feature = "worker")]
pub mod worker;
