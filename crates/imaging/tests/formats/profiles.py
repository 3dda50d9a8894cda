"""ICC profiles for tests, written by hand (ICC.1:2010)."""

import struct

import numpy as np

D50 = (0.9642, 1.0, 0.8249)
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
PROPHOTO = ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001))
D65_XY, D50_XY = (0.3127, 0.3290), (0.3457, 0.3585)

BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def xyz(xy):
    return np.array([xy[0] / xy[1], 1.0, (1 - xy[0] - xy[1]) / xy[1]])


def colorants(primaries, white):
    """The colorants of an RGB space, adapted to D50."""
    matrix = np.array([xyz(p) for p in primaries]).T
    matrix = matrix * np.linalg.solve(matrix, xyz(white))
    gain = (BRADFORD @ np.array(D50)) / (BRADFORD @ xyz(white))
    return np.linalg.inv(BRADFORD) @ np.diag(gain) @ BRADFORD @ matrix


def fixed(value):
    return struct.pack(">i", round(value * 65536))


def xyz_tag(values):
    return b"XYZ \0\0\0\0" + b"".join(fixed(v) for v in values)


def gamma_tag(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def table_tag(function, count=1024):
    values = [min(65535, round(function(i / (count - 1)) * 65535)) for i in range(count)]
    return b"curv\0\0\0\0" + struct.pack(f">I{count}H", count, *values)


def srgb_curve(v):
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


def text_tag(text):
    text = text.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78


def profile(space, pcs, kind, tags, version=2):
    tags = {"desc": text_tag("test"), "cprt": b"text\0\0\0\0none\0", "wtpt": xyz_tag(D50), **tags}
    body, table = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += name.encode() + struct.pack(">II", start + len(body), len(data))
        body += data
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"none", version << 24 | 0x400000, kind, space, pcs)
    header += struct.pack(">6H4s4sIIIQI", 2020, 1, 1, 0, 0, 0, b"acsp", b"none", 0, 0, 0, 0, 0)
    header += b"".join(fixed(v) for v in D50)
    header += b"\0" * (128 - len(header))
    return header + struct.pack(">I", len(tags)) + table + body


def rgb(primaries, white, curve, swapped=False):
    matrix = colorants(primaries, white)
    if swapped:
        matrix = matrix[:, ::-1]
    tags = {f"{c}XYZ": xyz_tag(matrix[:, i]) for i, c in enumerate("rgb")}
    return profile(b"RGB ", b"XYZ ", b"mntr", {**tags, **{f"{c}TRC": curve for c in "rgb"}})


def gray(curve):
    return profile(b"GRAY", b"XYZ ", b"mntr", {"kTRC": curve})


def lab(color):
    def f(t):
        return np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    x, y, z = (f(color[..., i] / D50[i]) for i in range(3))
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def lut_tag(inputs, steps, function):
    """A table of 16 bits (mft2) from `inputs` channels to Lab (version 2)."""
    axes = np.meshgrid(*[np.linspace(0, 1, steps)] * inputs, indexing="ij")
    values = function(np.stack(axes, -1).reshape(-1, inputs))
    encoded = np.stack([values[:, 0] * 652.8, (values[:, 1] + 128) * 256, (values[:, 2] + 128) * 256], -1)
    encoded = np.clip(np.round(encoded), 0, 65535).astype(">u2")
    head = b"mft2\0\0\0\0" + bytes([inputs, 3, steps, 0]) + b"".join(fixed(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    ends = struct.pack(">2H", 0, 65535)
    return head + struct.pack(">HH", 2, 2) + ends * inputs + encoded.tobytes() + ends * 3


def cmyk(steps=7):
    """Inks that multiply like filters, with a tint of their own."""
    inks = np.array([[0.10, 0.45, 0.80], [0.75, 0.12, 0.35], [0.90, 0.80, 0.08], [0.05, 0.05, 0.05]])

    def to_lab(samples):
        light = np.prod(1 - samples[:, :, None] * (1 - inks[None]), axis=1)
        return lab(light ** 1.8 @ colorants(SRGB, D65_XY).T)
    return profile(b"CMYK", b"Lab ", b"prtr", {"A2B0": lut_tag(4, steps, to_lab)})


def rgb_lut(steps=17):
    def to_lab(samples):
        return lab((samples ** 1.8) @ colorants(ADOBE, D65_XY).T)
    return profile(b"RGB ", b"Lab ", b"scnr", {"A2B0": lut_tag(3, steps, to_lab)})


def parametric(values):
    """A curve of type 3: (a x + b)^g from d on, and c x below it."""
    return b"para\0\0\0\0\0\3\0\0" + b"".join(fixed(v) for v in values)


STRAIGHT = b"para\0\0\0\0\0\0\0\0" + fixed(1)

# The absorption of long, medium and short waves, and its bias (ISO/IEC 18181-1, XYB).
OPSIN = np.array([[0.3, 0.622, 0.078], [0.23, 0.692, 0.078], [0.24342269, 0.20476744, 0.55180987]])
BIAS = 0.0037930733
# How each of X, Y and B becomes a sample: sample = value * scale + offset.
XYB_SCALE, XYB_OFFSET = np.array([22.0, 1.15, 1.35]), np.array([0.35, 0.02, 0.48])


def xyb_samples(rgb):
    """The samples from 0 to 1 that show the sRGB image `rgb` (0 to 255) with the profile `xyb()`."""
    light = np.vectorize(srgb_curve)(np.asarray(rgb) / 255)
    long, medium, short = np.moveaxis(np.cbrt(light @ OPSIN.T + BIAS) - np.cbrt(BIAS), -1, 0)
    y = (long + medium) / 2
    return np.stack([(long - medium) / 2, y, short - y], -1) * XYB_SCALE + XYB_OFFSET


def xyb():
    """A profile like those of JPEG files in XYB: tables, cubes and a matrix to XYZ (mAB, version 4)."""
    corners = np.stack(np.meshgrid(*[[0.0, 1.0]] * 3, indexing="ij"), -1).reshape(-1, 3)
    x, y, b = ((corners - XYB_OFFSET) / XYB_SCALE).T
    waves = np.stack([y + x, y - x, y + b], -1)
    low, high = waves.min(0), waves.max(0)
    table = np.round((waves - low) / (high - low) * 65535).astype(">u2").tobytes()
    table = bytes([2] * 3 + [0] * 13 + [2, 0, 0, 0]) + table
    zero = low + np.cbrt(BIAS)
    cubes = b"".join(parametric([3, high[i] - low[i], zero[i], 0, max(0, -zero[i] / (high[i] - low[i]))]) for i in range(3))
    # In the encoding of XYZ, 1 + 32767/32768 is the largest sample.
    matrix = colorants(SRGB, D65_XY) @ np.linalg.inv(OPSIN) * 32768 / 65535
    offset = -matrix @ np.full(3, BIAS)
    matrix = b"".join(fixed(v) for v in [*matrix.reshape(-1), *offset])
    parts, places, at = b"", [], 32
    for part in (STRAIGHT * 3, matrix, cubes, table, STRAIGHT * 3):
        places.append(at + len(parts))
        parts += part
    tag = b"mAB \0\0\0\0\3\3\0\0" + struct.pack(">5I", *places) + parts
    return profile(b"RGB ", b"XYZ ", b"scnr", {"A2B0": tag}, version=4)


def all_rgb():
    return {
        "srgb": rgb(SRGB, D65_XY, table_tag(srgb_curve)),
        "p3": rgb(P3, D65_XY, table_tag(srgb_curve)),
        "adobe": rgb(ADOBE, D65_XY, gamma_tag(2.19921875)),
        "prophoto": rgb(PROPHOTO, D50_XY, gamma_tag(1.8)),
        "swapped": rgb(SRGB, D65_XY, table_tag(srgb_curve), swapped=True),
        "lut": rgb_lut(),
    }
