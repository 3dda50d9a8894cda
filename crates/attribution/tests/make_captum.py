"""Writes captum.json, the reference values of Captum and PyTorch for tests/captum.rs.

    python make_captum.py DATA          DATA: the folder of `setup`, with networks/alexnet/model.onnx

The script needs torch, captum, numpy and onnx. `values` makes weights and images, as in captum.rs. Only the convolutions of AlexNet are
the installed ones. The networks compute in float32 with one thread.
"""

import json
import sys
from pathlib import Path

import captum
import numpy as np
import onnx
import onnx.numpy_helper
import torch
from captum.attr import Deconvolution, GuidedBackprop, LayerGradCam, Occlusion, Saliency
from torch import nn

torch.set_num_threads(1)


def values(shape, salt, size):
    """Returns scaled residues, which both sides compute exactly."""
    count = int(np.prod(shape))
    index = np.arange(count, dtype=np.uint64)
    residue = (index * np.uint64(7919) + np.uint64(salt * 104729)) % np.uint64(2003)
    residue = (residue * residue) % np.uint64(2003)
    return ((residue.astype(np.float64) / 2003.0 - 0.5) * size).astype(np.float32).reshape(shape)


def smooth(size, salt):
    """Returns an image with soft structure, [3, size, size]: three cosines a channel, in float64, then rounded."""
    y, x = np.meshgrid(np.arange(size, dtype=np.float64), np.arange(size, dtype=np.float64), indexing="ij")
    planes = [
        np.cos((y * (3 + c + salt) + x * (5 - c)) / size) + np.cos((x * (7 + c) - y * 2 * salt) / size + c)
        + 0.5 * np.cos((x + y) * (21 + 4 * c + salt) / size)
        for c in range(3)
    ]
    return np.stack(planes).astype(np.float32)


def set_(layer, weight, bias):
    layer.weight = nn.Parameter(torch.from_numpy(weight.copy()))
    layer.bias = nn.Parameter(torch.from_numpy(bias.copy()))
    return layer


def small():
    """Returns a network with all kinds of layers, for images of 40 x 40."""
    c1 = set_(nn.Conv2d(3, 12, 5, 2, 2), values((12, 3, 5, 5), 1, 0.6), values((12,), 2, 0.3))
    c2 = set_(nn.Conv2d(12, 16, 3, 1, 1), values((16, 12, 3, 3), 3, 0.5), values((16,), 4, 0.3))
    c3 = set_(nn.Conv2d(16, 10, 3, 1, 1), values((10, 16, 3, 3), 5, 0.5), values((10,), 6, 0.3))
    fc = set_(nn.Linear(250, 4), values((4, 250), 7, 0.4), values((4,), 8, 0.2))
    layers = [c1, nn.ReLU(), nn.MaxPool2d(3, 2), c2, nn.ReLU(), c3, nn.ReLU(), nn.AvgPool2d(3, 2, 1), nn.Flatten(), fc]
    return nn.Sequential(*layers).eval(), 6


def alexnet(data):
    """Returns the installed convolutions with one dense layer for 3 classes."""
    model = onnx.load(Path(data) / "networks" / "alexnet" / "model.onnx")
    stored = {weight.name: onnx.numpy_helper.to_array(weight) for weight in model.graph.initializer}
    layers = []
    for number, (stride, pad) in enumerate(((4, 2), (1, 2), (1, 1), (1, 1), (1, 1)), start=1):
        weight, bias = stored[f"conv{number}.weight"], stored[f"conv{number}.bias"]
        layers.append(set_(nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2], stride, pad), weight, bias))
        layers.append(nn.ReLU())
        if number in (1, 2, 5):
            layers.append(nn.MaxPool2d(3, 2))
    fc = set_(nn.Linear(9216, 3), values((3, 9216), 9, 0.02), values((3,), 10, 0.1))
    return nn.Sequential(*layers, nn.Flatten(), fc).eval(), 11


def occluded(network, image, cover, patch, stride, target):
    """Returns the probability of the target for every window, row by row, and the map of Captum."""
    network = nn.Sequential(network, nn.Softmax(1)).eval()
    size = image.shape[-1]
    count = -(-(size - patch) // stride) + 1
    found = []
    with torch.no_grad():
        whole = network(image)[0, target].item()
        for row in range(count):
            batch = image.repeat(count, 1, 1, 1)
            for column in range(count):
                top, left = row * stride, column * stride
                place = (column, slice(None), slice(top, top + patch), slice(left, left + patch))
                batch[place] = cover[(0, *place[1:])]
            found += network(batch)[:, target].tolist()
        attribution = Occlusion(network).attribute(
            image, target=target, strides=(3, stride, stride), sliding_window_shapes=(3, patch, patch), baselines=cover,
            perturbations_per_eval=16,
        )
    return {
        "patch": patch, "stride": stride, "target": target, "uncovered": whole,
        "drops": [whole - value for value in found],
        "map": attribution[0, 0, ::7, ::7].flatten().tolist(),
    }


def gradients(network, layer, image, target, every):
    image = image.clone().requires_grad_()
    plain = Saliency(network).attribute(image, target=target, abs=False)[0]
    cam = LayerGradCam(network, network[layer]).attribute(image, target=target, relu_attributions=True)[0, 0]
    views = {"guided": GuidedBackprop, "deconvnet": Deconvolution}
    views = {name: view(network).attribute(image, target=target)[0] for name, view in views.items()}
    views["saliency"] = plain.abs().amax(0, keepdim=True)
    views["gradient"] = plain
    found = {
        name: {"most": view.abs().max().item(), "values": view[:, ::every, ::every].flatten().tolist()}
        for name, view in views.items()
    }
    return {"target": target, "every": every, "gradcam": cam.flatten().tolist(), **found}


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return {key: rounded(one) for key, one in value.items()} if isinstance(value, dict) else value


def main(data):
    torch.manual_seed(1)
    result = {"made with": f"captum {captum.__version__}, torch {torch.__version__}"}
    zeros = lambda size: torch.zeros(1, 3, size, size)
    network, layer = small()
    image, cover = (torch.from_numpy(smooth(40, salt))[None] for salt in (1, 2))
    result["small"] = {
        "occlusion": [occluded(network, image, zeros(40), 9, 4, 1), occluded(network, image, cover, 12, 5, 2)],
        "gradients": gradients(network, layer, image, 1, 3),
    }
    network, layer = alexnet(data)
    image = torch.from_numpy(smooth(224, 1))[None]
    result["alexnet"] = {
        "occlusion": [occluded(network, image, zeros(224), 50, 10, 0), occluded(network, image, zeros(224), 32, 8, 2)],
        "gradients": gradients(network, layer, image, 0, 14),
    }
    Path(__file__).with_name("captum.json").write_text(json.dumps(rounded(result)) + "\n")
    for name in ("small", "alexnet"):
        drops = [max(map(abs, one["drops"])) for one in result[name]["occlusion"]]
        print(name, "greatest drops", drops, "uncovered", [one["uncovered"] for one in result[name]["occlusion"]])


main(sys.argv[1])
