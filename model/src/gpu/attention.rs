//! Attention in one pass, as FlashAttention does it: no score is ever written to memory (Dao et al.
//! 2022, arXiv 2205.14135). [`attend`].

use super::kernel::{Kernel, LANES, launch, primitive};
use burn::tensor::Tensor;

/// Keys that an invocation scores in one round of its loop.
const KEYS: usize = 4;
/// Invocations of a workgroup, each with a query of its own.
const GROUP: usize = 32;
/// Widest head whose values an invocation can hold.
const WIDEST: usize = 128;

/// Scaled dot-product attention of query, key and value side by side: (batch · length, 3 · width)
/// to (batch · length, width). `bias`, added to the scores, is (batch or 1, 1, length or 1,
/// length). `None` where heads aren't whole vectors or are too wide.
pub fn attend(
    inputs: Tensor<2>,
    batch: usize,
    heads: usize,
    bias: Option<&Tensor<4>>,
) -> Option<Tensor<2>> {
    let [rows, stacked] = inputs.dims();
    let (length, width) = (rows / batch, stacked / 3);
    let head = width / heads;
    if !head.is_multiple_of(LANES) || head > WIDEST {
        return None;
    }
    // How far on in the bias the next sequence and the next query look.
    let [next_sequence, next_query] = match bias.map(Tensor::dims) {
        Some([sequences, _, queries, _]) => [
            if sequences == 1 { 0 } else { queries * length },
            if queries == 1 { 0 } else { length },
        ],
        None => [0, 0],
    };
    let kernel = Attend {
        head,
        bias: bias.is_some(),
    };
    let mut buffers = vec![primitive(inputs)];
    buffers.extend(bias.cloned().map(primitive));
    let invocations = rows * heads;
    Some(launch(
        kernel,
        buffers,
        [rows, width],
        &[invocations, length, heads, next_sequence, next_query],
        [invocations.div_ceil(GROUP), 1, 1],
    ))
}

/// An invocation computes one query of one head.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Attend {
    /// Width of a head, a multiple of [`LANES`].
    head: usize,
    bias: bool,
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
        let vectors = self.head / LANES;
        let scale = (self.head as f32).powf(-0.5);
        let mut text = format!(
            "    let index = group.x * {GROUP}u + local.x;
    if index >= sizes[0] {{ return; }}
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
        for v in 0..vectors {
            text +=
                &format!("    let query{v} = x[start + query * 3u * width + {v}u] * {scale:e};\n");
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
            for v in 0..vectors {
                text += &format!("        score{k} += dot(query{v}, x[from{k} + {v}u]);\n");
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
        for v in 0..vectors {
            text += &format!("        acc{v} = acc{v} * shrink");
            for k in 0..KEYS {
                text += &format!(" + share{k} * x[from{k} + width + {v}u]");
            }
            text += ";\n";
        }
        text += "    }\n";
        text += &format!(
            "    let to = ((sequence * length + query) * width + head * {vectors}u) * {LANES}u;\n"
        );
        for v in 0..vectors {
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
    use crate::towers::attention::attend_stacked;
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
    fn attention_is_that_of_burn() {
        let Some(device) = adapter() else { return };
        for (batch, length, heads, head) in
            [(1, 1, 2, 4), (3, 7, 3, 8), (2, 50, 12, 64), (5, 12, 12, 32)]
        {
            let shape = [batch * length, 3 * heads * head];
            let inputs = tensor::<2>(shape, 1, &device) * 4.0;
            let biases = [
                None,
                Some(bias([1, length, length], &device)),
                Some(bias([batch, 1, length], &device)),
            ];
            for bias in &biases {
                let bias = bias.as_ref();
                let found = super::attend(inputs.clone(), batch, heads, bias).unwrap();
                let expected = attend_stacked(inputs.clone(), batch, heads, bias);
                assert_near(found, expected, 2e-5);
            }
        }
    }

    #[test]
    fn heads_of_broken_vectors_are_left_to_burn() {
        let Some(device) = adapter() else { return };
        let inputs = tensor::<2>([4, 3 * 6], 1, &device);
        assert!(super::attend(inputs, 1, 1, None).is_none());
    }
}
