"""Writes wilson.json: Wilson's 95 % intervals by SciPy, checked against statsmodels.

    python wilson.py > wilson.json

The script was run with SciPy 1.17.1 and statsmodels 0.15.0.
"""

import json

from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

CASES = [(0, 1), (1, 1), (0, 2), (1, 2), (2, 2), (11, 12), (12, 12), (0, 30), (29, 30), (30, 30), (45, 90), (88, 90)]
CASES += [(999, 1000), (1000, 1000), (1, 100000), (73912, 100000)]

rows = []
for hits, images in CASES:
    found = binomtest(hits, images).proportion_ci(0.95, method="wilson")
    low, high = proportion_confint(hits, images, alpha=0.05, method="wilson")
    assert abs(found.low - low) < 1e-12 and abs(found.high - high) < 1e-12, (hits, images)
    rows.append({"hits": hits, "images": images, "low": found.low, "high": found.high})
print(json.dumps(rows, indent=1))
