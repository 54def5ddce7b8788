"""Average precision, R2 and mean absolute error by scikit-learn, of drawn scores with many ties.

pip install scikit-learn==1.9.1 numpy==2.4.6
python3 make_targets.py > targets.json
"""

import json

import numpy as np
from sklearn.metrics import average_precision_score, mean_absolute_error, r2_score

random = np.random.default_rng(0)
VIDEOS, NAMES = 40, 5

labels = (random.random((VIDEOS, NAMES)) < [0.5, 0.1, 0.9, 0.3, 0.0]).astype(int)
logits = np.round(random.normal(labels - 0.5, 1.5), 1).astype(np.float32)
wanted = random.normal([0, 5, -1, 100, 3], [1, 0.1, 2, 30, 1], (VIDEOS, NAMES))
predicted = wanted + random.normal(0, [0.5, 0.1, 0.1, 40, 2], (VIDEOS, NAMES))

print(json.dumps({
    "labels": labels.tolist(),
    "logits": logits.tolist(),
    "averagePrecision": [
        float(average_precision_score(labels[:, c], logits[:, c])) for c in range(NAMES)
    ],
    "meanAveragePrecision": float(average_precision_score(labels, logits, average="macro")),
    "wanted": wanted.tolist(),
    "predicted": predicted.tolist(),
    "r2": float(r2_score(wanted, predicted, multioutput="uniform_average")),
    "r2PerName": r2_score(wanted, predicted, multioutput="raw_values").tolist(),
    "meanAbsoluteError": float(mean_absolute_error(wanted, predicted)),
}))
