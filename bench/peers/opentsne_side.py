"""Lays out the points that `bench tsne` wrote with openTSNE.

Prints one line of JSON with the wall seconds of `TSNE.fit` alone. Writes the positions to `--map`.
"""

import argparse
import json
import os
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--points", type=Path, required=True, help="[n, d], .npy")
parser.add_argument("--perplexity", type=float, required=True)
parser.add_argument("--iterations", type=int, nargs=2, required=True, help="with exaggeration, and without")
parser.add_argument("--gradient", choices=["bh", "fft"], required=True, help="negative_gradient_method")
parser.add_argument("--neighbors", choices=["exact", "annoy"], required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--map", type=Path, required=True)
args = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = str(args.threads)
# Threads that spin while they wait take up to three times as long on a machine that does other work.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

import numpy as np
import openTSNE

points = np.load(args.points)
start = time.perf_counter()
found = openTSNE.TSNE(
    perplexity=args.perplexity,
    early_exaggeration_iter=args.iterations[0],
    n_iter=args.iterations[1],
    initialization="pca",
    neighbors=args.neighbors,
    negative_gradient_method=args.gradient,
    n_jobs=args.threads,
    random_state=1,
).fit(points)
seconds = time.perf_counter() - start
np.save(args.map, np.ascontiguousarray(found, dtype=np.float64))
print(json.dumps({"seconds": seconds, "version": f"openTSNE {openTSNE.__version__}"}))
