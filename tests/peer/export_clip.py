"""Writes a CLIP pack's towers as ONNX graphs, so that other runtimes can be timed beside ours.

    python3 export_clip.py FLOAT_PACK OUTPUT_FOLDER

FLOAT_PACK is a pack of float weights (`glimpse pack-random … --quant f32`). Needs what
requirements.txt names. The graphs are what PyTorch's exporter makes of Hugging Face's own model:
image.onnx and text.onnx in float, image-int8.onnx and text-int8.onnx as onnxruntime's dynamic
quantisation makes them. Says how near each one's embeddings are to PyTorch's.
"""

import json
import sys
from pathlib import Path

import torch
from quantise import quantise, run
from safetensors.torch import load_file
from transformers import (CLIPTextConfig, CLIPTextModelWithProjection, CLIPVisionConfig,
                          CLIPVisionModelWithProjection)


class Output(torch.nn.Module):
    """One output alone."""

    def __init__(self, model, name):
        super().__init__()
        self.model, self.name = model, name

    def forward(self, x):
        return getattr(self.model(x), self.name)


def model(pack, tower):
    architecture = json.loads((pack / "manifest.json").read_text())["architecture"]
    fields = architecture[tower] | {"projection_dim": architecture["projection_dim"],
                                    "attn_implementation": "eager"}
    if tower == "image":
        model = CLIPVisionModelWithProjection(CLIPVisionConfig(**fields))
    else:
        # Read at the highest id, as the pack's towers are.
        model = CLIPTextModelWithProjection(CLIPTextConfig(**fields | {"eos_token_id": 2}))
    part = {"image": "vision_model.", "text": "text_model."}[tower]
    weights = load_file(pack / f"{tower}.safetensors")
    renamed = {name if "projection" in name else part + name: tensor for name, tensor in weights.items()}
    missing, unexpected = model.load_state_dict(renamed, strict=False)
    assert not unexpected and all("position_ids" in name for name in missing), (missing, unexpected)
    return Output(model.eval(), f"{tower}_embeds")


def export(pack, tower, output):
    torch.manual_seed(0)
    net = model(pack, tower)
    config = net.model.config
    if tower == "image":
        name, axes = "pixel_values", {0: "batch"}
        example = torch.randn(2, 3, config.image_size, config.image_size)
    else:
        name, axes = "input_ids", {0: "batch", 1: "length"}
        example = torch.randint(0, config.vocab_size - 1, (2, 20))
        example[:, -1] = config.vocab_size - 1
    path = output / f"{tower}.onnx"
    torch.onnx.export(net, (example,), path, input_names=[name], output_names=[f"{tower}_embeds"],
                      dynamic_axes={name: axes}, opset_version=17, dynamo=False)
    with torch.no_grad():
        wanted = net(example)
    for file in (path, quantise(path)):
        found = torch.from_numpy(run(file, {name: example.numpy()}))
        cosine = torch.nn.functional.cosine_similarity(wanted, found).min()
        print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB, cosine to PyTorch {cosine:.6f}")


def main():
    pack, output = map(Path, sys.argv[1:3])
    output.mkdir(parents=True, exist_ok=True)
    for tower in ("image", "text"):
        export(pack, tower, output)


if __name__ == "__main__":
    main()
