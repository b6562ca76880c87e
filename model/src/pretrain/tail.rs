//! The image tower's last blocks, as they train.
//!
//! Here channels come first, (channels, batch · positions), so that every convolution is a product
//! of matrices, and so is every gradient. A depthwise one with 5 × 5 kernels on 1,152 channels of 7
//! × 7 positions takes a quarter of the time of burn-flex's own, forward and backward.
//! - a pointwise one is `W X`;
//! - a depthwise one of few positions is, in each channel, the product with a matrix (positions
//!   before, positions after) that holds each of the kernel's weights wherever it applies. These
//!   matrices are linear in the kernels, so they too are a product: kernels times a constant of
//!   zeros and ones.

use super::{PretrainError, parameters::Leaves};
use crate::{
    pack::Activation,
    towers::{BlockShape, ConvShape, EfficientNetLite0},
};
use burn::tensor::{Device, Tensor, TensorData, activation::relu6};

/// The last blocks and the convolution behind them.
pub struct Tail {
    blocks: Vec<Block>,
    head: Conv,
}

struct Block {
    expand: Option<Conv>,
    depthwise: Conv,
    project: Conv,
    residual: bool,
}

struct Conv {
    /// (out, in / groups · k · k).
    weight: Tensor<2>,
    bias: Tensor<1>,
    shape: ConvShape,
}

/// A feature map with its channels first.
struct Map {
    /// (channels, batch · height · width).
    values: Tensor<2>,
    batch: usize,
    size: [usize; 2],
}

/// The shapes of the last `count` blocks.
pub fn block_shapes(count: usize) -> Vec<BlockShape> {
    let mut blocks = EfficientNetLite0::blocks();
    blocks.split_off(blocks.len().saturating_sub(count))
}

/// The convolutions of the last `count` blocks and the head; none for none.
pub fn convolutions(count: usize) -> Vec<ConvShape> {
    if count == 0 {
        return Vec::new();
    }
    let parts = |block: BlockShape| {
        let behind = [Some(block.depthwise), Some(block.project)];
        [block.expand].into_iter().chain(behind).flatten()
    };
    let blocks = block_shapes(count).into_iter().flat_map(parts);
    blocks.chain([EfficientNetLite0::head()]).collect()
}

impl Tail {
    /// Collects its weights from a step's leaves; `shapes` are those of [`block_shapes`].
    ///
    /// # Errors
    /// [`PretrainError::Untrained`].
    pub fn of(
        leaves: &Leaves,
        shapes: &[BlockShape],
        head: &ConvShape,
    ) -> Result<Self, PretrainError> {
        let conv = |shape: &ConvShape| -> Result<Conv, PretrainError> {
            Ok(Conv {
                weight: leaves.matrix(&format!("{}.weight", shape.name))?,
                bias: leaves.vector(&format!("{}.bias", shape.name))?,
                shape: shape.clone(),
            })
        };
        let block = |shape: &BlockShape| -> Result<Block, PretrainError> {
            Ok(Block {
                expand: shape.expand.as_ref().map(conv).transpose()?,
                depthwise: conv(&shape.depthwise)?,
                project: conv(&shape.project)?,
                residual: shape.residual,
            })
        };
        Ok(Self {
            blocks: shapes.iter().map(block).collect::<Result<_, _>>()?,
            head: conv(head)?,
        })
    }

    /// Maps (batch, channels, height, width) to regions (batch · positions, features).
    pub fn forward(&self, maps: Tensor<4>) -> Tensor<2> {
        let [batch, channels, height, width] = maps.dims();
        let mut map = Map {
            values: maps
                .swap_dims(0, 1)
                .reshape([channels, batch * height * width]),
            batch,
            size: [height, width],
        };
        for block in &self.blocks {
            map = block.forward(map);
        }
        self.head.pointwise(map).values.transpose()
    }
}

impl Block {
    fn forward(&self, map: Map) -> Map {
        let input = map.values.clone();
        let expanded = match &self.expand {
            Some(expand) => expand.pointwise(map),
            None => map,
        };
        let mut map = self.project.pointwise(self.depthwise.depthwise(expanded));
        if self.residual {
            map.values = map.values + input;
        }
        map
    }
}

impl Conv {
    fn pointwise(&self, map: Map) -> Map {
        let values = self.weight.clone().matmul(map.values);
        self.finish(values, map.batch, map.size)
    }

    fn depthwise(&self, map: Map) -> Map {
        let [channels, _] = self.weight.dims();
        let (spread, size) = spread(&self.shape, map.size, &map.values.device());
        let [before, after] = [map.size, size].map(|[height, width]| height * width);
        let filters = self
            .weight
            .clone()
            .matmul(spread)
            .reshape([channels, before, after]);
        let values = map.values.reshape([channels, map.batch, before]);
        let values = values
            .matmul(filters)
            .reshape([channels, map.batch * after]);
        self.finish(values, map.batch, size)
    }

    fn finish(&self, values: Tensor<2>, batch: usize, size: [usize; 2]) -> Map {
        let [channels, _] = values.dims();
        let values = values + self.bias.clone().reshape([channels, 1]);
        Map {
            values: if self.shape.activation == Activation::Relu6 {
                relu6(values)
            } else {
                values
            },
            batch,
            size,
        }
    }
}

/// (k · k, positions before · positions after): 1 where the kernel's element takes that input
/// position to that output position, 0 elsewhere; and the size of the map after.
fn spread(
    shape: &ConvShape,
    [height, width]: [usize; 2],
    device: &Device,
) -> (Tensor<2>, [usize; 2]) {
    let kernel = shape.kernel;
    let [rows, columns] = [height, width].map(|length| shape.outputs(length));
    let after = rows * columns;
    let each = height * width * after;
    let mut values = vec![0.0_f32; kernel * kernel * each];
    // Where an output's window starts, less what is padding.
    let source = |output: usize, offset: usize, length: usize| {
        let input = (output * shape.stride + offset).checked_sub(shape.padding(length).0)?;
        (input < length).then_some(input)
    };
    for element in 0..kernel * kernel {
        let (down, across) = (element / kernel, element % kernel);
        for output in 0..after {
            let row = source(output / columns, down, height);
            let column = source(output % columns, across, width);
            if let (Some(row), Some(column)) = (row, column) {
                values[element * each + (row * width + column) * after + output] = 1.0;
            }
        }
    }
    let data = TensorData::new(values, [kernel * kernel, each]);
    (Tensor::from_data(data, device), [rows, columns])
}
