//! How good a model is: ranks and recall, accuracies, calibration, each with how sure the figure is.
//!
//! Nothing here needs a tower or a gradient: embeddings and probabilities in, figures out.

mod classification;
mod estimate;
mod reliability;
mod retrieval;

pub use classification::{Classification, classification};
pub use estimate::{Estimate, Resampling, bootstrap, wilson};
pub use reliability::{Reliability, ReliabilityBin, expected_error, reliability};
pub use retrieval::{Ranks, Retrieval, retrieval_ranks};
