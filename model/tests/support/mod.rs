//! What the tests share: files, devices, pictures and packs, natively and in a browser.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::expect_used)]

use glimpse_model::{
    pack::{Manifest, Tower},
    pixels::Preprocessing,
    text::TextTokenizer,
    towers::{ImageTower, TextTower},
};
use safetensors::SafeTensors;

pub use glimpse_model::score::cosine;

/// Runs one asynchronous test body, natively and in the browser.
#[macro_export]
macro_rules! tests {
    ($($(#[doc = $doc:literal])+ async fn $name:ident() $body:block)*) => {$(
        $(#[doc = $doc])+
        #[cfg(not(target_arch = "wasm32"))]
        #[test]
        fn $name() {
            pollster::block_on(async $body);
        }

        $(#[doc = $doc])+
        #[cfg(target_arch = "wasm32")]
        #[wasm_bindgen_test::wasm_bindgen_test]
        async fn $name() $body
    )*};
}

/// A file of the workspace.
#[cfg(not(target_arch = "wasm32"))]
pub async fn read(path: &str) -> Vec<u8> {
    let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{path}: {error} (packs are made by `cargo xtask setup`)"))
}

/// A file of the workspace, which the test runner serves from its root.
#[cfg(target_arch = "wasm32")]
pub async fn read(path: &str) -> Vec<u8> {
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;
    let window = web_sys::window().unwrap();
    let response = JsFuture::from(window.fetch_with_str(&format!("/{path}"))).await;
    let response: web_sys::Response = response.unwrap().unchecked_into();
    assert!(response.ok(), "{path}: HTTP {}", response.status());
    let buffer = JsFuture::from(response.array_buffer().unwrap()).await;
    js_sys::Uint8Array::new(&buffer.unwrap()).to_vec()
}

/// The device that the features name: WebGPU where it is built in.
pub async fn device() -> burn::tensor::Device {
    #[cfg(feature = "webgpu")]
    {
        use std::cell::RefCell;
        thread_local!(static DEVICE: RefCell<Option<burn::tensor::Device>> = const { RefCell::new(None) });
        if let Some(device) = DEVICE.with_borrow(Clone::clone) {
            return device;
        }
        let (device, _) = glimpse_model::towers::device::webgpu().await.unwrap();
        DEVICE.set(Some(device.clone()));
        device
    }
    #[cfg(not(feature = "webgpu"))]
    glimpse_model::towers::device::cpu()
}

/// The pack of float weights, as published.
pub const FLOAT_PACK: &str = "target/packs/default-f32";
/// The same towers as they were published, before their last blocks were trained.
pub const PUBLISHED_PACK: &str = "target/packs/published-f32";
/// The pack that visitors get.
pub const DEFAULT_PACK: &str = "www/packs/default";

pub async fn manifest(pack: &str) -> Manifest {
    Manifest::from_json(&read(&format!("{pack}/manifest.json")).await).unwrap()
}

pub async fn image_tower(pack: &str) -> ImageTower {
    let bytes = read(&format!("{pack}/{}", Tower::Image.file())).await;
    let mut weights = Tower::Image.read(&bytes).unwrap();
    ImageTower::load(&manifest(pack).await, &mut weights, &device().await).unwrap()
}

pub async fn tokenizer(pack: &str) -> TextTokenizer {
    let config = manifest(pack).await.tokenizer;
    let json = read(&format!("{pack}/{}", config.file)).await;
    TextTokenizer::from_json(&json, &config).unwrap()
}

pub async fn text_tower(pack: &str) -> TextTower {
    let bytes = read(&format!("{pack}/{}", Tower::Text.file())).await;
    let mut weights = Tower::Text.read(&bytes).unwrap();
    let tokenizer = tokenizer(pack).await;
    TextTower::load(
        &manifest(pack).await,
        tokenizer,
        &mut weights,
        &device().await,
    )
    .unwrap()
}

/// RGBA bytes, width and height of an encoded picture, EXIF orientation applied.
#[cfg(not(target_arch = "wasm32"))]
pub async fn decode(bytes: &[u8]) -> (Vec<u8>, usize, usize) {
    use image::{DynamicImage, ImageDecoder, ImageReader};
    let reader = ImageReader::new(std::io::Cursor::new(bytes));
    let mut decoder = reader
        .with_guessed_format()
        .unwrap()
        .into_decoder()
        .unwrap();
    let orientation = decoder.orientation().unwrap();
    let mut picture = DynamicImage::from_decoder(decoder).unwrap();
    picture.apply_orientation(orientation);
    let rgba = picture.into_rgba8();
    let (width, height) = (rgba.width() as usize, rgba.height() as usize);
    (rgba.into_raw(), width, height)
}

/// The same by the browser, as on the page.
#[cfg(target_arch = "wasm32")]
pub async fn decode(bytes: &[u8]) -> (Vec<u8>, usize, usize) {
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{
        Blob, ColorSpaceConversion, ImageBitmap, ImageBitmapOptions, OffscreenCanvas,
        OffscreenCanvasRenderingContext2d,
    };
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence(&parts).unwrap();
    let options = ImageBitmapOptions::new();
    options.set_color_space_conversion(ColorSpaceConversion::None);
    let bitmap = web_sys::window()
        .unwrap()
        .create_image_bitmap_with_blob_and_image_bitmap_options(&blob, &options)
        .unwrap();
    let bitmap: ImageBitmap = JsFuture::from(bitmap).await.unwrap().unchecked_into();
    let (width, height) = (bitmap.width(), bitmap.height());
    let canvas = OffscreenCanvas::new(width, height).unwrap();
    let context: OffscreenCanvasRenderingContext2d =
        canvas.get_context("2d").unwrap().unwrap().unchecked_into();
    context
        .draw_image_with_image_bitmap(&bitmap, 0.0, 0.0)
        .unwrap();
    let (wide, high) = (f64::from(width), f64::from(height));
    let pixels = context.get_image_data(0.0, 0.0, wide, high).unwrap();
    (pixels.data().0, width as usize, height as usize)
}

/// The fixtures' pictures, prepared: (pictures · 3 · height · width).
pub async fn prepared(images: &[String], preprocessing: &Preprocessing) -> Vec<f32> {
    let mut pixels = Vec::new();
    for image in images {
        let bytes = read(&format!("model/tests/fixtures/images/{image}")).await;
        let (rgba, width, height) = decode(&bytes).await;
        pixels.extend(preprocessing.apply(&rgba, width, height).unwrap());
    }
    pixels
}

/// Asserts that prepared pixels are the expected ones: exactly, but for JPEGs, whose decoders
/// round differently; they may be off by one of 255 levels.
pub fn assert_same_pixels(
    picture: &str,
    preprocessing: &Preprocessing,
    found: &[f32],
    expected: &[f32],
) {
    let what = picture;
    assert_eq!(found.len(), expected.len(), "{what}: sizes differ");
    let deviation = preprocessing.image_std.iter().copied().fold(1.0, f32::min);
    let levels = if picture.ends_with(".jpg") { 1.0 } else { 0.0 };
    // Beside it float rounding.
    let level = levels / 255.0 / deviation + 1e-5;
    let worst = found
        .iter()
        .zip(expected)
        .map(|(found, expected)| (found - expected).abs())
        .fold(0.0, f32::max);
    assert!(worst <= level, "{what}: off by {worst}, allowed {level}");
}

/// A fixture's expected answers.
pub struct Expected {
    bytes: Vec<u8>,
    facts: serde_json::Value,
}

impl Expected {
    pub async fn of(folder: &str) -> Self {
        let folder = format!("model/tests/fixtures/{folder}");
        Self {
            bytes: read(&format!("{folder}/expected.safetensors")).await,
            facts: serde_json::from_slice(&read(&format!("{folder}/expected.json")).await).unwrap(),
        }
    }

    /// Expected tensors without a file of facts.
    pub fn tensors(bytes: Vec<u8>) -> Self {
        let facts = serde_json::Value::Null;
        Self { bytes, facts }
    }

    pub fn strings(&self, key: &str) -> Vec<String> {
        serde_json::from_value(self.facts[key].clone()).unwrap()
    }

    pub fn floats(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let (shape, bytes) = self.tensor(name);
        let values = bytes.as_chunks::<4>().0.iter();
        (
            shape,
            values.map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        )
    }

    pub fn integers(&self, name: &str) -> (Vec<usize>, Vec<i32>) {
        let (shape, bytes) = self.tensor(name);
        let values = bytes.as_chunks::<4>().0.iter();
        (
            shape,
            values.map(|bytes| i32::from_le_bytes(*bytes)).collect(),
        )
    }

    fn tensor(&self, name: &str) -> (Vec<usize>, Vec<u8>) {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = tensors.tensor(name).unwrap();
        (view.shape().to_vec(), view.data().to_vec())
    }
}

/// Asserts that every row of `length` has at least this cosine to the expected one.
pub fn assert_rows_agree(what: &str, found: &[f32], expected: &[f32], length: usize, least: f32) {
    assert_eq!(found.len(), expected.len(), "{what}: sizes differ");
    let rows = found
        .chunks_exact(length)
        .zip(expected.chunks_exact(length));
    for (row, (found, expected)) in rows.enumerate() {
        let cosine = cosine(found, expected);
        assert!(
            cosine >= least,
            "{what}, row {row}: cosine {cosine} is below {least}"
        );
    }
}
