//! Vectors of eight numbers, as the processor has them.

use super::kernels::{FloatPanel, Int8Panel};
use bytemuck::cast;
use wide::{f32x4, f32x8, i8x16, i16x8, i16x16, i32x4};

/// What the kernels compute with; a value of it shows that the processor can.
pub trait Vectors: Copy {
    /// Whether there are registers for the sums of six rows with two panels.
    const LARGE_TILES: bool;
    /// Eight floats.
    type Floats: Copy;
    /// Eight pairs of 16-bit integers.
    type Pairs: Copy;
    /// Eight 32-bit integers.
    type Integers: Copy;

    /// From memory.
    fn floats(self, values: FloatPanel) -> Self::Floats;
    /// The same eight times.
    fn splat(self, value: f32) -> Self::Floats;
    /// `a b + c`.
    fn mul_add(self, a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// To what is the same everywhere.
    fn out(self, values: Self::Floats) -> f32x8;

    /// The same pair eight times.
    fn pairs(self, pair: i32) -> Self::Pairs;
    /// From memory.
    fn widened(self, weights: Int8Panel) -> Self::Pairs;
    /// Eight zeros.
    fn no_sums(self) -> Self::Integers;
    /// Adds to each sum the products of both of its pair.
    fn add_products(self, a: Self::Pairs, b: Self::Pairs, sums: Self::Integers) -> Self::Integers;
    /// To floats.
    fn out_of_sums(self, sums: Self::Integers) -> f32x8;
}

/// Vectors of 128 bits, which every processor has.
#[derive(Clone, Copy)]
pub struct Portable;

impl Vectors for Portable {
    const LARGE_TILES: bool = false;
    type Floats = f32x8;
    type Pairs = [i16x8; 2];
    type Integers = [i32x4; 2];

    #[inline(always)]
    fn floats(self, values: FloatPanel) -> f32x8 {
        f32x8::new(values)
    }

    #[inline(always)]
    fn splat(self, value: f32) -> f32x8 {
        f32x8::splat(value)
    }

    #[inline(always)]
    fn mul_add(self, a: f32x8, b: f32x8, c: f32x8) -> f32x8 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn out(self, values: f32x8) -> f32x8 {
        values
    }

    #[inline(always)]
    fn pairs(self, pair: i32) -> [i16x8; 2] {
        [cast(i32x4::splat(pair)); 2]
    }

    #[inline(always)]
    fn widened(self, weights: Int8Panel) -> [i16x8; 2] {
        cast(i16x16::from_i8x16(i8x16::new(weights)))
    }

    #[inline(always)]
    fn no_sums(self) -> [i32x4; 2] {
        [i32x4::ZERO; 2]
    }

    #[inline(always)]
    fn add_products(self, a: [i16x8; 2], b: [i16x8; 2], sums: [i32x4; 2]) -> [i32x4; 2] {
        [sums[0] + a[0].dot(b[0]), sums[1] + a[1].dot(b[1])]
    }

    #[inline(always)]
    fn out_of_sums(self, sums: [i32x4; 2]) -> f32x8 {
        cast([f32x4::from_i32x4(sums[0]), f32x4::from_i32x4(sums[1])])
    }
}

/// `with_vectors!(|vectors| work)`: the work, compiled for each kind of vectors; the widest that the
/// processor has are used. What the work calls must be `#[inline(always)]`, closures too.
#[cfg(target_arch = "x86_64")]
macro_rules! with_vectors {
    (|$vectors:ident| $work:expr) => {
        match $crate::encoder::processor::vectors::Avx2::found() {
            Some($vectors) => $vectors.run(
                #[inline(always)]
                || $work,
            ),
            None => {
                let $vectors = $crate::encoder::processor::vectors::Portable;
                $work
            }
        }
    };
}

/// `with_vectors!(|vectors| work)`: the work with the only kind of vectors.
#[cfg(not(target_arch = "x86_64"))]
macro_rules! with_vectors {
    (|$vectors:ident| $work:expr) => {{
        let $vectors = $crate::encoder::processor::vectors::Portable;
        $work
    }};
}

pub(super) use with_vectors;
#[cfg(target_arch = "x86_64")]
pub use x86::Avx2;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{FloatPanel, Int8Panel, Vectors, cast};
    use pulp::{f32x8, i16x16, i32x8, x86::V3};

    /// Vectors of 256 bits, with AVX2 and FMA.
    #[derive(Clone, Copy)]
    pub struct Avx2(V3);

    impl Avx2 {
        /// `None` where the processor has no such vectors.
        pub fn found() -> Option<Self> {
            V3::try_new().map(Self)
        }

        /// Compiles `work`, and what is always compiled into it, for such a processor.
        #[inline(always)]
        pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
            self.0.vectorize(work)
        }
    }

    impl Vectors for Avx2 {
        const LARGE_TILES: bool = true;
        type Floats = f32x8;
        type Pairs = i16x16;
        type Integers = i32x8;

        #[inline(always)]
        fn floats(self, values: FloatPanel) -> f32x8 {
            cast(values)
        }

        #[inline(always)]
        fn splat(self, value: f32) -> f32x8 {
            self.0.splat_f32x8(value)
        }

        #[inline(always)]
        fn mul_add(self, a: f32x8, b: f32x8, c: f32x8) -> f32x8 {
            self.0.mul_add_f32x8(a, b, c)
        }

        #[inline(always)]
        fn out(self, values: f32x8) -> wide::f32x8 {
            wide::f32x8::new(cast(values))
        }

        #[inline(always)]
        fn pairs(self, pair: i32) -> i16x16 {
            cast(self.0.splat_i32x8(pair))
        }

        #[inline(always)]
        fn widened(self, weights: Int8Panel) -> i16x16 {
            self.0.convert_i8x16_to_i16x16(cast(weights))
        }

        #[inline(always)]
        fn no_sums(self) -> i32x8 {
            self.0.splat_i32x8(0)
        }

        #[inline(always)]
        fn add_products(self, a: i16x16, b: i16x16, sums: i32x8) -> i32x8 {
            let products = self.0.multiply_wrapping_add_adjacent_i16x16(a, b);
            self.0.wrapping_add_i32x8(sums, products)
        }

        #[inline(always)]
        fn out_of_sums(self, sums: i32x8) -> wide::f32x8 {
            self.out(self.0.convert_i32x8_to_f32x8(sums))
        }
    }
}
