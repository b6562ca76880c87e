//! GEMM in half floats (float16), for devices that compute with them.
//!
//! What a graphics card gains: two products an instruction where it has packed half floats (AMD,
//! Intel, mobile ones), and everywhere half the traffic and half the registers for what is
//! multiplied. So inputs and weights are rounded and unpacked once for a whole workgroup, into
//! tiles of half floats that all of its invocations read, instead of once for each invocation.
//!
//! Why it is safe: only products and their sums over [`STEPS`] vectors are half floats, 16 terms
//! each; these are accumulated in 32 bits. Weights in the tile are no larger than a quarter and
//! inputs no larger than 16,000, so that no such sum reaches 65,504. Larger inputs count as 16,000;
//! layers' inputs come out of norms and activations, a thousandth of that. Each factor is rounded
//! to 11 bits, as a half float is anyway, and 8- and 4-bit weights not at all.

use super::{Format, Gemm, MR, NR, WORKGROUP, block_groups, pairs};
use crate::gpu::{
    device_features::DeviceFeatures,
    kernel::{Kernel, LANES},
};

/// Vectors of each row and column in a tile: those that share a scale.
const STEPS: usize = 8;
/// The largest input: 16 terms of it, each times a quarter, stay below 65,504.
const LARGEST: f32 = 16_000.0;

/// The kernel whose workgroups each compute 8 · `rows` by 32 outputs from tiles in workgroup
/// memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tiles {
    gemm: Gemm,
    rows: usize,
}

impl Tiles {
    /// The kernel for so many rows; `None` for weights of 32 bits, which someone wants exact.
    pub fn new(gemm: Gemm, rows: usize) -> Option<Self> {
        let rows = rows.div_ceil(WORKGROUP[1]).next_power_of_two().min(MR);
        (gemm.format != Format::Floats).then_some(Self { gemm, rows })
    }

    /// The workgroups (x, y, z) that compute (rows, outputs).
    pub fn groups(&self, shape: [usize; 2]) -> [usize; 3] {
        block_groups(self.rows, shape)
    }

    /// The factor by which unpacked weights are scaled down, so that none is larger than a quarter.
    fn shrink(&self) -> f32 {
        match self.gemm.format {
            Format::Floats | Format::Halves => 1.0 / 4.0,
            Format::Int8 => 1.0 / 512.0,
            Format::Int4 => 1.0 / 32.0,
        }
    }
}

impl Kernel for Tiles {
    fn workgroup(&self) -> [u32; 2] {
        WORKGROUP.map(|count| count as u32)
    }

    fn needs(&self) -> DeviceFeatures {
        DeviceFeatures {
            half: true,
            subgroup: None,
        }
    }

    fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        self.gemm.inputs()
    }

    fn functions(&self) -> String {
        let [across, down] = WORKGROUP;
        // A row more than there are, so that neighbouring steps lie in different banks of memory.
        let xs = STEPS * (down * self.rows + 1);
        let ws = STEPS * across * NR;
        format!(
            "var<workgroup> xs: array<vec4<f16>, {xs}>;
var<workgroup> ws: array<vec4<f16>, {ws}>;
{}",
            self.gemm.functions()
        )
    }

    fn body(&self) -> String {
        let ([across, down], rows) = (WORKGROUP, self.rows);
        let (invocations, width, height) = (across * down, across * NR, down * rows);
        let weight = match self.gemm.format.vectors() {
            1 => "weights[k * outputs + at]".to_owned(),
            more => format!(
                "weights[k / {more}u * outputs + at] >> (k % {more}u * {}u)",
                4 * LANES
            ),
        };
        let stride = height + 1;
        let mut text = format!(
            "    let rows = sizes[0];
    let inputs = sizes[1];
    let outputs = sizes[2];
    let index = local.y * {across}u + local.x;
    let top = group.y * {height}u;
    let left = group.x * {width}u;
"
        );
        // What lies beyond the edge is computed as the last row or column again, and not written.
        for c in 0..NR {
            let beside = c * across;
            text +=
                &format!("    let column{c} = min(left + {beside}u + local.x, outputs - 1u);\n");
        }
        for (r, c) in pairs(rows, NR) {
            text += &format!("    var acc{r}_{c} = 0.0;\n");
        }
        text += &format!(
            "    for (var start = 0u; start < inputs; start += {STEPS}u) {{
        for (var i = index; i < {tile}u; i += {invocations}u) {{
            let row = i / {STEPS}u;
            let step = i % {STEPS}u;
            let k = min(start + step, inputs - 1u);
            let at = min(top + row, rows - 1u) * inputs + k;
            let most = vec4<f32>({LARGEST:?});
            xs[step * {stride}u + row] = vec4<f16>(clamp(x[at], -most, most));
        }}
        for (var i = index; i < {columns}u; i += {invocations}u) {{
            let k = min(start + i / {width}u, inputs - 1u);
            let at = min(left + i % {width}u, outputs - 1u);
            ws[i] = vec4<f16>(unpack({weight}) * {shrink:e});
        }}
        workgroupBarrier();
",
            tile = STEPS * height,
            columns = STEPS * width,
            shrink = self.shrink(),
        );
        for (r, c) in pairs(rows, NR) {
            text += &format!("        var part{r}_{c} = vec2<f16>();\n");
        }
        text += &format!(
            "        let steps = min({STEPS}u, inputs - start);
        for (var step = 0u; step < steps; step += 1u) {{
"
        );
        for r in 0..rows {
            let below = r * down;
            text += &format!("            let x{r} = xs[step * {stride}u + {below}u + local.y];\n");
        }
        for c in 0..NR {
            let beside = c * across;
            text += &format!("            let w{c} = ws[step * {width}u + {beside}u + local.x];\n");
        }
        for (r, c) in pairs(rows, NR) {
            let half = format!("fma(x{r}.xy, w{c}.xy, part{r}_{c})");
            text += &format!("            part{r}_{c} = fma(x{r}.zw, w{c}.zw, {half});\n");
        }
        text += "        }\n";
        for c in 0..NR {
            let mut grow = format!("{:e}", self.shrink().recip());
            if let Some(block) = self.gemm.format.block() {
                grow += &format!(" * block_scale(start / {block}u * outputs + column{c})");
            }
            text += &format!("        let grow{c} = {grow};\n");
        }
        for (r, c) in pairs(rows, NR) {
            let part = format!("part{r}_{c}");
            text += &format!("        acc{r}_{c} += (f32({part}.x) + f32({part}.y)) * grow{c};\n");
        }
        text += "        workgroupBarrier();\n    }\n";
        for r in 0..rows {
            let below = r * down;
            text += &format!("    let row{r} = top + {below}u + local.y;\n");
        }
        for (r, c) in pairs(rows, NR) {
            let beside = c * across;
            let is_inside = format!("row{r} < rows && left + {beside}u + local.x < outputs");
            text += &self.gemm.store([r, c], &is_inside);
        }
        text
    }
}
