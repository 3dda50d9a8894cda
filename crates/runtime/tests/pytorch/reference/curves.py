"""The losses of 20 training steps of AlexNet with AdamW at three depths, by PyTorch in float64, as JSON on stdout."""

import json

import networks
import numpy as np
import torch
import torch.nn.functional as F
from values import mask, uniform

STEPS, IMAGES, BATCH = 20, 20, 4
SIZES = (9216, 64, 48, 3)
ADAMW = {"betas": (0.9, 0.999), "eps": 1e-6, "weight_decay": 0.05}
# By depth, the learning rate and the first layer that is trained.
DEPTHS = {"fc8": (3e-3, "fc8"), "c5fc678": (5e-5, "conv5"), "all": (1e-5, "conv1")}
LAYERS = ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"]


def image(at):
    """An image of class `at % 3`: noise, brighter in one of the three colours."""
    noise = uniform(f"picture{at}", (3, 224, 224))
    noise[at % 3] += np.float32(0.5)
    return noise


def curve(learning_rate, first, kind):
    weights = networks.Weights()
    images = torch.from_numpy(np.stack([image(at) for at in range(IMAGES)])).to(kind)
    labels = torch.arange(IMAGES) % 3
    networks.alexnet(weights, images[:1].double(), SIZES)
    for name, weight in list(weights.items()):
        weights[name] = weight.detach().to(kind)
        weights[name].requires_grad_(LAYERS.index(name.split(".")[0]) >= LAYERS.index(first))
    trained = [weight for weight in weights.values() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=learning_rate, **ADAMW)
    losses = []
    for step in range(STEPS):
        rows = [(step * BATCH + at) % IMAGES for at in range(BATCH)]
        # Dropout in the trained dense layers alone.
        dropped = [max(LAYERS.index(first), LAYERS.index("fc6")) <= LAYERS.index(f"fc{number}") for number in (6, 7, 8)]
        masks = [
            torch.from_numpy(mask(f"mask{number} of step {step}", (BATCH, size))).to(kind) if on else 1.0
            for number, size, on in zip((6, 7, 8), SIZES, dropped)
        ]
        optimizer.zero_grad()
        loss = F.cross_entropy(networks.alexnet(weights, images[rows], SIZES, masks), labels[rows])
        loss.backward()
        optimizer.step()
        losses.append(round(loss.item(), 8))
    return losses


if __name__ == "__main__":
    found = {}
    for depth, (learning_rate, first) in DEPTHS.items():
        losses = curve(learning_rate, first, torch.float64)
        found[depth] = {"learning_rate": learning_rate, "first": first, "losses": losses}
    print(json.dumps({"weight_decay": ADAMW["weight_decay"], "depths": found}, indent=0))
