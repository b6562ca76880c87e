//! The batch of a step, which follows from the seed and the step's number alone.

use super::{
    config::{Config, Kind},
    sources::{Ready, Sentences},
    wording::Wordings,
};
use anyhow::Result;
use glimpse_model::pretrain::{Batch, Maps, Named, TextFront};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

/// Draws batches from the sources.
pub struct Batches<'a> {
    config: &'a Config,
    sources: Vec<Queue>,
    sentences: &'a Sentences,
    wordings: &'a Wordings,
    /// Embeddings of the wordings' sentences, row-major (sentences · width).
    wording_embeds: &'a [f32],
    classifier: Classifier,
    /// For the captions' tokens, where masked modelling is on.
    front: Option<TextFront>,
}

/// The image tower's own classifier.
#[derive(Clone)]
pub struct Classifier {
    /// Weights, row-major (classes · features).
    pub weight: Vec<f32>,
    /// A bias for each class.
    pub bias: Vec<f32>,
}

/// A source, shuffled anew each time it has been seen.
struct Queue {
    source: Ready,
    /// Pictures of it in each batch.
    rows: usize,
    /// For each row, what the classifier says of it, from the first time it was asked on.
    shares: Vec<Option<Vec<f32>>>,
    /// The round that `order` is for.
    round: Option<usize>,
    order: Vec<usize>,
}

impl Queue {
    /// The row at a position of an endless sequence.
    fn at(&mut self, position: usize, seed: [u64; 2]) -> usize {
        let length = self.source.labels.len();
        let round = position / length;
        if self.round != Some(round) {
            self.order = (0..length).collect();
            self.order
                .shuffle(&mut random([seed[0], seed[1], round as u64, 1]));
            self.round = Some(round);
        }
        self.order[position % length]
    }
}

/// Chance that follows from numbers.
fn random(of: [u64; 4]) -> StdRng {
    let mut seed = [0; 32];
    for (place, number) in seed.chunks_exact_mut(8).zip(of) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    StdRng::from_seed(seed)
}

impl<'a> Batches<'a> {
    /// Of sources whose sentences are embedded.
    pub fn new(
        config: &'a Config,
        sources: Vec<Ready>,
        sentences: &'a Sentences,
        (wordings, wording_embeds): (&'a Wordings, &'a [f32]),
        classifier: Classifier,
        front: Option<TextFront>,
    ) -> Self {
        let shares: f64 = sources.iter().map(|source| source.share).sum();
        let queue = |source: Ready| {
            let rows = config.recipe.batch_size as f64 * source.share / shares;
            Queue {
                rows: (rows.round() as usize).max(1),
                shares: vec![None; source.labels.len()],
                source,
                round: None,
                order: Vec::new(),
            }
        };
        Self {
            sources: sources.into_iter().map(queue).collect(),
            config,
            sentences,
            wordings,
            wording_embeds,
            classifier,
            front,
        }
    }

    /// Steps in which the first source is seen once.
    pub fn steps_per_epoch(&self) -> u64 {
        let first = &self.sources[0];
        (first.source.labels.len() / first.rows).max(1) as u64
    }

    /// Pictures of each source.
    pub fn pictures(&self) -> Vec<usize> {
        let lengths = self.sources.iter().map(|queue| queue.source.labels.len());
        lengths.collect()
    }

    /// The batch of a step. Pairs come first; pictures that are only to be named stand behind them.
    pub fn batch(&mut self, step: u64) -> Result<Batch> {
        let seed = self.config.recipe.seed;
        let mut random = random([seed, 0, step, 0]);
        let naming = self.config.recipe.objectives.naming > 0.0;
        let width = self.wording_embeds.len() / self.wordings.sentences.len().max(1);
        let views = self.config.views.count;
        let set = naming.then(|| {
            self.wordings
                .label_set(self.config.naming.groups, &mut random)
        });
        let mut images: Option<Maps> = None;
        let (mut texts, mut captions) = (Vec::new(), Vec::new());
        // Of each picture with sentences, and of each sentence: its source and label.
        let (mut pictures, mut said) = (Vec::new(), Vec::new());
        let mut shares = Vec::new();
        // Those with sentences first.
        let mut order: Vec<usize> = (0..self.sources.len()).collect();
        order.sort_by_key(|&place| self.sources[place].source.kind == Kind::Named);
        for place in order {
            let queue = &mut self.sources[place];
            let first = step as usize * queue.rows;
            let rows: Vec<usize> = (first..first + queue.rows)
                .map(|position| queue.at(position, [seed, place as u64]))
                .collect();
            let which: Vec<(usize, usize)> = rows
                .iter()
                .map(|&row| (row, random.random_range(0..views as u64) as usize))
                .collect();
            let maps = queue.source.features.maps(&which)?;
            match &mut images {
                None => images = Some(maps),
                Some(images) => {
                    images.shape[0] += maps.shape[0];
                    images.values.extend(maps.values);
                }
            }
            for &row in &rows {
                if queue.source.kind != Kind::Named {
                    let mut all = queue.source.sentences[row].clone();
                    let (some, _) = all.partial_shuffle(&mut random, queue.source.drawn);
                    let label = (place, queue.source.labels[row]);
                    pictures.push(label);
                    captions.extend(
                        some.first()
                            .map(|&first| self.sentences.all[first].as_str()),
                    );
                    for &mut sentence in some {
                        texts.extend(self.sentences.embedding(sentence));
                        said.push(label);
                    }
                }
                if let Some(set) = &set {
                    let classes = match &mut queue.shares[row] {
                        Some(known) => known,
                        unknown => {
                            let features = queue.source.features.pooled(row)?;
                            let class = queue.source.classes[row];
                            let label = self.config.naming.label;
                            unknown.insert(self.classifier.shares(&features, class, label))
                        }
                    };
                    let mut row = vec![0.0; set.sentences.len()];
                    for (&label, share) in set.of_classes.iter().zip(&*classes) {
                        row[label] += share;
                    }
                    shares.extend(row);
                }
            }
        }
        let named = set.map(|set| Named {
            texts: set
                .sentences
                .iter()
                .flat_map(|&place| &self.wording_embeds[place * width..][..width])
                .copied()
                .collect(),
            shares,
        });
        let words = match &self.front {
            Some(front) => Some(front.tokens(&captions)?.into()),
            None => None,
        };
        Ok(Batch {
            images: images.unwrap_or(Maps {
                shape: [0; 4],
                values: Vec::new(),
            }),
            texts,
            matches: matches(&pictures, &said),
            words,
            named,
        })
    }
}

/// Pictures match the sentences of the same source and label.
fn matches(pictures: &[(usize, usize)], said: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (picture, a) in pictures.iter().enumerate() {
        for (sentence, b) in said.iter().enumerate() {
            if a == b {
                pairs.push((picture, sentence));
            }
        }
    }
    pairs
}

impl Classifier {
    /// What the classifier says of pooled features: a softmax over its classes, of which a known
    /// class gets `label`.
    pub fn shares(&self, features: &[f32], class: Option<usize>, label: f64) -> Vec<f32> {
        let rows = self.weight.chunks_exact(features.len());
        let logits: Vec<f32> = rows
            .zip(&self.bias)
            .map(|(row, bias)| {
                let products = row.iter().zip(features).map(|(a, b)| a * b);
                products.sum::<f32>() + bias
            })
            .collect();
        let max = logits.iter().copied().fold(f32::MIN, f32::max);
        let powers: Vec<f32> = logits.iter().map(|logit| (logit - max).exp()).collect();
        let sum: f32 = powers.iter().sum();
        let rest = if class.is_some() { 1.0 - label } else { 1.0 } as f32;
        let mut shares: Vec<f32> = powers.iter().map(|power| power / sum * rest).collect();
        if let Some(share) = class.and_then(|class| shares.get_mut(class)) {
            *share += label as f32;
        }
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_labels_match() {
        let pictures = [(0, 5), (1, 5), (0, 4)];
        let said = [(0, 5), (0, 5), (1, 5), (0, 4)];
        assert_eq!(matches(&pictures, &said), [(0, 0), (0, 1), (1, 2), (2, 3)]);
    }

    #[test]
    fn shares_by_hand() {
        let classifier = Classifier {
            weight: vec![1.0, 0.0, 0.0, 1.0],
            bias: vec![0.0, 3f32.ln()],
        };
        // Logits 0 and ln 3: a quarter and three.
        let shares = classifier.shares(&[0.0, 0.0], None, 0.5);
        assert!((shares[0] - 0.25).abs() < 1e-6 && (shares[1] - 0.75).abs() < 1e-6);
        let shares = classifier.shares(&[0.0, 0.0], Some(0), 0.5);
        assert!((shares[0] - 0.625).abs() < 1e-6 && (shares[1] - 0.375).abs() < 1e-6);
    }
}
