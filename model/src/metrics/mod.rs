//! Quality measures with confidence intervals: retrieval ([`retrieval_ranks`]), zero-shot accuracy
//! ([`classification()`], [`mean_average_precision`]), calibration ([`reliability()`]) and what
//! probabilities are worth ([`log_loss`], [`brier`]).
//!
//! Nothing here needs a tower or a gradient: embeddings and probabilities in, figures out.

mod average_precision;
mod classification;
mod estimate;
mod proper;
mod reliability;
mod retrieval;

pub use average_precision::mean_average_precision;
pub use classification::{Classification, classification};
pub use estimate::{Estimate, Resampling, bootstrap, wilson};
pub use proper::{brier, log_loss};
pub use reliability::{Reliability, ReliabilityBin, expected_error, reliability};
pub use retrieval::{Ranks, Retrieval, retrieval_ranks};
