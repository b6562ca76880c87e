//! Words on their way to a text tower: templates around labels, tokenizers behind them.

pub mod starting;
mod template;
#[cfg(feature = "encoder")]
mod tokenize;

pub use template::Template;
#[cfg(feature = "encoder")]
pub use tokenize::{TextTokenizer, TokenBatch, TokenizeError};
