"""Makes values.json: scikit-learn's trustworthiness and 1-nearest-neighbour accuracy, and NumPy's principal components.

    python values.py > values.json

Written against scikit-learn 1.9.1 and numpy 2.4.6.
"""

import json

import numpy as np
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

rng = np.random.default_rng(11)
N, D = 90, 7
labels = rng.integers(0, 3, N)
# Rounding keeps the file short. The crate takes float32.
points = (rng.normal(size=(N, D)) * 0.9 ** np.arange(D) + labels[:, None]).round(3).astype(np.float32).astype(np.float64)
# One plane keeps some of the structure, the other keeps none.
planes = [(points[:, :2] + 0.4 * rng.normal(size=(N, 2))).round(3), rng.normal(size=(N, 2)).round(3)]

centred = points - points.mean(axis=0)
left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
scores = left * sizes
signs = np.sign(scores[np.abs(scores).argmax(axis=0), np.arange(D)])


def neighbour_accuracy(plane):
    right = 0
    for i in range(N):
        rest = np.arange(N) != i
        right += KNeighborsClassifier(1).fit(plane[rest], labels[rest]).predict(plane[i : i + 1])[0] == labels[i]
    return float(right / N)


print(
    json.dumps(
        {
            "points": points.astype(np.float32).round(3).tolist(),
            "labels": labels.tolist(),
            "components": (scores * signs)[:, :3].round(10).tolist(),
            "planes": [
                {
                    "places": plane.tolist(),
                    "trustworthiness": {k: float(trustworthiness(points, plane, n_neighbors=k)) for k in [1, 5, 12, 44]},
                    "neighbour_accuracy": neighbour_accuracy(plane),
                }
                for plane in planes
            ],
        }
    )
)
