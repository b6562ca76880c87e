//! Products by any device: each invocation keeps a block of the result in registers.

use super::{
    kernel::Kernel,
    product::{COLUMNS, Product, ROWS, WORKGROUP, block_groups, pairs},
};

/// An invocation computes a block of `rows` by [`COLUMNS`] outputs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Blocks {
    product: Product,
    rows: usize,
}

impl Blocks {
    /// For so many rows: single pictures and labels have single rows behind their encoder.
    pub fn new(product: Product, rows: usize) -> Self {
        Self {
            product,
            rows: rows.next_power_of_two().min(ROWS),
        }
    }

    /// The workgroups that compute (rows, outputs).
    pub fn groups(&self, shape: [usize; 2]) -> [usize; 3] {
        block_groups(self.rows, shape)
    }
}

impl Kernel for Blocks {
    fn workgroup(&self) -> [u32; 2] {
        WORKGROUP.map(|count| count as u32)
    }

    fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        self.product.inputs()
    }

    fn functions(&self) -> String {
        self.product.functions()
    }

    fn body(&self) -> String {
        let [across, down] = WORKGROUP;
        let rows = self.rows;
        let mut text = format!(
            "    let rows = sizes[0];
    let inputs = sizes[1];
    let outputs = sizes[2];
    let row = (group.y * {down}u + local.y) * {rows}u;
    let column = group.x * {width}u + local.x;
    if row >= rows || column >= outputs {{ return; }}
",
            width = across * COLUMNS
        );
        // What lies beyond the edge is computed as the last row or column again, and not written.
        for r in 0..rows {
            text += &format!("    let row{r} = min(row + {r}u, rows - 1u);\n");
        }
        for c in 0..COLUMNS {
            let beside = c * across;
            text += &format!("    let column{c} = min(column + {beside}u, outputs - 1u);\n");
        }
        for (r, c) in pairs(rows, COLUMNS) {
            text += &format!("    var sum{r}_{c} = 0.0;\n");
        }
        let step = format!("{}u", self.product.format.vectors());
        text += &self.product.accumulate([rows, COLUMNS], "0u", &step);
        for (r, c) in pairs(rows, COLUMNS) {
            let beside = c * across;
            let is_inside = format!("row + {r}u < rows && column + {beside}u < outputs");
            text += &self.product.write([r, c], &is_inside);
        }
        text
    }
}
