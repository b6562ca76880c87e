//! The calibration and its measures as text.

use super::measure::Measured;
use anyhow::Result;
use glimpse_model::{
    metrics::Reliability,
    score::{Alone, Calibration, Scoring},
};
use std::fmt::Write;

/// Everything for people to read.
pub fn text(
    calibration: &Calibration,
    measured: &[Measured],
    scoring: &Scoring,
    labels: usize,
) -> Result<String> {
    let Calibration {
        together, alone, ..
    } = calibration;
    let mut out = String::new();
    writeln!(
        out,
        "labels together   inverse temperature {:.2} (trained: {:.2}), \"none\" from cosine {:.3} down",
        together.inverse_temperature,
        scoring.logit_scale.exp(),
        together.none_cosine
    )?;
    writeln!(
        out,
        "each on its own   slope {:.2}, one half at cosine {:.3}, if {:.0} % of labels fit",
        alone.slope,
        alone.midpoint,
        Alone::PRIOR * 100.0
    )?;
    if !calibration.held_out.is_empty() {
        writeln!(
            out,
            "\non pictures that it was not fitted to, what comes first is off by"
        )?;
        let column = format!("{:>8} {:>11}", "own", "calibrated");
        writeln!(
            out,
            "  {:52}{:^20}  {:^20}",
            "", "one label fits", "half the time none"
        )?;
        writeln!(out, "  {:52}{column}  {column}", "")?;
    }
    for held_out in &calibration.held_out {
        let cells = [held_out.one_fits, held_out.half_fit].map(|[own, calibrated]| {
            let [own, calibrated] = [own, calibrated].map(|off| off * 100.0);
            format!("{own:>6.1} % {calibrated:>9.1} %")
        });
        let worse = match held_out.is_worse_than_none() {
            true => "  worse than none",
            false => "",
        };
        writeln!(out, "  {:52}{}{worse}", held_out.data, cells.join("  "))?;
    }
    for one in measured {
        group(&mut out, one, labels)?;
    }
    Ok(out)
}

fn group(out: &mut String, measured: &Measured, labels: usize) -> Result<()> {
    let [one, none] = measured.n;
    let how = if measured.fitted {
        "fitted"
    } else {
        "measured only"
    };
    writeln!(out, "\n{} ({how}; {one} + {none} trials)", measured.name)?;
    let mut line = |what: &str, share: f64| writeln!(out, "  {what:52} {:5.1} %", share * 100.0);
    line(
        &format!("{labels} labels, one fits: it is first"),
        measured.one_fits[0],
    )?;
    line(
        &format!("{labels} labels, one fits: \"none\" is first"),
        measured.one_fits[1],
    )?;
    line(
        &format!("{labels} labels, none fits: \"none\" is first"),
        measured.none_fits,
    )?;
    line(
        "calibration error, the model's own probability",
        measured.error_before,
    )?;
    line("calibration error, calibrated", measured.error_after)?;
    if let Some(error) = measured.error_from_others {
        line("calibration error, fitted to the other data only", error)?;
    }
    line("calibration error, each on its own", measured.error_alone)?;
    writeln!(
        out,
        "\n  {:24}{:^28}  {:^28}",
        "", "first of all", "each on its own"
    )?;
    let column = format!("{:>9} {:>9} {:>8}", "says", "is right", "times");
    writeln!(out, "  {:24}{column}  {column}", "probability")?;
    let Reliability { bins, .. } = &measured.first;
    for (first, alone) in bins.iter().zip(&measured.alone.bins) {
        let range = format!("{:.1} to {:.1}", first.low, first.high);
        let cells = [first, alone].map(|bin| match bin.count {
            0 => format!("{:>9} {:>9} {:>8}", "", "", 0),
            count => format!(
                "{:>7.1} % {:>7.1} % {count:>8}",
                bin.confidence * 100.0,
                bin.accuracy * 100.0
            ),
        });
        writeln!(out, "  {range:24}{}  {}", cells[0], cells[1])?;
    }
    Ok(())
}
