"""Writes the fuzzer's seeds that are no fixtures of the tests: small files of every format, and some
that were dangerous once. Run by hand; what it writes is in the repository."""

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

SEEDS = Path(__file__).parent / "seeds"


def write(target, name, data):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def safetensors(header, data):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


class Global:
    """Pickled as a class or function of another module."""

    def __init__(self, module, name):
        self.path = (module, name)


class Tensor:
    def __init__(self, key, elements, shape, strides, offset=0):
        self.key, self.elements = key, elements
        self.shape, self.strides, self.offset = shape, strides, offset


class Storage:
    def __init__(self, key, elements):
        self.key, self.elements = key, elements


class Pickler(pickle._Pickler):
    """PyTorch's, as far as a state dict needs it."""

    def persistent_id(self, value):
        if isinstance(value, Storage):
            kind = Global("torch", "FloatStorage")
            return ("storage", kind, value.key, "cpu", value.elements)
        return None

    def save(self, value, save_persistent_id=True):
        if isinstance(value, Global):
            self.write(b"c" + "\n".join(value.path).encode() + b"\n")
        elif isinstance(value, Tensor):
            self.save(Global("torch._utils", "_rebuild_tensor_v2"))
            storage = Storage(value.key, value.elements)
            self.save((storage, value.offset, value.shape, value.strides, False, None))
            self.write(b"R")
        else:
            super().save(value, save_persistent_id)


def pickled(value, protocol=2):
    out = io.BytesIO()
    Pickler(out, protocol).dump(value)
    return out.getvalue()


def floats(count):
    return struct.pack(f"<{count}f", *range(count))


def archive(files, compression=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return out.getvalue()


state = {
    "visual.proj": Tensor("0", 6, (2, 3), (3, 1)),
    "text.proj": Tensor("0", 6, (3, 2), (1, 3)),
    "logit_scale": Tensor("1", 1, (), ()),
}
torch_zip = archive(
    {"model/data.pkl": pickled(state), "model/data/0": floats(6), "model/data/1": floats(1)}
)
magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
torch_old = (
    magic
    + pickle.dumps(1001, 2)
    + pickle.dumps({"little_endian": True}, 2)
    + pickled({"state_dict": state})
    + pickle.dumps(["0", "1"], 2)
    + struct.pack("<Q", 6)
    + floats(6)
    + struct.pack("<Q", 1)
    + floats(1)
)
write("pickle", "archive", torch_zip)
write("pickle", "sequence", torch_old)
write("pickle", "state-dict", pickled(state))
for protocol in (0, 2, 4):
    value = {"a": [1, 300, -2, 2**70, 0.5], "b": ("x", None, True), "c": b"bytes"}
    write("pickle", f"values-{protocol}", pickle.dumps(value, protocol))
# Every line doubles the one before.
write("pickle", "in-itself", b"]q\x00h\x00a.")
far = {"far": Tensor("0", 6, (2**40, 2**40), (2**40, 0), 2**62)}
write(
    "pickle",
    "far-view",
    archive({"m/data.pkl": pickled(far), "m/data/0": floats(6)}),
)

write("zip", "pack", archive({"pack/manifest.json": b"{}", "pack/a": b"a"}))
write("zip", "flat", archive({"manifest.json": b"{}", "a": b"a"}))
write("zip", "macos", archive({"p/a": b"a", "__MACOSX/p/._a": b"b", "p/.DS_Store": b""}))
write("zip", "twice", archive({"a/config.json": b"{}", "b/config.json": b"{}"}))
write("zip", "inner", archive({"config.json": b"{}", "1/config.json": b"{}"}))
write("zip", "compressed", archive({"a": b"a" * 99}, zipfile.ZIP_DEFLATED))
write("zip", "torch", torch_zip)

entry = lambda dtype, shape, first, last: {
    "dtype": dtype,
    "shape": shape,
    "data_offsets": [first, last],
}
write(
    "safetensors",
    "kinds",
    safetensors(
        {
            "__metadata__": {"format": "pt"},
            "a": entry("F32", [2, 3], 0, 24),
            "b": entry("F16", [3], 24, 30),
            "c": entry("BF16", [], 30, 32),
            "d": entry("F64", [1], 32, 40),
            "e": entry("I64", [1], 40, 48),
        },
        bytes(48),
    ),
)
write(
    "safetensors",
    "overlap",
    safetensors({"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 4, 12)}, bytes(12)),
)
write(
    "safetensors",
    "overflow",
    safetensors({"a": entry("F32", [2**32, 2**32], 0, 0)}, b""),
)

write(
    "tower",
    "image",
    safetensors(
        {
            "__metadata__": {"glimpse_tower": "image"},
            "a": entry("F32", [2], 0, 8),
            "b": entry("F16", [2, 2], 8, 16),
            "c": entry("I8", [2, 3], 16, 22),
            "c.scale": entry("F32", [2], 22, 30),
            "d": entry("U8", [2, 16], 30, 62),
            "d.scale": entry("F16", [2, 1], 62, 66),
        },
        bytes(66),
    ),
)
write(
    "tower",
    "partial-blocks",
    safetensors(
        {
            "__metadata__": {"glimpse_tower": "text"},
            "d": entry("U8", [2, 17], 0, 34),
            "d.scale": entry("F16", [2, 1], 34, 38),
        },
        bytes(38),
    ),
)
write(
    "tower",
    "sentences",
    safetensors(
        {
            "__metadata__": {"sentences": '["a cat", "a dog"]'},
            "text_embeds": entry("F16", [2, 4], 0, 16),
        },
        bytes(16),
    ),
)

block = {
    "hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2, "num_attention_heads": 4,
    "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
}
image = {"model_type": "clip_vision_model", **block, "image_size": 32, "patch_size": 8}
text = {"model_type": "clip_text_model", **block, "vocab_size": 99, "max_position_embeddings": 16}
file = {"bytes": 7, "sha256": "0" * 64}
manifest = {
    "format": "glimpse-pack/1", "name": "a", "description": "b", "languages": ["en"],
    "licence": "MIT", "source": [],
    "architecture": {"image": image, "text": text, "projection_dim": 2},
    "preprocessing": {
        "size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}, "resample": 3,
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
    },
    "tokenizer": {"file": "tokenizer.json", "max_length": 16},
    "scoring": {"mode": "softmax", "logit_scale": 4.6, "logit_bias": 0.0},
    "quantisation": "int8",
    "files": {name: file for name in ("image.safetensors", "text.safetensors", "tokenizer.json")},
    "golden": {"sentence": "c", "image_embeds": [1.0, 0.0], "text_embeds": [0.0, 1.0]},
}
write("manifest", "clip", json.dumps(manifest).encode())
bert = {
    "model_type": "bert", **block, "vocab_size": 99, "max_position_embeddings": 16,
    "type_vocab_size": 2,
}
towers = {"image": {"model_type": "efficientnet-lite0"}, "text": bert, "projection_dim": 2}
write("manifest", "default", json.dumps({**manifest, "architecture": towers}).encode())

word = {
    "version": "1.0", "added_tokens": [], "normalizer": {"type": "Lowercase"},
    "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
    "truncation": None,
    "padding": {
        "strategy": "BatchLongest", "direction": "Left", "pad_to_multiple_of": 4611686018427387904,
        "pad_id": 1, "pad_type_id": 0, "pad_token": "<pad>",
    },
    "model": {"type": "WordLevel", "vocab": {"a": 0, "<pad>": 1, "cat": 2}, "unk_token": "a"},
}
write("tokenizer", "word-level", json.dumps(word).encode())
pieces = {
    "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
    "end_of_word_suffix": "</w>", "fuse_unk": False, "byte_fallback": False,
    "vocab": {"c": 0, "a": 1, "t</w>": 2, "ca": 3, "cat</w>": 4},
    "merges": [["c", "a"], ["ca", "t</w>"]],
}
write("tokenizer", "bpe", json.dumps({**word, "model": pieces, "padding": None}).encode())

# The first byte chooses the file that is replaced.
for index, (name, content) in enumerate(
    [
        ("config", {"model_type": "clip", "projection_dim": 8, "text_config": block}),
        (
            "open-clip",
            {
                "model_cfg": {
                    "embed_dim": 8,
                    "vision_cfg": {"layers": 2, "width": 64, "patch_size": 32, "image_size": 224},
                    "text_cfg": {"width": 64, "heads": 4, "layers": 2},
                },
                "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3},
            },
        ),
        ("preprocessor", {"size": 224, "crop_size": 224, "do_normalize": False}),
        ("tokenizer", {"pad_token": {"content": "a"}, "do_lower_case": True}),
        ("index", {"weight_map": {"logit_scale": "shard.safetensors"}}),
    ]
):
    write("checkpoint", name, bytes([index]) + json.dumps(content).encode())
card = b"---\nlicense: mit\nlanguage:\n- en\n- de\n---\n# A model\n"
write("checkpoint", "card", bytes([5]) + card)
outside = {"weight_map": {"logit_scale": "../secret.safetensors"}}
write("checkpoint", "outside", bytes([4]) + json.dumps(outside).encode())

png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack(">II", 3, 4) + b"\x08\x06\0\0\0"
heads = {
    "png": png,
    "jpeg": b"\xff\xd8\xff\xc0\0\x11\x08\0\x04\0\x03\x03\x01\x22\0\x02\x11\x01\x03\x11\x01",
    "gif": b"GIF89a\x03\0\x04\0\0\0\0",
    "bmp": b"BM" + bytes(12) + struct.pack("<Iii", 40, 3, 4) + bytes(24),
    "webp": b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0/\x02\xc0\0\0" + bytes(8),
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "tiff": b"II*\0\x08\0\0\0\x02\0\0\x01\x03\0\x01\0\0\0\x03\0\0\0\x01\x01\x03\0\x01\0\0\0\x04\0\0\0",
    "jxl": b"\xff\x0a\xfa\x7f\x01\x90",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    "pdf": b"%PDF-1.7",
}
for name, head in heads.items():
    write("image", name, head)

links = {
    "labels": "labels=cat,dog,cup of coffee&sentences=a photo of a {}\na drawing of a {}",
    "scores": "scores=sigmoid&search=a cat on a wall&numbers=off",
    "odd": "labels=,,\t\u202e,a&sentences={}{}{&labels=again&=&x",
}
for name, link in links.items():
    write("link", name, link.encode())

messages = {
    "embed": {"EmbedTexts": {"id": 7, "texts": ["a cat", ""]}},
    "cancel": {"Cancel": {"id": 18446744073709551615}},
    "progress": {"Progress": {"stage": {"Load": "image"}, "fraction": 0.5, "bytes": [1, 2]}},
    "imported": {"Imported": {"towers": [{"tower": "text", "bytes": 1, "least_cosine": 0.9}]}},
    "ready": {"Ready": {"manifest": manifest, "device": "processor", "load_ms": 1.5}},
}
for name, message in messages.items():
    write("message", name, json.dumps(message).encode())
