"""Files that lack a part of their pixels although their containers are whole: each length, checksum and end marker is correct.

Such files come from programs that repair a container, and from encoders that stopped early. `whole_bmps` writes the counterparts that
must not be refused.
"""

import io
import itertools
import struct
import zlib

import imagecodecs
import numpy as np
from PIL import Image

import containers

SHARES = (0.3, 0.6, 0.9)


def png_files(rgb):
    """PNG files as (name, data, reason)."""
    damaged = "the PNG data is damaged: "
    cut, few = damaged + "Corrupt deflate stream", damaged + "IDAT or fDAT chunk does not have enough data for image"
    for name, interlace in (("plain", False), ("interlaced", True)):
        whole = containers.png(rgb, 2, 8, interlace)
        at = whole.index(b"IDAT")
        length = int.from_bytes(whole[at - 4:at], "big")
        stream = whole[at + 4:at + 4 + length]
        rows = zlib.decompress(stream)
        for share in SHARES:
            # The compressed stream is cut. Its checksum is missing.
            yield f"{name}_stream_{share}", png_with(rgb, interlace, [stream[:int(len(stream) * share)]]), cut
            # The compressed stream is whole, but has fewer rows.
            yield f"{name}_rows_{share}", png_with(rgb, interlace, [zlib.compress(rows[:int(len(rows) * share)])]), few
        yield f"{name}_last_byte", png_with(rgb, interlace, [zlib.compress(rows[:-1])]), few
        yield f"{name}_no_pixels", png_with(rgb, interlace, [zlib.compress(b"")]), few
        yield f"{name}_chunks", png_with(rgb, interlace, [stream[i:i + 900] for i in range(0, len(stream), 900)][:-1]), cut


def png_with(rgb, interlace, streams):
    height, width, _ = rgb.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, int(interlace))
    chunks = [(b"IHDR", header), *((b"IDAT", stream) for stream in streams), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(containers.png_chunk(*chunk) for chunk in chunks)


def riff_chunks(data):
    at = 12
    while at < len(data):
        length = int.from_bytes(data[at + 4:at + 8], "little")
        yield data[at:at + 4], data[at + 8:at + 8 + length]
        at += 8 + length + length % 2


def riff(chunks):
    body = b"".join(kind + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def webp_files(rgb, alpha):
    """WebP files as (name, data, reason): the chunk of the pixels, or that of the alpha channel, is cut."""
    image, clear = Image.fromarray(rgb), Image.fromarray(np.dstack([rgb, alpha]))
    frames = {"save_all": True, "append_images": [Image.fromarray(255 - rgb)], "duration": 100}
    lossy, lossless, both = {"quality": 90}, {"lossless": True}, {"lossless": True, "exact": True}
    sources = {
        "lossy": (image, lossy, b"VP8 "), "lossless": (image, lossless, b"VP8L"), "lossless_alpha": (clear, both, b"VP8L"),
        "alpha": (clear, lossy, b"ALPH"), "below_alpha": (clear, lossy, b"VP8 "),
        "animated_lossy": (image, lossy | frames, b"ANMF"), "animated_lossless": (image, lossless | frames, b"ANMF"),
    }
    for (name, (source, options, kind)), share in itertools.product(sources.items(), SHARES):
        data = riff([shortened(chunk, kind, share) for chunk in riff_chunks(saved(source, "WEBP", **options))])
        yield f"{name}_{share}", data, "the WebP data is damaged: Corrupt bitstream"


def shortened(chunk, kind, share):
    name, data = chunk
    if name != kind:
        return chunk
    if kind != b"ANMF":
        return name, data[:int(len(data) * share)]
    # The chunk of a frame contains 16 bytes and the chunk of the pixels.
    inner = data[24:24 + int.from_bytes(data[20:24], "little")]
    part = inner[:int(len(inner) * share)]
    return name, data[:20] + len(part).to_bytes(4, "little") + part + b"\0" * (len(part) % 2)


def gif_files(rgb):
    """GIF files as (name, data, reason): the image data have fewer blocks."""
    for name, interlace in (("plain", 0), ("interlaced", 1)):
        whole = saved(Image.fromarray(rgb).quantize(64), "GIF", interlace=interlace)
        at = after_colors(whole, 10)
        while whole[at:at + 1] == b"!":
            at = list(sub_blocks(whole, at + 2))[-1].stop + 1
        assert whole[at:at + 1] == b","
        start = after_colors(whole, at + 9) + 1
        blocks = [whole[part.start - 1:part.stop] for part in sub_blocks(whole, start)]
        for share in SHARES:
            data = whole[:start] + b"".join(blocks[:int(len(blocks) * share)]) + b"\0;"
            yield f"{name}_{share}", data, "the GIF data is damaged: image truncated"
        yield f"{name}_no_blocks", whole[:start] + b"\0;", "truncated: the GIF data ends before the picture does"


def after_colors(data, at):
    """The offset behind the colours whose number is in the flags at `at`. Two more bytes follow the flags of the screen."""
    return at + (3 if at == 10 else 1) + ((3 << ((data[at] & 7) + 1)) if data[at] & 0x80 else 0)


def sub_blocks(data, at):
    while data[at]:
        yield slice(at + 1, at + 1 + data[at])
        at += 1 + data[at]


def tiff_files(rgb, gray):
    """TIFF files as (name, data, reason): a strip or a tile ends early."""
    height, width, _ = rgb.shape
    packings = {"none": (1, bytes), "lzw": (5, imagecodecs.lzw_encode), "deflate": (8, zlib.compress),
                "packbits": (32773, imagecodecs.packbits_encode)}
    kinds = {"rgb": (rgb, [8, 8, 8], 2), "gray": (gray[:, :, None], [8], 1), "palette": (gray[:, :, None], [8], 3)}
    short = "truncated: the TIFF data ends before the picture does"
    for (k, (samples, bits, photometric)), (p, (number, compress)) in itertools.product(kinds.items(), packings.items()):
        tags = {258: (3, bits), 259: (3, [number]), 262: (3, [photometric]), 277: (3, [len(bits)])}
        if photometric == 3:
            tags[320] = (3, [i * 257 for i in range(256)] * 3)
        rows = [samples[i:i + 16].tobytes() for i in range(0, height, 16)]
        strips = [compress(part) for part in rows]
        file = lambda parts: containers.tiff(width, height, parts, tags, rows_per_strip=16)
        yield f"{k}_{p}_first", file([strips[0][:-9], *strips[1:]]), short
        yield f"{k}_{p}_last", file([*strips[:-1], strips[-1][:len(strips[-1]) * 2 // 3]]), short
        # The compressed strip is whole, but has fewer rows.
        yield f"{k}_{p}_rows", file([*strips[:-1], compress(rows[-1][:len(rows[-1]) // 2])]), short
        yield f"{k}_{p}_empty", file([*strips[:-2], b"", strips[-1]]), short
        if number == 1:
            format_error = "format error: " if photometric == 3 else ""
            yield f"{k}_missing", file(strips[:-1]), f"the TIFF data is damaged: {format_error}inconsistent sizes encountered"
        side = 32
        padded = np.pad(samples, [(0, -height % side), (0, -width % side), (0, 0)])
        corners = itertools.product(range(0, height, side), range(0, width, side))
        tiles = [compress(padded[y:y + side, x:x + side].tobytes()) for y, x in corners]
        tiles[-2] = tiles[-2][:len(tiles[-2]) // 2]
        yield f"{k}_{p}_tile", tiled_tiff(width, height, tiles, {**tags, 322: (3, [side]), 323: (3, [side])}), short
    image = Image.fromarray(rgb)
    data = saved(image.convert("1"), "TIFF", compression="group4")
    yield "group4", with_shorter_strip(data), "the TIFF data is damaged: Decode Error"
    data = saved(image, "TIFF", compression="jpeg")
    yield "jpeg", with_shorter_strip(data), "truncated: the JPEG data ends before the picture does"


def with_shorter_strip(data):
    """A TIFF file with one strip, whose length is two thirds of what it was."""
    at = int.from_bytes(data[4:8], "little") + 2
    while int.from_bytes(data[at:at + 2], "little") != 279:
        at += 12
    assert data[at + 2:at + 8] == b"\4\0\1\0\0\0"
    count = int.from_bytes(data[at + 8:at + 12], "little") * 2 // 3
    return data[:at + 8] + count.to_bytes(4, "little") + data[at + 12:]


def tiled_tiff(width, height, tiles, tags):
    """A TIFF file with tiles in place of strips."""
    data = containers.tiff(width, height, tiles, tags)
    at = int.from_bytes(data[4:8], "little") + 2
    end = at + 12 * int.from_bytes(data[at - 2:at], "little")
    # The writer knows the places and lengths of strips. Those of tiles have tags of their own.
    tiled = {273: 324, 279: 325}
    entries = [(int.from_bytes(data[i:i + 2], "little"), data[i + 2:i + 12]) for i in range(at, end, 12)]
    entries = sorted((tiled.get(tag, tag), rest) for tag, rest in entries)
    return data[:at] + b"".join(struct.pack("<H", tag) + rest for tag, rest in entries) + data[end:]


def run_length_rows(index, bits):
    """The codes of each line from the bottom up, without the code for its end: runs, and pixels that are not encoded."""
    rows = []
    for row in index[::-1].tolist():
        codes = b""
        for at in range(0, len(row), 11):
            literal, rest = row[at:at + 5], row[at + 5:at + 11]
            if len(literal) > 2:
                packed = bytes(literal) if bits == 8 else bytes(a << 4 | b for a, b in zip(literal[::2], [*literal[1::2], 0]))
                codes += bytes([0, len(literal)]) + packed + b"\0" * (len(packed) % 2)
            else:
                rest = literal + rest
            codes += b"".join(bytes([1, value if bits == 8 else value << 4 | value]) for value in rest)
        rows.append(codes)
    return rows


def bmp_files(index, colors):
    """Run-length encoded bitmaps as (name, data, reason): they end before their last line."""
    height, width = index.shape
    for bits, compression in ((8, 1), (4, 2)):
        third = b"".join(row + b"\0\0" for row in run_length_rows(index, bits)[:height // 3])
        skipped = third + bytes([0, 2, 0, height // 3])
        ends = {"end_code": third + b"\0\1", "no_end_code": third, "half_code": third + b"\0", "empty": b"\0\1",
                "skipped": skipped + b"\0\1", "half_skip": third + b"\0\2\0"}
        for name, codes in ends.items():
            data = containers.bmp(codes, width, height, bits, colors, compression=compression)
            yield f"rle{bits}_{name}", data, "truncated: the BMP data ends before the picture does"


def whole_bmps(index, colors):
    """Run-length encoded bitmaps whose codes reach the last line, as (name, data, pixels). The colour 0 must be black."""
    height, width = index.shape
    for bits, compression in ((8, 1), (4, 2)):
        rows = run_length_rows(index, bits)
        lines = height // 3
        # The code moves to the last line and five pixels to the right.
        jump = bytes([0, 2, 5, height - 1 - lines])
        skipping = b"".join(row + b"\0\0" for row in rows[:lines]) + jump + bytes([7, 0x33 if bits == 4 else 3])
        shown = index.copy()
        shown[:height - lines] = 0
        shown[0, 5:12] = 3
        codes = {"literal": (b"\0\0".join(rows), index), "skips": (skipping, shown)}
        for name, (data, pixels) in codes.items():
            file = containers.bmp(data + b"\0\1", width, height, bits, colors, compression=compression)
            yield f"rle{bits}_{name}", file, np.array(colors)[pixels]
