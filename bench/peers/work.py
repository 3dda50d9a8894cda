"""The code that both peers share: the arguments, the images, the order of the batches and the report.

This module imports no framework. `bench peers` has decoded the images: `images.npy` is float32 [n, 3, 224, 224],
`images-last.npy` has the same values as [n, 224, 224, 3], and `labels.npy` is int64 [n].
"""

import argparse
import json
import os
import resource
import time
from pathlib import Path

import numpy as np

# The numbers of frozen convolutions (of 5) and frozen dense layers (of 3) at each depth.
FROZEN = {"fc8": (5, 2), "fc678": (5, 0), "c5fc678": (4, 0), "all": (0, 0)}
LEARNING_RATE = 1e-4
WEIGHT_DECAY = 0.01
EPSILON = 1e-6
DROPOUT = 0.5


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scratch", type=Path, required=True, help="folder of the decoded images")
    parser.add_argument("--depth", choices=FROZEN, required=True)
    parser.add_argument("--variant", required=True, help="settings of the framework")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--count", type=int, required=True, help="maximum number of images")
    return parser.parse_args()


class Images:
    """Decoded images. They are read batch by batch, so that they do not count as the framework's memory."""

    def __init__(self, args, name):
        path = args.scratch / name
        mapped = np.load(path, mmap_mode="r")
        self.shape, self.start = mapped.shape[1:], mapped.offset
        self.labels = np.load(args.scratch / "labels.npy")[: args.count]
        self.file = os.open(path, os.O_RDONLY)

    def batch(self, rows):
        """Returns the images and labels of these rows."""
        found = np.empty((len(rows), *self.shape), np.float32)
        for place, row in zip(found, rows):
            os.preadv(self.file, [memoryview(place).cast("B")], self.start + int(row) * place.nbytes)
        return found, self.labels[rows]


def batches(args, count, epoch):
    """Returns the rows of each step of an epoch. Each epoch has its own order. The last batch may be smaller."""
    order = np.random.default_rng(epoch).permutation(count)
    return [order[start : start + args.batch] for start in range(0, count, args.batch)]


def peak_kib():
    """Returns the peak resident memory in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def cpu_seconds():
    """Returns the processor time of all threads in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(who, version, args, images, loaded_kib, step):
    """Times all epochs and prints one line of JSON. `step(images, labels)` trains on a batch and returns its loss."""
    count = len(images.labels)
    # One step with each batch size comes first, so that the measured time includes no compilation.
    for rows in {len(rows): rows for rows in batches(args, count, 0)}.values():
        step(*images.batch(rows))
    start, cpu = time.perf_counter(), cpu_seconds()
    for epoch in range(args.epochs):
        for rows in batches(args, count, epoch):
            last_loss = step(*images.batch(rows))
    print(json.dumps({
        "who": who,
        "version": version,
        "depth": args.depth,
        "seconds": time.perf_counter() - start,
        "cpu_seconds": cpu_seconds() - cpu,
        "images": count * args.epochs,
        "peak_kib": peak_kib(),
        "loaded_kib": loaded_kib,
        "last_loss": last_loss,
    }))
