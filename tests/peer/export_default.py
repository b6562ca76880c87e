"""Writes the default model's towers as ONNX graphs, so that other runtimes can be timed beside ours.

    python3 export_default.py FLOAT_PACK OUTPUT_FOLDER

FLOAT_PACK is a pack of float weights (`glimpse pack-default … --quant f32`). Needs what
requirements.txt names. The graphs are what PyTorch's exporter gives after onnxruntime's own
simplification: batch norms folded, GELU as Erf, one MatMul + Add a linear layer. image.onnx and
text.onnx are in float, image-int8.onnx and text-int8.onnx as onnxruntime's dynamic quantisation
makes them; says how near their embeddings are to the float ones.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from quantise import quantise, run
from safetensors.numpy import load_file

STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80),
          (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]


class Graph:
    def __init__(self, weights):
        self.weights, self.nodes, self.constants, self.count = weights, [], {}, 0

    def constant(self, name, value=None):
        value = self.weights[name] if value is None else np.asarray(value)
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def __call__(self, operation, *inputs, **attributes):
        self.count += 1
        output = f"v{self.count}"
        self.nodes.append(helper.make_node(operation, list(inputs), [output], **attributes))
        return output

    def linear(self, x, name):
        weight = self.constant(f"{name}.weight.T", self.weights[f"{name}.weight"].T)
        return self("Add", self("MatMul", x, weight), self.constant(f"{name}.bias"))

    def gelu(self, x):
        half = self.constant("half", np.float32(0.5))
        one = self.constant("one", np.float32(1))
        root = self.constant("root2", np.float32(2 ** 0.5))
        erf = self("Erf", self("Div", x, root))
        return self("Mul", self("Mul", x, self("Add", erf, one)), half)

    def normalise(self, x):
        squares = self("ReduceSum", self("Mul", x, x), self.constant("axis1", np.array([1])), keepdims=1)
        return self("Div", x, self("Sqrt", squares))

    def save(self, path, inputs, output, shape):
        for node in self.nodes[-1:]:
            node.output[0] = output
        graph = helper.make_graph(self.nodes, "tower", inputs,
                                  [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
                                  list(self.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def image_tower(weights, path):
    g = Graph(weights)
    zero, six = g.constant("zero", np.float32(0)), g.constant("six", np.float32(6))

    def conv(x, name, kernel, stride, length, groups=1, activation=True):
        outputs = -(-length // stride)
        total = max((outputs - 1) * stride + kernel - length, 0)
        before, after = total // 2, total - total // 2
        y = g("Conv", x, g.constant(f"{name}.weight"), g.constant(f"{name}.bias"),
              kernel_shape=[kernel] * 2, strides=[stride] * 2, group=groups,
              pads=[before, before, after, after])
        return (g("Clip", y, zero, six) if activation else y), outputs

    x, length = conv("pixel_values", "stem", 3, 2, 224)
    inputs, index = 32, 0
    for repeats, kernel, first_stride, expand, channels in STAGES:
        for repeat in range(repeats):
            stride, hidden, skip = first_stride if repeat == 0 else 1, inputs * expand, x
            y = x
            if expand != 1:
                y, _ = conv(y, f"blocks.{index}.expand", 1, 1, length)
            y, shrunk = conv(y, f"blocks.{index}.depthwise", kernel, stride, length, hidden)
            y, _ = conv(y, f"blocks.{index}.project", 1, 1, shrunk, activation=False)
            x = g("Add", y, skip) if stride == 1 and inputs == channels else y
            inputs, index, length = channels, index + 1, shrunk
    x, _ = conv(x, "head", 1, 1, length)
    features = g("Flatten", g("GlobalAveragePool", x))
    classes = g("Softmax", g.linear(features, "classifier"), axis=1)
    named = g("MatMul", classes, g.constant("class_text_embeds"))
    corrected = g.linear(g.gelu(g.linear(features, "image.0")), "image.2")
    g.normalise(g("Add", named, corrected))
    g.save(path, [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 3, 224, 224])],
           "image_embeds", ["n", 384])


def text_tower(weights, path, layers=6, heads=12, width=384, epsilon=1e-12):
    g = Graph(weights)
    head = width // heads

    def norm(x, name):
        return g("LayerNormalization", x, g.constant(f"{name}.weight"), g.constant(f"{name}.bias"),
                 axis=-1, epsilon=epsilon)

    def split(x):
        shape = g.constant("split", np.array([0, 0, heads, head]))
        return g("Transpose", g("Reshape", x, shape), perm=[0, 2, 1, 3])

    table = "embeddings.{}_embeddings.weight".format
    x = g("Gather", g.constant(table("word")), "input_ids")
    length = g("Slice", g("Shape", "input_ids"), g.constant("i1", np.array([1])), g.constant("i2", np.array([2])))
    place = g("Slice", g.constant(table("position")), g.constant("i0", np.array([0])), length, g.constant("a0", np.array([0])))
    segment = g.constant("segment", weights[table("token_type")][0])
    x = norm(g("Add", g("Add", x, place), segment), "embeddings.LayerNorm")
    mask = g("Cast", "attention_mask", to=TensorProto.FLOAT)
    bias = g("Mul", g("Sub", g.constant("one", np.float32(1)), mask), g.constant("low", np.float32(-1e9)))
    bias = g("Unsqueeze", bias, g.constant("axes12", np.array([1, 2])))
    scale = g.constant("scale", np.float32(head ** -0.5))
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        q, k, v = (split(g.linear(x, f"{name}.attention.self.{part}")) for part in ("query", "key", "value"))
        scores = g("MatMul", g("Mul", q, scale), g("Transpose", k, perm=[0, 1, 3, 2]))
        attended = g("MatMul", g("Softmax", g("Add", scores, bias), axis=-1), v)
        attended = g("Reshape", g("Transpose", attended, perm=[0, 2, 1, 3]),
                     g.constant("join", np.array([0, 0, width])))
        x = norm(g("Add", x, g.linear(attended, f"{name}.attention.output.dense")),
                 f"{name}.attention.output.LayerNorm")
        y = g.linear(g.gelu(g.linear(x, f"{name}.intermediate.dense")), f"{name}.output.dense")
        x = norm(g("Add", x, y), f"{name}.output.LayerNorm")
    axis = g.constant("axis1", np.array([1]))
    real = g("Unsqueeze", mask, g.constant("axis2", np.array([2])))
    pooled = g("Div", g("ReduceSum", g("Mul", x, real), axis, keepdims=0), g("ReduceSum", mask, axis, keepdims=1))
    t = g.normalise(pooled)
    g.normalise(g("Add", t, g.linear(g.gelu(g.linear(t, "text.0")), "text.2")))
    ids = [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in ("input_ids", "attention_mask")]
    g.save(path, ids, "text_embeds", ["n", width])


def write_int8(path, feeds):
    small = quantise(path)
    cosine = (run(path, feeds) * run(small, feeds)).sum(axis=1).min()
    print(f"{small.name}: {small.stat().st_size / 1e6:.1f} MB, cosine to the float graph {cosine:.6f}")


def main():
    pack, output = map(Path, sys.argv[1:3])
    output.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    image, text = output / "image.onnx", output / "text.onnx"
    image_tower(load_file(pack / "image.safetensors"), image)
    write_int8(image, {"pixel_values": random.standard_normal((2, 3, 224, 224), dtype=np.float32)})
    text_tower(load_file(pack / "text.safetensors"), text)
    ids = random.integers(1000, 20000, (2, 20))
    write_int8(text, {"input_ids": ids, "attention_mask": np.ones_like(ids)})


if __name__ == "__main__":
    main()
