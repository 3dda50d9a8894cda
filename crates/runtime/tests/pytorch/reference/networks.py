"""The networks, layer by layer; `../networks.rs` builds the same ones."""

import torch
import torch.nn.functional as F
from values import uniform


class Weights(dict):
    """Weights by name, drawn when a layer first asks for them."""

    def drawn(self, name, shape, scale, offset=0.0):
        if name not in self:
            values = torch.from_numpy(uniform(name, shape, scale, offset)).double()
            self[name] = values.requires_grad_()
        return self[name]

    def conv(self, x, name, shape, stride=1, padding=0, groups=1):
        fan_in = shape[1] * shape[2] * shape[3]
        weight = self.drawn(f"{name}.weight", shape, (6 / fan_in) ** 0.5)
        bias = self.drawn(f"{name}.bias", shape[:1], 0.1)
        return F.conv2d(x, weight, bias, stride, padding, groups=groups)

    def dense(self, x, name, shape):
        weight = self.drawn(f"{name}.weight", shape, (1 / shape[1]) ** 0.5)
        return F.linear(x, weight, self.drawn(f"{name}.bias", shape[:1], 0.1))

    def norm(self, x, name, channels):
        scale = self.drawn(f"{name}.weight", (channels,), 0.5, 1.0)
        shift = self.drawn(f"{name}.bias", (channels,), 0.3)
        mean = torch.from_numpy(uniform(f"{name}.mean", (channels,), 0.3)).double()
        var = torch.from_numpy(uniform(f"{name}.var", (channels,), 0.5, 1.0)).double()
        return F.batch_norm(x, mean, var, scale, shift, training=False, eps=1e-5)


def classifier(w, x, sizes, masks):
    """fc6 to fc8; `masks` for the inputs of each, or none."""
    x = x.flatten(1)
    for number, (inputs, outputs) in zip((6, 7, 8), zip(sizes, sizes[1:])):
        if masks:
            x = x * masks[number - 6]
        x = w.dense(x, f"fc{number}", (outputs, inputs))
        x = F.relu(x) if number < 8 else x
    return x


def alexnet(w, x, sizes=(9216, 64, 48, 10), masks=None):
    """As torchvision has it, with a smaller classifier. x: [n, 3, 224, 224]"""
    x = F.max_pool2d(F.relu(w.conv(x, "conv1", (64, 3, 11, 11), 4, 2)), 3, 2)
    x = F.max_pool2d(F.relu(w.conv(x, "conv2", (192, 64, 5, 5), 1, 2)), 3, 2)
    x = F.relu(w.conv(x, "conv3", (384, 192, 3, 3), 1, 1))
    x = F.relu(w.conv(x, "conv4", (256, 384, 3, 3), 1, 1))
    x = F.max_pool2d(F.relu(w.conv(x, "conv5", (256, 256, 3, 3), 1, 1)), 3, 2)
    return classifier(w, x, sizes, masks)


def caffe(w, x):
    """AlexNet as Caffe has it, in two groups and with local response normalization. x: [n, 3, 227, 227], of pixel size"""
    normalized = lambda x: F.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=1.0)
    x = F.max_pool2d(normalized(F.relu(w.conv(x, "conv1", (96, 3, 11, 11), 4))), 3, 2)
    x = F.max_pool2d(normalized(F.relu(w.conv(x, "conv2", (256, 48, 5, 5), 1, 2, 2))), 3, 2)
    x = F.relu(w.conv(x, "conv3", (384, 256, 3, 3), 1, 1))
    x = F.relu(w.conv(x, "conv4", (384, 192, 3, 3), 1, 1, 2))
    x = F.max_pool2d(F.relu(w.conv(x, "conv5", (256, 192, 3, 3), 1, 1, 2)), 3, 2)
    return classifier(w, x, (9216, 64, 48, 10), None)


def squeezenet(w, x):
    """SqueezeNet 1.1 with its 1000 classes. x: [n, 3, 224, 224]"""
    pool = lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True)
    x = pool(F.relu(w.conv(x, "conv1", (64, 3, 3, 3), 2)))
    channels = 64
    for number, (squeezed, expanded) in zip(range(2, 10), [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)]):
        name = f"fire{number}"
        s = F.relu(w.conv(x, f"{name}.squeeze", (squeezed, channels, 1, 1)))
        narrow = F.relu(w.conv(s, f"{name}.expand1x1", (expanded, squeezed, 1, 1)))
        wide = F.relu(w.conv(s, f"{name}.expand3x3", (expanded, squeezed, 3, 3), 1, 1))
        x = torch.cat([narrow, wide], 1)
        channels = 2 * expanded
        x = pool(x) if number in (3, 5) else x
    x = F.relu(w.conv(x, "conv10", (1000, 512, 1, 1)))
    return F.adaptive_avg_pool2d(x, 1).flatten(1)


def residual(w, x):
    """Four residual blocks with batch normalization, its statistics fixed. x: [n, 3, 32, 32]"""
    x = F.relu(w.norm(w.conv(x, "conv1", (16, 3, 3, 3), 1, 1), "norm1", 16))
    channels = 16
    for number, outputs in zip(range(1, 5), (16, 32, 32, 64)):
        name = f"block{number}"
        stride = 1 if outputs == channels else 2
        inner = w.conv(x, f"{name}.conv1", (outputs, channels, 3, 3), stride, 1)
        inner = F.relu(w.norm(inner, f"{name}.norm1", outputs))
        inner = w.norm(w.conv(inner, f"{name}.conv2", (outputs, outputs, 3, 3), 1, 1), f"{name}.norm2", outputs)
        if stride == 2:
            x = w.norm(w.conv(x, f"{name}.short", (outputs, channels, 1, 1), 2), f"{name}.norm3", outputs)
        x = F.relu(inner + x)
        channels = outputs
    return w.dense(F.adaptive_avg_pool2d(x, 1).flatten(1), "fc8", (10, 64))
