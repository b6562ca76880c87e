//! A picture seen another way: a part of it, perhaps mirrored.

use super::config::Views;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};

/// View `index` of the picture called `name`: 0 is the whole, 1 the whole mirrored, others are
/// random parts, every second one mirrored by chance (Szegedy et al. 2015, arXiv 1409.4842). What
/// it shows follows from the name, the index and the seed alone, in whatever order pictures come.
pub fn view(
    rgba: &[u8],
    [width, height]: [usize; 2],
    (name, index, seed): (&str, usize, u64),
    views: &Views,
) -> (Vec<u8>, [usize; 2]) {
    if index == 0 {
        return (rgba.to_vec(), [width, height]);
    }
    let whole = ([0, 0], [width, height]);
    if index == 1 {
        return cut(rgba, width, whole, true);
    }
    let digest = Sha256::digest(format!("{seed} {index} {name}"));
    let mut random = StdRng::from_seed(digest.into());
    let area = random.random_range(views.least_area..=1.0);
    let ratio = random.random_range(-0.2f64..=0.2).exp();
    let share = |of: f64| (area * of).sqrt().min(1.0);
    let side = |length: usize, share: f64| ((length as f64 * share).round() as usize).max(1);
    let size = [side(width, share(ratio)), side(height, share(1.0 / ratio))];
    let mut start =
        |length: usize, side: usize| random.random_range(0..=(length - side) as u64) as usize;
    let at = [start(width, size[0]), start(height, size[1])];
    let mirrored = random.random::<bool>();
    cut(rgba, width, (at, size), mirrored)
}

/// The part at (x, y) of (width, height).
fn cut(
    rgba: &[u8],
    row: usize,
    ([x, y], [width, height]): ([usize; 2], [usize; 2]),
    mirrored: bool,
) -> (Vec<u8>, [usize; 2]) {
    let mut part = Vec::with_capacity(width * height * 4);
    for line in y..y + height {
        let line = &rgba[(line * row + x) * 4..][..width * 4];
        if mirrored {
            part.extend(line.as_chunks::<4>().0.iter().rev().flatten());
        } else {
            part.extend(line);
        }
    }
    (part, [width, height])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_and_mirrored() {
        // 3 × 2, each pixel its own grey.
        let rgba: Vec<u8> = (0..6).flat_map(|grey| [grey; 4]).collect();
        let greys = |rgba: &[u8]| -> Vec<u8> { rgba.iter().step_by(4).copied().collect() };
        let (part, size) = cut(&rgba, 3, ([1, 0], [2, 2]), false);
        assert_eq!((greys(&part), size), (vec![1, 2, 4, 5], [2, 2]));
        let views = Views::default();
        let (mirrored, _) = view(&rgba, [3, 2], ("a", 1, 0), &views);
        assert_eq!(greys(&mirrored), [2, 1, 0, 5, 4, 3]);
    }

    #[test]
    fn views_follow_from_name_index_and_seed() {
        let rgba: Vec<u8> = (0..100 * 80)
            .flat_map(|i| [i as u8, (i / 100) as u8, 0, 255])
            .collect();
        let see =
            |name, index, seed| view(&rgba, [100, 80], (name, index, seed), &Views::default());
        assert_eq!(see("a", 2, 0), see("a", 2, 0));
        for other in [see("b", 2, 0), see("a", 3, 0), see("a", 2, 1)] {
            assert_ne!(see("a", 2, 0), other);
        }
        for index in 2..40 {
            let (part, [width, height]) = see("a", index, 0);
            assert_eq!(part.len(), width * height * 4);
            let area = (width * height) as f64 / 8000.0;
            assert!((0.55..=1.0).contains(&area), "{area}");
        }
    }
}
