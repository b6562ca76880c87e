//! Every objective against numbers worked out by hand.

use crate::support::device;
use burn::tensor::{Device, Int, Tensor, TensorData};
use glimpse_model::{
    pretrain::{
        Matches,
        objectives::{
            Targets, contrast_regions, info_nce, naming, pairwise_sigmoid, regress_regions,
            word_loss,
        },
    },
    towers::read,
};

fn matrix<const R: usize, const C: usize>(rows: [[f32; C]; R], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::from(rows), device)
}

fn scalar(value: f32, device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::from([value]), device)
}

async fn assert_is(found: Tensor<1>, expected: f32) {
    let found = read(found).await.unwrap()[0];
    let error = (found - expected).abs();
    assert!(
        error <= 1e-5 * expected.abs().max(1.0),
        "{found}, not {expected}"
    );
}

fn matches<const R: usize, const C: usize>(rows: [[bool; C]; R]) -> Matches {
    Matches {
        pictures: R,
        sentences: C,
        values: rows.concat(),
    }
}

crate::tests! {
    /// Cosines (1, 0; ½, ½) at scale 2 are logits (2, 0; 1, 1).
    /// Pictures: ln(1 + e⁻²) = 0.126928 and ln 2 = 0.693147, mean 0.410038.
    /// Sentences: ln(1 + e⁻¹) = 0.313262 twice. Together (0.410038 + 0.313262) / 2 = 0.361650.
    async fn info_nce_of_pairs() {
        let device = device().await;
        let cosines = matrix([[1.0, 0.0], [0.5, 0.5]], &device);
        let targets = Targets::of_matches(&matches([[true, false], [false, true]]), &device);
        assert_is(info_nce(cosines, scalar(2_f32.ln(), &device), &targets), 0.361_650).await;
    }

    /// The same, and sentence 0 also fits picture 1. Picture 1 wants both alike: ln 2, as before.
    /// Sentence 0 wants both pictures: (0.313262 + 1.313262) / 2 = 0.813262, so sentences' mean is
    /// 0.563262. Together (0.410038 + 0.563262) / 2 = 0.486650.
    async fn info_nce_of_several_positives() {
        let device = device().await;
        let cosines = matrix([[1.0, 0.0], [0.5, 0.5]], &device);
        let targets = Targets::of_matches(&matches([[true, false], [true, true]]), &device);
        assert_is(info_nce(cosines, scalar(2_f32.ln(), &device), &targets), 0.486_650).await;
    }

    /// Two captions of picture 0, one of picture 1; cosines (1, ½, 0; 0, ½, 1) at scale 2. Picture
    /// 0 wants its captions alike: logits (2, 1, 0), ln Σ = 2.407606, cost 0.907606. Picture 1
    /// wants the last of (0, 1, 2): 0.407606. The mean is 0.657606. Captions: ln(1 + e⁻²) =
    /// 0.126928, ln 2 = 0.693147, 0.126928, mean 0.315668. Together 0.486637.
    async fn info_nce_of_several_captions() {
        let device = device().await;
        let cosines = matrix([[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]], &device);
        let matches = matches([[true, true, false], [false, false, true]]);
        let targets = Targets::of_matches(&matches, &device);
        assert_is(info_nce(cosines, scalar(2_f32.ln(), &device), &targets), 0.486_637).await;
    }

    /// Picture 0's captions are at a right angle to each other, so it is at cos 45° = 0.707107 to
    /// both; picture 1's is the second. Picture 0's row is softmax(0.707107, 0.707107, 0.707107),
    /// thirds, mixed by half with (½, ½, 0): (0.416667, 0.416667, 0.166667). Caption 0 is at
    /// 0.707107 and 0: softmax (0.669762, 0.330238), mixed with (1, 0): (0.834881, 0.165119).
    async fn softened_targets_of_several_captions() {
        let device = device().await;
        let texts = matrix([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], &device);
        let matches = matches([[true, true, false], [false, false, true]]);
        let targets = Targets::of_matches(&matches, &device).softened(texts, 0.5, 1.0);
        let picture = read(targets.image_to_text).await.unwrap();
        let caption = read(targets.text_to_image).await.unwrap();
        for (found, expected) in picture[..3].iter().chain(&caption[..2]).zip([
            0.416_667, 0.416_667, 0.166_667, 0.834_881, 0.165_119,
        ]) {
            assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
        }
    }

    /// Captions at a right angle: softmax(1, 0) = (0.731059, 0.268941), half of it and half of
    /// (1, 0) is (0.865529, 0.134471).
    async fn softened_targets() {
        let device = device().await;
        let texts = matrix([[1.0, 0.0], [0.0, 1.0]], &device);
        let targets = Targets::of_matches(&matches([[true, false], [false, true]]), &device);
        let targets = targets.softened(texts, 0.5, 1.0);
        for rows in [targets.image_to_text, targets.text_to_image] {
            let rows = read(rows).await.unwrap();
            let expected = [0.865_529, 0.134_471, 0.134_471, 0.865_529];
            assert!(rows.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{rows:?}");
        }
    }

    /// Scale 2 and bias −1 make 1 of cosine 1 and −1 of cosine 0. Where signs fit, each costs
    /// −ln σ(1) = 0.313262: four by two pictures are 0.626523. Where one more should match, it
    /// costs −ln σ(−1) = 1.313262: (3 · 0.313262 + 1.313262) / 2 = 1.126523.
    async fn pairwise_sigmoid_by_hand() {
        let device = device().await;
        for (corner, expected) in [(-1.0, 0.626_523), (1.0, 1.126_523)] {
            let cosines = matrix([[1.0, 0.0], [0.0, 1.0]], &device);
            let signs = matrix([[1.0, corner], [-1.0, 1.0]], &device);
            let (scale, bias) = (scalar(2_f32.ln(), &device), scalar(-1.0, &device));
            assert_is(pairwise_sigmoid(cosines, scale, bias, signs), expected).await;
        }
    }

    /// Cosines 1 and 0 at scale 2. A picture that is the first label alone costs ln(1 + e⁻²) =
    /// 0.126928. One that is half of each, but looks like the second, costs half of that and half
    /// of 2.126928: 1.126928. The mean is 0.626928.
    async fn naming_by_hand() {
        let device = device().await;
        let cosines = matrix([[1.0, 0.0], [0.0, 1.0]], &device);
        let shares = matrix([[1.0, 0.0], [0.5, 0.5]], &device);
        assert_is(naming(cosines, scalar(2_f32.ln(), &device), shares), 0.626_928).await;
    }

    /// Three words alike: ln 3 = 1.098612. Logit ln 2 against two of 0: ln 2 = 0.693147. The mean
    /// is 0.895880.
    async fn hidden_words_by_hand() {
        let device = device().await;
        let logits = matrix([[0.0, 0.0, 0.0], [2_f32.ln(), 0.0, 0.0]], &device);
        let right = Tensor::<1, Int>::from_data(TensorData::from([2, 0]), &device);
        assert_is(word_loss(logits, right), 0.895_880).await;
    }

    /// Cosines 1 and 0 over a temperature of 0.1 are 10 and 0: ln(1 + e⁻¹⁰) = 0.0000454 where they
    /// point the right way, 10 more where they point the other; size doesn't matter.
    async fn contrast_of_regions_by_hand() {
        let device = device().await;
        let real = || matrix([[2.0, 0.0], [0.0, 3.0]], &device);
        let right = matrix([[1.0, 0.0], [0.0, 5.0]], &device);
        assert_is(contrast_regions(right, real()), 0.000_045_4).await;
        let wrong = matrix([[0.0, 5.0], [1.0, 0.0]], &device);
        assert_is(contrast_regions(wrong, real()), 10.000_045).await;
    }

    /// (1, 3) is (−1, 1) when standardised; (0, 1) misses it by 1 and 0: mean square ½.
    async fn regression_of_regions_by_hand() {
        let device = device().await;
        let (predicted, real) = (matrix([[0.0, 1.0]], &device), matrix([[1.0, 3.0]], &device));
        assert_is(regress_regions(predicted, real), 0.5).await;
    }

    /// What is real is no variable: else all regions could be made alike.
    async fn real_regions_are_not_moved() {
        let device = device().await;
        for loss in [contrast_regions, regress_regions] {
            let tracked = |rows| matrix(rows, &device).autodiff().require_grad();
            let predicted = tracked([[0.2, 1.0], [0.5, -1.0]]);
            let real = tracked([[1.0, 3.0], [2.0, 0.0]]);
            let gradients = loss(predicted.clone(), real.clone()).backward();
            assert!(predicted.grad(&gradients).is_some());
            assert!(real.grad(&gradients).is_none());
        }
    }
}
