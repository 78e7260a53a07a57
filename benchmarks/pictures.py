# SPDX-License-Identifier: Apache-2.0
"""pictures.py FILE...: the PNG files below each other with Pillow. Rounds: measurer.py."""
import io
import sys

import measurer
from PIL import Image


def join(paths, level):
    """Decodes, pastes and encodes; returns the bytes of the joined picture."""
    parts = [Image.open(path) for path in paths]
    joined = Image.new("RGBA", (max(part.width for part in parts), sum(part.height for part in parts)))
    top = 0
    for part in parts:
        joined.paste(part, (0, top))
        top += part.height
    data = io.BytesIO()
    joined.save(data, "png", compress_level=level)
    return data.getvalue()


measurer.serve_works({f"Pillow, level {level}": lambda level=level: join(sys.argv[1:], level) for level in (6, 1)})
