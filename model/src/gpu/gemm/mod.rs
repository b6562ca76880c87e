//! GEMM kernels: [`Blocks`] for any device, [`SharedRows`] for few rows where there are subgroups,
//! [`Tiles`] for more rows where there are half floats.
//!
//! Here is what they share: how weights are packed ([`Format`]), the loop over inputs
//! ([`Gemm::accumulate`]), and the epilogue ([`Gemm::store`]).

mod blocks;
mod shared_rows;
mod tiles;

pub use blocks::Blocks;
pub use shared_rows::SharedRows;
pub use tiles::Tiles;

use super::kernel::LANES;
use crate::pack::{Activation, INT4_BLOCK};

/// How weights lie in the device's memory: four inputs of an output side by side and outputs beside
/// one another, (inputs / 4, outputs, 4), so that neighbouring invocations read neighbouring
/// memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Float32, without scales: exact.
    Floats,
    /// Half floats no larger than 1, two in a word, and a scale for each output.
    Halves,
    /// A byte each, four in a word, and a scale for each output.
    Int8,
    /// Half a byte each, plus 8, eight inputs in a word, and a half float as the scale of each
    /// block of an output, (blocks, outputs), two in a word.
    Int4,
}

impl Format {
    /// The type of an element of the weights.
    pub fn element(self) -> &'static str {
        match self {
            Self::Floats => "vec4<f32>",
            Self::Halves => "vec2<u32>",
            Self::Int8 | Self::Int4 => "u32",
        }
    }

    /// The type of an element of the scales.
    fn scale_element(self) -> Option<&'static str> {
        match self {
            Self::Floats => None,
            Self::Halves | Self::Int8 => Some("f32"),
            Self::Int4 => Some("u32"),
        }
    }

    /// Vectors of an output that an element of the weights holds.
    pub fn vectors(self) -> usize {
        match self {
            Self::Floats | Self::Halves | Self::Int8 => 1,
            Self::Int4 => 2,
        }
    }

    /// Vectors of an output that share a scale, where an output has several.
    pub fn block(self) -> Option<usize> {
        (self == Self::Int4).then_some(INT4_BLOCK / LANES)
    }

    /// The function `unpack`: the vector that begins at the element's lowest bits, unscaled.
    fn unpack(self) -> &'static str {
        match self {
            Self::Floats => "fn unpack(weights: vec4<f32>) -> vec4<f32> { return weights; }\n",
            Self::Halves => {
                "fn unpack(words: vec2<u32>) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}
"
            }
            // Shifts to the left and back again keep the sign.
            Self::Int8 => {
                "fn unpack(word: u32) -> vec4<f32> {
    let bytes = vec4<i32>(vec4<u32>(word) << vec4<u32>(24u, 16u, 8u, 0u));
    return vec4<f32>(bytes >> vec4<u32>(24u));
}
"
            }
            Self::Int4 => {
                "fn unpack(word: u32) -> vec4<f32> {
    let nibbles = (vec4<u32>(word) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u);
    return vec4<f32>(nibbles) - 8.0;
}
"
            }
        }
    }

    /// The vector that stands at `part` of an element.
    pub fn part(element: &str, part: usize) -> String {
        match part {
            0 => element.to_owned(),
            part => format!("{element} >> {}u", part * 4 * LANES),
        }
    }
}

/// A linear layer's GEMM with its epilogue, `activation(x Wᵀ · scale + bias) + residual`: what of
/// it changes a kernel's text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gemm {
    /// How the layer's weights are packed.
    pub format: Format,
    /// Whether each output has a bias.
    pub bias: bool,
    /// Whether a residual (rows, outputs) is added behind the activation.
    pub residual: bool,
    /// What is applied to `x Wᵀ · scale + bias`.
    pub activation: Activation,
}

impl Gemm {
    /// A kernel's buffers, names and element types, in the order in which [`super::PackedLinear`]
    /// binds them.
    pub fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        let mut inputs = vec![("x", "vec4<f32>"), ("weights", self.format.element())];
        inputs.extend(
            self.format
                .scale_element()
                .map(|element| ("scales", element)),
        );
        if self.bias {
            inputs.push(("bias", "f32"));
        }
        if self.residual {
            inputs.push(("residual", "f32"));
        }
        inputs
    }

    /// The functions `unpack`, `activation` and, where blocks have scales, `block_scale`.
    pub fn functions(&self) -> String {
        let block_scale = "fn block_scale(index: u32) -> f32 {
    let pair = unpack2x16float(scales[index / 2u]);
    return select(pair.x, pair.y, index % 2u == 1u);
}
";
        let block_scale = self.format.block().map_or("", |_| block_scale);
        [self.format.unpack(), block_scale, self.activation.wgsl()].concat()
    }

    /// The epilogue as an expression: what becomes of `accumulator`, which is the output `column`,
    /// at `index` of the result.
    pub fn epilogue(&self, accumulator: &str, column: &str, index: &str) -> String {
        let scale = match self.format {
            Format::Halves | Format::Int8 => format!(" * scales[{column}]"),
            Format::Floats | Format::Int4 => String::new(),
        };
        let bias = match self.bias {
            true => format!(" + bias[{column}]"),
            false => String::new(),
        };
        let residual = match self.residual {
            true => format!(" + residual[{index}]"),
            false => String::new(),
        };
        format!("activation({accumulator}{scale}{bias}){residual}")
    }

    /// A statement that applies the epilogue to `acc{r}_{c}` and stores it, where that `is_inside`.
    /// Reads `row{r}` and `column{c}`.
    pub fn store(&self, [r, c]: [usize; 2], is_inside: &str) -> String {
        let index = format!("row{r} * outputs + column{c}");
        let value = self.epilogue(&format!("acc{r}_{c}"), &format!("column{c}"), &index);
        format!("    if {is_inside} {{ result[{index}] = {value}; }}\n")
    }

    /// The loop over an output's vectors from `start` on, `step` elements further each time: loads
    /// the vectors `x{r}` of `rows` rows and the weights `w{c}` of `columns` columns, and adds
    /// their dot products to `acc{r}_{c}`. Reads `row{r}`, `column{c}`, `inputs` and `outputs`.
    pub fn accumulate(&self, [rows, columns]: [usize; 2], start: &str, step: &str) -> String {
        let vectors = self.format.vectors();
        let mut text = format!("    for (var k = {start}; k < inputs; k += {step}) {{\n");
        for c in 0..columns {
            let element = match vectors {
                1 => "k".to_owned(),
                more => format!("k / {more}u"),
            };
            text += &format!("        let word{c} = weights[{element} * outputs + column{c}];\n");
            if let Some(block) = self.format.block() {
                text += &format!(
                    "        let scale{c} = block_scale(k / {block}u * outputs + column{c});\n"
                );
            }
        }
        for part in 0..vectors {
            // A scope for each.
            text += "        {\n";
            for r in 0..rows {
                text += &format!("            let x{r} = x[row{r} * inputs + k + {part}u];\n");
            }
            let scaled = self.format.block().is_some();
            for c in 0..columns {
                let word = Format::part(&format!("word{c}"), part);
                let scale = if scaled {
                    format!(" * scale{c}")
                } else {
                    String::new()
                };
                text += &format!("            let w{c} = unpack({word}){scale};\n");
            }
            for (r, c) in pairs(rows, columns) {
                text += &format!("            acc{r}_{c} += dot(x{r}, w{c});\n");
            }
            text += "        }\n";
        }
        text + "    }\n"
    }
}

/// Outputs of the register tile that an invocation computes.
pub const NR: usize = 4;
/// Most rows of such a tile; fewer where there aren't as many.
pub const MR: usize = 8;
/// A workgroup's invocations across (along outputs) and down (along rows).
pub const WORKGROUP: [usize; 2] = [8, 8];

/// The workgroups (x, y, z) that compute (rows, outputs) in register tiles of `block` rows.
pub fn block_groups(block: usize, [rows, outputs]: [usize; 2]) -> [usize; 3] {
    let [across, down] = WORKGROUP;
    [
        outputs.div_ceil(across * NR),
        rows.div_ceil(down * block),
        1,
    ]
}

/// The indices (row, column) of a register tile's accumulators.
pub fn pairs(rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
}
