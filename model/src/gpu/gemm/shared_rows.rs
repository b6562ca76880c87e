//! GEMM of a few rows by subgroups, whose invocations share the rows' inputs (a split along the
//! inputs, or "split K").
//!
//! Few rows make few register tiles: a single row with a thousand outputs keeps 250 invocations
//! busy, each for all inputs, of the many thousands that a graphics card needs. Here each output's
//! inputs are shared by a whole subgroup, which adds its accumulators up without a barrier or
//! workgroup memory.

use super::{Gemm, pairs};
use crate::gpu::{device_features::DeviceFeatures, kernel::Kernel};

/// Outputs of the tile that a subgroup computes: an invocation then reads whole sectors of memory,
/// 32 bytes where weights have 8 bits.
const NR: usize = 8;

/// The kernel whose workgroups are one subgroup each, which computes `rows` by [`NR`] outputs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SharedRows {
    gemm: Gemm,
    rows: usize,
    /// Invocations of a workgroup, which is one subgroup.
    subgroup: u32,
}

impl SharedRows {
    /// Rows up to which this is the faster kernel; more have invocations enough as
    /// [`super::Blocks`].
    pub const MAX_ROWS: usize = 4;

    /// The kernel for so many rows, up to [`Self::MAX_ROWS`], on subgroups of so many invocations.
    pub fn new(gemm: Gemm, rows: usize, subgroup: u32) -> Self {
        Self {
            gemm,
            rows: rows.next_power_of_two().min(Self::MAX_ROWS),
            subgroup,
        }
    }

    /// The workgroups (x, y, z) that compute (rows, outputs).
    pub fn groups(&self, [rows, outputs]: [usize; 2]) -> [usize; 3] {
        [outputs.div_ceil(NR), rows.div_ceil(self.rows), 1]
    }
}

impl Kernel for SharedRows {
    fn workgroup(&self) -> [u32; 2] {
        [self.subgroup, 1]
    }

    fn needs(&self) -> DeviceFeatures {
        DeviceFeatures {
            half: false,
            subgroup: Some(self.subgroup),
        }
    }

    fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        self.gemm.inputs()
    }

    fn functions(&self) -> String {
        self.gemm.functions()
    }

    fn body(&self) -> String {
        let (rows, vectors) = (self.rows, self.gemm.format.vectors());
        let mut text = format!(
            "    let rows = sizes[0];
    let inputs = sizes[1];
    let outputs = sizes[2];
    let row = group.y * {rows}u;
    let column = group.x * {NR}u;
"
        );
        for r in 0..rows {
            text += &format!("    let row{r} = min(row + {r}u, rows - 1u);\n");
        }
        for c in 0..NR {
            text += &format!("    let column{c} = min(column + {c}u, outputs - 1u);\n");
        }
        for (r, c) in pairs(rows, NR) {
            text += &format!("    var acc{r}_{c} = 0.0;\n");
        }
        let step = format!("{}u", vectors * self.subgroup as usize);
        let start = format!("local.x * {vectors}u");
        text += &self.gemm.accumulate([rows, NR], &start, &step);
        for (r, c) in pairs(rows, NR) {
            text += &format!("    let all{r}_{c} = subgroupAdd(acc{r}_{c});\n");
        }
        // Invocations finish a column each, or several where there are fewer.
        let width = self.subgroup as usize;
        for (r, start) in pairs(rows, NR.div_ceil(width)) {
            let start = start * width;
            let columns = start..(start + width).min(NR);
            text += "    {\n        var all = 0.0;\n";
            for c in columns.clone() {
                let lane = c - start;
                text += &format!("        all = select(all, all{r}_{c}, local.x == {lane}u);\n");
            }
            let index = format!("row{r} * outputs + own");
            let value = self.gemm.epilogue("all", "own", &index);
            text += &format!(
                "        let own = column + {start}u + local.x;
        if row + {r}u < rows && local.x < {count}u && own < outputs {{ result[{index}] = {value}; }}
    }}
",
                count = columns.len()
            );
        }
        text
    }
}
