"""Reference losses and gradients of PyTorch's CrossEntropyLoss, for crates/runtime/tests/loss.rs.

Needs torch (2.15.0 made the committed file): python loss.py > loss.json
"""
import json

import torch

torch.manual_seed(3)
x = torch.randn(6, 4, dtype=torch.float64).float().double()
weight = torch.randn(4, 4, dtype=torch.float64).float().double()
labels = torch.tensor([0, 2, 1, 3, 2, 2])
classes = torch.tensor([0.5, 2.0, 1.25, 4.0], dtype=torch.float64)
cases = []
for class_weights in (None, classes):
    for smoothing in (0.0, 0.1, 0.6):
        w = weight.clone().requires_grad_()
        logits = x @ w
        loss = torch.nn.CrossEntropyLoss(weight=class_weights, label_smoothing=smoothing)(logits, labels)
        loss.backward()
        cases.append({
            "class_weights": None if class_weights is None else class_weights.tolist(),
            "label_smoothing": smoothing,
            "loss": loss.item(),
            "gradient": w.grad.flatten().tolist(),
            "plain": torch.nn.functional.cross_entropy(logits, labels).item(),
        })
print(json.dumps({"x": x.flatten().tolist(), "weight": weight.flatten().tolist(), "labels": labels.tolist(), "cases": cases}, indent=1))
