"""Writes resize.json: what Pillow makes of the picture of `pattern`, for tests/resize.rs.

Run by hand with Pillow 13 installed: python3 resize.py > resize.json
"""

import json

from PIL import Image


def pattern(width, height):
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            edge = 255 if (x // 10 + y // 14) % 2 else 0
            samples = (edge, (x * 5 + y) % 256, (x * y // 7) % 256)
            # Halved around the middle: Lanczos overshoots, and where that is cut to a byte
            # between its two passes the order of the passes would show.
            image.putpixel((x, y), tuple(sample // 2 + 64 for sample in samples))
    return image


def centre_square(image):
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return image.crop((left, top, left + side, top + side))


def case(kind, width, height, result):
    return {"kind": kind, "from": [width, height], "to": list(result.size), "rgb": list(result.tobytes())}


def square(width, height, size):
    result = centre_square(pattern(width, height)).resize((size, size), Image.Resampling.BILINEAR)
    return case("square", width, height, result)


def thumbnail(width, height, size):
    result = pattern(width, height).resize(size, Image.Resampling.LANCZOS)
    return case("thumbnail", width, height, result)


cases = [square(151, 100, 16), square(60, 97, 14), square(9, 7, 12), thumbnail(150, 100, (18, 12))]
print(json.dumps(cases))
