//! Drawing numbers as colours on a canvas.

use crate::page::platform::dom;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// The 2D context of a canvas, which gets this size in its own pixels and becomes empty.
pub fn pen(
    canvas: &HtmlCanvasElement,
    [width, height]: [u32; 2],
) -> Option<CanvasRenderingContext2d> {
    canvas.set_width(width);
    canvas.set_height(height);
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

/// A canvas that isn't on the page, with these pixels (RGBA).
pub fn picture(pixels: &[u8], [width, height]: [u32; 2]) -> Option<HtmlCanvasElement> {
    let canvas = dom::document()?.create_element("canvas").ok()?;
    let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
    let pen = pen(&canvas, [width, height])?;
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(pixels), width, height).ok()?;
    pen.put_image_data(&data, 0.0, 0.0).ok()?;
    Some(canvas)
}

/// Heat, 0 to 1, as a colour: from deep blue over red to light yellow, so that it also grows
/// lighter for eyes that don't tell red from green.
pub fn heat(share: f32) -> [u8; 3] {
    const STOPS: [[f32; 3]; 5] = [
        [13.0, 8.0, 66.0],
        [106.0, 23.0, 110.0],
        [203.0, 65.0, 73.0],
        [249.0, 156.0, 47.0],
        [252.0, 250.0, 178.0],
    ];
    blend(&STOPS, share)
}

/// A number from −1 to 1 as a colour: blue below zero, light at it, orange above.
pub fn signed(value: f32) -> [u8; 3] {
    const STOPS: [[f32; 3]; 5] = [
        [12.0, 62.0, 133.0],
        [104.0, 160.0, 207.0],
        [238.0, 238.0, 236.0],
        [236.0, 156.0, 84.0],
        [158.0, 66.0, 12.0],
    ];
    blend(&STOPS, (value + 1.0) / 2.0)
}

fn blend(stops: &[[f32; 3]; 5], share: f32) -> [u8; 3] {
    let position = share.clamp(0.0, 1.0) * 4.0;
    let below = (position.floor() as usize).min(3);
    let part = position - below as f32;
    let (from, to) = (stops[below], stops[below + 1]);
    [0, 1, 2].map(|channel| (from[channel] + (to[channel] - from[channel]) * part).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_grows_lighter() {
        let light = |share| heat(share).iter().map(|&c| u32::from(c)).sum::<u32>();
        let lights: Vec<u32> = (0..=10).map(|tenth| light(tenth as f32 / 10.0)).collect();
        assert!(lights.is_sorted(), "{lights:?}");
        assert_eq!(heat(7.0), heat(1.0));
        assert_eq!(signed(0.0), [238, 238, 236]);
    }
}
