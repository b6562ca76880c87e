//! Quality measures with confidence intervals: retrieval ([`retrieval_ranks`]), zero-shot accuracy
//! ([`classification()`]), calibration ([`reliability()`]) and what probabilities are worth
//! ([`log_loss`], [`brier`]).
//!
//! Nothing here needs a tower or a gradient: embeddings and probabilities in, figures out.

mod classification;
mod estimate;
mod proper;
mod reliability;
mod retrieval;

pub use classification::{Classification, classification};
pub use estimate::{Estimate, Resampling, bootstrap, wilson};
pub use proper::{brier, log_loss};
pub use reliability::{Reliability, ReliabilityBin, expected_error, reliability};
pub use retrieval::{Ranks, Retrieval, retrieval_ranks};
