"""Embeds a folder of photos with the CLI and with PyTorch, turn by turn, and prints ratios.

    python3 native.py GLIMPSE INPUTS.json ROWS.json [--runs N] [--photos FOLDER]

GLIMPSE is the CLI's program; INPUTS.json names the models and their packs; what is found is added
to the rows of ROWS.json. Needs what requirements.txt names. The CLI's time is that of the whole
program, with its start and the loading of the pack; PyTorch's begins when the model is loaded, all
its processes run and a first pass is done. Its photos are decoded and resized by Pillow, in as many
processes as there are cores, beside a model in float with as many threads.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import torch_towers

BATCH = 16
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


class Photos(torch.utils.data.Dataset):
    """Photos as the tower takes them."""

    def __init__(self, files, preprocessing):
        self.files = files
        self.side = preprocessing["crop_size"]["height"]
        self.longer_side = {"nearest": round, "truncate": int}[preprocessing["longer_side"]]
        self.mean = np.array(preprocessing["image_mean"], np.float32)
        self.std = np.array(preprocessing["image_std"], np.float32)

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        photo = Image.open(self.files[index]).convert("RGB")
        shorter = min(photo.size)
        width, height = (self.side if edge == shorter else self.longer_side(edge * self.side / shorter)
                         for edge in photo.size)
        photo = photo.resize((width, height), Image.Resampling.BICUBIC)
        left, top = (width - self.side) // 2, (height - self.side) // 2
        photo = photo.crop((left, top, left + self.side, top + self.side))
        pixels = (np.asarray(photo, np.float32) / 255 - self.mean) / self.std
        return torch.from_numpy(pixels.transpose(2, 0, 1).copy())


class Torch:
    """PyTorch's side, ready to run."""

    def __init__(self, pack, files):
        preprocessing = json.loads((pack / "manifest.json").read_text())["preprocessing"]
        self.tower = torch_towers.image(pack).to(memory_format=torch.channels_last)
        self.loader = torch.utils.data.DataLoader(Photos(files, preprocessing), BATCH, num_workers=CORES,
                                                  persistent_workers=True)
        torch.set_num_threads(CORES)

    def embed(self):
        start = time.perf_counter()
        with torch.inference_mode():
            rows = [self.tower(batch.to(memory_format=torch.channels_last)) for batch in self.loader]
            embeds = torch.nn.functional.normalize(torch.cat(rows))
        return time.perf_counter() - start, embeds.numpy()


def glimpse(program, pack, folder):
    start = time.perf_counter()
    answer = subprocess.run([program, "embed", folder, "--pack", pack, "--json"], check=True, capture_output=True)
    seconds = time.perf_counter() - start
    images = json.loads(answer.stdout)["images"]
    return seconds, np.array([image["embedding"] for image in images], np.float32)


def make_photos(folder, count=200, size=(1280, 960)):
    """Photos of a common size: parts of the samples, enlarged."""
    if folder.is_dir():
        return
    chance = random.Random(0)
    samples = [Image.open(file).convert("RGB") for file in sorted(Path("www/samples").glob("*.jpg"))]
    folder.mkdir(parents=True)
    for number in range(count):
        sample = samples[number % len(samples)]
        width = chance.uniform(0.6, 1) * min(sample.width, sample.height * 4 / 3)
        left = chance.uniform(0, sample.width - width)
        top = chance.uniform(0, sample.height - width * 3 / 4)
        part = sample.resize(size, Image.Resampling.BICUBIC, (left, top, left + width, top + width * 3 / 4))
        part.save(folder / f"{number:03}.jpg", quality=90)


def compare(program, model, weights, torch_side, folder, runs):
    count = len(torch_side.loader.dataset)
    times = []
    for run in range(runs):
        ours, embeds = glimpse(program, model["packs"][weights], folder)
        theirs, expected = torch_side.embed()
        times.append((ours, theirs))
    # On average, since the two sides' JPEG decoders differ: of the same pixels it is 1.000000 for each.
    cosine = (embeds * expected).sum(axis=1).mean()
    assert weights != "float" or cosine > 0.9995, f"the two sides' embeddings differ (mean cosine {cosine})"
    ratios = [ours / theirs for ours, theirs in times]
    milliseconds = [1000 / count * statistics.median(side) for side in zip(*times)]
    return {
        "backend": "native", "model": model["name"], "tower": "image", "weights": weights,
        "glimpse_ms": milliseconds[0], "peer_ms": milliseconds[1],
        "ratio": statistics.median(ratios), "least": min(ratios), "most": max(ratios),
        "what": f"a photo of a folder of {count}", "threads": CORES, "runs": runs,
        "peer": f"PyTorch {torch.__version__}, float",
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("glimpse")
    parser.add_argument("inputs", type=Path)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--photos", type=Path, default=Path("target/peer/photos"))
    arguments = parser.parse_args()
    make_photos(arguments.photos)
    files = sorted(arguments.photos.glob("*.jpg"))
    rows = json.loads(arguments.rows.read_text()) if arguments.rows.exists() else []
    for model in json.loads(arguments.inputs.read_text())["models"]:
        torch_side = Torch(Path(model["packs"]["float"]), files)
        torch_side.embed()
        for weights in model["packs"]:
            row = compare(arguments.glimpse, model, weights, torch_side, arguments.photos, arguments.runs)
            rows.append(row)
            print("{model}, {weights}: {glimpse_ms:.1f} ms a photo, {peer_ms:.1f} ms by {peer}; ratio {ratio:.3f} "
                  "({least:.3f} to {most:.3f})".format(**row), flush=True)
    arguments.rows.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
