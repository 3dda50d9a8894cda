"""Writes networks.json: the values of AlexNet and SqueezeNet for one drawn image, computed with NumPy in float64.

    python networks.py alexnet.ckpt squeezenet_weights.pkl > networks.json

The two files are the members of `zoo::sources()`. The script was run with NumPy 2.4.6.
"""

import json
import pickle
import sys

import numpy as np


class OnlyArrays(pickle.Unpickler):
    """An unpickler that knows only the three globals of NumPy."""

    def find_class(self, module, name):
        known = {
            ("numpy.core.multiarray", "_reconstruct"): np._core.multiarray._reconstruct,
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
        }
        return known[module, name]


def load(path):
    with open(path, "rb") as file:
        return OnlyArrays(file).load()


def image():
    """Returns an RGB image [224, 224, 3]: red grows to the right, green grows downwards, blue forms rings around a corner."""
    y, x = np.mgrid[0:224, 0:224]
    return np.stack([x * 255 // 223, y * 255 // 223, (x * x + y * y) // 97 % 256], axis=2).astype(np.float64)


def conv(x, kernel, bias, stride=1, pad=0):
    """x: [h, w, in]; kernel: [kh, kw, in, out]."""
    x = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(0, 1))[::stride, ::stride]
    return np.einsum("hwcij,ijco->hwo", windows, kernel.astype(np.float64), optimize=True) + bias


def max_pool(x):
    return np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(0, 1))[::2, ::2].max(axis=(3, 4))


def describe(x):
    """Returns the shape, mean, standard deviation and every 997th value of a tensor in NCHW order."""
    x = np.moveaxis(x, -1, 0)
    return {"shape": list(x.shape), "mean": x.mean(), "std": x.std(), "every_997th": x.ravel()[::997].tolist()}


def alexnet(weights):
    weights = weights["AlexNet_0"]
    seen = {}
    x = (image() / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    for index, (stride, pad) in enumerate([(4, 2), (1, 2), (1, 1), (1, 1), (1, 1)]):
        layer = weights[f"Conv_{index}"]
        x = conv(x, layer["kernel"], layer["bias"], stride, pad)
        seen[f"conv{index + 1}"] = describe(x)
        x = np.maximum(x, 0)
        if index in (0, 1, 4):
            x = max_pool(x)
            seen[f"pool{index + 1}"] = describe(x)
    return {"layers": seen}


def squeezenet(weights):
    seen = {}
    x = image()[:, :, ::-1] - [103.939, 116.779, 123.68]
    x = max_pool(np.maximum(conv(x, *weights["conv1"], stride=2), 0))
    seen["pool1"] = describe(x)
    for number in range(2, 10):
        def branch(x, part, pad=0):
            return np.maximum(conv(x, *weights[f"fire{number}/{part}"], pad=pad), 0)

        x = branch(x, "squeeze1x1")
        x = np.concatenate([branch(x, "expand1x1"), branch(x, "expand3x3", 1)], axis=2)
        seen[f"fire{number}"] = describe(x)
        if number in (3, 5):
            x = max_pool(x)
    logits = np.maximum(conv(x, *weights["conv10"]), 0).mean(axis=(0, 1))
    probabilities = np.exp(logits - logits.max())
    probabilities /= probabilities.sum()
    top = np.argsort(-probabilities)[:5]
    return {"layers": seen, "top5": [{"class": int(i), "probability": probabilities[i]} for i in top]}


if __name__ == "__main__":
    reference = {"alexnet": alexnet(load(sys.argv[1])), "squeezenet": squeezenet(load(sys.argv[2]))}
    json.dump(reference, sys.stdout, indent=1)
    print()
