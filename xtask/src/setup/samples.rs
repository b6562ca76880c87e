//! Sample photos: free ones that scikit-image carries, in sizes for the web, with what a page
//! says about each.

use super::pip::{Member, Package};
use crate::places::Places;
use crate::plan::{Step, Usual};
use anyhow::{Context, Result};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, Rgba, RgbaImage};
use serde_json::json;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// The longer side of a sample, at most.
const LONGEST_SIDE: u32 = 800;

/// JPEG quality of the samples, of at most 100.
const QUALITY: u8 = 88;

/// The pictures as scikit-image carries them. Its wheels differ by system in their code only, so
/// the same one is taken everywhere.
pub static PHOTOS: Package = Package {
    title: "sample photos",
    requirement: "scikit-image==0.26.0",
    sha256: "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
    options: &[
        "--platform=manylinux_2_28_x86_64",
        "--platform=manylinux_2_24_x86_64",
        "--implementation=cp",
        "--python-version=3.11",
        "--abi=cp311",
    ],
    folder: "photos",
    members: &[
        photo(
            "skimage/data/chelsea.png",
            "cat.png",
            240_512,
            "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
        ),
        photo(
            "skimage/data/coffee.png",
            "coffee.png",
            466_706,
            "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
        ),
        photo(
            "skimage/data/astronaut.png",
            "astronaut.png",
            791_555,
            "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        ),
        photo(
            "skimage/data/rocket.jpg",
            "rocket.jpg",
            112_525,
            "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
        ),
        photo(
            "skimage/data/camera.png",
            "photographer.png",
            139_512,
            "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
        ),
        photo(
            "skimage/data/horse.png",
            "horse.png",
            16_633,
            "c7fb60789fe394c485f842291ea3b21e50d140f39d6dcb5fb9917cc178225455",
        ),
        photo(
            "skimage/data/coins.png",
            "coins.png",
            75_825,
            "f8d773fc9cfa6f4d8e5942dc34d0a0788fcaed2a4fefbbed0aef5398d7ef4cba",
        ),
        photo(
            "skimage/data/hubble_deep_field.jpg",
            "galaxies.jpg",
            527_940,
            "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
        ),
        photo(
            "skimage/data/brick.png",
            "bricks.png",
            106_634,
            "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
        ),
    ],
};

const fn photo(path: &'static str, name: &'static str, bytes: u64, sha256: &'static str) -> Member {
    Member {
        path,
        name,
        bytes,
        sha256,
    }
}

/// What a page says about a sample.
struct Sample {
    from: &'static str,
    title: &'static str,
    alt: &'static str,
    credit: &'static str,
    licence: &'static str,
    source: &'static str,
}

const CC0: &str = "CC0 1.0";
const PUBLIC_DOMAIN: &str = "Public domain";
const SCIKIT_IMAGE: &str = "https://scikit-image.org/docs/stable/api/skimage.data.html";

/// In the order in which a page shows them; the licences are those that scikit-image states.
const SAMPLES: &[Sample] = &[
    Sample {
        from: "cat.png",
        title: "Cat",
        alt: "Close-up of the face of a ginger tabby cat with green eyes and long white whiskers.",
        credit: "Stéfan van der Walt",
        licence: CC0,
        source: SCIKIT_IMAGE,
    },
    Sample {
        from: "coffee.png",
        title: "Coffee",
        alt: "An espresso in a white cup on a red saucer with a spoon, on a wooden table.",
        credit: "Rachel Michetti, Pikolo Espresso Bar",
        licence: CC0,
        source: SCIKIT_IMAGE,
    },
    Sample {
        from: "astronaut.png",
        title: "Astronaut",
        alt: "Portrait of a smiling astronaut in an orange space suit, her helmet beside her, with a flag and a model of the space shuttle behind.",
        credit: "NASA",
        licence: PUBLIC_DOMAIN,
        source: "https://flic.kr/p/r9qvLn",
    },
    Sample {
        from: "rocket.jpg",
        title: "Rocket",
        alt: "A tall white rocket lit up on its launch pad at dusk, between lattice towers.",
        credit: "SpaceX",
        licence: PUBLIC_DOMAIN,
        source: "https://www.flickr.com/photos/spacexphotos/16511594820/",
    },
    Sample {
        from: "photographer.png",
        title: "Photographer",
        alt: "Black-and-white photo of a man in a dark coat who looks through a camera on a tripod, on a lawn with a skyline far behind.",
        credit: "Lav Varshney",
        licence: CC0,
        source: SCIKIT_IMAGE,
    },
    Sample {
        from: "horse.png",
        title: "Horse",
        alt: "Black silhouette of a standing horse, seen from its right side, on white.",
        credit: "Andreas Preuss (marauder)",
        licence: CC0,
        source: "https://openclipart.org/detail/158377/horse-by-marauder",
    },
    Sample {
        from: "coins.png",
        title: "Coins",
        alt: "Black-and-white photo of twenty-four ancient Greek coins in four rows on a dark ground.",
        credit: "Brooklyn Museum Collection",
        licence: "No known copyright restrictions",
        source: "https://www.brooklynmuseum.org/opencollection/archives/image/51611",
    },
    Sample {
        from: "galaxies.jpg",
        title: "Galaxies",
        alt: "Hundreds of small, many-coloured galaxies on black: the Hubble eXtreme Deep Field.",
        credit: "NASA",
        licence: PUBLIC_DOMAIN,
        source: "http://hubblesite.org/newscenter/archive/releases/2012/37/image/a/",
    },
    Sample {
        from: "bricks.png",
        title: "Bricks",
        alt: "Black-and-white photo of a brick wall, seen at an angle, its rows running upwards.",
        credit: "CC0 Textures",
        licence: CC0,
        source: "https://cc0textures.com/view.php?tex=Bricks25",
    },
];

impl Sample {
    fn file(&self) -> PathBuf {
        Path::new(self.from).with_extension("jpg")
    }
}

/// The step that makes `www/samples/` from the photos.
pub struct Samples<'a> {
    /// The folders that photos are read from and samples are written to.
    pub places: &'a Places,
}

impl Samples<'_> {
    fn folder(&self) -> PathBuf {
        self.places.root.join("www/samples")
    }
}

impl Step for Samples<'_> {
    fn title(&self) -> String {
        format!("{} sample photos for the page", SAMPLES.len())
    }

    fn is_missing(&self) -> Result<bool> {
        let list = fs::read_to_string(self.folder().join("samples.json"));
        let is_there = |sample: &Sample| self.folder().join(sample.file()).is_file();
        Ok(list.ok() != Some(list_of_samples()) || !SAMPLES.iter().all(is_there))
    }

    fn usual(&self) -> Usual {
        Usual {
            fetch: 0.0,
            make: 2.0,
        }
    }

    fn make(&self) -> Result<()> {
        let (photos, folder) = (PHOTOS.folder(self.places), self.folder());
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        for sample in SAMPLES {
            let photo = photos.join(sample.from);
            let picture = image::open(&photo)
                .with_context(|| format!("couldn't open {}", photo.display()))?;
            let file = BufWriter::new(File::create(folder.join(sample.file()))?);
            for_the_web(&picture)
                .write_with_encoder(JpegEncoder::new_with_quality(file, QUALITY))?;
        }
        // Last, since its being there says that the photos are.
        fs::write(folder.join("samples.json"), list_of_samples())?;
        Ok(())
    }
}

fn list_of_samples() -> String {
    let list: Vec<_> = SAMPLES
        .iter()
        .map(|sample| {
            json!({
                "file": sample.file(),
                "title": sample.title,
                "alt": sample.alt,
                "credit": sample.credit,
                "licence": sample.licence,
                "source": sample.source,
            })
        })
        .collect();
    format!("{:#}\n", json!(list))
}

/// The picture in RGB, on white where it's transparent, and no larger than a page needs.
fn for_the_web(picture: &DynamicImage) -> DynamicImage {
    let mut flat = DynamicImage::ImageRgba8(if picture.color().has_alpha() {
        let white = Rgba([255; 4]);
        let mut ground = RgbaImage::from_pixel(picture.width(), picture.height(), white);
        imageops::overlay(&mut ground, &picture.to_rgba8(), 0, 0);
        ground
    } else {
        picture.to_rgba8()
    });
    if flat.width().max(flat.height()) > LONGEST_SIDE {
        flat = flat.resize(LONGEST_SIDE, LONGEST_SIDE, FilterType::Lanczos3);
    }
    DynamicImage::ImageRgb8(flat.into_rgb8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_has_its_photo() {
        for sample in SAMPLES {
            let is_photo = PHOTOS.members.iter().any(|photo| photo.name == sample.from);
            assert!(is_photo, "{}", sample.from);
        }
    }

    #[test]
    fn transparent_becomes_white_and_large_becomes_small() {
        let picture = DynamicImage::ImageRgba8(RgbaImage::from_pixel(1000, 500, Rgba([0; 4])));
        let made = for_the_web(&picture).into_rgb8();
        assert_eq!(made.dimensions(), (800, 400));
        assert!(made.pixels().all(|pixel| pixel.0 == [255; 3]));
    }
}
