#!/bin/sh
# Pillow turns an AVIF file by XMP's orientation, though not by EXIF's.
#
# In AVIF only `irot` and `imir` turn a picture; EXIF and XMP don't count (MIAF, and libavif and
# browsers keep to it). Pillow's `ImageOps.exif_transpose` drops an EXIF orientation that `irot` and
# `imir` don't confirm, and then falls back on XMP where there is no EXIF. Seen with Pillow 13.0.0.
# Fails once that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
  --target "$folder/packages" pillow==13.0.0
PYTHONPATH="$folder/packages" python3 - <<'PYTHON'
import io
import struct

from PIL import Image, ImageOps


def upright_size(**metadata):
    """Of a picture of 32 x 24 pixels whose file says "orientation 6" in this way alone."""
    file = io.BytesIO()
    Image.new("RGB", (32, 24)).save(file, "AVIF", **metadata)
    data = file.getvalue()
    # Pillow would make `irot` of EXIF's orientation, so it is written under another tag and renamed.
    for order in "<>":
        other, orientation = (struct.pack(order + "HHI", tag, 3, 1) for tag in (0x0128, 0x0112))
        data = data.replace(other, orientation)
    assert b"irot" not in data and b"imir" not in data
    return ImageOps.exif_transpose(Image.open(io.BytesIO(data))).size


exif = Image.Exif()
exif[0x0128] = 6
xmp = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
       b'syntax-ns#"><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
       b'tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>')
found = {"none": upright_size(), "EXIF": upright_size(exif=exif), "XMP": upright_size(xmp=xmp)}
print(found)
assert found == {"none": (32, 24), "EXIF": (32, 24), "XMP": (24, 32)}, "Pillow has changed"
PYTHON
