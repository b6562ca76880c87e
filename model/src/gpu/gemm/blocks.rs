//! GEMM for any device: each invocation keeps a tile of the result in registers.

use super::{Gemm, MR, NR, WORKGROUP, block_groups, pairs};
use crate::gpu::kernel::Kernel;

/// The kernel whose invocations each compute a register tile of `rows` by [`NR`] outputs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Blocks {
    gemm: Gemm,
    rows: usize,
}

impl Blocks {
    /// The kernel for so many rows, in tiles no taller than they need: single pictures and labels
    /// have single rows behind their encoder.
    pub fn new(gemm: Gemm, rows: usize) -> Self {
        Self {
            gemm,
            rows: rows.next_power_of_two().min(MR),
        }
    }

    /// The workgroups (x, y, z) that compute (rows, outputs).
    pub fn groups(&self, shape: [usize; 2]) -> [usize; 3] {
        block_groups(self.rows, shape)
    }
}

impl Kernel for Blocks {
    fn workgroup(&self) -> [u32; 2] {
        WORKGROUP.map(|count| count as u32)
    }

    fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        self.gemm.inputs()
    }

    fn functions(&self) -> String {
        self.gemm.functions()
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
            width = across * NR
        );
        // What lies beyond the edge is computed as the last row or column again, and not written.
        for r in 0..rows {
            text += &format!("    let row{r} = min(row + {r}u, rows - 1u);\n");
        }
        for c in 0..NR {
            let beside = c * across;
            text += &format!("    let column{c} = min(column + {beside}u, outputs - 1u);\n");
        }
        for (r, c) in pairs(rows, NR) {
            text += &format!("    var acc{r}_{c} = 0.0;\n");
        }
        let step = format!("{}u", self.gemm.format.vectors());
        text += &self.gemm.accumulate([rows, NR], "0u", &step);
        for (r, c) in pairs(rows, NR) {
            let beside = c * across;
            let is_inside = format!("row + {r}u < rows && column + {beside}u < outputs");
            text += &self.gemm.store([r, c], &is_inside);
        }
        text
    }
}
