"""Writers of PNG, BMP and TIFF files for the kinds that the usual encoders do not write."""

import struct
import zlib

import numpy as np


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack(samples, bits):
    """Packs rows of samples [height, width * channels] to bytes, with the first sample in the highest bits."""
    if bits == 16:
        return [row.astype(">u2").tobytes() for row in samples]
    if bits == 8:
        return [row.astype(np.uint8).tobytes() for row in samples]
    rows = []
    for row in samples:
        digits = ((row[:, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
        rows.append(np.packbits(digits).tobytes())
    return rows


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def filtered(rows, size, choose):
    """The rows of a PNG image with filter `choose(index)`. `size` is the number of bytes of a pixel."""
    out, above = b"", bytes(len(rows[0])) if rows else b""
    for index, row in enumerate(rows):
        kind = choose(index)
        line = bytearray([kind])
        for i, value in enumerate(row):
            a = row[i - size] if i >= size else 0
            c = above[i - size] if i >= size else 0
            line.append((value - [0, a, above[i], (a + above[i]) // 2, paeth(a, above[i], c)][kind]) % 256)
        out, above = out + bytes(line), row
    return out


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(samples, color, bits, interlace=False, filters=lambda i: 0, before=(), after=(), split=0):
    """A PNG file of samples [height, width, channels]. `before` are chunks between IHDR and IDAT, `after` follow IDAT."""
    height, width, channels = samples.shape
    size = max(1, channels * bits // 8)
    data = b""
    for x, y, dx, dy in ADAM7 if interlace else [(0, 0, 1, 1)]:
        part = samples[y::dy, x::dx]
        if part.size:
            data += filtered(pack(part.reshape(part.shape[0], -1), bits), size, filters)
    data = zlib.compress(data)
    parts = [data[i:i + split] for i in range(0, len(data), split)] if split else [data]
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, int(interlace))
    chunks = [(b"IHDR", header), *before, *((b"IDAT", part) for part in parts), *after, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def bmp(rows, width, height, bits, palette=(), header=40, compression=0, masks=b"", bottom_up=True):
    """A bitmap of `rows`, packed from top to bottom without padding. A string is data as it is."""
    if isinstance(rows, bytes):
        data = rows
    else:
        padded = [row + b"\0" * (-len(row) % 4) for row in rows]
        data = b"".join(reversed(padded) if bottom_up else padded)
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
        colors = b"".join(bytes([b, g, r]) for r, g, b in palette)
    else:
        signed = height if bottom_up else -height
        info = struct.pack("<IiiHHIIiiII", header, width, signed, 1, bits, compression, len(data), 2835, 2835, len(palette), 0)
        if header > 40:
            info += masks.ljust(16, b"\0") + b"sRGB"[::-1]
            info += b"\0" * (header - len(info))
            masks = b""
        colors = masks + b"".join(bytes([b, g, r, 0]) for r, g, b in palette)
    start = 14 + len(info) + len(colors)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + colors + data


def tiff(width, height, strips, tags, order="<", rows_per_strip=None):
    """A TIFF file. `tags` are {tag: (type, values)}; types are 1 byte, 3 short, 4 long, 5 rational, 7 undefined."""
    tags = {256: (4, [width]), 257: (4, [height]), 278: (4, [rows_per_strip or height]), **tags}
    data, offsets = b"", []
    for strip in strips:
        offsets.append(8 + len(data))
        data += strip + b"\0" * (len(strip) % 2)
    tags.setdefault(273, (4, offsets))
    tags.setdefault(279, (4, [len(strip) for strip in strips]))
    formats = {1: "B", 3: "H", 4: "I"}
    start = 8 + len(data)
    extra_at = start + 2 + 12 * len(tags) + 4
    entries, extra = b"", b""
    for number, (kind, values) in sorted(tags.items()):
        if kind == 7:
            payload, count = bytes(values), len(values)
        elif kind == 5:
            payload, count = b"".join(struct.pack(order + "II", *v) for v in values), len(values)
        else:
            payload, count = struct.pack(f"{order}{len(values)}{formats[kind]}", *values), len(values)
        if len(payload) > 4:
            field = struct.pack(order + "I", extra_at + len(extra))
            extra += payload + b"\0" * (len(payload) % 2)
        else:
            field = payload.ljust(4, b"\0")
        entries += struct.pack(order + "HHI", number, kind, count) + field
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, start)
    return head + data + struct.pack(order + "H", len(tags)) + entries + struct.pack(order + "I", 0) + extra
