//! Activation functions in WGSL, which kernels apply to a layer's outputs.

use crate::pack::Activation;

impl Activation {
    /// The text of the WGSL function `activation`.
    pub(super) fn wgsl(self) -> &'static str {
        match self {
            Self::Linear => "fn activation(x: f32) -> f32 { return x; }",
            Self::Relu6 => "fn activation(x: f32) -> f32 { return clamp(x, 0.0, 6.0); }",
            Self::Relu => "fn activation(x: f32) -> f32 { return max(x, 0.0); }",
            Self::Silu => {
                "fn activation(x: f32) -> f32 { return x / (1.0 + exp(clamp(-x, -80.0, 80.0))); }"
            }
            Self::QuickGelu => {
                "fn activation(x: f32) -> f32 { return x / (1.0 + exp(clamp(-1.702 * x, -80.0, 80.0))); }"
            }
            // `(1 + tanh u) / 2` is `σ(2 u)`.
            Self::GeluTanh => {
                "fn activation(x: f32) -> f32 {
    let u = 0.7978845608 * (x + 0.044715 * x * x * x);
    return x / (1.0 + exp(clamp(-2.0 * u, -80.0, 80.0)));
}"
            }
            // The error function within 2e-7 (Abramowitz & Stegun 1964, 7.1.26).
            Self::Gelu => {
                "fn activation(x: f32) -> f32 {
    let size = abs(x) * 0.7071067812;
    let t = 1.0 / (1.0 + 0.3275911 * size);
    let series = t * (0.2548296 + t * (-0.28449672 + t * (1.4214138 + t * (-1.4531521 + t * 1.0614054))));
    let tail = series * exp(max(-size * size, -80.0));
    return 0.5 * x * (1.0 + sign(x) * (1.0 - tail));
}"
            }
        }
    }
}
