//! WGSL kernels on burn's tensors: a [`Kernel`] writes its text, [`launch`] dispatches it.

use super::device_features::DeviceFeatures;
use burn::{
    backend::wgpu::{
        CubeDim, CubeTensor, KernelSource, SourceKernel, SourceTemplate, Wgpu, into_contiguous,
    },
    cubecl::{
        CubeCount, ExecutionMode,
        prelude::KernelId,
        server::{KernelArguments, MetadataBindingInfo},
    },
    tensor::{Shape, Tensor, kind::Basic},
};
use std::{fmt::Debug, hash::Hash};

/// Values that lie side by side in a vector of WGSL.
pub const LANES: usize = 4;

/// Buffers of burn-wgpu may be parts of one allocation, which WebGPU lets a dispatch read or write
/// but not both; in the browser each is its own.
const INPUT_ACCESS: &str = if cfg!(target_family = "wasm") {
    "read"
} else {
    "read_write"
};

/// A kernel: two that are equal have the same text, which is compiled once.
pub trait Kernel: Debug + Clone + Eq + Hash + Send + Sync + 'static {
    /// Invocations of a workgroup along x and y.
    fn workgroup(&self) -> [u32; 2];

    /// The optional features that it needs.
    fn needs(&self) -> DeviceFeatures {
        DeviceFeatures::default()
    }

    /// The inputs' names and the types of their elements, in the order in which they are given.
    fn inputs(&self) -> Vec<(&'static str, &'static str)>;

    /// What stands in `main`, with `group` and `local` for the invocation's position, `sizes` for
    /// the arguments and `result` for what is written.
    fn body(&self) -> String;

    /// WGSL functions that the body calls, and memory that its workgroup shares.
    fn functions(&self) -> String {
        String::new()
    }
}

#[derive(Debug)]
struct Text<K>(K);

/// A kernel's whole text in WGSL: bindings, functions and `main`.
pub fn wgsl(kernel: &impl Kernel) -> String {
    let needs = kernel.needs();
    let mut text = String::new();
    if needs.half {
        text += "enable f16;\n";
    }
    // naga knows the functions, but not yet the word that browsers ask for.
    if needs.subgroup.is_some() && cfg!(target_family = "wasm") {
        text += "enable subgroups;\n";
    }
    let inputs = kernel.inputs();
    for (index, (name, element)) in inputs.iter().enumerate() {
        text += &format!(
            "@group(0) @binding({index}) var<storage, {INPUT_ACCESS}> {name}: array<{element}>;\n"
        );
    }
    let (result, sizes) = (inputs.len(), inputs.len() + 1);
    let [x, y] = kernel.workgroup();
    let (functions, body) = (kernel.functions(), kernel.body());
    text + &format!(
        "@group(0) @binding({result}) var<storage, read_write> result: array<f32>;
@group(0) @binding({sizes}) var<storage, read> sizes: array<u32>;
{functions}
@compute @workgroup_size({x}, {y})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {{
{body}
}}
"
    )
}

impl<K: Kernel> KernelSource for Text<K> {
    fn source(&self) -> SourceTemplate {
        SourceTemplate::new(wgsl(&self.0))
    }

    fn id(&self) -> KernelId {
        let [x, y] = self.0.workgroup();
        KernelId::new::<Self>()
            .info(self.0.clone())
            .cube_dim(CubeDim::new_2d(x, y).0)
            // Loops end by themselves; counting their rounds costs time.
            .mode(ExecutionMode::Unchecked)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// The CubeCL tensor behind a burn tensor, row-major.
///
/// # Panics
/// For a tensor of another device, as burn's operations do.
pub fn primitive<const D: usize, K>(tensor: Tensor<D, K>) -> CubeTensor
where
    K: Basic + burn::tensor::BackendPrimitive<Wgpu, Primitive = CubeTensor>,
{
    match tensor.try_into_primitive::<Wgpu>() {
        Ok(tensor) => into_contiguous(tensor),
        Err(error) => panic!("a tensor of another device: {error:?}"),
    }
}

/// Zero-pads rows to a multiple of `length`; rows that have it already stay as they are.
pub fn zero_padded(x: Tensor<2>, length: usize) -> Tensor<2> {
    let [rows, width] = x.dims();
    let missing = width.next_multiple_of(length) - width;
    if missing == 0 {
        return x;
    }
    let zeros = Tensor::zeros([rows, missing], &x.device());
    Tensor::cat(vec![x, zeros], 1)
}

/// Runs a kernel on as many workgroups as `groups` says.
///
/// # Panics
/// Without inputs.
pub fn launch<const D: usize, K: Kernel>(
    kernel: K,
    inputs: Vec<CubeTensor>,
    shape: [usize; D],
    sizes: &[usize],
    groups: [usize; 3],
) -> Tensor<D> {
    let Some(first) = inputs.first() else {
        panic!("a kernel without inputs");
    };
    let (client, device, dtype) = (first.client.clone(), first.device.clone(), first.dtype);
    let floats = shape.iter().product::<usize>();
    let result = client.empty(floats.max(1) * size_of::<f32>());
    // Two numbers a word, as the device reads them.
    let words = sizes.chunks(2).map(|pair| {
        pair.iter()
            .rev()
            .fold(0, |word, &size| word << 32 | size as u64)
    });
    let mut arguments = KernelArguments::new();
    for input in inputs {
        arguments = arguments.with_buffer(input.handle.binding());
    }
    arguments = arguments
        .with_buffer(result.clone().binding())
        .with_info(MetadataBindingInfo::custom(words.collect()));
    let [x, y] = kernel.workgroup();
    let [columns, rows, layers] = groups.map(|count| count as u32);
    client.launch(
        Box::new(SourceKernel::new(Text(kernel), CubeDim::new_2d(x, y))),
        CubeCount::Static(columns, rows, layers),
        arguments,
    );
    let result = CubeTensor::new_contiguous(client, device, Shape::from(shape), result, dtype);
    Tensor::from_primitive::<Wgpu>(result)
}
