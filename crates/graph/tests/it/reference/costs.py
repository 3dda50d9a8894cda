"""Parameters and multiply-adds of AlexNet, SqueezeNet 1.1 and a few odd layers, as PyTorch and fvcore count them.

Writes costs.json beside this script. Needs torch and fvcore:
    pip install torch fvcore && python costs.py
The networks are written out here as torchvision has them; weights do not matter.
"""

import json
import pathlib

import fvcore
import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn


def alexnet():
    def conv(*args, **more):
        return nn.Conv2d(*args, **more)

    return nn.Sequential(
        dict_of(
            conv1=conv(3, 64, 11, stride=4, padding=2), relu1=nn.ReLU(), pool1=nn.MaxPool2d(3, 2),
            conv2=conv(64, 192, 5, padding=2), relu2=nn.ReLU(), pool2=nn.MaxPool2d(3, 2),
            conv3=conv(192, 384, 3, padding=1), relu3=nn.ReLU(),
            conv4=conv(384, 256, 3, padding=1), relu4=nn.ReLU(),
            conv5=conv(256, 256, 3, padding=1), relu5=nn.ReLU(), pool5=nn.MaxPool2d(3, 2),
            flatten=nn.Flatten(), fc6=nn.Linear(9216, 4096), relu6=nn.ReLU(),
            fc7=nn.Linear(4096, 4096), relu7=nn.ReLU(), fc8=nn.Linear(4096, 1000),
        )
    )


def dict_of(**parts):
    from collections import OrderedDict

    return OrderedDict(parts)


class Fire(nn.Module):
    def __init__(self, channels, squeeze, expand):
        super().__init__()
        self.squeeze1x1 = nn.Conv2d(channels, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = torch.relu(self.squeeze1x1(x))
        return torch.cat([torch.relu(self.expand1x1(x)), torch.relu(self.expand3x3(x))], 1)


def squeezenet():
    def pool():
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    return nn.Sequential(
        dict_of(
            conv1=nn.Conv2d(3, 64, 3, stride=2), relu1=nn.ReLU(), pool1=pool(),
            fire2=Fire(64, 16, 64), fire3=Fire(128, 16, 64), pool3=pool(),
            fire4=Fire(128, 32, 128), fire5=Fire(256, 32, 128), pool5=pool(),
            fire6=Fire(256, 48, 192), fire7=Fire(384, 48, 192),
            fire8=Fire(384, 64, 256), fire9=Fire(512, 64, 256),
            conv10=nn.Conv2d(512, 1000, 1), relu10=nn.ReLU(), mean=nn.AdaptiveAvgPool2d(1), logits=nn.Flatten(),
        )
    )


def odd():
    """Groups, dilation, strides, batch normalization, and a transposed convolution."""
    return nn.Sequential(
        dict_of(
            grouped=nn.Conv2d(6, 9, (3, 5), stride=(2, 1), padding=(1, 2), groups=3),
            norm=nn.BatchNorm2d(9),
            dilated=nn.Conv2d(9, 4, 3, dilation=2, bias=False),
            up=nn.ConvTranspose2d(4, 2, 2, stride=2),
        )
    )


def count(net, shape):
    net.eval()
    counter = FlopCountAnalysis(net, torch.zeros(1, *shape))
    counter.unsupported_ops_warnings(False)
    by_module = counter.by_module_and_operator()
    layers = {}
    for name, module in net.named_modules():
        if list(module.children()) or not list(module.parameters()):
            continue
        # fvcore counts normalization too: only convolutions and dense products are wanted.
        products = sum(v for op, v in by_module[name].items() if op in ("conv", "linear"))
        parameters = sum(p.numel() for p in module.parameters())
        layers[name.replace(".", "/")] = {"parameters": parameters, "multiply_adds": int(products)}
    return {"input": list(shape), "layers": layers,
            "parameters": sum(p.numel() for p in net.parameters()),
            "multiply_adds": sum(layer["multiply_adds"] for layer in layers.values())}


found = {
    "made_with": {"torch": torch.__version__.split("+")[0], "fvcore": fvcore.__version__},
    "alexnet": count(alexnet(), (3, 224, 224)),
    "squeezenet": count(squeezenet(), (3, 224, 224)),
    "odd": count(odd(), (6, 20, 24)),
}
pathlib.Path(__file__).with_name("costs.json").write_text(json.dumps(found, indent=1) + "\n")
