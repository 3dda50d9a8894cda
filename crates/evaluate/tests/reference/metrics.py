"""Writes metrics.json: metrics of random predictions by scikit-learn, and the calibration error by NumPy.

    python metrics.py > metrics.json

The script was run with scikit-learn 1.9.1 and NumPy 2.4.6.
"""

import json

import numpy as np
from sklearn import metrics

CLASSES = 7
IMAGES = 160
BINS = 10


def calibration_error(labels, probabilities):
    """Guo et al. 2017, equation 3: bins (low, high] of equal width."""
    confidence, predicted = probabilities.max(axis=1), probabilities.argmax(axis=1)
    edges = np.linspace(0, 1, BINS + 1)
    error = 0.0
    for low, high in zip(edges, edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            gap = (predicted[inside] == labels[inside]).mean() - confidence[inside].mean()
            error += inside.mean() * abs(gap)
    return error


rng = np.random.default_rng(7)
# The last class is never a label and never predicted: its precision, recall and F1 are 0 by definition.
labels = rng.integers(0, CLASSES - 1, IMAGES)
scores = rng.normal(size=(IMAGES, CLASSES))
scores[np.arange(IMAGES), labels] += 1.2
scores[:, -1] -= 9
probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
# Rounded so that the file is short; rows still add up to 1 within 1e-6.
probabilities = probabilities.round(7)
predicted = probabilities.argmax(axis=1)
every = list(range(CLASSES))
precision, recall, f1, support = metrics.precision_recall_fscore_support(
    labels, predicted, labels=every, zero_division=0
)

print(
    json.dumps(
        {
            "labels": labels.tolist(),
            "probabilities": probabilities.tolist(),
            "bins": BINS,
            "accuracy": metrics.accuracy_score(labels, predicted),
            "top3": metrics.top_k_accuracy_score(labels, probabilities, k=3, labels=every),
            "top5": metrics.top_k_accuracy_score(labels, probabilities, k=5, labels=every),
            "macro_f1": metrics.f1_score(labels, predicted, labels=every, average="macro", zero_division=0),
            "log_loss": metrics.log_loss(labels, probabilities, labels=every),
            "brier": ((probabilities - np.eye(CLASSES)[labels]) ** 2).sum(axis=1).mean(),
            "ece": calibration_error(labels, probabilities),
            "confusion": metrics.confusion_matrix(labels, predicted, labels=every).tolist(),
            "precision": precision.tolist(),
            "recall": recall.tolist(),
            "f1": f1.tolist(),
            "support": support.tolist(),
        }
    )
)
