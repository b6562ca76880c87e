//! The commands, one a file.

pub mod bench;
pub mod calibrate;
pub mod classify;
pub mod embed;
pub mod evaluate;
pub mod import;
pub mod info;
pub mod pack_random;
pub mod pretrain;
pub mod search;

use crate::pack::PackChoice;

/// What most commands take.
#[derive(clap::Args)]
pub struct Common {
    #[command(flatten)]
    pub pack: PackChoice,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}
