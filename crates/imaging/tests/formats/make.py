"""Writes image files of many kinds, with the pixels that an independent decoder finds in them.

    python3 make.py FOLDER

It needs Pillow 13, NumPy 2, tifffile and imagecodecs. It writes the files, FOLDER/expected.json, and the committed
subset.tar.gz and expected.json beside this script.

The reference is Pillow with LittleCMS for the lossy formats and for colour profiles. For lossless files it is the pixels that were
written. Where Pillow reads such a file too, both must agree. Transparent pixels are blended with white.
"""

import gzip
import io
import itertools
import json
import os
import sys
import tarfile

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms, ImageFile, ImageOps

import closed
import containers
import jpeg_encoder as jpeg
import profiles

WIDTH, HEIGHT = 67, 53
CASES = {}
UNCHECKED = []


def pattern(width=WIDTH, height=HEIGHT):
    """An image whose four quadrants have different colours, with waves over them."""
    y, x = np.mgrid[0:height, 0:width]
    quadrant = (x >= width / 2).astype(int) + 2 * (y >= height / 2).astype(int)
    base = np.array([[200, 60, 50], [40, 180, 70], [50, 80, 210], [220, 200, 60]])[quadrant]
    wave = 30 * np.sin(x * 0.9) + 25 * np.cos(y * 0.7) + x * 20 / width
    return np.clip(base + wave[:, :, None] * np.array([1, 0.6, -0.8]), 0, 255).astype(np.uint8)


def alpha_pattern(width=WIDTH, height=HEIGHT):
    y, x = np.mgrid[0:height, 0:width]
    return ((x * 3 + y * 2) % 256).astype(np.uint8)


def over_white(rgb, alpha):
    share = alpha[:, :, None].astype(float) / 255
    return rgb * share + 255 * (1 - share)


def quadrants(pixels):
    pixels = np.asarray(pixels, dtype=float)
    height, width = pixels.shape[:2]
    halves = [(slice(0, height // 2), slice(height // 2, height)), (slice(0, width // 2), slice(width // 2, width))]
    means = []
    for rows, columns in itertools.product(*halves):
        part = pixels[rows, columns].reshape(-1, 3)
        means.append([round(float(value), 1) for value in part.mean(0)] if len(part) else None)
    return means


SRGB = ImageCms.createProfile("sRGB")


def pillow(data, intent=ImageCms.Intent.PERCEPTUAL):
    """The upright image in sRGB over white."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) / 257 + 0.5).astype(np.uint8))
    if image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    if image.mode == "1":
        image = image.convert("L")
    alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
    if image.mode == "LA":
        image = image.convert("L")
    if image.mode == "RGBA":
        image = image.convert("RGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if source.profile.xcolor_space.strip() == {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}[image.mode]:
                image = ImageCms.profileToProfile(image, source, SRGB, intent, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            pass
    rgb = np.asarray(image.convert("RGB"))
    return rgb if alpha is None else over_white(rgb, np.asarray(alpha))


def usable(name, data, known=None, check=True):
    """Adds a file. `known` are its pixels; otherwise Pillow reads them. `check` compares both."""
    assert name not in CASES, name
    reference = known
    if known is not None and not check:
        UNCHECKED.append(name)
    else:
        try:
            read = pillow(data)
            if known is not None:
                difference = np.abs(np.array(quadrants_or_zero(read)) - np.array(quadrants_or_zero(known))).max()
                assert read.shape == np.asarray(known).shape and difference <= 3, (name, read.shape, difference)
            else:
                reference = read
        except (OSError, SyntaxError, ValueError, KeyError, NotImplementedError) as error:
            if known is None:
                raise AssertionError(f"{name}: {error}") from error
            UNCHECKED.append(name)
    size = [int(reference.shape[1]), int(reference.shape[0])]
    CASES[name] = (data, {"size": size, "quadrants": quadrants(reference)})


def quadrants_or_zero(pixels):
    return [mean or [0, 0, 0] for mean in quadrants(pixels)]


def refused(name, data, reason):
    """Adds a file whose refusal contains `reason`."""
    assert name not in CASES, name
    CASES[name] = (data, {"refused": reason})


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


FACTORS = {
    "444": [(1, 1)] * 3, "422": [(2, 1), (1, 1), (1, 1)], "440": [(1, 2), (1, 1), (1, 1)], "420": [(2, 2), (1, 1), (1, 1)],
    "411": [(4, 1), (1, 1), (1, 1)], "441": [(1, 4), (1, 1), (1, 1)], "410": [(4, 2), (1, 1), (1, 1)],
    "24": [(2, 4), (1, 1), (1, 1)], "31": [(3, 1), (1, 1), (1, 1)], "13": [(1, 3), (1, 1), (1, 1)],
    "22-21-12": [(2, 2), (2, 1), (1, 2)], "22-22-11": [(2, 2), (2, 2), (1, 1)], "22-21-21": [(2, 2), (2, 1), (2, 1)],
    "22-12-12": [(2, 2), (1, 2), (1, 2)], "11-22-22": [(1, 1), (2, 2), (2, 2)], "11-21-21": [(1, 1), (2, 1), (2, 1)],
    "11-12-12": [(1, 1), (1, 2), (1, 2)], "11-21-11": [(1, 1), (2, 1), (1, 1)], "21-12-12": [(2, 1), (1, 2), (1, 2)],
    "22-all": [(2, 2)] * 3, "21-all": [(2, 1)] * 3,
}
SCANS = {
    "together": [(0, 1, 2)], "each": [(0,), (1,), (2,)], "y+cc": [(0,), (1, 2)], "yc+c": [(0, 1), (2,)],
    "reversed": [(2,), (1,), (0,)],
}


def fits(factors, scans):
    return all(len(scan) == 1 or sum(factors[c][0] * factors[c][1] for c in scan) <= 10 for scan in scans)


def progressive_script(scans, components=3):
    dc = [{"chosen": scan, "band": (0, 0), "low": 1} for scan in scans]
    dc_fine = [{"chosen": scan, "band": (0, 0), "high": 1} for scan in scans]
    steps = [((1, 5), 0, 0), ((6, 63), 0, 2), ((6, 63), 2, 1), ((6, 63), 1, 0)]
    ac = [{"chosen": (c,), "band": band, "high": high, "low": low} for band, high, low in steps for c in range(components)]
    return dc + ac[:components] + dc_fine + ac[components:]


def jpeg_grid():
    planes = jpeg.ycbcr(pattern())
    for (f, factors), (s, scans) in itertools.product(FACTORS.items(), SCANS.items()):
        if not fits(factors, scans):
            continue
        for interval in (0, 3, 8):
            data = jpeg.encode(planes, factors, scans, interval, extra=jpeg.JFIF)
            usable(f"jpeg/baseline_{f}_{s}_{interval}.jpg", data)
        if s in ("together", "y+cc"):
            for interval in (0, 5) if s == "together" else (0,):
                data = jpeg.encode(planes, factors, progressive_script(scans), interval, 0xc2, extra=jpeg.JFIF)
                usable(f"jpeg/progressive_{f}_{s}_{interval}.jpg", data)
    for f in ("444", "420", "11-22-22"):
        usable(f"jpeg/extended_{f}.jpg", jpeg.encode(planes, FACTORS[f], frame=0xc1, extra=jpeg.JFIF))
    for name, factors in {"32-21": [(3, 2), (2, 1), (2, 1)], "41-21": [(4, 1), (2, 1), (2, 1)]}.items():
        data = jpeg.encode(planes, factors, SCANS["each"], extra=jpeg.JFIF)
        refused(f"jpeg/ratio_{name}.jpg", data, "a kind of JPEG that is not supported: sampling factors")
    usable("jpeg/ratio_41-21_together.jpg", jpeg.encode(planes, [(4, 1), (2, 1), (2, 1)], extra=jpeg.JFIF))


def jpeg_colors():
    rgb = pattern()
    planes, plain = jpeg.ycbcr(rgb), [rgb[:, :, c].astype(float) for c in range(3)]
    gray = rgb[:, :, 1].astype(float)
    for factors in ((1, 1), (2, 2), (2, 1)):
        for interval in (0, 4):
            usable(f"jpeg/gray_{factors[0]}{factors[1]}_{interval}.jpg", jpeg.encode([gray], [factors], interval=interval))
    ones = [(1, 1)] * 3
    for s, scans in SCANS.items():
        usable(f"jpeg/rgb_ids_{s}.jpg", jpeg.encode(plain, ones, scans, ids=[82, 71, 66]))
        usable(f"jpeg/rgb_adobe_{s}.jpg", jpeg.encode(plain, ones, scans, extra=jpeg.adobe(0)))
        usable(f"jpeg/ycc_adobe_{s}.jpg", jpeg.encode(planes, ones, scans, extra=jpeg.adobe(1)))
        usable(f"jpeg/ycc_jfif_adobe0_{s}.jpg", jpeg.encode(planes, ones, scans, extra=jpeg.JFIF + jpeg.adobe(0)))
        usable(f"jpeg/ycc_ids_rgb_adobe1_{s}.jpg", jpeg.encode(planes, ones, scans, ids=[82, 71, 66], extra=jpeg.adobe(1)))
        usable(f"jpeg/ycc_ids_012_{s}.jpg", jpeg.encode(planes, ones, scans, ids=[0, 1, 2], extra=jpeg.JFIF))
        usable(f"jpeg/ycc_bare_{s}.jpg", jpeg.encode(planes, ones, scans))
    inks = [255 - 0.8 * plane for plane in plain] + [255 - 0.3 * gray]
    inverted = [255 - ink for ink in inks]
    ycck = jpeg.ycbcr(np.stack([255 - ink for ink in inverted[:3]], -1)) + [inverted[3]]
    four = [(1, 1)] * 4
    layouts = {"together": [(0, 1, 2, 3)], "each": [(0,), (1,), (2,), (3,)]}
    for s, scans in layouts.items():
        usable(f"jpeg/cmyk_adobe_{s}.jpg", jpeg.encode(inverted, four, scans, extra=jpeg.adobe(0)))
        usable(f"jpeg/cmyk_bare_{s}.jpg", jpeg.encode(inverted, four, scans))
        usable(f"jpeg/ycck_{s}.jpg", jpeg.encode(ycck, four, scans, extra=jpeg.adobe(2)))
    subsampled = [(2, 2), (1, 1), (1, 1), (2, 2)]
    usable("jpeg/ycck_420.jpg", jpeg.encode(ycck, subsampled, extra=jpeg.adobe(2)))


def jpeg_pillow():
    image = Image.fromarray(pattern())
    for quality, sub, progressive in itertools.product((10, 50, 75, 95, 100), (0, 1, 2), (False, True)):
        data = saved(image, "JPEG", quality=quality, subsampling=sub, progressive=progressive, optimize=quality == 75)
        usable(f"jpeg/pillow_{quality}_{sub}_{'progressive' if progressive else 'baseline'}.jpg", data)
    for sub, blocks in itertools.product((0, 1, 2), (1, 2, 5)):
        usable(f"jpeg/pillow_restart_{sub}_{blocks}.jpg", saved(image, "JPEG", subsampling=sub, restart_marker_blocks=blocks))
    for width, height in ((1, 1), (2, 1), (1, 7), (8, 8), (9, 7), (15, 16), (16, 17), (17, 33), (40, 5)):
        for sub, progressive in itertools.product((0, 2), (False, True)):
            small = Image.fromarray(pattern(width, height))
            name = f"jpeg/size_{width}x{height}_{sub}_{'p' if progressive else 'b'}.jpg"
            usable(name, saved(small, "JPEG", quality=90, subsampling=sub, progressive=progressive))
    for mode in ("L", "CMYK"):
        for progressive in (False, True):
            name = f"jpeg/pillow_{mode.lower()}_{'progressive' if progressive else 'baseline'}.jpg"
            usable(name, saved(image.convert(mode), "JPEG", quality=90, progressive=progressive))


def cut(data, share):
    start = data.index(b"\xff\xda")
    return data[:start + 14 + int((len(data) - start - 16) * share)] + b"\xff\xd9"


def jpeg_incomplete():
    image = Image.fromarray(pattern(96, 80))
    planes = jpeg.ycbcr(pattern())
    sources = {
        "baseline": saved(image, "JPEG", quality=90), "420": saved(image, "JPEG", quality=80, subsampling=2),
        "progressive": saved(image, "JPEG", quality=90, progressive=True),
        "restart": saved(image, "JPEG", quality=90, restart_marker_blocks=2),
        "gray": saved(image.convert("L"), "JPEG", quality=90),
        "each": jpeg.encode(planes, FACTORS["420"], SCANS["each"], extra=jpeg.JFIF),
        "spectral": jpeg.encode(planes, FACTORS["444"], progressive_script(SCANS["together"]), 0, 0xc2, extra=jpeg.JFIF),
    }
    short = "truncated: the JPEG data ends before the picture does"
    # Zeros are short codes in some scans, so the blocks end before the data do. In other scans they are long codes.
    excess = {"each": (1401, 1016, 408), "progressive": (1498, 1093, 416), "restart": (1887, 1318, 545), "spectral": (2759, 1976, 740)}
    for (name, data), share in itertools.product(sources.items(), (0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.995)):
        refused(f"jpeg/cut_{name}_{share}.jpg", cut(data, share), short)
    for name, data in sources.items():
        refused(f"jpeg/unfinished_{name}.jpg", data[:len(data) * 2 // 3], short)
        for place, share in enumerate((0.3, 0.5, 0.8)):
            at = int(len(data) * share)
            reason = f"the JPEG data is damaged: {excess[name][place]} bytes follow the last block of a scan" if name in excess else short
            refused(f"jpeg/zeroed_{name}_{share}.jpg", data[:at] + bytes(len(data) - at - 2) + data[-2:], reason)
    # A whole scan is missing.
    data = sources["progressive"]
    refused("jpeg/missing_scan.jpg", data[:data.rindex(b"\xff\xda")] + b"\xff\xd9", short)
    data = sources["each"]
    refused("jpeg/missing_component.jpg", data[:data.rindex(b"\xff\xda")] + b"\xff\xd9", short)


def jpeg_kinds():
    planes = jpeg.ycbcr(pattern())
    data = jpeg.encode(planes, FACTORS["420"], extra=jpeg.JFIF)
    at = data.index(b"\xff\xc0")
    kinds = {0xc3: "lossless coding", 0xc5: "hierarchical coding", 0xc6: "hierarchical coding", 0xc9: "arithmetic coding",
             0xca: "arithmetic coding", 0xcb: "lossless arithmetic coding", 0xcd: "hierarchical arithmetic coding"}
    plain = "a kind of JPEG that is not supported: "
    for marker, kind in kinds.items():
        refused(f"jpeg/kind_{marker:x}.jpg", data[:at + 1] + bytes([marker]) + data[at + 2:], plain + kind)
    refused("jpeg/kind_12bit.jpg", data[:at + 1] + b"\xc1" + data[at + 2:at + 4] + b"\x0c" + data[at + 5:], plain + "12 bits per sample")
    refused("jpeg/kind_ljpeg.jpg", imagecodecs.ljpeg_encode(pattern()[:, :, 0].astype(np.uint16), bitspersample=16), plain + "lossless coding")
    height = data[at + 5:at + 7]
    without = data[:at + 5] + b"\0\0" + data[at + 7:-2] + jpeg.segment(0xdc, height) + b"\xff\xd9"
    refused("jpeg/kind_dnl.jpg", without, plain + "the height is stored after the data (DNL)")
    two = jpeg.encode(planes[:2], [(1, 1)] * 2)
    refused("jpeg/kind_two_components.jpg", two, plain + "2 components")


def exif(orientation, prefix=b""):
    return prefix + b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + bytes([0, orientation, 0, 0, 0, 0, 0, 0])


def turned(pixels, orientation):
    steps = {1: lambda p: p, 2: lambda p: p[:, ::-1], 3: lambda p: p[::-1, ::-1], 4: lambda p: p[::-1],
             5: lambda p: p.swapaxes(0, 1), 6: lambda p: np.rot90(p, -1), 7: lambda p: p[::-1, ::-1].swapaxes(0, 1),
             8: lambda p: np.rot90(p)}
    return steps[orientation](pixels)


def orientations():
    rgb = pattern()
    image = Image.fromarray(rgb)
    for o in range(1, 9):
        upright = turned(rgb, o)
        usable(f"orientation/jpeg_{o}.jpg", saved(image, "JPEG", quality=95, exif=exif(o, b"Exif\0\0")))
        usable(f"orientation/webp_{o}.webp", saved(image, "WEBP", lossless=True, exif=exif(o)), upright)
        usable(f"orientation/webp_prefixed_{o}.webp", webp_with_exif(image, exif(o, b"Exif\0\0")), upright, check=False)
        usable(f"orientation/png_{o}.png", containers.png(rgb, 2, 8, before=[(b"eXIf", exif(o))]), upright)
        usable(f"orientation/png_late_{o}.png", containers.png(rgb, 2, 8, after=[(b"eXIf", exif(o))]), upright, check=False)
        tags = {258: (3, [8, 8, 8]), 259: (3, [1]), 262: (3, [2]), 277: (3, [3]), 274: (3, [o])}
        for order in "<>":
            name = f"orientation/tiff_{'little' if order == '<' else 'big'}_{o}.tif"
            usable(name, containers.tiff(WIDTH, HEIGHT, [rgb.tobytes()], tags, order), upright)


def webp_with_exif(image, data):
    """A WebP file whose EXIF chunk is `data`, prefix included. New versions of Pillow remove the prefix."""
    file = saved(image, "WEBP", lossless=True, exif=exif(1))
    at = file.index(b"EXIF")
    chunk = b"EXIF" + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
    file = file[:at] + chunk
    return file[:4] + (len(file) - 8).to_bytes(4, "little") + file[8:]


def gray_of(rgb):
    return np.asarray(Image.fromarray(rgb).convert("L"))


def png_suite():
    rgb, alpha = pattern(), alpha_pattern()
    gray = gray_of(rgb)
    kinds = {}
    for bits in (1, 2, 4, 8, 16):
        top = (1 << bits) - 1
        levels = np.round(gray / 255 * top).astype(int)
        shown = np.repeat((levels / top * 255)[:, :, None], 3, 2)
        kinds[f"gray{bits}"] = (levels[:, :, None], 0, bits, (), shown)
        if bits <= 8:
            colors = [[(i * 37) % 256, (i * 91 + 40) % 256, 255 - i * 255 // max(top, 1)] for i in range(top + 1)]
            palette = np.array(colors)
            chunk = (b"PLTE", palette.astype(np.uint8).tobytes())
            kinds[f"palette{bits}"] = (levels[:, :, None], 3, bits, (chunk,), palette[levels])
    for bits, scale in ((8, 1), (16, 257)):
        kinds[f"rgb{bits}"] = (rgb.astype(int) * scale, 2, bits, (), rgb)
        both = np.dstack([rgb, alpha]).astype(int) * scale
        kinds[f"rgba{bits}"] = (both, 6, bits, (), over_white(rgb, alpha))
        la = np.dstack([gray, alpha]).astype(int) * scale
        kinds[f"la{bits}"] = (la, 4, bits, (), over_white(np.repeat(gray[:, :, None], 3, 2), alpha))
    filters = {"none": lambda i: 0, "all": lambda i: i % 5}
    for (name, (samples, color, bits, before, shown)), interlace, (f, choose) in itertools.product(
            kinds.items(), (False, True), filters.items()):
        file = containers.png(samples, color, bits, interlace, choose, before)
        usable(f"png/{name}_{'interlaced' if interlace else 'plain'}_{f}.png", file, shown)
    for kind in ("gray1", "palette4", "rgb8", "rgba8"):
        samples, color, bits, before, shown = kinds[kind]
        for width, height in ((1, 1), (2, 3), (3, 2), (5, 5), (8, 1), (1, 9), (9, 9)):
            file = containers.png(samples[:height, :width], color, bits, True, before=before)
            usable(f"png/size_{kind}_{width}x{height}.png", file, shown[:height, :width])
        file = containers.png(samples, color, bits, before=before, split=100)
        usable(f"png/split_{kind}.png", file, shown)
    transparency(kinds)
    notes = {
        "gama": [(b"gAMA", (100000).to_bytes(4, "big"))], "srgb": [(b"sRGB", b"\0"), (b"gAMA", (45455).to_bytes(4, "big"))],
        "sbit": [(b"sBIT", b"\5\5\5")], "bkgd": [(b"bKGD", b"\0\1\0\2\0\3")], "phys": [(b"pHYs", bytes(9))],
        "text": [(b"tEXt", b"Title\0" + b"x" * 3000), (b"zTXt", b"Title\0\0" + zlib_bomb(1 << 16))],
        "itxt": [(b"iTXt", b"Title\0\1\0\0\0" + zlib_bomb(1 << 16))],
        "unknown": [(b"teSt", b"abc")], "time": [(b"tIME", b"\x07\xe4\1\1\0\0\0")],
    }
    for name, before in notes.items():
        usable(f"png/chunk_{name}.png", containers.png(rgb, 2, 8, before=before), rgb)
        usable(f"png/late_chunk_{name}.png", containers.png(rgb, 2, 8, after=before), rgb) if name in ("text", "itxt", "time") else None


def zlib_bomb(size):
    return containers.zlib.compress(bytes(size), 9)


def transparency(kinds):
    """Transparent colours of images without an alpha channel."""
    for name, value in (("gray1", 1), ("gray2", 2), ("gray4", 9), ("gray8", 120)):
        samples, color, bits, before, shown = kinds[name]
        clear = samples[:, :, 0] == value
        known = np.where(clear[:, :, None], 255, shown)
        file = containers.png(samples, color, bits, before=[*before, (b"tRNS", value.to_bytes(2, "big"))])
        # Pillow compares the transparent value of 2 and 4 bits with samples of 8 bits.
        usable(f"png/transparent_{name}.png", file, known, check=name in ("gray1", "gray8"))
    for bits in (1, 2, 4, 8):
        samples, color, _, before, shown = kinds[f"palette{bits}"]
        opacity = np.full(256, 255)
        count = min(1 << bits, 100)
        opacity[:count] = (np.arange(count) * 53) % 256
        known = over_white(shown, opacity[samples[:, :, 0]])
        file = containers.png(samples, color, bits, before=[*before, (b"tRNS", opacity[:count].astype(np.uint8).tobytes())])
        usable(f"png/transparent_palette{bits}.png", file, known)
    samples, color, bits, _, shown = kinds["rgb8"]
    flat = samples.copy()
    flat[10:20, 10:30] = [9, 8, 7]
    known = flat.copy()
    known[10:20, 10:30] = 255
    usable("png/transparent_rgb8.png", containers.png(flat, 2, 8, before=[(b"tRNS", b"\0\x09\0\x08\0\x07")]), known)


def bmps():
    rgb = pattern()
    for width, height in ((67, 53), (64, 40), (1, 1), (5, 3)):
        part = rgb[:height, :width]
        gray = gray_of(part)
        for bits in (1, 4, 8):
            top = (1 << bits) - 1
            index = np.round(gray / 255 * top).astype(int)
            colors = [((i * 37) % 256, (i * 91 + 40) % 256, 255 - i * 255 // top) for i in range(top + 1)]
            rows = containers.pack(index, bits)
            known = np.array(colors)[index]
            for header in (40, 108, 124, 12):
                usable(f"bmp/palette{bits}_{width}x{height}_v{header}.bmp",
                       containers.bmp(rows, width, height, bits, colors, header), known)
            usable(f"bmp/palette{bits}_{width}x{height}_down.bmp",
                   containers.bmp(rows, width, height, bits, colors, bottom_up=False), known)
        bgr = part[:, :, ::-1]
        for header, down in ((40, False), (40, True), (12, False), (124, False)):
            rows = [row.tobytes() for row in bgr]
            file = containers.bmp(rows, width, height, 24, header=header, bottom_up=not down)
            usable(f"bmp/rgb24_{width}x{height}_v{header}{'_down' if down else ''}.bmp", file, part)
        padded = np.dstack([bgr, np.zeros_like(gray)])
        usable(f"bmp/rgb32_{width}x{height}.bmp", containers.bmp([r.tobytes() for r in padded], width, height, 32), part)
        masks = (0xff0000).to_bytes(4, "little") + (0xff00).to_bytes(4, "little") + (0xff).to_bytes(4, "little")
        file = containers.bmp([r.tobytes() for r in padded], width, height, 32, compression=3, masks=masks)
        usable(f"bmp/masks32_{width}x{height}.bmp", file, part)
        five = (part.astype(int) * 31 + 127) // 255
        words = (five[:, :, 0] << 10 | five[:, :, 1] << 5 | five[:, :, 2]).astype("<u2")
        shown = five * 255 / 31
        usable(f"bmp/rgb555_{width}x{height}.bmp", containers.bmp([r.tobytes() for r in words], width, height, 16), shown)
        six = (part[:, :, 1].astype(int) * 63 + 127) // 255
        words = (five[:, :, 0] << 11 | six << 5 | five[:, :, 2]).astype("<u2")
        shown = np.dstack([five[:, :, 0] * 255 / 31, six * 255 / 63, five[:, :, 2] * 255 / 31])
        masks = b"".join(m.to_bytes(4, "little") for m in (0xf800, 0x7e0, 0x1f))
        file = containers.bmp([r.tobytes() for r in words], width, height, 16, compression=3, masks=masks)
        usable(f"bmp/rgb565_{width}x{height}.bmp", file, shown)
    alpha = alpha_pattern()
    masks = b"".join(m.to_bytes(4, "little") for m in (0xff0000, 0xff00, 0xff, 0xff000000))
    rows = [r.tobytes() for r in np.dstack([rgb[:, :, ::-1], alpha])]
    usable("bmp/alpha32.bmp", containers.bmp(rows, WIDTH, HEIGHT, 32, header=124, compression=3, masks=masks), over_white(rgb, alpha))
    run_lengths()
    data = containers.bmp([r.tobytes() for r in rgb[:, :, ::-1]], WIDTH, HEIGHT, 24)
    for share in (0.3, 0.9):
        refused(f"bmp/cut_{share}.bmp", data[:int(len(data) * share)], "truncated: the BMP data ends before the picture does")


def run_lengths():
    """Run-length encoded bitmaps, rows from the bottom up."""
    index = np.repeat(np.arange(HEIGHT)[:, None] // 7, WIDTH, 1) + np.arange(WIDTH)[None] // 9
    index %= 16
    colors = [((i * 37) % 256, (i * 91 + 40) % 256, 255 - i * 15) for i in range(16)]
    data8 = data4 = b""
    for row in index[::-1]:
        for value, group in itertools.groupby(row):
            count = len(list(group))
            data8 += bytes([count, value])
            data4 += bytes([count, value << 4 | value])
        data8 += b"\0\0"
        data4 += b"\0\0"
    known = np.array(colors)[index]
    usable("bmp/rle8.bmp", containers.bmp(data8 + b"\0\1", WIDTH, HEIGHT, 8, colors, compression=1), known)
    usable("bmp/rle4.bmp", containers.bmp(data4 + b"\0\1", WIDTH, HEIGHT, 4, colors, compression=2), known, check=False)


def gifs():
    rgb = pattern()
    image = Image.fromarray(rgb)
    for colors, interlace in itertools.product((2, 3, 16, 64, 256), (0, 1)):
        few = image.quantize(colors)
        usable(f"gif/colors_{colors}_{interlace}.gif", saved(few, "GIF", interlace=interlace), np.asarray(few.convert("RGB")))
        clear = few.copy()
        known = np.where((np.asarray(few) == 1)[:, :, None], 255, np.asarray(few.convert("RGB")))
        usable(f"gif/transparent_{colors}_{interlace}.gif", saved(clear, "GIF", interlace=interlace, transparency=1), known)
    for width, height in ((1, 1), (3, 5), (8, 8), (17, 2), (300, 5)):
        small = Image.fromarray(pattern(width, height)).quantize(16)
        usable(f"gif/size_{width}x{height}.gif", saved(small, "GIF"), np.asarray(small.convert("RGB")))
    frames = [image, Image.fromarray(255 - rgb)]
    usable("gif/animated.gif", saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100))
    for left, top in ((0, 0), (5, 3), (20, 10)):
        usable(f"gif/offset_{left}_{top}.gif", *offset_gif(image, left, top), check=False)
    data = saved(image.quantize(64), "GIF")
    for share in (0.3, 0.6, 0.9):
        refused(f"gif/cut_{share}.gif", data[:int(len(data) * share)], "truncated: the GIF data ends before the picture does")


def offset_gif(image, left, top):
    """A GIF whose frame covers a part of the canvas. The rest is transparent."""
    few = image.quantize(32)
    data = bytearray(saved(few, "GIF"))
    width, height = WIDTH + left + 4, HEIGHT + top + 6
    data[6:10] = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    colors = 3 << ((data[10] & 7) + 1)
    at = data.index(b",", 13 + colors)
    data[at + 1:at + 5] = left.to_bytes(2, "little") + top.to_bytes(2, "little")
    known = np.full((height, width, 3), 255)
    known[top:top + HEIGHT, left:left + WIDTH] = np.asarray(few.convert("RGB"))
    return bytes(data), known


def webps():
    rgb, alpha = pattern(), alpha_pattern()
    image, clear = Image.fromarray(rgb), Image.fromarray(np.dstack([rgb, alpha]))
    for quality, method in itertools.product((0, 30, 60, 80, 95, 100), (0, 4, 6)):
        usable(f"webp/lossy_{quality}_{method}.webp", saved(image, "WEBP", quality=quality, method=method))
    for quality in (10, 50, 80, 100):
        usable(f"webp/alpha_{quality}.webp", saved(clear, "WEBP", quality=quality, alpha_quality=quality))
    for method in range(0, 7):
        usable(f"webp/lossless_{method}.webp", saved(image, "WEBP", lossless=True, method=method), rgb)
        data = saved(clear, "WEBP", lossless=True, exact=True, method=method)
        usable(f"webp/lossless_alpha_{method}.webp", data, over_white(rgb, alpha))
    for width, height in ((1, 1), (2, 3), (16, 16), (17, 9), (33, 40)):
        small = pattern(width, height)
        usable(f"webp/size_{width}x{height}.webp", saved(Image.fromarray(small), "WEBP", lossless=True), small)
        usable(f"webp/size_lossy_{width}x{height}.webp", saved(Image.fromarray(small), "WEBP", quality=90))
    few = image.quantize(8).convert("RGB")
    usable("webp/palette.webp", saved(few, "WEBP", lossless=True), np.asarray(few))
    for lossless in (False, True):
        frames = [image, Image.fromarray(255 - rgb)]
        data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100, lossless=lossless)
        usable(f"webp/animated_{lossless}.webp", data)
    data = saved(image, "WEBP", quality=90)
    for share in (0.2, 0.5, 0.9):
        refused(f"webp/cut_{share}.webp", data[:int(len(data) * share)], "truncated: the WebP data ends before the picture does")


def color_profiles():
    rgb, alpha = pattern(), alpha_pattern()
    image, clear, gray = Image.fromarray(rgb), Image.fromarray(np.dstack([rgb, alpha])), Image.fromarray(gray_of(rgb))
    for name, icc in profiles.all_rgb().items():
        for quality in (75, 95):
            usable(f"profile/{name}_{quality}.jpg", saved(image, "JPEG", quality=quality, icc_profile=icc))
        usable(f"profile/{name}_progressive.jpg", saved(image, "JPEG", quality=95, progressive=True, icc_profile=icc))
        usable(f"profile/{name}.png", saved(image, "PNG", icc_profile=icc))
        usable(f"profile/{name}_alpha.png", saved(clear, "PNG", icc_profile=icc))
        usable(f"profile/{name}_palette.png", saved(image.quantize(64), "PNG", icc_profile=icc))
        chunk = (b"iCCP", b"x\0\0" + containers.zlib.compress(icc))
        wide = containers.png(rgb.astype(int) * 257, 2, 16, before=[chunk])
        usable(f"profile/{name}_16bit.png", wide)
        usable(f"profile/{name}.webp", saved(image, "WEBP", quality=90, icc_profile=icc))
        usable(f"profile/{name}_lossless.webp", saved(clear, "WEBP", lossless=True, exact=True, icc_profile=icc))
        usable(f"profile/{name}.tif", saved(image, "TIFF", icc_profile=icc))
        usable(f"profile/{name}_lzw.tif", saved(image, "TIFF", compression="tiff_lzw", icc_profile=icc))
        usable(f"profile/{name}_in_gray.jpg", saved(gray, "JPEG", quality=95, icc_profile=icc))
    for name, curve in {"gamma18": profiles.gamma_tag(1.8), "linear": profiles.gamma_tag(1), "srgb": profiles.table_tag(profiles.srgb_curve)}.items():
        icc = profiles.gray(curve)
        usable(f"profile/gray_{name}.jpg", saved(gray, "JPEG", quality=95, icc_profile=icc))
        usable(f"profile/gray_{name}.png", saved(gray, "PNG", icc_profile=icc))
        usable(f"profile/gray_{name}_alpha.png", saved(clear.convert("LA"), "PNG", icc_profile=icc))
        usable(f"profile/gray_{name}.tif", saved(gray, "TIFF", icc_profile=icc))
        usable(f"profile/gray_{name}_in_rgb.jpg", saved(image, "JPEG", quality=95, icc_profile=icc))
    icc = profiles.cmyk()
    inks = np.dstack([255 - 0.8 * rgb, 90 - 0.3 * gray_of(rgb)]).clip(0, 255).astype(np.uint8)
    cmyk = Image.fromarray(inks, "CMYK")
    for quality in (75, 95):
        usable(f"profile/cmyk_{quality}.jpg", saved(cmyk, "JPEG", quality=quality, icc_profile=icc))
    usable("profile/cmyk_progressive.jpg", saved(cmyk, "JPEG", quality=90, progressive=True, icc_profile=icc))
    inverted = [255.0 - inks[:, :, c] for c in range(4)]
    ycck = jpeg.ycbcr(np.stack([255 - plane for plane in inverted[:3]], -1)) + [inverted[3]]
    parts = b"".join(jpeg.segment(0xe2, b"ICC_PROFILE\0" + bytes([i + 1, 2]) + part)
                     for i, part in enumerate((icc[:9000], icc[9000:])))
    usable("profile/ycck.jpg", jpeg.encode(ycck, [(1, 1)] * 4, extra=jpeg.adobe(2) + parts))
    for compression in (None, "tiff_lzw", "tiff_adobe_deflate"):
        usable(f"profile/cmyk_{compression}.tif", saved(cmyk, "TIFF", compression=compression, icc_profile=icc))
    xyb_files(rgb)
    good = profiles.all_rgb()["p3"]
    for name, icc in {"empty": b"", "short": good[:100], "cut": good[:400], "noise": bytes(range(256)) * 8}.items():
        data = jpeg.encode(jpeg.ycbcr(rgb), [(1, 1)] * 3, extra=jpeg.JFIF + jpeg.segment(0xe2, b"ICC_PROFILE\0\1\1" + icc))
        usable(f"profile/broken_{name}.jpg", data)
        chunk = (b"iCCP", b"x\0\0" + containers.zlib.compress(icc))
        usable(f"profile/broken_{name}.png", containers.png(rgb, 2, 8, before=[chunk]), rgb)
    usable("profile/broken_stream.png", containers.png(rgb, 2, 8, before=[(b"iCCP", b"x\0\0" + b"\x78\x9c" + b"zz" * 50)]), rgb, check=False)
    bomb = (b"iCCP", b"x\0\0" + zlib_bomb(40 << 20))
    refused("profile/bomb.png", containers.png(rgb, 2, 8, before=[bomb]), "its colour profile has more than 10 MiB")


def xyb_files(rgb):
    """Files in XYB as jpegli writes them: three components without a transform, the third with half the resolution."""
    icc = profiles.xyb()
    samples = profiles.xyb_samples(rgb) * 255
    assert samples.min() > 0 and samples.max() < 255, (samples.min(), samples.max())
    planes = [samples[:, :, c] for c in range(3)]
    extra = jpeg.adobe(0) + jpeg.segment(0xe2, b"ICC_PROFILE\0\1\1" + icc)
    image = Image.fromarray(samples.round().astype(np.uint8))
    files = {"plain.png": saved(image, "PNG", icc_profile=icc), "plain.webp": saved(image, "WEBP", lossless=True, icc_profile=icc),
             "plain.tif": saved(image, "TIFF", icc_profile=icc)}
    for end, factors, scans in (("444", "444", "together"), ("22-22-11", "22-22-11", "together"), ("each", "22-22-11", "each")):
        files[f"{end}.jpg"] = jpeg.encode(planes, FACTORS[factors], SCANS[scans], extra=extra)
    script = progressive_script(SCANS["together"])
    files["progressive.jpg"] = jpeg.encode(planes, FACTORS["22-22-11"], script, 0, 0xc2, extra=extra)
    for name, data in files.items():
        # With the perceptual intent, LittleCMS compensates the black point of every profile of version 4 with tables.
        shown = pillow(data, ImageCms.Intent.RELATIVE_COLORIMETRIC)
        difference = np.abs(np.array(quadrants(shown)) - np.array(quadrants(rgb))).max()
        assert difference <= (3 if name.startswith(("plain", "444")) else 10), (name, difference)
        usable(f"profile/xyb_{name}", data, shown, check=False)
    # Pillow reads no RGB with 16 bits.
    shown = pillow(files["plain.png"], ImageCms.Intent.RELATIVE_COLORIMETRIC)
    chunk = (b"iCCP", b"x\0\0" + containers.zlib.compress(icc))
    wide = containers.png(np.round(samples * 257).astype(int), 2, 16, before=[chunk])
    usable("profile/xyb_16bit.png", wide, shown, check=False)


def save_tiff(data, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, data, **options)
    return out.getvalue()


def tiffs():
    rgb, alpha = pattern(), alpha_pattern()
    gray = gray_of(rgb)
    repeated = np.repeat(gray[:, :, None], 3, 2)
    bw = gray > 110
    kinds = {
        "gray8": (gray, {"photometric": "minisblack"}, repeated),
        "white8": (255 - gray, {"photometric": "miniswhite"}, repeated),
        "gray16": (gray.astype(np.uint16) * 257, {"photometric": "minisblack"}, repeated),
        "rgb8": (rgb, {"photometric": "rgb"}, rgb),
        "rgb16": (rgb.astype(np.uint16) * 257, {"photometric": "rgb"}, rgb),
        "rgba8": (np.dstack([rgb, alpha]), {"photometric": "rgb", "extrasamples": ["unassalpha"]}, over_white(rgb, alpha)),
        "rgba16": (np.dstack([rgb, alpha]).astype(np.uint16) * 257, {"photometric": "rgb", "extrasamples": ["unassalpha"]},
                   over_white(rgb, alpha)),
        "rgbx8": (np.dstack([rgb, alpha]), {"photometric": "rgb", "extrasamples": ["unspecified"]}, rgb),
        "la8": (np.dstack([gray, alpha]), {"photometric": "minisblack", "extrasamples": ["unassalpha"]}, over_white(repeated, alpha)),
    }
    share = alpha[:, :, None] / 255
    multiplied = np.round(rgb * share).astype(np.uint8)
    known = multiplied + 255.0 - alpha[:, :, None]
    kinds["premultiplied8"] = (np.dstack([multiplied, alpha]), {"photometric": "rgb", "extrasamples": ["assocalpha"]}, known)
    wide = np.dstack([np.round(rgb * (257 * share)), alpha.astype(float) * 257]).astype(np.uint16)
    kinds["premultiplied16"] = (wide, {"photometric": "rgb", "extrasamples": ["assocalpha"]}, known)
    gray_multiplied = np.round(gray * share[:, :, 0]).astype(np.uint8)
    kinds["la_premultiplied8"] = (np.dstack([gray_multiplied, alpha]), {"photometric": "minisblack", "extrasamples": ["assocalpha"]},
                                  np.repeat((gray_multiplied + 255.0 - alpha)[:, :, None], 3, 2))
    layouts = {"strip": {}, "strips": {"rowsperstrip": 8}, "tiles": {"tile": (32, 16)}}
    packings = {"none": {}, "lzw": {"compression": "lzw"}, "lzw_predictor": {"compression": "lzw", "predictor": True},
                "deflate": {"compression": "zlib"}, "packbits": {"compression": "packbits"}}
    for (k, (data, options, shown)), (l, layout), (p, packing), order in itertools.product(
            kinds.items(), layouts.items(), packings.items(), "<>"):
        if order == ">" and (p not in ("none", "lzw_predictor") or l != "strips"):
            continue
        file = save_tiff(data, byteorder=order, metadata=None, **options, **layout, **packing)
        usable(f"tiff/{k}_{l}_{p}{'_big' if order == '>' else ''}.tif", file, shown, check=k.startswith(("gray8", "rgb8", "rgba8")))
    for (k, (data, options, shown)) in kinds.items():
        if data.ndim == 3:
            planes = np.moveaxis(data, -1, 0)
            file = save_tiff(planes, planarconfig="separate", metadata=None, **options)
            if k in ("rgb8", "rgb16", "rgba8", "rgba16"):
                usable(f"tiff/planar_{k}.tif", file, shown, check=False)
            elif k != "rgbx8":
                refused(f"tiff/planar_{k}.tif", file, "a kind of TIFF that is not supported: separate planes of this kind of pixels")
            file = save_tiff(planes, planarconfig="separate", tile=(32, 16), metadata=None, **options)
            refused(f"tiff/planar_tiles_{k}.tif", file, "a kind of TIFF that is not supported: tiles with separate planes")
    plain = "a kind of TIFF that is not supported: "
    refused("tiff/float_gray.tif", save_tiff(gray.astype(np.float32), metadata=None), plain + "floating-point numbers with 32 bits per sample")
    refused("tiff/half_gray.tif", save_tiff(gray.astype(np.float16), metadata=None), plain + "floating-point numbers with 16 bits per sample")
    refused("tiff/double_gray.tif", save_tiff(gray.astype(np.float64), metadata=None), plain + "floating-point numbers with 64 bits per sample")
    usable("tiff/float_rgb.tif", save_tiff(rgb.astype(np.float32) / 255, photometric="rgb", metadata=None), rgb, check=False)
    refused("tiff/signed_gray.tif", save_tiff((gray.astype(int) - 128).astype(np.int8), metadata=None), plain + "samples that are not unsigned integers")
    refused("tiff/uint32_gray.tif", save_tiff(gray.astype(np.uint32), metadata=None), plain + "32 bits per sample")
    refused("tiff/bigtiff.tif", save_tiff(rgb, photometric="rgb", bigtiff=True, metadata=None), "a BigTIFF picture, a format that is not supported")
    refused("tiff/zstd.tif", save_tiff(rgb, photometric="rgb", compression="zstd", metadata=None), plain + "Zstandard compression")
    refused("tiff/webp.tif", save_tiff(rgb, photometric="rgb", compression="webp", metadata=None), plain + "WebP compression")
    refused("tiff/lzma.tif", save_tiff(rgb, photometric="rgb", compression="lzma", metadata=None), plain + "LZMA compression")
    refused("tiff/jpeg2000.tif", save_tiff(rgb, photometric="rgb", compression="jpeg2000", metadata=None), plain + "JPEG 2000 compression")
    tiff_jpeg(rgb, gray)
    tiff_bits(gray, rgb, bw)
    tiff_pillow()


def tiff_jpeg(rgb, gray):
    for tile, sub in itertools.product((None, (32, 32)), ((1, 1), (2, 1), (2, 2))):
        options = {"tile": tile} if tile else {"rowsperstrip": 16}
        file = save_tiff(rgb, photometric="ycbcr", subsampling=sub, compression="jpeg", compressionargs={"level": 95}, metadata=None, **options)
        usable(f"tiff/jpeg_ycbcr_{sub[0]}{sub[1]}_{'tiles' if tile else 'strips'}.tif", file)
    file = save_tiff(gray, photometric="minisblack", compression="jpeg", compressionargs={"level": 95}, rowsperstrip=16, metadata=None)
    usable("tiff/jpeg_gray.tif", file)
    image = Image.fromarray(rgb)
    data = saved(image, "TIFF", compression="jpeg", quality=95)
    usable("tiff/jpeg_pillow.tif", data)
    start = data.index(b"\xff\xda") + 14
    refused("tiff/jpeg_zeroed.tif", data[:start + 200] + bytes(600) + data[start + 800:],
            "truncated: the JPEG data ends before the picture does")


def reverse_bits(data):
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)


def tiff_bits(gray, rgb, bw):
    """Samples with few bits, palettes, both orders of bits, and YCbCr without compression."""
    lzw = imagecodecs.lzw_encode
    packings = {"none": (1, bytes), "packbits": (32773, imagecodecs.packbits_encode), "deflate": (8, containers.zlib.compress), "lzw": (5, lzw)}
    for bits, (p, (number, compress)), fill in itertools.product((1, 2, 4, 8), packings.items(), (1, 2)):
        top = (1 << bits) - 1
        index = np.round(gray / 255 * top).astype(int)
        colors = np.array([[(i * 37) % 256, (i * 91 + 40) % 256, 255 - i * 255 // top] for i in range(top + 1)])
        rows = containers.pack(index, bits)
        strips = [compress(b"".join(rows[i:i + 16])) for i in range(0, HEIGHT, 16)]
        if fill == 2:
            strips = [reverse_bits(strip) for strip in strips]
        shown = np.repeat((index / top * 255)[:, :, None], 3, 2)
        for order in "<>" if p == "none" else "<":
            end = f"{bits}_{p}_fill{fill}{'_big' if order == '>' else ''}.tif"
            tags = {258: (3, [bits]), 259: (3, [number]), 266: (3, [fill]), 277: (3, [1])}
            file = lambda extra: containers.tiff(WIDTH, HEIGHT, strips, {**tags, **extra}, order, 16)
            check = fill == 1 and p != "lzw"
            usable(f"tiff/bits_gray{end}", file({262: (3, [1])}), shown, check)
            usable(f"tiff/bits_white{end}", file({262: (3, [0])}), 255 - shown, check)
            palette = {262: (3, [3]), 320: (3, (colors.T * 257).reshape(-1).tolist())}
            usable(f"tiff/bits_palette{end}", file(palette), colors[index], check)
    tags = {258: (3, [8] * 3), 259: (3, [1]), 262: (3, [2]), 277: (3, [3])}
    usable("tiff/fill2_rgb8.tif", containers.tiff(WIDTH, HEIGHT, [reverse_bits(rgb.tobytes())], {**tags, 266: (3, [2])}), rgb, check=False)
    planes = np.stack(jpeg.ycbcr(rgb), -1).round().clip(0, 255).astype(np.uint8)
    tags = {258: (3, [8] * 3), 259: (3, [1]), 262: (3, [6]), 277: (3, [3]), 530: (3, [1, 1])}
    usable("tiff/ycbcr_plain.tif", containers.tiff(WIDTH, HEIGHT, [planes.tobytes()], tags), rgb, check=False)
    plain = "a kind of TIFF that is not supported: "
    refused("tiff/ycbcr_subsampled.tif", containers.tiff(WIDTH, HEIGHT, [planes.tobytes()], {**tags, 530: (3, [2, 2])}),
            plain + "YCbCr with subsampling and without JPEG compression")
    other = {**tags, 529: (5, [(2126, 10000), (7152, 10000), (722, 10000)])}
    refused("tiff/ycbcr_bt709.tif", containers.tiff(WIDTH, HEIGHT, [planes.tobytes()], other), plain + "YCbCr with other coefficients")
    for photometric, reason in ((8, "colours in CIELAB"), (4, "a transparency mask"), (32803, "raw data of a camera"), (77, "photometric interpretation 77")):
        file = containers.tiff(WIDTH, HEIGHT, [rgb.tobytes()], {**tags, 262: (3, [photometric])})
        refused(f"tiff/photometric_{photometric}.tif", file, plain + reason)
    for number, reason in ((2, "compression for fax"), (6, "JPEG compression of the old kind"), (9999, "an unknown compression")):
        file = containers.tiff(WIDTH, HEIGHT, [rgb.tobytes()], {**tags, 262: (3, [2]), 259: (3, [number])})
        refused(f"tiff/compression_{number}.tif", file, plain + reason)
    tags = {258: (3, [8] * 3), 259: (3, [1]), 262: (3, [2]), 277: (3, [3])}
    data = containers.tiff(WIDTH, HEIGHT, [rgb.tobytes()[:4000]], tags)
    refused("tiff/cut_strip.tif", data[:3000], "truncated: the TIFF data ends before the picture does")
    mixed = {**tags, 258: (3, [8, 8, 4])}
    refused("tiff/mixed_bits.tif", containers.tiff(WIDTH, HEIGHT, [rgb.tobytes()], mixed), plain + "samples with different numbers of bits")


def tiff_pillow():
    image = Image.fromarray(pattern())
    modes = {"1": image.convert("1"), "L": image.convert("L"), "P": image.quantize(100), "RGB": image, "CMYK": image.convert("CMYK"),
             "RGBA": Image.fromarray(np.dstack([pattern(), alpha_pattern()])), "LA": Image.fromarray(np.dstack([pattern(), alpha_pattern()])).convert("LA")}
    for (mode, shown), compression in itertools.product(modes.items(), (None, "tiff_lzw", "tiff_adobe_deflate", "packbits")):
        usable(f"tiff/pillow_{mode}_{compression}.tif", saved(shown, "TIFF", compression=compression))
    usable("tiff/pillow_group4.tif", saved(modes["1"], "TIFF", compression="group4"))
    refused("tiff/pillow_group3.tif", saved(modes["1"], "TIFF", compression="group3"), "a kind of TIFF that is not supported: compression for fax (group 3)")


def closed_files():
    """Files that lack a part of their pixels in a whole container, and files that look as if they did."""
    rgb, gray = pattern(), gray_of(pattern())
    index = (np.arange(HEIGHT)[:, None] // 7 + np.arange(WIDTH)[None] // 9) % 16
    colors = [(0, 0, 0)] + [((i * 37) % 256, (i * 91 + 40) % 256, 255 - i * 15) for i in range(1, 16)]
    for family, end, files in (("png", "png", closed.png_files(rgb)), ("webp", "webp", closed.webp_files(rgb, alpha_pattern())),
                               ("gif", "gif", closed.gif_files(rgb)), ("tiff", "tif", closed.tiff_files(rgb, gray)),
                               ("bmp", "bmp", closed.bmp_files(index, colors))):
        for name, data, reason in files:
            refused(f"{family}/closed_{name}.{end}", data, reason)
    for name, data, known in closed.whole_bmps(index, colors):
        usable(f"bmp/{name}.bmp", data, known, check=name.startswith("rle8"))
    # The strips are whole, but the file stores wrong lengths.
    tags = {258: (3, [8] * 3), 259: (3, [1]), 262: (3, [2]), 277: (3, [3])}
    strips = [rgb[i:i + 16].tobytes() for i in range(0, HEIGHT, 16)]
    for name, length in (("short", 100), ("zero", 0)):
        data = containers.tiff(WIDTH, HEIGHT, strips, {**tags, 279: (4, [length] * len(strips))}, rows_per_strip=16)
        usable(f"tiff/{name}_lengths.tif", data, rgb, check=False)


# What the committed subset contains: the names that start with one of these.
SUBSET = [
    "jpeg/baseline_420_each_0", "jpeg/baseline_420_each_3", "jpeg/baseline_440_y+cc_3", "jpeg/baseline_11-22-22_together_0",
    "jpeg/baseline_11-22-22_each_8", "jpeg/baseline_444_reversed_8", "jpeg/baseline_31_together_0", "jpeg/baseline_22-21-12_yc+c_0",
    "jpeg/progressive_11-21-21_together_0", "jpeg/progressive_420_together_5", "jpeg/extended_444", "jpeg/ratio_", "jpeg/gray_22_4",
    "jpeg/rgb_ids_each", "jpeg/rgb_adobe_together", "jpeg/ycc_jfif_adobe0_together", "jpeg/cmyk_adobe_each", "jpeg/ycck_together",
    "jpeg/pillow_restart_2_2", "jpeg/size_17x33_2_p", "jpeg/size_1x1_0_b", "jpeg/cut_baseline_0.995", "jpeg/cut_progressive_0.5",
    "jpeg/cut_each_0.9", "jpeg/cut_restart_0.97", "jpeg/zeroed_baseline_0.5", "jpeg/zeroed_progressive_0.8", "jpeg/missing_", "jpeg/kind_",
    "orientation/jpeg_6", "orientation/webp_6", "orientation/webp_prefixed_6", "orientation/webp_prefixed_8", "orientation/png_5",
    "orientation/png_late_3", "orientation/tiff_big_7", "png/gray2_interlaced_all", "png/palette4_plain_all", "png/rgba16_interlaced_none",
    "png/transparent_gray4", "png/transparent_palette2", "png/transparent_rgb8", "png/chunk_itxt", "png/chunk_text", "bmp/palette4_5x3",
    "bmp/rgb565_5x3", "bmp/masks32_5x3", "bmp/alpha32", "bmp/rle", "gif/transparent_16_1", "gif/offset_5_3", "gif/size_17x2",
    "webp/lossy_60_4", "webp/alpha_50", "webp/lossless_alpha_4", "webp/animated_True", "profile/p3_75.jpg", "profile/adobe.png",
    "profile/prophoto_16bit", "profile/prophoto_lossless", "profile/swapped_lzw", "profile/lut_75", "profile/p3_palette", "profile/gray_gamma18",
    "profile/gray_linear_in_rgb", "profile/cmyk_75", "profile/ycck", "profile/cmyk_tiff_lzw", "profile/broken_", "profile/bomb",
    "profile/xyb_plain.png", "profile/xyb_22-22-11",
    "tiff/premultiplied8_strips_lzw.", "tiff/premultiplied16_tiles_deflate", "tiff/la8_strips_lzw.", "tiff/la_premultiplied8_strip_deflate",
    "tiff/white8_strips_packbits", "tiff/planar_tiles_rgb8", "tiff/planar_rgb8", "tiff/float_", "tiff/signed", "tiff/uint32", "tiff/zstd",
    "tiff/jpeg_ycbcr_22", "tiff/jpeg_zeroed", "tiff/bits_gray2_none_fill2", "tiff/bits_gray4_none_fill1_big", "tiff/bits_palette4_lzw_fill2",
    "tiff/bits_palette8_deflate_fill1", "tiff/bits_palette1_packbits_fill2", "tiff/bits_white2_none_fill1", "tiff/fill2_rgb8", "tiff/ycbcr_",
    "tiff/photometric_", "tiff/compression_", "tiff/cut_", "tiff/mixed_", "tiff/pillow_LA_tiff_lzw", "tiff/pillow_P_packbits",
    "png/closed_plain_stream_0.6", "png/closed_plain_rows_0.9", "png/closed_plain_last", "png/closed_interlaced_rows_0.6",
    "webp/closed_lossy_0.9", "webp/closed_lossless_0.6", "webp/closed_alpha_0.9", "webp/closed_animated_lossy_0.6", "gif/closed_plain_0.9",
    "gif/closed_plain_no", "gif/closed_interlaced_0.6", "tiff/closed_rgb_none_", "tiff/closed_gray_deflate_", "tiff/closed_palette_none_last",
    "tiff/closed_palette_deflate_last", "tiff/closed_rgb_lzw_first", "tiff/closed_rgb_packbits_rows", "tiff/closed_group4", "tiff/closed_jpeg",
    "tiff/short_lengths", "tiff/zero_lengths", "bmp/closed_",
]


def write(folder):
    for name, (data, _) in CASES.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
    lines = [f" {json.dumps(name)}: {json.dumps(expected, separators=(',', ':'))}" for name, (_, expected) in sorted(CASES.items())]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    here = os.path.dirname(os.path.abspath(__file__))
    for place in (folder, here):
        with open(os.path.join(place, "expected.json"), "w", encoding="utf-8") as file:
            file.write(text)
    packed = open(os.path.join(here, "subset.tar.gz"), "wb")
    with packed, gzip.GzipFile("", "wb", 9, packed, 0) as zipped, tarfile.open(
            fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, (data, _) in sorted(CASES.items()):
            if any(name.startswith(start) for start in SUBSET):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(data), 0o644
                archive.addfile(entry, io.BytesIO(data))


def main():
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    for family in (jpeg_grid, jpeg_colors, jpeg_pillow, jpeg_incomplete, jpeg_kinds, orientations, png_suite, bmps, gifs, webps,
                   color_profiles, tiffs, closed_files):
        before = len(CASES)
        family()
        print(f"{family.__name__}: {len(CASES) - before}")
    write(sys.argv[1])
    unconfirmed = len(UNCHECKED)
    print(f"{len(CASES)} files, {unconfirmed} of them not confirmed by Pillow")


if __name__ == "__main__":
    main()
