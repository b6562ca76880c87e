//! Products of a few rows by a subgroup, whose invocations share the rows' inputs.
//!
//! Few rows make few blocks: a single one with a thousand outputs keeps 250 invocations busy, each
//! for all inputs, of the many thousands that a graphics card needs. Here each output's inputs are
//! shared by a whole subgroup, which adds its sums up without a barrier or workgroup memory.

use super::{
    abilities::Abilities,
    kernel::Kernel,
    product::{Product, pairs},
};

/// Outputs beside one another that a subgroup computes: an invocation then reads whole sectors of
/// memory, 32 bytes where weights have 8 bits.
const COLUMNS: usize = 8;

/// A subgroup computes `rows` by [`COLUMNS`] outputs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SharedRows {
    product: Product,
    rows: usize,
    /// Invocations of a workgroup, which is one subgroup.
    subgroup: u32,
}

impl SharedRows {
    /// More rows than these have invocations enough as blocks.
    pub const MOST: usize = 4;

    /// For so many rows, up to [`Self::MOST`].
    pub fn new(product: Product, rows: usize, subgroup: u32) -> Self {
        Self {
            product,
            rows: rows.next_power_of_two().min(Self::MOST),
            subgroup,
        }
    }

    /// The workgroups that compute (rows, outputs).
    pub fn groups(&self, [rows, outputs]: [usize; 2]) -> [usize; 3] {
        [outputs.div_ceil(COLUMNS), rows.div_ceil(self.rows), 1]
    }
}

impl Kernel for SharedRows {
    fn workgroup(&self) -> [u32; 2] {
        [self.subgroup, 1]
    }

    fn needs(&self) -> Abilities {
        Abilities {
            half: false,
            subgroup: Some(self.subgroup),
        }
    }

    fn inputs(&self) -> Vec<(&'static str, &'static str)> {
        self.product.inputs()
    }

    fn functions(&self) -> String {
        self.product.functions()
    }

    fn body(&self) -> String {
        let (rows, vectors) = (self.rows, self.product.format.vectors());
        let mut text = format!(
            "    let rows = sizes[0];
    let inputs = sizes[1];
    let outputs = sizes[2];
    let row = group.y * {rows}u;
    let column = group.x * {COLUMNS}u;
"
        );
        for r in 0..rows {
            text += &format!("    let row{r} = min(row + {r}u, rows - 1u);\n");
        }
        for c in 0..COLUMNS {
            text += &format!("    let column{c} = min(column + {c}u, outputs - 1u);\n");
        }
        for (r, c) in pairs(rows, COLUMNS) {
            text += &format!("    var sum{r}_{c} = 0.0;\n");
        }
        let step = format!("{}u", vectors * self.subgroup as usize);
        let start = format!("local.x * {vectors}u");
        text += &self.product.accumulate([rows, COLUMNS], &start, &step);
        for (r, c) in pairs(rows, COLUMNS) {
            text += &format!("    let all{r}_{c} = subgroupAdd(sum{r}_{c});\n");
        }
        // Invocations finish a column each, or several where there are fewer.
        let width = self.subgroup as usize;
        for (r, start) in pairs(rows, COLUMNS.div_ceil(width)) {
            let start = start * width;
            let columns = start..(start + width).min(COLUMNS);
            text += "    {\n        var all = 0.0;\n";
            for c in columns.clone() {
                let lane = c - start;
                text += &format!("        all = select(all, all{r}_{c}, local.x == {lane}u);\n");
            }
            let place = format!("row{r} * outputs + own");
            let value = self.product.value("all", "own", &place);
            text += &format!(
                "        let own = column + {start}u + local.x;
        if row + {r}u < rows && local.x < {count}u && own < outputs {{ result[{place}] = {value}; }}
    }}
",
                count = columns.len()
            );
        }
        text
    }
}
