"""A small JPEG encoder for tests. It writes sampling factors and scan layouts that libjpeg's encoders do not write.

The source of the format is ITU-T T.81. The encoder favours short code over speed and size.
"""

import struct

import numpy as np

ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))

LUMA_Q = np.array([
    [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55], [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62], [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99]])

COSINES = np.array([[np.sqrt((1 if u == 0 else 2) / 8) * np.cos((2 * x + 1) * u * np.pi / 16) for x in range(8)]
                    for u in range(8)])


class Bits:
    """Writes entropy-coded bits with byte stuffing."""

    def __init__(self):
        self.bits = []

    def put(self, value, count):
        self.bits += [(value >> (count - 1 - i)) & 1 for i in range(count)]

    def finish(self):
        bits = self.bits + [1] * (-len(self.bits) % 8)
        self.bits = []
        data = np.packbits(np.array(bits, dtype=np.uint8)).tobytes() if bits else b""
        return data.replace(b"\xff", b"\xff\0")


class FlatTable:
    """A Huffman table in which every symbol has a code of the same length. No code consists of ones only."""

    def __init__(self, symbols):
        self.symbols = sorted(symbols)
        self.length = max(1, int(np.ceil(np.log2(len(self.symbols) + 1))))
        self.codes = {symbol: code for code, symbol in enumerate(self.symbols)}

    def put(self, bits, symbol):
        bits.put(self.codes[symbol], self.length)

    def segment(self, where):
        counts = [0] * 16
        counts[self.length - 1] = len(self.symbols)
        return bytes([where, *counts, *self.symbols])


DC_TABLE = FlatTable(range(12))
AC_TABLE = FlatTable(sorted({run << 4 | size for run in range(16) for size in range(1, 11)} | {0x00, 0xf0}
                            | {run << 4 for run in range(1, 15)}))


def put_signed(bits, value, size):
    bits.put(value if value >= 0 else value + (1 << size) - 1, size)


def size_of(value):
    return int(abs(value)).bit_length()


class Component:
    """The quantized coefficients of a component, in zigzag order, with padding to whole MCUs."""

    def __init__(self, plane, factors, widest, tallest, table):
        self.h, self.v = factors
        height, width = plane.shape
        self.width = -(-width * self.h // widest)
        self.height = -(-height * self.v // tallest)
        across, down = -(-width // (8 * widest)), -(-height // (8 * tallest))
        self.blocks_across, self.blocks_down = across * self.h, down * self.v
        small = resample(plane, self.width, self.height)
        padded = np.pad(small, ((0, self.blocks_down * 8 - self.height), (0, self.blocks_across * 8 - self.width)), "edge")
        blocks = padded.reshape(self.blocks_down, 8, self.blocks_across, 8).swapaxes(1, 2) - 128.0
        spectrum = COSINES @ blocks @ COSINES.T
        quantized = np.round(spectrum / table).astype(int).reshape(self.blocks_down, self.blocks_across, 64)
        self.coefficients = quantized[:, :, ZIGZAG]

    def single_blocks(self):
        """The blocks of a scan with this component alone: only those with pixels, row by row."""
        return [[(row, column)] for row in range(-(-self.height // 8)) for column in range(-(-self.width // 8))]


def resample(plane, width, height):
    """Averages, or repeats where the plane is too small."""
    rows = np.arange(height + 1) * plane.shape[0] / height
    columns = np.arange(width + 1) * plane.shape[1] / width
    out = np.empty((height, width))
    for y in range(height):
        top, bottom = int(rows[y]), max(int(rows[y]) + 1, int(np.ceil(rows[y + 1])))
        for x in range(width):
            left, right = int(columns[x]), max(int(columns[x]) + 1, int(np.ceil(columns[x + 1])))
            out[y, x] = plane[top:bottom, left:right].mean()
    return out


def mcus(components, chosen):
    """The MCUs of a scan: lists of (component, row, column)."""
    if len(chosen) == 1:
        only = chosen[0]
        return [[(only, *block[0])] for block in components[only].single_blocks()]
    first = components[chosen[0]]
    across, down = first.blocks_across // first.h, first.blocks_down // first.v
    return [[(c, y * components[c].v + j, x * components[c].h + i)
             for c in chosen for j in range(components[c].v) for i in range(components[c].h)]
            for y in range(down) for x in range(across)]


class Scan:
    """The coder of one scan. `band` is (Ss, Se), `high` and `low` are Ah and Al."""

    def __init__(self, components, chosen, band=(0, 63), high=0, low=0, progressive=False):
        self.components, self.chosen, self.band, self.high, self.low = components, chosen, band, high, low
        self.progressive = progressive
        self.bits = Bits()

    def restart(self):
        self.previous = dict.fromkeys(self.chosen, 0)

    def data(self, interval):
        self.restart()
        out, count = b"", 0
        for at, mcu in enumerate(mcus(self.components, self.chosen)):
            if interval and at and at % interval == 0:
                out += self.bits.finish() + bytes([0xff, 0xd0 + count % 8])
                count += 1
                self.restart()
            for component, row, column in mcu:
                self.block(component, self.components[component].coefficients[row, column])
        return out + self.bits.finish()

    def block(self, component, block):
        first, last = self.band
        if first == 0:
            self.dc(component, int(block[0]))
            if self.progressive:
                return
            first = 1
        if self.high == 0:
            self.ac(block, first, last)
        else:
            self.refine(block, first, last)

    def dc(self, component, value):
        if self.high:
            self.bits.put(value >> self.low & 1, 1)
            return
        value >>= self.low
        difference = value - self.previous[component]
        self.previous[component] = value
        size = size_of(difference)
        DC_TABLE.put(self.bits, size)
        put_signed(self.bits, difference, size)

    def shifted(self, value):
        return int(abs(value)) >> self.low

    def ac(self, block, first, last):
        run = 0
        for k in range(first, last + 1):
            magnitude = self.shifted(block[k])
            if magnitude == 0:
                run += 1
                continue
            while run > 15:
                AC_TABLE.put(self.bits, 0xf0)
                run -= 16
            size = size_of(magnitude)
            AC_TABLE.put(self.bits, run << 4 | size)
            put_signed(self.bits, magnitude if block[k] > 0 else -magnitude, size)
            run = 0
        if run:
            AC_TABLE.put(self.bits, 0)

    def refine(self, block, first, last):
        """Refines a band (T.81, G.1.2.3), with one end-of-band code for each block."""
        magnitudes = [self.shifted(block[k]) for k in range(first, last + 1)]
        newest = max((k for k, m in enumerate(magnitudes) if m == 1), default=-1)
        run, corrections = 0, []
        for k, magnitude in enumerate(magnitudes):
            if magnitude == 0:
                run += 1
                continue
            while run > 15 and k <= newest:
                AC_TABLE.put(self.bits, 0xf0)
                self.flush(corrections)
                run -= 16
            if magnitude > 1:
                corrections.append(magnitude & 1)
                continue
            AC_TABLE.put(self.bits, run << 4 | 1)
            self.bits.put(1 if block[first + k] > 0 else 0, 1)
            self.flush(corrections)
            run = 0
        if run or corrections:
            AC_TABLE.put(self.bits, 0)
            self.flush(corrections)

    def flush(self, corrections):
        for bit in corrections:
            self.bits.put(bit, 1)
        corrections.clear()


def segment(marker, payload):
    return struct.pack(">BBH", 0xff, marker, len(payload) + 2) + payload


def interleaved(count):
    return [tuple(range(count))]


def encode(planes, factors, scans=None, interval=0, frame=0xc0, table=None, ids=None, extra=b"", restart_segment=True):
    """Encodes `planes` (arrays of samples 0 to 255 with the size of the image).

    `factors` are (horizontal, vertical) by component. `scans` is a list of tuples of component indices, or for progressive
    frames of dictionaries with the arguments of Scan. `interval` is the restart interval in MCUs. `extra` are segments
    before the frame.
    """
    table = np.maximum(LUMA_Q // 4, 1) if table is None else table
    height, width = planes[0].shape
    widest, tallest = max(h for h, _ in factors), max(v for _, v in factors)
    components = [Component(p, f, widest, tallest, table) for p, f in zip(planes, factors)]
    ids = ids or list(range(1, len(planes) + 1))
    out = b"\xff\xd8" + extra + segment(0xdb, bytes([0]) + bytes(int(q) for q in table.reshape(64)[ZIGZAG]))
    described = b"".join(bytes([i, h << 4 | v, 0]) for i, (h, v) in zip(ids, factors))
    out += segment(frame, struct.pack(">BHHB", 8, height, width, len(planes)) + described)
    out += segment(0xc4, DC_TABLE.segment(0x00)) + segment(0xc4, AC_TABLE.segment(0x10))
    if interval and restart_segment:
        out += segment(0xdd, struct.pack(">H", interval))
    for scan in scans or interleaved(len(planes)):
        arguments = {"chosen": scan} if isinstance(scan, tuple) else scan
        scan = Scan(components, progressive=frame == 0xc2, **arguments)
        header = bytes([len(scan.chosen)]) + b"".join(bytes([ids[c], 0]) for c in scan.chosen)
        out += segment(0xda, header + bytes([*scan.band, scan.high << 4 | scan.low])) + scan.data(interval)
    return out + b"\xff\xd9"


def ycbcr(rgb):
    """The planes Y, Cb and Cr of an RGB array (JFIF)."""
    r, g, b = (rgb[:, :, c].astype(float) for c in range(3))
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return [y, 128 + 0.564 * (b - y), 128 + 0.713 * (r - y)]


JFIF = segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")


def adobe(transform):
    return segment(0xee, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))
