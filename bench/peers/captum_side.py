"""The occlusion benchmark in Captum: one image, AlexNet, the weights that `bench occlusion` has written.

Prints one line of JSON: the seconds of one `Occlusion.attribute`. One forward pass of a full batch runs before the measurement.
The map goes to `--map`, so that both sides can be compared.
"""

import argparse
import json
import os
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--weights", type=Path, required=True, help="folder of <layer>.weight.npy, <layer>.bias.npy and image.npy")
parser.add_argument("--patch", type=int, required=True)
parser.add_argument("--stride", type=int, required=True)
parser.add_argument("--target", type=int, required=True)
parser.add_argument("--perturbations", type=int, required=True, help="perturbations_per_eval")
parser.add_argument("--layout", choices=["channels-first", "channels-last"], required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--map", type=Path, required=True)
args = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = str(args.threads)

import captum
import numpy as np
import torch
from captum.attr import Occlusion
from torch import nn

torch.set_num_threads(args.threads)
POOLED = (1, 2, 5)
STRIDE_AND_PAD = ((4, 2), (1, 2), (1, 1), (1, 1), (1, 1))


def parameter(name):
    return nn.Parameter(torch.from_numpy(np.load(args.weights / f"{name}.npy")), requires_grad=False)


layers = []
for number, (stride, pad) in enumerate(STRIDE_AND_PAD, start=1):
    weight = parameter(f"conv{number}.weight")
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2], stride, pad)
    layer.weight, layer.bias = weight, parameter(f"conv{number}.bias")
    layers += [layer, nn.ReLU(inplace=True)] + ([nn.MaxPool2d(3, 2)] if number in POOLED else [])
layers.append(nn.Flatten())
dense = [number for number in (6, 7, 8) if (args.weights / f"fc{number}.weight.npy").exists()]
for number in dense:
    weight = parameter(f"fc{number}.weight")
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight, layer.bias = weight, parameter(f"fc{number}.bias")
    layers += [layer] + ([nn.ReLU(inplace=True)] if number < 8 else [])
layout = torch.channels_last if args.layout == "channels-last" else torch.contiguous_format
network = nn.Sequential(*layers, nn.Softmax(1)).eval().to(memory_format=layout)
image = torch.from_numpy(np.load(args.weights / "image.npy")).to(memory_format=layout)

with torch.no_grad():
    network(image.expand(args.perturbations, -1, -1, -1).contiguous(memory_format=layout))
    start = time.perf_counter()
    found = Occlusion(network).attribute(
        image,
        target=args.target,
        strides=(3, args.stride, args.stride),
        sliding_window_shapes=(3, args.patch, args.patch),
        baselines=0,
        perturbations_per_eval=args.perturbations,
    )
    seconds = time.perf_counter() - start
np.save(args.map, found[0, 0].contiguous().numpy())
print(json.dumps({"seconds": seconds, "version": f"Captum {captum.__version__}, PyTorch {torch.__version__}"}))
