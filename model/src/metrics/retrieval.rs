//! Retrieval in both directions: recall@k of captions' pictures and of pictures' captions
//! ([`retrieval_ranks`], [`Ranks::recall`]).

use super::{Estimate, Resampling, bootstrap};
use crate::score::cosine;
use serde::{Deserialize, Serialize};

/// Where the right answers stand; 0 is first. Ties are in the right answer's favour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranks {
    /// For each caption, how many pictures are nearer to it than its own.
    pub text_to_image: Vec<usize>,
    /// For each picture, how many captions of others are nearer to it than the nearest of its own.
    pub image_to_text: Vec<usize>,
    /// The index of each caption's picture.
    pub owners: Vec<usize>,
}

/// Recall: the share of questions whose answer is among the first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Retrieval {
    /// The share of captions whose picture is among the first 1, 5 and 10 pictures.
    pub text_to_image: [Estimate; 3],
    /// The share of pictures of whose captions one is among the first 1, 5 and 10.
    pub image_to_text: [Estimate; 3],
}

impl Retrieval {
    /// The k of each recall@k.
    pub const AMONG: [usize; 3] = [1, 5, 10];
}

/// Ranks of every caption against every picture. `owners` names each caption's picture by its index
/// in `images`.
pub fn retrieval_ranks(images: &[Vec<f32>], texts: &[Vec<f32>], owners: &[usize]) -> Ranks {
    let mut text_to_image = Vec::with_capacity(texts.len());
    // By picture: cosines to all captions, in their order.
    let mut cosines = vec![Vec::with_capacity(texts.len()); images.len()];
    for (text, &owner) in texts.iter().zip(owners) {
        for (image, cosines) in images.iter().zip(&mut cosines) {
            cosines.push(cosine(image, text));
        }
        let to = |cosines: &Vec<f32>| cosines.last().copied().unwrap_or(f32::MIN);
        let own = cosines.get(owner).map_or(f32::MIN, to);
        text_to_image.push(cosines.iter().filter(|cosines| to(cosines) > own).count());
    }
    let image_to_text = cosines.iter().enumerate().map(|(image, cosines)| {
        let of = |own: bool| {
            let pairs = cosines.iter().zip(owners);
            pairs.filter(move |&(_, &owner)| (owner == image) == own)
        };
        let best = of(true).fold(f32::MIN, |best, (&cosine, _)| best.max(cosine));
        of(false).filter(|&(&cosine, _)| cosine > best).count()
    });
    Ranks {
        text_to_image,
        image_to_text: image_to_text.collect(),
        owners: owners.to_vec(),
    }
}

impl Ranks {
    /// Recall with intervals. Pictures are drawn anew, with all their captions, because captions of
    /// one picture are found or missed together.
    pub fn recall(&self, resampling: Resampling) -> Retrieval {
        let pictures = self.image_to_text.len();
        let text_to_image = Retrieval::AMONG.map(|among| {
            let mut groups = vec![(0.0, 0); pictures];
            for (&rank, &owner) in self.text_to_image.iter().zip(&self.owners) {
                if let Some((found, captions)) = groups.get_mut(owner) {
                    *found += f64::from(u8::from(rank < among));
                    *captions += 1;
                }
            }
            bootstrap(&[groups], resampling)
        });
        let image_to_text = Retrieval::AMONG.map(|among| {
            let found = |&rank: &usize| (f64::from(u8::from(rank < among)), 1);
            bootstrap(
                &[self.image_to_text.iter().map(found).collect()],
                resampling,
            )
        });
        Retrieval {
            text_to_image,
            image_to_text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_recall_by_hand() {
        let images = [vec![1.0, 0.0], vec![0.0, 1.0]];
        // Two captions of the first picture, of which one is nearer to the second; one of the
        // second that is nearest to the first.
        let texts = [vec![1.0, 0.1], vec![0.1, 1.0], vec![1.0, 0.0]];
        let ranks = retrieval_ranks(&images, &texts, &[0, 0, 1]);
        assert_eq!(ranks.text_to_image, [0, 1, 1]);
        assert_eq!(ranks.image_to_text, [1, 2]);
        let recall = ranks.recall(Resampling::default());
        assert_eq!(recall.text_to_image.map(|e| e.value), [1.0 / 3.0, 1.0, 1.0]);
        assert_eq!(recall.image_to_text.map(|e| e.value), [0.0, 1.0, 1.0]);
        // Drawn twice, the first picture gives one of two, the second none of one.
        let first = recall.text_to_image[0];
        assert_eq!((first.low, first.high), (0.0, 0.5));
    }
}
