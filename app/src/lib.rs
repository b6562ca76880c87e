//! Glimpse in the browser: the page ([`page`]) and its workers ([`worker`]), which speak
//! [`protocol`] and share the browser's [`storage`].
//!
//! The page also compiles natively, so that whatever needs no browser is tested there.
#![cfg(any(target_arch = "wasm32", feature = "page"))]

#[cfg(feature = "page")]
pub mod page;
pub mod protocol;
pub mod storage;
#[cfg(all(feature = "worker", target_arch = "wasm32"))]
pub mod worker;
