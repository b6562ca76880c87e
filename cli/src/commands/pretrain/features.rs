//! What the frozen part of the image tower makes of a source's pictures: computed once, kept on the
//! disk, read by position.

use super::{
    config::{Config, Views},
    towers::Published,
    view::view,
};
use crate::{
    dataset, disk,
    failure::one_line,
    pictures::{Picture, decode},
    progress,
};
use anyhow::{Context, Result};
use glimpse_model::{
    pack::hexadecimal,
    pixels::Preprocessing,
    pretrain::{ImageFront, Maps},
};
use glimpse_packer::default_pack;
use half::f16;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// Pictures that one core prepares at a time.
const BATCH: usize = 8;
/// Pictures whose features are in memory while they are computed.
const CHUNK: usize = 64;

/// A source's features on the disk. For each picture that could be read: one map a view, then the
/// pooled features of the whole picture; all float16, little endian.
pub struct Features {
    file: File,
    layout: Layout,
    key: String,
}

/// What is in a file, kept beside it; written last, so that a half-written file is never used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Layout {
    /// Shape of a feature map: channels, height, width.
    map: [usize; 3],
    views: usize,
    /// Length of the pooled features.
    pooled: usize,
    /// Of each picture, why it could not be read, if so.
    failed: Vec<Option<String>>,
}

/// The towers' frozen parts and how pictures come to them.
pub struct Extractor<'a> {
    config: &'a Config,
    preprocessing: Preprocessing,
    front: ImageFront,
    tower: &'a [u8],
}

impl<'a> Extractor<'a> {
    /// For the recipe's trained part.
    pub fn new(config: &'a Config, towers: &'a Published) -> Result<Self> {
        let recipe = &config.recipe;
        let front = towers.image_front(recipe.unfreeze, recipe.masks())?;
        Ok(Self {
            config,
            preprocessing: default_pack::preprocessing(),
            front,
            tower: &towers.image_hash,
        })
    }

    /// The features of pictures; computed if they aren't kept yet. `data` are the files that they
    /// come from.
    pub fn features(
        &self,
        pictures: &[&Picture],
        data: &[PathBuf],
        views: &Views,
    ) -> Result<Features> {
        let folder = &self.config.cache;
        fs::create_dir_all(folder)
            .with_context(|| format!("{} can't be made", folder.display()))?;
        let key = self.key(pictures, data, views)?;
        let stem = folder.join(&key);
        let (list, file) = (stem.with_extension("json"), stem.with_extension("f16"));
        let kept = || -> Result<Layout> { Ok(serde_json::from_slice(&fs::read(&list)?)?) };
        let layout = match kept() {
            Ok(layout) if file.is_file() => layout,
            _ => {
                let layout = self.compute(pictures, views, &file)?;
                disk::write(&list, &serde_json::to_vec(&layout)?)?;
                layout
            }
        };
        let file =
            File::open(&file).with_context(|| format!("{} can't be read", file.display()))?;
        Ok(Features { file, layout, key })
    }

    /// Everything that decides what the features are.
    fn key(&self, pictures: &[&Picture], data: &[PathBuf], views: &Views) -> Result<String> {
        let mut hash = Sha256::new();
        hash.update(self.tower);
        let recipe = &self.config.recipe;
        let seed = (views.count > 2).then_some(recipe.seed);
        let facts = (
            &self.preprocessing,
            views,
            seed,
            recipe.unfreeze,
            recipe.masks(),
        );
        hash.update(serde_json::to_vec(&facts)?);
        let files = data.iter().map(|path| dataset::expand(path));
        let files = files.collect::<Result<Vec<_>>>()?.concat();
        // Shards that are missing have been counted.
        for path in files.iter().filter(|path| path.exists()) {
            let facts =
                fs::metadata(path).with_context(|| format!("{} can't be read", path.display()))?;
            hash.update(format!("{:?} {}", facts.modified().ok(), facts.len()));
        }
        for picture in pictures {
            hash.update(&picture.name);
            hash.update([0]);
        }
        Ok(hexadecimal(&hash.finalize()[..8]))
    }

    fn compute(&self, pictures: &[&Picture], views: &Views, file: &Path) -> Result<Layout> {
        let part = file.with_extension("part");
        let mut out = BufWriter::new(
            File::create(&part).with_context(|| format!("{} can't be written", part.display()))?,
        );
        let bar = progress::counter(pictures.len(), "features");
        let mut layout = Layout {
            map: [0; 3],
            views: views.count,
            pooled: 0,
            failed: Vec::with_capacity(pictures.len()),
        };
        for chunk in pictures.chunks(CHUNK) {
            let rows: Vec<Vec<_>> = chunk
                .par_chunks(BATCH)
                .map(|batch| self.batch(batch, views))
                .collect::<Result<_>>()?;
            for row in rows.into_iter().flatten() {
                match row {
                    Ok(Row {
                        map,
                        pooled,
                        values,
                    }) => {
                        layout.map = map;
                        layout.pooled = pooled;
                        layout.failed.push(None);
                        let halves = values.iter().map(|&value| f16::from_f32(value));
                        let bytes: Vec<u8> = halves.flat_map(f16::to_le_bytes).collect();
                        out.write_all(&bytes)?;
                    }
                    Err(reason) => layout.failed.push(Some(reason)),
                }
            }
            bar.inc(chunk.len() as u64);
        }
        out.flush()?;
        fs::rename(&part, file)?;
        bar.finish_and_clear();
        Ok(layout)
    }

    /// The rows of a few pictures.
    fn batch(&self, pictures: &[&Picture], views: &Views) -> Result<Vec<Result<Row, String>>> {
        let mut rows = Vec::with_capacity(pictures.len());
        for picture in pictures {
            rows.push(match self.prepare(picture, views) {
                Ok(pixels) => Ok(self.row(pixels, views.count)?),
                Err(error) => Err(one_line(&error)),
            });
        }
        Ok(rows)
    }

    fn prepare(&self, picture: &Picture, views: &Views) -> Result<Vec<f32>> {
        let (rgba, width, height) = decode(&picture.read()?)?;
        let mut pixels = Vec::new();
        for index in 0..views.count {
            let which = (picture.name.as_str(), index, self.config.recipe.seed);
            let (rgba, [width, height]) = view(&rgba, [width, height], which, views);
            pixels.extend(self.preprocessing.apply(&rgba, width, height)?);
        }
        Ok(pixels)
    }

    fn row(&self, pixels: Vec<f32>, views: usize) -> Result<Row> {
        let (height, width) = self.preprocessing.output_size();
        let maps = pollster::block_on(self.front.maps(pixels, [views, height, width]))?;
        let [_, channels, height, width] = maps.shape;
        let values = maps.values;
        let first = Maps {
            shape: [1, channels, height, width],
            values: values[..values.len() / views].to_vec(),
        };
        let pooled = pollster::block_on(self.front.pooled(&first))?;
        Ok(Row {
            map: [channels, height, width],
            pooled: pooled.len(),
            values: [values, pooled].concat(),
        })
    }
}

struct Row {
    map: [usize; 3],
    pooled: usize,
    values: Vec<f32>,
}

impl Features {
    /// Of each picture, why it could not be read, if so; the others stand behind each other.
    pub fn failed(&self) -> &[Option<String>] {
        &self.layout.failed
    }

    /// What tells these features from those of other pictures, towers and views.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The same features, to be read by another.
    pub fn again(&self) -> Result<Self> {
        Ok(Self {
            file: self.file.try_clone()?,
            layout: self.layout.clone(),
            key: self.key.clone(),
        })
    }

    /// Bytes on the disk.
    pub fn bytes(&self) -> Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// The maps of views: (row, view).
    pub fn maps(&mut self, which: &[(usize, usize)]) -> Result<Maps> {
        let Layout {
            map, views, pooled, ..
        } = self.layout;
        let length: usize = map.iter().product();
        let record = length * views + pooled;
        let mut values = Vec::with_capacity(which.len() * length);
        for (row, view) in which {
            let start = row * record + (view % views) * length;
            self.read(start, length, &mut values)?;
        }
        let [channels, height, width] = map;
        Ok(Maps {
            shape: [which.len(), channels, height, width],
            values,
        })
    }

    /// The pooled features of one row's whole picture.
    pub fn pooled(&mut self, row: usize) -> Result<Vec<f32>> {
        let Layout {
            map, views, pooled, ..
        } = self.layout;
        let maps = map.iter().product::<usize>() * views;
        let mut values = Vec::with_capacity(pooled);
        self.read(row * (maps + pooled) + maps, pooled, &mut values)?;
        Ok(values)
    }

    fn read(&mut self, start: usize, length: usize, values: &mut Vec<f32>) -> Result<()> {
        let mut bytes = vec![0; length * 2];
        self.file.seek(SeekFrom::Start(start as u64 * 2))?;
        self.file
            .read_exact(&mut bytes)
            .context("kept features are cut short; delete the cache folder")?;
        let halves = bytes.as_chunks::<2>().0.iter();
        values.extend(halves.map(|&bytes| f16::from_le_bytes(bytes).to_f32()));
        Ok(())
    }
}
