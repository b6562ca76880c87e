//! Glimpse in the browser: the page ([`page`]) and its inference worker ([`worker`]), which speak
//! [`protocol`].
#![cfg(target_arch = "wasm32")]

#[cfg(feature = "page")]
pub mod page;
pub mod protocol;
#[cfg(feature = "worker")]
pub mod worker;
