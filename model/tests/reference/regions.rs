//! Patch embeddings: against the reference implementations' (`fixtures/regions.py`), against the
//! whole picture's where it has one patch, and against where things are.

use crate::{
    checkpoints::{CHECKPOINTS, FLOAT, OPEN_CLIP, folder, import, towers},
    support::{
        DEFAULT_PACK, Expected, assert_rows_agree, cosine, decode, device, image_tower, manifest,
        read, text_tower,
    },
};
use glimpse_model::{
    pack::{ImageArchitecture, Manifest, Quantisation, Tower},
    pixels::Size,
    towers::{ImageTower, Regions, WeightData},
};

/// Side of the squares that pictures are put together in.
const SIDE: usize = 448;

/// A picture of what `colour` says of each pixel.
fn picture(colour: impl Fn(usize, usize) -> [u8; 3]) -> Vec<u8> {
    let pixel = |index: usize| {
        let [red, green, blue] = colour(index % SIDE, index / SIDE);
        [red, green, blue, 255]
    };
    (0..SIDE * SIDE).flat_map(pixel).collect()
}

/// A sample photo's middle, as a square of half the side.
async fn half_square(sample: &str) -> impl Fn(usize, usize) -> [u8; 3] {
    let (rgba, width, height) = decode(&read(&format!("www/samples/{sample}")).await).await;
    let side = width.min(height);
    let (left, top) = ((width - side) / 2, (height - side) / 2);
    move |x, y| {
        let (x, y) = (left + x * side * 2 / SIDE, top + y * side * 2 / SIDE);
        let start = (y * width + x) * 4;
        [rgba[start], rgba[start + 1], rgba[start + 2]]
    }
}

async fn regions(tower: &ImageTower, manifest: &Manifest, rgba: &[u8]) -> Regions {
    let input = tower.regions_input(&manifest.preprocessing);
    let pixels = input.apply(rgba, SIDE, SIDE).unwrap();
    tower.regions(pixels).await.unwrap()
}

/// Each pixel as a square of so many, of planes that are `width` wide.
fn enlarged(planes: &[f32], width: usize, scale: usize) -> Vec<f32> {
    let wide =
        |row: &[f32]| -> Vec<f32> { row.iter().flat_map(|&value| vec![value; scale]).collect() };
    let rows = planes.chunks_exact(width).map(wide);
    rows.flat_map(|row| row.repeat(scale)).collect()
}

/// A label's heat, for each pixel of the encoder's input.
fn heat(regions: &Regions, label: &[f32], manifest: &Manifest) -> Vec<f32> {
    let rows = regions.embeds.chunks_exact(label.len());
    let cosines: Vec<f32> = rows.map(|region| cosine(region, label)).collect();
    let view = manifest.preprocessing.view(SIDE, SIDE).unwrap();
    regions.grid.spread(&cosines, view.width, view.height)
}

/// The middle of what changed, the more a patch did the more it counts, as shares of the width and
/// the height.
fn middle(changes: &[f32], columns: usize) -> (f32, f32) {
    let (mut x, mut y, mut all) = (0.0, 0.0, 0.0);
    for (patch, change) in changes.iter().enumerate() {
        let weight = change * change;
        x += weight * ((patch % columns) as f32 + 0.5);
        y += weight * ((patch / columns) as f32 + 0.5);
        all += weight;
    }
    let rows = changes.len() / columns;
    (x / all / columns as f32, y / all / rows as f32)
}

crate::tests! {
    /// Every patch of the checkpoints, of which some are read at twice the size.
    async fn patches_agree_with_their_references() {
        let others = ["open_clip_fastvit", "open_clip_resnet", "open_clip_eva"];
        let others = others.map(|name| (name, OPEN_CLIP));
        for (name, files) in CHECKPOINTS.into_iter().chain(others) {
            let folder = folder(name, files).await;
            let (pack, _) = import(&folder, Quantisation::F32).await;
            let (manifest, _, image, _) = towers(&pack).await;
            let (shape, pixels) = Expected::of(&format!("checkpoints/{name}")).await.floats("pixel_values");
            let one = pixels.len() / shape[0];
            let input = image.regions_input(&manifest.preprocessing);
            let scale = input.output_size().0 / manifest.preprocessing.output_size().0;
            let pixels = enlarged(&pixels, shape[3], scale);
            let one = one * scale * scale;
            let found = image.regions(pixels[..one].to_vec()).await.unwrap();

            let bytes = read(&format!("model/tests/fixtures/checkpoints/{name}/regions.safetensors")).await;
            let (shape, wanted) = Expected::tensors(bytes).floats("region_embeds");
            let length = manifest.architecture.projection_dim;
            assert_eq!(shape, [found.grid.patches(), length], "{name}");
            assert_rows_agree(&format!("{name}: regions"), &found.embeds, &wanted, length, FLOAT);
            for region in found.embeds.chunks_exact(length) {
                let norm = region.iter().map(|value| value * value).sum::<f32>().sqrt();
                assert!((norm - 1.0).abs() < 1e-5, "{name}: length {norm}");
            }
            let view = manifest.preprocessing.view(200, 100).unwrap();
            let area = found.grid.area;
            let seen = (view.width as f64, view.height as f64);
            assert_eq!((area.x, area.y), (0.0, 0.0));
            assert_eq!((area.width, area.height), seen, "{name}: patches fill the input");

            let two = image.regions(pixels[..2 * one].to_vec()).await;
            assert!(two.is_err(), "{name}: two pictures have no one grid");
        }
    }

    /// Of a picture of one patch, SigLIP's head reads that patch.
    async fn one_patch_is_siglips_picture() {
        let (name, files) = CHECKPOINTS[2];
        let (pack, _) = import(&folder(name, files).await, Quantisation::F32).await;
        let mut manifest = Manifest::from_json(&pack.0["manifest.json"]).unwrap();
        let ImageArchitecture::Siglip(config) = &mut manifest.architecture.image else {
            panic!("{name} is no SigLIP");
        };
        let (side, width) = (config.patch_size, config.transformer.hidden_size);
        config.image_size = side;
        manifest.preprocessing.size = Size::Exact { height: side, width: side };
        let mut weights = Tower::Image.read(&pack.0["image.safetensors"]).unwrap();
        let position = weights.tensors.get_mut("embeddings.position_embedding.weight").unwrap();
        position.shape = vec![1, width];
        position.values = WeightData::Floats(position.values.to_floats()[..width].to_vec());
        let tower = ImageTower::load(&manifest, &mut weights, &device().await).unwrap();

        let pixels: Vec<f32> = (0..3 * side * side).map(|i| (i as f32 * 0.7).sin()).collect();
        let whole = tower.embed(pixels.clone()).await.unwrap();
        let found = tower.regions(pixels).await.unwrap();
        assert_eq!(found.grid.patches(), 1);
        assert_rows_agree(name, &found.embeds, &whole, whole.len(), FLOAT);
    }

    /// Of a picture that leaves one patch, the mean over patches is that patch.
    async fn one_place_is_efficientnets_picture() {
        let mut manifest = manifest(DEFAULT_PACK).await;
        // Which doubled leaves one patch.
        let side = 16;
        manifest.preprocessing.size = Size::Exact { height: side, width: side };
        manifest.preprocessing.crop_size = None;
        let bytes = read(&format!("{DEFAULT_PACK}/{}", Tower::Image.file())).await;
        let mut weights = Tower::Image.read(&bytes).unwrap();
        let tower = ImageTower::load(&manifest, &mut weights, &device().await).unwrap();
        let rgba = picture(|x, y| [x as u8, y as u8, (x * y) as u8]);
        let input = tower.regions_input(&manifest.preprocessing);
        let pixels = input.apply(&rgba, SIDE, SIDE).unwrap();
        manifest.preprocessing = input;
        let mut weights = Tower::Image.read(&bytes).unwrap();
        let whole = ImageTower::load(&manifest, &mut weights, &device().await).unwrap();
        let whole = whole.embed(pixels.clone()).await.unwrap();
        let found = tower.regions(pixels).await.unwrap();
        assert_eq!(found.grid.patches(), 1);
        assert_rows_agree("default", &found.embeds, &whole, whole.len(), FLOAT);
    }

    /// The default model finds a cat in whichever quarter it is, and not in the others.
    async fn labels_are_hot_where_things_are() {
        let manifest = manifest(DEFAULT_PACK).await;
        let tower = image_tower(DEFAULT_PACK).await;
        let labels = ["a photo of a cat", "a photo of a cup of coffee"];
        let labels = text_tower(DEFAULT_PACK).await.embed(&labels).await.unwrap();
        let length = manifest.architecture.projection_dim;
        let (cat, coffee) = (half_square("cat.jpg").await, half_square("coffee.jpg").await);
        let half = SIDE / 2;
        for wanted in 0..4 {
            let quarter = |x, y, half| usize::from(x >= half) + 2 * usize::from(y >= half);
            let rgba = picture(|x, y| {
                let photo: &dyn Fn(usize, usize) -> [u8; 3] =
                    if quarter(x, y, half) == wanted { &cat } else { &coffee };
                photo(x % half, y % half)
            });
            let regions = regions(&tower, &manifest, &rgba).await;
            let means = |label: &[f32]| {
                let map = heat(&regions, label, &manifest);
                let side = map.len().isqrt();
                let mut sums = [0.0; 4];
                for (pixel, heat) in map.iter().enumerate() {
                    sums[quarter(pixel % side, pixel / side, side / 2)] += heat;
                }
                sums.map(|sum| sum * 4.0 / map.len() as f32)
            };
            let (cat, coffee) = (means(&labels[..length]), means(&labels[length..]));
            for other in (0..4).filter(|&other| other != wanted) {
                assert!(cat[wanted] > cat[other] + 0.1, "cat: {cat:?}");
                let more = |quarter: usize| coffee[quarter] - cat[quarter];
                assert!(more(other) > more(wanted) + 0.1, "coffee: {coffee:?}, cat: {cat:?}");
            }
        }
    }

    /// A patch answers to what is around its centre: where spots lie is where embeddings change.
    async fn patches_lie_where_their_grid_says() {
        let manifest = manifest(DEFAULT_PACK).await;
        let tower = image_tower(DEFAULT_PACK).await;
        let length = manifest.architecture.projection_dim;
        let (mut off_x, mut off_y, mut count) = (0.0, 0.0, 0.0);
        for sample in ["bricks.jpg", "cat.jpg", "coins.jpg"] {
            let photo = half_square(sample).await;
            let photo = |x, y| photo(x / 2, y / 2);
            let before = regions(&tower, &manifest, &picture(photo)).await;
            let view = manifest.preprocessing.view(SIDE, SIDE).unwrap();
            // Around the middle, one on each eighth of a patch, across and down.
            for step in 0..16 {
                let (x, y) = (80 + 4 * step, 80 + 4 * (step * 5 % 16));
                let side = 12 * SIDE / view.width;
                let near = |pixel: usize, spot: usize| pixel.abs_diff(spot * SIDE / view.width) < side;
                let spotted = picture(|px, py| {
                    if near(px, x) && near(py, y) { [255, 0, 255] } else { photo(px, py) }
                });
                let after = regions(&tower, &manifest, &spotted).await;
                let rows = before.embeds.chunks_exact(length).zip(after.embeds.chunks_exact(length));
                let changes: Vec<f32> = rows.map(|(before, after)| 1.0 - cosine(before, after)).collect();
                let (found_x, found_y) = middle(&changes, before.grid.columns);
                let area = before.grid.area;
                off_x += area.x as f32 + found_x * area.width as f32 - x as f32;
                off_y += area.y as f32 + found_y * area.height as f32 - y as f32;
                count += 1.0;
            }
        }
        // In pixels, of which a patch has 32: with half a patch added it would be 16.
        let (off_x, off_y) = (off_x / count, off_y / count);
        assert!(off_x.abs() < 6.0 && off_y.abs() < 6.0, "off by {off_x}, {off_y}");
    }
}
