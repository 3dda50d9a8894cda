"""Numbers that Python and Rust draw alike: from a hash of a tensor's name and an entry's place in it."""

import numpy as np


def seed(name):
    """FNV-1a, 32 bits, of the name."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def hashes(name, count):
    """One 32-bit hash for each place: the finalizer of MurmurHash3."""
    value = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed(name))
    value ^= value >> np.uint32(16)
    value *= np.uint32(0x85EBCA6B)
    value ^= value >> np.uint32(13)
    value *= np.uint32(0xC2B2AE35)
    return value ^ value >> np.uint32(16)


def uniform(name, shape, scale=1.0, offset=0.0):
    """float32, evenly over offset - scale to offset + scale."""
    value = (hashes(name, int(np.prod(shape))) >> np.uint32(8)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)
    return (value * np.float32(scale) + np.float32(offset)).reshape(shape)


def mask(name, shape):
    """float32: 0 for one half of the entries, 2 for the other."""
    return ((hashes(name, int(np.prod(shape))) >> np.uint32(31)) * np.uint32(2)).astype(np.float32).reshape(shape)
