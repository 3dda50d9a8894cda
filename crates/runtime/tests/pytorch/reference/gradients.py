"""Loss and gradients of four networks, by PyTorch in float64, as JSON on stdout.

Of each gradient: its length, its products with 4 drawn tensors (which every entry takes part in), and 16 entries.
"""

import json

import networks
import torch
import torch.nn.functional as F
from values import hashes, uniform

# Name, network, side of the image, its amplitude, images, classes.
CASES = [
    ("alexnet", networks.alexnet, 224, 1.7, 2, 10),
    ("caffe", networks.caffe, 227, 120.0, 2, 10),
    ("squeezenet", networks.squeezenet, 224, 1.7, 2, 1000),
    ("residual", networks.residual, 32, 1.7, 4, 10),
]


def described(name, gradient):
    flat = gradient.flatten().numpy()
    products = [float(uniform(f"{name}/product{at}", flat.shape).astype("f8") @ flat) for at in range(4)]
    places = hashes(f"{name}/entry", 16) % len(flat)
    rounded = lambda value: float(f"{value:.9g}")
    return {
        "name": name,
        "length": rounded((flat @ flat) ** 0.5),
        "products": [rounded(value) for value in products],
        "entries": [rounded(flat[place]) for place in places],
    }


found = {}
for name, network, side, amplitude, images, classes in CASES:
    weights = networks.Weights()
    x = torch.from_numpy(uniform("input", (images, 3, side, side), amplitude)).double().requires_grad_()
    labels = torch.tensor([at * 7 % classes for at in range(images)])
    logits = network(weights, x)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    gradients = [described("input", x.grad)] + [described(key, weight.grad) for key, weight in weights.items()]
    found[name] = {"loss": loss.item(), "gradients": gradients}
print(json.dumps(found, indent=0))
