//! Attention in one pass, as FlashAttention does it: no score is ever written to memory (Dao et al.
//! 2022, arXiv 2205.14135). [`attend`].

use super::kernel::{Kernel, LANES, launch, primitive, zero_padded};
use burn::tensor::Tensor;

/// Keys that an invocation scores in one round of its loop.
const KEYS: usize = 4;
/// Invocations of a workgroup, each with a query of its own.
const GROUP: usize = 32;
/// Most values of a head that an invocation can hold.
const WIDEST: usize = 128;

/// Scaled dot-product attention of query, key and value side by side: (batch · length, 3 · width)
/// to (batch · length, width). `bias`, added to the scores, is (batch or 1, 1, length or 1,
/// length).
pub fn attend(
    inputs: Tensor<2>,
    batch: usize,
    heads: usize,
    bias: Option<&Tensor<4>>,
) -> Tensor<2> {
    let [rows, stacked] = inputs.dims();
    let (length, width) = (rows / batch, stacked / 3);
    let kernel = Attend {
        head: width / heads,
        bias: bias.is_some(),
    };
    // Zeros behind a head's values change neither scores nor the values themselves.
    let inputs = inputs.reshape([rows * 3 * heads, kernel.head]);
    let inputs = zero_padded(inputs, if kernel.parts() > 1 { WIDEST } else { LANES });
    // How far on in the bias the next sequence and the next query look.
    let [next_sequence, next_query] = match bias.map(Tensor::dims) {
        Some([sequences, _, queries, _]) => [
            if sequences == 1 { 0 } else { queries * length },
            if queries == 1 { 0 } else { length },
        ],
        None => [0, 0],
    };
    let mut buffers = vec![primitive(inputs)];
    buffers.extend(bias.cloned().map(primitive));
    let (head, padded) = (kernel.head, kernel.vectors() * LANES);
    let invocations = rows * heads * kernel.parts();
    let gathered = launch(
        kernel,
        buffers,
        [rows * heads, padded],
        &[invocations, length, heads, next_sequence, next_query],
        [invocations.div_ceil(GROUP), 1, 1],
    );
    let gathered = match padded == head {
        true => gathered,
        false => gathered.slice([0..rows * heads, 0..head]),
    };
    gathered.reshape([rows, width])
}

/// The kernel whose invocations each compute one query of one head, or a part of it where the head
/// is wider than [`WIDEST`]: each part's invocation then computes all scores anew, and reads the
/// query from memory for each. Models have heads of 64 or so.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Attend {
    /// Width of a head, without the zeros behind it.
    head: usize,
    bias: bool,
}

impl Attend {
    /// How many parts of [`WIDEST`] values a head is computed in: one for a narrower head.
    fn parts(&self) -> usize {
        self.head.div_ceil(WIDEST)
    }

    /// Vectors of a zero-padded head.
    fn vectors(&self) -> usize {
        match self.parts() {
            1 => self.head.div_ceil(LANES),
            parts => parts * WIDEST / LANES,
        }
    }
}

impl Kernel for Attend {
    fn workgroup(&self) -> [u32; 2] {
        [GROUP as u32, 1]
    }

    fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        let mut inputs = vec![("x", "vec4<f32>")];
        if self.bias {
            inputs.push(("bias", "f32"));
        }
        inputs
    }

    fn body(&self) -> String {
        let (parts, vectors) = (self.parts(), self.vectors());
        // Vectors whose values an invocation accumulates: all of them, or its part's.
        let own = vectors / parts;
        let scale = (self.head as f32).powf(-0.5);
        let mut text = format!(
            "    let invocation = group.x * {GROUP}u + local.x;
    if invocation >= sizes[0] {{ return; }}
    let index = invocation / {parts}u;
    let first = invocation % {parts}u * {own}u;
    let length = sizes[1];
    let heads = sizes[2];
    let query = index % length;
    let head = index / length % heads;
    let sequence = index / length / heads;
    let width = heads * {vectors}u;
    let start = sequence * length * 3u * width + head * {vectors}u;
"
        );
        if self.bias {
            text += "    let looks = sequence * sizes[3] + query * sizes[4];\n";
        }
        text += "    let query_start = start + query * 3u * width;\n";
        for v in 0..own {
            if parts == 1 {
                text += &format!("    let query{v} = x[query_start + {v}u] * {scale:e};\n");
            }
            text += &format!("    var acc{v} = vec4<f32>(0.0);\n");
        }
        text += &format!(
            "    var most = -3.0e38;
    var all = 0.0;
    for (var key = 0u; key < length; key += {KEYS}u) {{
"
        );
        for k in 0..KEYS {
            text += &format!(
                "        let key{k} = min(key + {k}u, length - 1u);
        let from{k} = start + key{k} * 3u * width + width;
        var score{k} = 0.0;
"
            );
            if parts == 1 {
                for v in 0..vectors {
                    text += &format!("        score{k} += dot(query{v}, x[from{k} + {v}u]);\n");
                }
            } else {
                text += &format!(
                    "        for (var v = 0u; v < {vectors}u; v += 1u) {{
            score{k} += dot(x[query_start + v] * {scale:e}, x[from{k} + v]);
        }}
"
                );
            }
            if self.bias {
                text += &format!("        score{k} += bias[looks + key{k}];\n");
            }
            // Behind the last key.
            if k > 0 {
                text += &format!(
                    "        score{k} = select(-3.0e38, score{k}, key + {k}u < length);\n"
                );
            }
        }
        // All sums so far are relative to the greatest score so far.
        text += "        let before = most;\n";
        for k in 0..KEYS {
            text += &format!("        most = max(most, score{k});\n");
        }
        text += "        let shrink = exp(before - most);\n        all *= shrink;\n";
        for k in 0..KEYS {
            text += &format!(
                "        let share{k} = exp(score{k} - most);\n        all += share{k};\n"
            );
        }
        for v in 0..own {
            text += &format!("        acc{v} = acc{v} * shrink");
            for k in 0..KEYS {
                text += &format!(" + share{k} * x[from{k} + width + first + {v}u]");
            }
            text += ";\n";
        }
        text += "    }\n";
        text += &format!(
            "    let to = ((sequence * length + query) * width + head * {vectors}u + first) * {LANES}u;\n"
        );
        for v in 0..own {
            text += &format!("    let value{v} = acc{v} / all;\n");
            for (lane, name) in ["x", "y", "z", "w"].into_iter().enumerate() {
                text += &format!(
                    "    result[to + {}u] = value{v}.{name};\n",
                    v * LANES + lane
                );
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{adapter, assert_near, tensor};
    use crate::{dispatch::BurnOps, towers::attention::attend_stacked};
    use burn::tensor::{Device, Tensor, TensorData};

    /// A bias that hides later keys (several queries) or the ends of sequences (one for all).
    fn bias([sequences, queries, keys]: [usize; 3], device: &Device) -> Tensor<4> {
        let value = |index: usize| {
            let (query, key) = (index / keys % queries, index % keys);
            let ahead = queries > 1 && key > query;
            let padding = queries == 1 && key > 1 + index / keys;
            if ahead || padding { -1e9 } else { 0.0 }
        };
        let values: Vec<f32> = (0..sequences * queries * keys).map(value).collect();
        Tensor::from_data(
            TensorData::new(values, [sequences, 1, queries, keys]),
            device,
        )
    }

    #[test]
    #[ignore = "needs a GPU"]
    fn attention_is_that_of_burn() {
        let device = adapter();
        for (batch, length, heads, head) in [
            (1, 1, 2, 4),
            (3, 7, 3, 8),
            (2, 50, 12, 64),
            (5, 12, 12, 32),
            // Heads that aren't whole vectors, and such as take several invocations.
            (2, 9, 3, 1),
            (2, 9, 3, 6),
            (2, 9, 1, 128),
            (2, 9, 2, 130),
            (1, 5, 1, 256),
        ] {
            let shape = [batch * length, 3 * heads * head];
            let inputs = tensor::<2>(shape, 1, &device) * 4.0;
            let biases = [
                None,
                Some(bias([1, length, length], &device)),
                Some(bias([batch, 1, length], &device)),
            ];
            for bias in &biases {
                let bias = bias.as_ref();
                let found = super::attend(inputs.clone(), batch, heads, bias);
                let expected = attend_stacked(BurnOps, inputs.clone(), batch, heads, bias);
                assert_near(found, expected, 2e-5);
            }
        }
    }
}
