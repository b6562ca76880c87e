//! Text preprocessing: prompt templates around labels ([`Template`]), tokenizers behind them
//! (`TextTokenizer`), and the labels that a visitor finds ([`starting`]).

#[cfg(feature = "encoder")]
pub(crate) mod foreign;
pub mod starting;
mod template;
#[cfg(feature = "encoder")]
mod tokenize;

pub use template::Template;
#[cfg(feature = "encoder")]
pub use tokenize::{TextTokenizer, TokenBatch, TokenizeError};
