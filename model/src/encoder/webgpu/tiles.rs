//! Products in half floats, for devices that compute with them.
//!
//! What a graphics card gains: two products an instruction where it has packed half floats (AMD,
//! Intel, mobile ones), and everywhere half the traffic and half the registers for what is
//! multiplied. So inputs and weights are rounded and unpacked once for a whole workgroup, into tiles
//! of half floats that all of its invocations read, instead of once for each invocation.
//!
//! Why it is safe: only products and the sums of [`STEPS`] vectors are half floats, 16 terms each;
//! these are added up in 32 bits. Weights in the tile are no larger than a quarter and inputs no
//! larger than 16,000, so that no such sum reaches 65,504. Larger inputs count as 16,000; layers'
//! inputs come out of norms and activations, a thousandth of that. Each factor is rounded to 11
//! bits, as a half float is anyway, and 8- and 4-bit weights not at all.

use super::{
    abilities::Abilities,
    kernel::{Kernel, LANES},
    product::{COLUMNS, Format, Product, ROWS, WORKGROUP, block_groups, pairs},
};

/// Vectors of each row and column in a tile: those that share a scale.
const STEPS: usize = 8;
/// The largest input: 16 terms of it, each times a quarter, stay below 65,504.
const LARGEST: f32 = 16_000.0;

/// A workgroup computes 8 · `rows` by 32 outputs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tiles {
    product: Product,
    rows: usize,
}

impl Tiles {
    /// For so many rows; nothing for weights of 32 bits, which someone wants exact.
    pub fn new(product: Product, rows: usize) -> Option<Self> {
        let rows = rows.div_ceil(WORKGROUP[1]).next_power_of_two().min(ROWS);
        (product.format != Format::Floats).then_some(Self { product, rows })
    }

    /// The workgroups that compute (rows, outputs).
    pub fn groups(&self, shape: [usize; 2]) -> [usize; 3] {
        block_groups(self.rows, shape)
    }

    /// What unpacked weights are multiplied with, so that none is larger than a quarter.
    fn shrink(&self) -> f32 {
        match self.product.format {
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

    fn needs(&self) -> Abilities {
        Abilities {
            half: true,
            subgroup: None,
        }
    }

    fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        self.product.inputs()
    }

    fn functions(&self) -> String {
        let [across, down] = WORKGROUP;
        // A row more than there are, so that neighbouring steps lie in different banks of memory.
        let xs = STEPS * (down * self.rows + 1);
        let ws = STEPS * across * COLUMNS;
        format!(
            "var<workgroup> xs: array<vec4<f16>, {xs}>;
var<workgroup> ws: array<vec4<f16>, {ws}>;
{}",
            self.product.functions()
        )
    }

    fn body(&self) -> String {
        let ([across, down], rows) = (WORKGROUP, self.rows);
        let (invocations, width, height) = (across * down, across * COLUMNS, down * rows);
        let weight = match self.product.format.vectors() {
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
        for c in 0..COLUMNS {
            let beside = c * across;
            text +=
                &format!("    let column{c} = min(left + {beside}u + local.x, outputs - 1u);\n");
        }
        for (r, c) in pairs(rows, COLUMNS) {
            text += &format!("    var sum{r}_{c} = 0.0;\n");
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
        for (r, c) in pairs(rows, COLUMNS) {
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
        for c in 0..COLUMNS {
            let beside = c * across;
            text += &format!("            let w{c} = ws[step * {width}u + {beside}u + local.x];\n");
        }
        for (r, c) in pairs(rows, COLUMNS) {
            let half = format!("fma(x{r}.xy, w{c}.xy, part{r}_{c})");
            text += &format!("            part{r}_{c} = fma(x{r}.zw, w{c}.zw, {half});\n");
        }
        text += "        }\n";
        for c in 0..COLUMNS {
            let mut grow = format!("{:e}", self.shrink().recip());
            if let Some(block) = self.product.format.block() {
                grow += &format!(" * block_scale(start / {block}u * outputs + column{c})");
            }
            text += &format!("        let grow{c} = {grow};\n");
        }
        for (r, c) in pairs(rows, COLUMNS) {
            let part = format!("part{r}_{c}");
            text += &format!("        sum{r}_{c} += (f32({part}.x) + f32({part}.y)) * grow{c};\n");
        }
        text += "        workgroupBarrier();\n    }\n";
        for r in 0..rows {
            let below = r * down;
            text += &format!("    let row{r} = top + {below}u + local.y;\n");
        }
        for (r, c) in pairs(rows, COLUMNS) {
            let beside = c * across;
            let is_inside = format!("row{r} < rows && left + {beside}u + local.x < outputs");
            text += &self.product.write([r, c], &is_inside);
        }
        text
    }
}
