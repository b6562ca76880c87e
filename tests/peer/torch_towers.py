"""A float pack's image tower in PyTorch: Hugging Face's own for CLIP, EfficientNet-Lite0 for the
default model."""

import json

import torch
from safetensors.torch import load_file
from torch.nn import functional

import export_clip
from export_default import STAGES


def image(pack):
    architecture = json.loads((pack / "manifest.json").read_text())["architecture"]
    if architecture["image"]["model_type"] == "efficientnet-lite0":
        return DefaultImageTower(load_file(pack / "image.safetensors")).eval()
    return export_clip.model(pack, "image")


class Convolution(torch.nn.Module):
    """A convolution, its batch norm folded in, that pads as TensorFlow does."""

    def __init__(self, weights, name, stride=1, groups=1, activation=True):
        super().__init__()
        self.weight = torch.nn.Parameter(weights[f"{name}.weight"])
        self.bias = torch.nn.Parameter(weights[f"{name}.bias"])
        self.stride, self.groups, self.activation = stride, groups, activation

    def forward(self, x):
        kernel, length = self.weight.shape[-1], x.shape[-1]
        total = max((-(-length // self.stride) - 1) * self.stride + kernel - length, 0)
        before, after = total // 2, total - total // 2
        if before != after:
            x, before = functional.pad(x, (before, after, before, after)), 0
        y = functional.conv2d(x, self.weight, self.bias, self.stride, before, groups=self.groups)
        return functional.relu6(y) if self.activation else y


class Block(torch.nn.Module):
    """An inverted residual."""

    def __init__(self, weights, name, inputs, channels, expand, stride):
        super().__init__()
        convolutions = [Convolution(weights, f"{name}.expand")] if expand != 1 else []
        convolutions.append(Convolution(weights, f"{name}.depthwise", stride, inputs * expand))
        convolutions.append(Convolution(weights, f"{name}.project", activation=False))
        self.layers = torch.nn.Sequential(*convolutions)
        self.skip = stride == 1 and inputs == channels

    def forward(self, x):
        y = self.layers(x)
        return x + y if self.skip else y


class DefaultImageTower(torch.nn.Module):
    """EfficientNet-Lite0 and the alignment head."""

    def __init__(self, weights):
        super().__init__()
        layers, inputs, index = [Convolution(weights, "stem", 2)], 32, 0
        for repeats, _, first_stride, expand, channels in STAGES:
            for repeat in range(repeats):
                stride = first_stride if repeat == 0 else 1
                layers.append(Block(weights, f"blocks.{index}", inputs, channels, expand, stride))
                inputs, index = channels, index + 1
        self.features = torch.nn.Sequential(*layers, Convolution(weights, "head"))
        self.weights = {name: weights[name] for name in weights
                        if name.startswith(("classifier", "class_text_embeds", "image."))}

    def linear(self, x, name):
        return functional.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def forward(self, x):
        features = self.features(x).mean((2, 3))
        named = self.linear(features, "classifier").softmax(1) @ self.weights["class_text_embeds"]
        return named + self.linear(functional.gelu(self.linear(features, "image.0")), "image.2")
