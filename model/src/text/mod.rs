//! Text preprocessing: prompt templates around labels ([`Template`]) with their articles
//! ([`with_article`]), tokenizers behind them
//! (`TextTokenizer`), and the labels that a visitor finds ([`starting`]).

mod article;
#[cfg(feature = "encoder")]
pub(crate) mod foreign;
pub mod starting;
mod template;
#[cfg(feature = "encoder")]
mod tokenize;

pub use article::{article, with_article};
pub use template::Template;
#[cfg(feature = "encoder")]
pub use tokenize::{TextTokenizer, TokenBatch, TokenizeError};
