"""What both exports share: int8 graphs as onnxruntime's dynamic quantisation makes them."""

import tempfile
from pathlib import Path

import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

# Convolutions stay in float, which is kinder to the runtime: with its integer convolutions an image
# of EfficientNet-Lite0 takes it five times as long.
OPERATIONS = ["MatMul", "Gemm", "Gather"]


def quantise(path):
    """Writes the int8 graph beside a float one; gives its path."""
    small = path.with_name(f"{path.stem}-int8.onnx")
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(path, prepared, skip_symbolic_shape=True)
        quantize_dynamic(prepared, small, weight_type=QuantType.QInt8, op_types_to_quantize=OPERATIONS)
    return small


def run(path, feeds):
    """A graph's only output."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, feeds)[0]
