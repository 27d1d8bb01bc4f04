#!/usr/bin/python3
"""Writes model_tasks_golden.h: what scikit-learn learns of labels and numbers on small problems.

Run with Debian 12's python3-sklearn (1.2.1): model_tasks_golden.py > model_tasks_golden.h
Labels: LogisticRegression for each label by itself, on the rows where it is known, after a StandardScaler over all rows.
Numbers: Ridge after a StandardScaler, and KNeighborsRegressor. Coefficients are given on bare features.
"""
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import StandardScaler

rng = np.random.RandomState(8)


def array(name, values, kind="float"):
    values = np.asarray(values).ravel()
    if kind == "float":
        text = [f"{v:.8g}" for v in values]
        text = [(t if "." in t or "e" in t else t + ".0") + "F" for t in text]
    elif kind == "double":
        text = [f"{v:.17g}" for v in values]
    else:
        text = [str(v) for v in values]
    print(f"static const {kind} {name}[{len(values)}] = {{")
    for i in range(0, len(text), 8):
        print("    " + ", ".join(text[i : i + 8]) + ",")
    print("};")


print(f"/* Written by model_tasks_golden.py with scikit-learn {sklearn.__version__}; do not edit. */")

# ---- labels: 70 rows, the third mostly unknown, the fourth never no ----
N, D, K = 70, 4, 4
x = np.round(rng.normal(size=(N, D)) * [1, 2, 0.5, 3] + [0, 5, 2, -1], 3).astype(np.float32)
logit = x.astype(float) @ rng.normal(size=(D, K)) * 0.8
truth = (logit - np.median(logit, 0) + rng.logistic(size=(N, K)) > [0, 1.5, 0, 0]).astype(int)
truth[rng.uniform(size=(N, K)) < [0, 0.2, 0.5, 0.3]] = -1
truth[truth[:, 3] == 0, 3] = -1
print(f"enum {{ LABELS_N = {N}, LABELS_D = {D}, LABELS_K = {K}, LABELS_LEARNED = 3 }};")
array("labels_x", x)
array("labels_truth", truth, "int8_t")
scaler = StandardScaler().fit(x.astype(float))
for name, weights in (
    ("plain", [None] * 3),
    ("balanced", ["balanced"] * 3),
    ("weighted", [{0: 1, 1: w} for w in (3, 0.5, 2)]),
):
    coef, bias = [], []
    for c in range(3):
        known = truth[:, c] >= 0
        model = LogisticRegression(C=0.5, tol=1e-12, max_iter=100000, class_weight=weights[c])
        model.fit(scaler.transform(x.astype(float))[known], truth[known, c])
        w = model.coef_[0] / scaler.scale_
        coef.append(w)
        bias.append(model.intercept_[0] - w @ scaler.mean_)
    array(f"labels_{name}_weight", coef)
    array(f"labels_{name}_bias", bias)


# ---- numbers ----
def ridge(name, x, y, alpha, scale):
    scaler = StandardScaler(with_mean=scale, with_std=scale).fit(x.astype(float))
    model = Ridge(alpha=alpha, solver="cholesky").fit(scaler.transform(x.astype(float)), y)
    coef, bias = model.coef_, model.intercept_
    if scale:
        coef = coef / scaler.scale_
        bias = bias - coef @ scaler.mean_
    array(f"ridge_{name}", np.append(coef, bias), "double")


N, D = 40, 6
x = np.round(rng.normal(size=(N, D)) * [1, 2, 0.5, 3, 1, 1] + [0, 5, 2, -1, 100, 0], 3).astype(np.float32)
y = np.round(x.astype(float) @ rng.normal(size=D) + rng.normal(size=N) * 2 + 30, 3)
print(f"enum {{ TALL_N = {N}, TALL_D = {D}, WIDE_N = 8, WIDE_D = 20 }};")
array("tall_x", x)
array("tall_y", y, "double")
ridge("tall", x, y, 1.0, True)
ridge("tall_strong", x, y, 100.0, True)
ridge("tall_bare", x, y, 3.0, False)
wide = np.round(rng.normal(size=(8, 20)) * 2 + 1, 3).astype(np.float32)
wide_y = np.round(rng.normal(size=8) * 10 - 4, 3)
array("wide_x", wide)
array("wide_y", wide_y, "double")
ridge("wide", wide, wide_y, 2.0, True)
pixel = rng.randint(0, 256, size=(30, 5)).astype(np.uint8)
pixel_y = np.round(pixel @ [0.1, 0.2, 0, -0.3, 1] + rng.normal(size=30), 3)
array("pixel_x", pixel, "uint8_t")
array("pixel_y", pixel_y, "double")
ridge("pixel", pixel, pixel_y, 1.0, True)
array("neighbours_of_tall", KNeighborsRegressor(5).fit(x.astype(float), y).predict(x.astype(float)), "double")
print("enum { PIXEL_N = 30, PIXEL_D = 5 };")
