"""Writes resize.json: the image of `pattern`, resized by Pillow, for tests/resize.rs.

It needs Pillow 13: python3 resize.py > resize.json
"""

import json

from PIL import Image


def pattern(width, height):
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            edge = 255 if (x // 10 + y // 14) % 2 else 0
            samples = (edge, (x * 5 + y) % 256, (x * y // 7) % 256)
            # The contrast is halved, because Lanczos overshoots. Clipping to bytes between its two
            # passes would make the result depend on the order of the passes.
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
