//! Where heat maps of the default model point, against boxes drawn by hand around things in the
//! sample photos (`fixtures/boxes.json`, in shares of width and height), and against the quarter in
//! which a photo lies among three others (the grid pointing game, Böhle et al. 2021, arXiv
//! 2104.00032). Prints the tables of docs/closer-look.md:
//! `cargo test --release --package glimpse-model --features cpu,parallel --test pointing --
//! --nocapture`.
#![allow(clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

mod support;

use glimpse_model::{
    pack::Manifest,
    pixels::{Rectangle, View},
    score::HeatMap,
    text::{Template, starting},
    towers::{ImageTower, Regions},
};
use std::collections::{BTreeMap, HashMap};
use support::{DEFAULT_PACK, decode, image_tower, manifest, read, text_tower};

/// Side of the pictures put together of four.
const SIDE: usize = 448;

/// The samples that are put together, and what they are called.
const QUARTERS: [(&str, &str); 9] = [
    ("astronaut", "astronaut"),
    ("bricks", "brick wall"),
    ("cat", "cat"),
    ("coffee", "cup of coffee"),
    ("coins", "coin"),
    ("galaxies", "night sky"),
    ("horse", "horse"),
    ("photographer", "photographer"),
    ("rocket", "rocket"),
];

/// Things and their boxes: left, top, right and bottom edge in shares of the picture.
type Boxes = BTreeMap<String, Vec<[f64; 4]>>;

/// What one map is worth.
struct Found {
    /// Whether the greatest heat lies in a box.
    hit: bool,
    /// The boxes' share of the heat above the mean.
    inside: f32,
    /// The boxes' share of the pixels: what chance would give of both.
    chance: f32,
    prominence: f32,
}

struct Model {
    manifest: Manifest,
    tower: ImageTower,
    texts: HashMap<String, Vec<f32>>,
}

impl Model {
    async fn new(labels: &[String]) -> Self {
        let mut sentences = starting::sentences();
        sentences.extend(labels.iter().map(|label| Template::default().fill(label)));
        let manifest = manifest(DEFAULT_PACK).await;
        let embeds = text_tower(DEFAULT_PACK).await.embed(&sentences).await;
        let embeds = embeds.unwrap();
        let rows = embeds.chunks_exact(manifest.architecture.projection_dim);
        let texts = sentences.into_iter().zip(rows.map(<[f32]>::to_vec));
        Self {
            texts: texts.collect(),
            tower: image_tower(DEFAULT_PACK).await,
            manifest,
        }
    }

    async fn regions(&self, rgba: &[u8], [width, height]: [usize; 2]) -> (Regions, View) {
        let preprocessing = &self.manifest.preprocessing;
        let input = self.tower.regions_input(preprocessing);
        let pixels = input.apply(rgba, width, height).unwrap();
        let view = preprocessing.view(width, height).unwrap();
        (self.tower.regions(pixels).await.unwrap(), view)
    }

    /// What the page shows for the label, with the labels that it brings along to compare with.
    fn find(
        &self,
        (regions, view): &(Regions, View),
        label: &str,
        is_inside: impl Fn(f64, f64) -> bool,
    ) -> Found {
        let sentence = Template::default().fill(label);
        let others = starting::sentences().into_iter();
        let others: Vec<&[f32]> = others
            .filter(|other| *other != sentence)
            .map(|other| &*self.texts[&other])
            .collect();
        let map = HeatMap::new(&regions.embeds, &self.texts[&sentence], &others, true);
        let pixels = regions.grid.spread(&map.values, view.width, view.height);
        let mean = pixels.iter().sum::<f32>() / pixels.len() as f32;
        let (mut all, mut inside, mut area) = (0.0, 0.0, 0.0);
        let (mut hottest, mut hit) = (f32::NEG_INFINITY, false);
        for (index, &heat) in pixels.iter().enumerate() {
            let Rectangle { x, y, .. } = view.in_picture(&Rectangle {
                x: (index % view.width) as f64 + 0.5,
                y: (index / view.width) as f64 + 0.5,
                width: 0.0,
                height: 0.0,
            });
            let within = is_inside(x, y);
            let mass = (heat - mean).max(0.0);
            all += mass;
            if within {
                inside += mass;
                area += 1.0;
            }
            if heat > hottest {
                (hottest, hit) = (heat, within);
            }
        }
        Found {
            hit,
            inside: inside / all,
            chance: area / pixels.len() as f32,
            prominence: map.prominence().unwrap(),
        }
    }
}

/// Prints the means, and gives the share of hits.
fn mean(name: &str, found: &[Found]) -> f32 {
    let of =
        |value: &dyn Fn(&Found) -> f32| found.iter().map(value).sum::<f32>() / found.len() as f32;
    let hits = of(&|found| f32::from(u8::from(found.hit)));
    let (inside, chance) = (of(&|found| found.inside), of(&|found| found.chance));
    println!(
        "| {name}, {} maps | {hits:.2} | {inside:.2} | {chance:.2} |",
        found.len()
    );
    hits
}

#[test]
fn maps_point_into_boxes() {
    pollster::block_on(async {
        let boxes: BTreeMap<String, Boxes> =
            serde_json::from_slice(&read("model/tests/fixtures/boxes.json").await).unwrap();
        let labels: Vec<String> = boxes.values().flat_map(|of| of.keys().cloned()).collect();
        let model = Model::new(&labels).await;
        let mut all = Vec::new();
        println!("| photo | words | points into a box | heat in boxes | chance | prominence |");
        for (file, things) in &boxes {
            let (rgba, width, height) = decode(&read(&format!("www/samples/{file}")).await).await;
            let seen = model.regions(&rgba, [width, height]).await;
            for (label, boxes) in things {
                let found = model.find(&seen, label, |x, y| {
                    let (x, y) = (x / width as f64, y / height as f64);
                    boxes.iter().any(|&[left, top, right, bottom]| {
                        (left..right).contains(&x) && (top..bottom).contains(&y)
                    })
                });
                let Found {
                    hit,
                    inside,
                    chance,
                    prominence,
                } = &found;
                let hit = if *hit { "yes" } else { "no" };
                println!(
                    "| {file} | {label} | {hit} | {inside:.2} | {chance:.2} | {prominence:.2} |"
                );
                if (file.as_str(), label.as_str()) == ("astronaut.jpg", "person") {
                    assert!(found.hit, "the person is in front of the flag");
                }
                all.push(found);
            }
        }
        let hits = mean("boxes", &all);
        assert!(hits >= 0.7, "{hits}");
    });
}

#[test]
fn maps_point_at_the_right_one_of_four() {
    pollster::block_on(async {
        let labels: Vec<String> = QUARTERS
            .iter()
            .map(|(_, label)| (*label).to_owned())
            .collect();
        let model = Model::new(&labels).await;
        let mut photos = Vec::new();
        for (file, _) in QUARTERS {
            photos.push(decode(&read(&format!("www/samples/{file}.jpg")).await).await);
        }
        let mut all = Vec::new();
        for first in 0..QUARTERS.len() {
            for steps in [[0, 1, 2, 3], [0, 2, 5, 7], [0, 3, 1, 6], [0, 4, 8, 5]] {
                let four = steps.map(|step| (first + step) % QUARTERS.len());
                let half = SIDE / 2;
                let rgba: Vec<u8> = (0..SIDE * SIDE)
                    .flat_map(|index| {
                        let (x, y) = (index % SIDE, index / SIDE);
                        let (rgba, width, height) = &photos[four[x / half + 2 * (y / half)]];
                        // The photo's middle square, scaled down to a quarter.
                        let side = *width.min(height);
                        let x = (width - side) / 2 + x % half * side / half;
                        let y = (height - side) / 2 + y % half * side / half;
                        rgba[(y * width + x) * 4..][..4].to_vec()
                    })
                    .collect();
                let seen = model.regions(&rgba, [SIDE; 2]).await;
                for (quarter, of) in four.into_iter().enumerate() {
                    let (left, top) = (half * (quarter % 2), half * (quarter / 2));
                    let within =
                        |start: usize, at: f64| (start as f64..(start + half) as f64).contains(&at);
                    all.push(model.find(&seen, QUARTERS[of].1, |x, y| {
                        within(left, x) && within(top, y)
                    }));
                }
            }
        }
        let hits = mean("quarters", &all);
        assert!(hits >= 0.7, "{hits}");
        let faint = |hit: bool| {
            let of: Vec<&Found> = all.iter().filter(|found| found.hit == hit).collect();
            let faint = of.iter().filter(|found| found.prominence <= 1.0).count();
            println!(
                "faint, of those that hit or missed: {faint} of {} ({hit})",
                of.len()
            );
            faint as f32 / of.len() as f32
        };
        assert!(
            faint(false) > 2.0 * faint(true),
            "misses are faint more often"
        );
    });
}
