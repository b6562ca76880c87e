#!/bin/sh
# One picture whose name has a word like "test" in it takes the place of a whole folder of classes.
#
# Hugging Face's `imagefolder` looks for the names of splits in all paths below the folder, pictures' names
# included. If "test", "eval", "val" or "train" stands in any of them as a word, only the files that match
# are loaded, as that split, and without labels; all others are left out without a word. So is a class
# "steam train" beside "bus" and "plane". Seen with datasets 5.2.0, where the same folder without that word
# gives every picture with its label. Fails once that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
  --target "$folder/packages" datasets==5.2.0 pillow==13.0.0
HF_HOME="$folder/hub" HF_HUB_OFFLINE=1 PYTHONPATH="$folder/packages" python3 - "$folder" <<'PYTHON'
import pathlib
import sys

from datasets import load_dataset
from datasets.utils.logging import disable_progress_bar
from PIL import Image

disable_progress_bar()


def loaded(name, pictures):
    """How many pictures each split has, and whether they have labels."""
    root = pathlib.Path(sys.argv[1]) / name
    for picture in pictures:
        (root / picture).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(root / picture)
    splits = load_dataset("imagefolder", data_dir=str(root))
    return {split: (len(rows), "label" in rows.features) for split, rows in splits.items()}


found = {
    "plain": loaded("plain", ["bus/1.png", "bus/2.png", "plane/3.png"]),
    "a picture": loaded("picture", ["bus/test 1.png", "bus/2.png", "plane/3.png"]),
    "a class": loaded("class", ["bus/1.png", "steam train/2.png", "plane/3.png"]),
}
for name, splits in found.items():
    print(name, splits)
assert found == {
    "plain": {"train": (3, True)},
    "a picture": {"test": (1, False)},
    "a class": {"train": (1, False)},
}, "datasets has changed"
PYTHON
