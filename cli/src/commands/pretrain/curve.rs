//! A training's learning curve as an SVG picture.

use super::history::Epoch;
use anyhow::Result;
use plotters::{
    chart::SeriesLabelPosition::{LowerRight, UpperRight},
    coord::Shift,
    prelude::*,
};
use std::ops::Range;

/// Width and height of the picture in CSS pixels.
const SIZE: (u32, u32) = (960, 400);
const FONT: &str = "system-ui, sans-serif";

// What the picture is drawn in, and what a reader with a dark background sees in its place. Both
// keep a contrast of 4.5 to what is behind them.
const PAPER: [RGBColor; 2] = [RGBColor(255, 255, 255), RGBColor(13, 17, 23)];
const INK: [RGBColor; 2] = [RGBColor(31, 35, 40), RGBColor(230, 237, 243)];
const GRID: [RGBColor; 2] = [RGBColor(216, 222, 228), RGBColor(48, 54, 61)];
const FIRST: [RGBColor; 2] = [RGBColor(9, 105, 218), RGBColor(88, 166, 255)];
const SECOND: [RGBColor; 2] = [RGBColor(188, 76, 0), RGBColor(240, 136, 62)];
const COLOURS: [[RGBColor; 2]; 5] = [PAPER, INK, GRID, FIRST, SECOND];

/// Loss on the left; on the right recall on the validation pictures, both ways, each the mean of
/// recall@1, 5 and 10. A dashed line stands at the epoch `best` (by its own number), whose weights
/// were kept.
///
/// # Errors
/// If the picture can't be drawn.
pub fn draw(rows: &[Epoch], best: usize) -> Result<String> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
    area.fill(&PAPER[0])?;
    let (left, right) = area.split_horizontally(SIZE.0 / 2);
    let mean = |shares: [f64; 3]| shares.iter().sum::<f64>() / 3.0;
    let points = |of: &dyn Fn(&Epoch) -> f64| -> Vec<(f64, f64)> {
        rows.iter().map(|row| (row.epoch as f64, of(row))).collect()
    };
    let loss = Line {
        name: "training loss",
        colour: FIRST[0],
        points: points(&|row| row.loss),
    };
    let recalls = [
        Line {
            name: "text to image",
            colour: FIRST[0],
            points: points(&|row| mean(row.text_to_image)),
        },
        Line {
            name: "image to text",
            colour: SECOND[0],
            points: points(&|row| mean(row.image_to_text)),
        },
    ];
    panel(&left, "Loss", UpperRight, &[loss], best)?;
    panel(
        &right,
        "Recall, mean of recall@1, 5 and 10",
        LowerRight,
        &recalls,
        best,
    )?;
    area.present()?;
    drop((left, right, area));
    Ok(described(&svg, rows, best))
}

struct Line {
    name: &'static str,
    colour: RGBColor,
    points: Vec<(f64, f64)>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn panel(
    area: &Area<'_>,
    title: &str,
    legend: SeriesLabelPosition,
    lines: &[Line],
    best: usize,
) -> Result<()> {
    let text = |size: i32| (FONT, size).into_font().color(&INK[0]);
    let all = || lines.iter().flat_map(|line| &line.points);
    let epochs = range(all().map(|(epoch, _)| *epoch), 0.0);
    let values = range(all().map(|(_, value)| *value), 0.08);
    let mut chart = ChartBuilder::on(area)
        .caption(title, text(20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(60)
        .build_cartesian_2d(epochs.clone(), values.clone())?;
    chart
        .configure_mesh()
        .bold_line_style(GRID[0])
        .light_line_style(TRANSPARENT)
        .axis_style(INK[0])
        .label_style(text(15))
        .axis_desc_style(text(16))
        .x_desc("epoch")
        // One mark an epoch where there are few.
        .x_labels((epochs.end - epochs.start).clamp(2.0, 10.0) as usize + 1)
        .x_label_formatter(&|epoch| format!("{epoch:.0}"))
        .y_labels(6)
        .draw()?;
    for Line {
        name,
        colour,
        points,
    } in lines
    {
        let colour = *colour;
        let style = colour.filled().stroke_width(2);
        chart
            .draw_series(LineSeries::new(points.clone(), style).point_size(3))?
            .label(*name)
            .legend(move |(x, y)| dash(x, y, colour));
    }
    let best = best as f64;
    if epochs.contains(&best) || best == epochs.end {
        let line = [(best, values.start), (best, values.end)];
        chart
            .draw_series(DashedLineSeries::new(line, 4, 4, INK[0].into()))?
            .label("kept weights")
            .legend(|(x, y)| dash(x, y, INK[0]));
    }
    chart
        .configure_series_labels()
        .position(legend)
        .label_font(text(15))
        .background_style(PAPER[0])
        .border_style(GRID[0])
        .draw()?;
    Ok(())
}

fn dash(x: i32, y: i32, colour: RGBColor) -> PathElement<(i32, i32)> {
    PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2))
}

/// From the least to the greatest, with a share of room on both sides; never empty.
fn range(values: impl Iterator<Item = f64>, room: f64) -> Range<f64> {
    let values = values.filter(|value| value.is_finite());
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if low > high {
        return 0.0..1.0;
    }
    if low == high {
        return low - 0.5..high + 0.5;
    }
    let room = (high - low) * room;
    low - room..high + room
}

/// With words for those who don't see it, and colours for dark backgrounds.
fn described(svg: &str, rows: &[Epoch], best: usize) -> String {
    let css = |[light, dark]: [RGBColor; 2]| {
        let (light, dark) = (hex(light), hex(dark));
        ["fill", "stroke"].map(|what| format!("[{what}=\"{light}\"]{{{what}:{dark}}}"))
    };
    let dark = COLOURS.into_iter().flat_map(css).collect::<String>();
    let title = format!(
        "Learning curve: loss and recall over {} epochs; the weights of epoch {best} were kept",
        rows.len()
    );
    let (head, body) = svg.split_once(">\n").unwrap_or((svg, ""));
    format!(
        "{head} role=\"img\">\n<title>{title}</title>\n\
         <style>@media (prefers-color-scheme: dark){{{dark}}}</style>\n{body}"
    )
}

/// As the backend writes it.
fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(epochs: usize) -> Vec<Epoch> {
        let row = |epoch: usize| Epoch {
            kept_out: None,
            epoch,
            loss: 5.0 / epoch as f64,
            objectives: Default::default(),
            text_to_image: [0.2, 0.5, 0.6].map(|share| share + 0.01 * epoch as f64),
            image_to_text: [0.25, 0.5, 0.65].map(|share| share + 0.02 * epoch as f64),
        };
        (1..=epochs).map(row).collect()
    }

    #[test]
    fn both_panels_are_drawn_and_named() {
        let svg = draw(&rows(8), 5).unwrap();
        for words in [
            "Loss",
            "Recall",
            "epoch",
            "training loss",
            "text to image",
            "kept weights",
            "the weights of epoch 5",
        ] {
            assert!(svg.contains(words), "{words}");
        }
        // A point an epoch in three lines, by the colours that are their own.
        let circles = |colour| {
            let fill = format!("fill=\"{}\"", hex(colour));
            let circles = svg.lines().filter(|line| line.starts_with("<circle"));
            circles.filter(|line| line.contains(&fill)).count()
        };
        assert_eq!((circles(FIRST[0]), circles(SECOND[0])), (16, 8));
        assert_eq!(svg, draw(&rows(8), 5).unwrap());
    }

    /// A colour without its counterpart would be lost on one of the backgrounds.
    #[test]
    fn every_colour_has_its_dark_one() {
        let svg = draw(&rows(3), 3).unwrap();
        let (head, body) = svg.split_once("</style>").unwrap();
        let drawn = body.split('"').filter(|word| word.starts_with('#'));
        for colour in drawn {
            assert!(head.contains(colour), "{colour}");
        }
    }

    #[test]
    fn short_and_broken_trainings_have_a_curve() {
        assert!(draw(&[], 0).is_ok());
        assert!(draw(&rows(1), 1).is_ok());
        let mut broken = rows(3);
        broken[1].loss = f64::NAN;
        assert!(!draw(&broken, 1).unwrap().contains("NaN"));
    }
}
