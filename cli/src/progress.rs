//! Progress bars on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Counts things that are done.
pub fn counter(total: usize, what: &'static str) -> ProgressBar {
    bar(total as u64, "{msg} {wide_bar} {pos}/{len} {eta}", what)
}

/// Shows a share of the whole; see [`set_share`].
pub fn share(what: &'static str) -> ProgressBar {
    bar(SHARES, "{msg:24} {wide_bar} {percent} %", what)
}

/// Moves a bar of [`share`] to `part` of 1.
pub fn set_share(bar: &ProgressBar, part: f64) {
    bar.set_position((part.clamp(0.0, 1.0) * SHARES as f64) as u64);
}

const SHARES: u64 = 1000;

fn bar(total: u64, template: &str, what: &'static str) -> ProgressBar {
    // Hidden by itself where standard error is no terminal.
    let bar = ProgressBar::new(total).with_message(what);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
