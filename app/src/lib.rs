//! Glimpse in the browser: the page ([`page`]) and its workers ([`worker`]), which speak
//! [`protocol`] and share the packs that are [`kept`].
#![cfg(target_arch = "wasm32")]

pub mod kept;
#[cfg(feature = "page")]
pub mod page;
pub mod protocol;
#[cfg(feature = "worker")]
pub mod worker;
