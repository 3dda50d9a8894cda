"""The training benchmark in PyTorch.

The fused AdamW is always on, because it was faster than the other settings in short trials. `--variant` chooses channels last or
first. torch.compile is not a setting, because its measurement was never completed.
"""

import os

import work

args = work.arguments()
os.environ["OMP_NUM_THREADS"] = str(args.threads)

import torch
from torch import nn

torch.set_num_threads(args.threads)
torch.manual_seed(1)
loaded_kib = work.peak_kib()
channels_last = args.variant == "channels-last"
images = work.Images(args, "images-last.npy" if channels_last else "images.npy")


def convolution(inputs, outputs, kernel, stride, padding, pooled):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, padding), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, *([nn.MaxPool2d(3, 2)] if pooled else []))


def dense(inputs, outputs, last=False):
    layers = [nn.Dropout(work.DROPOUT), nn.Linear(inputs, outputs)]
    return nn.Sequential(*layers, *([] if last else [nn.ReLU(inplace=True)]))


convolutions = [
    convolution(3, 64, 11, 4, 2, True),
    convolution(64, 192, 5, 1, 2, True),
    convolution(192, 384, 3, 1, 1, False),
    convolution(384, 256, 3, 1, 1, False),
    convolution(256, 256, 3, 1, 1, True),
]
denses = [dense(9216, 4096), dense(4096, 4096), dense(4096, int(images.labels.max()) + 1, last=True)]
layers = [*convolutions, nn.Flatten(), *denses]
convolutions_frozen, denses_frozen = work.FROZEN[args.depth]
frozen = convolutions_frozen if convolutions_frozen < 5 else 6 + denses_frozen
below, above = nn.Sequential(*layers[:frozen]), nn.Sequential(*layers[frozen:])
below.eval().requires_grad_(False)
above.train()
if channels_last:
    below, above = (part.to(memory_format=torch.channels_last) for part in (below, above))

optimizer = torch.optim.AdamW(
    above.parameters(), lr=work.LEARNING_RATE, weight_decay=work.WEIGHT_DECAY, eps=work.EPSILON, fused=True
)
loss_of = nn.CrossEntropyLoss()


def step(x, y):
    x = torch.from_numpy(x)
    x = x.permute(0, 3, 1, 2) if channels_last else x
    with torch.no_grad():
        x = below(x)
    optimizer.zero_grad(set_to_none=True)
    loss = loss_of(above(x), torch.from_numpy(y))
    loss.backward()
    optimizer.step()
    return loss.item()


work.measure("PyTorch", torch.__version__, args, images, loaded_kib, step)
