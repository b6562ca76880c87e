//! SIMD by instruction set: [`Isa`] is what kernels are written against, [`Portable`] and `Avx2`
//! implement it, and [`dispatch`] picks the widest one that the CPU has.

use super::gemm::{FloatPanel, Int8Panel};
use bytemuck::cast;
use wide::{f32x4, f32x8, i8x16, i16x8, i16x16, i32x4};

/// An instruction set that kernels are generic over, in vectors of eight lanes. A value of it
/// proves that the CPU has the instructions, so nothing here is unsafe.
pub trait Isa: Copy {
    /// Whether there are registers for the accumulators of six rows by two panels.
    const LARGE_TILES: bool;
    /// Eight lanes of float32.
    type F32: Copy;
    /// Eight lanes of pairs of int16, which are factors.
    type I16Pairs: Copy;
    /// Eight lanes of int32, which are accumulators.
    type I32: Copy;

    /// Loads eight consecutive floats.
    fn load(self, values: FloatPanel) -> Self::F32;
    /// Broadcasts a float to all lanes.
    fn splat(self, value: f32) -> Self::F32;
    /// `a · b + c`, fused where the instruction set fuses it.
    fn mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32;
    /// The lanes as the portable type, which epilogues compute with.
    fn extract(self, values: Self::F32) -> f32x8;

    /// Broadcasts a pair of 16-bit integers, the first in the lower half, to all lanes.
    fn splat_pair(self, pair: i32) -> Self::I16Pairs;
    /// Loads eight pairs of 8-bit integers and widens them to 16 bits.
    fn load_int8(self, weights: Int8Panel) -> Self::I16Pairs;
    /// Eight accumulators at zero.
    fn zero_i32(self) -> Self::I32;
    /// Adds each lane's dot product of two pairs, `a₀ b₀ + a₁ b₁`, to its accumulator.
    fn dot_add(self, a: Self::I16Pairs, b: Self::I16Pairs, sums: Self::I32) -> Self::I32;
    /// Accumulators converted to floats, as the portable type.
    fn convert(self, sums: Self::I32) -> f32x8;
}

/// Vectors of 128 bits, which every target has: SSE2, NEON, WebAssembly's SIMD128.
#[derive(Clone, Copy)]
pub struct Portable;

impl Isa for Portable {
    const LARGE_TILES: bool = false;
    type F32 = f32x8;
    type I16Pairs = [i16x8; 2];
    type I32 = [i32x4; 2];

    #[inline(always)]
    fn load(self, values: FloatPanel) -> f32x8 {
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
    fn extract(self, values: f32x8) -> f32x8 {
        values
    }

    #[inline(always)]
    fn splat_pair(self, pair: i32) -> [i16x8; 2] {
        [cast(i32x4::splat(pair)); 2]
    }

    #[inline(always)]
    fn load_int8(self, weights: Int8Panel) -> [i16x8; 2] {
        cast(i16x16::from_i8x16(i8x16::new(weights)))
    }

    #[inline(always)]
    fn zero_i32(self) -> [i32x4; 2] {
        [i32x4::ZERO; 2]
    }

    #[inline(always)]
    fn dot_add(self, a: [i16x8; 2], b: [i16x8; 2], sums: [i32x4; 2]) -> [i32x4; 2] {
        [sums[0] + a[0].dot(b[0]), sums[1] + a[1].dot(b[1])]
    }

    #[inline(always)]
    fn convert(self, sums: [i32x4; 2]) -> f32x8 {
        cast([f32x4::from_i32x4(sums[0]), f32x4::from_i32x4(sums[1])])
    }
}

/// `dispatch!(|isa| work)`: the work, compiled once for each instruction set, and run with the
/// widest that the CPU has. What the work calls must be `#[inline(always)]`, closures too, or it
/// isn't compiled for that instruction set.
#[cfg(target_arch = "x86_64")]
macro_rules! dispatch {
    (|$isa:ident| $work:expr) => {
        match $crate::cpu::simd::Avx2::detect() {
            Some($isa) => $isa.run(
                #[inline(always)]
                || $work,
            ),
            None => {
                let $isa = $crate::cpu::simd::Portable;
                $work
            }
        }
    };
}

/// `dispatch!(|isa| work)`: the work with the target's only instruction set.
#[cfg(not(target_arch = "x86_64"))]
macro_rules! dispatch {
    (|$isa:ident| $work:expr) => {{
        let $isa = $crate::cpu::simd::Portable;
        $work
    }};
}

pub(super) use dispatch;
#[cfg(target_arch = "x86_64")]
pub use x86::Avx2;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{FloatPanel, Int8Panel, Isa, cast};
    use pulp::{f32x8, i16x16, i32x8, x86::V3};

    /// Vectors of 256 bits: AVX2 with FMA.
    #[derive(Clone, Copy)]
    pub struct Avx2(V3);

    impl Avx2 {
        /// `None` where the CPU lacks AVX2 or FMA.
        pub fn detect() -> Option<Self> {
            V3::try_new().map(Self)
        }

        /// Runs `work`, compiled, with all that is inlined into it, for AVX2 and FMA.
        #[inline(always)]
        pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
            self.0.vectorize(work)
        }
    }

    impl Isa for Avx2 {
        const LARGE_TILES: bool = true;
        type F32 = f32x8;
        type I16Pairs = i16x16;
        type I32 = i32x8;

        #[inline(always)]
        fn load(self, values: FloatPanel) -> f32x8 {
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
        fn extract(self, values: f32x8) -> wide::f32x8 {
            wide::f32x8::new(cast(values))
        }

        #[inline(always)]
        fn splat_pair(self, pair: i32) -> i16x16 {
            cast(self.0.splat_i32x8(pair))
        }

        #[inline(always)]
        fn load_int8(self, weights: Int8Panel) -> i16x16 {
            self.0.convert_i8x16_to_i16x16(cast(weights))
        }

        #[inline(always)]
        fn zero_i32(self) -> i32x8 {
            self.0.splat_i32x8(0)
        }

        #[inline(always)]
        fn dot_add(self, a: i16x16, b: i16x16, sums: i32x8) -> i32x8 {
            let products = self.0.multiply_wrapping_add_adjacent_i16x16(a, b);
            self.0.wrapping_add_i32x8(sums, products)
        }

        #[inline(always)]
        fn convert(self, sums: i32x8) -> wide::f32x8 {
            self.extract(self.0.convert_i32x8_to_f32x8(sums))
        }
    }
}
