#!/usr/bin/python3
"""Writes model_logistic_golden.h: coefficients of scikit-learn's LogisticRegression on a small problem.

Run with Debian 12's python3-sklearn (1.2.1): model_logistic_golden.py > model_logistic_golden.h
The penalised objective is the same as Linnet's, on features scaled by StandardScaler. Coefficients are given
on bare features, with the mean over the classes taken away, as Linnet's are. No feature is near enough to constant
for Linnet's least scale to matter.
"""
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

N, D, K = 48, 4, 3
rng = np.random.RandomState(5)
label = np.repeat([0, 1, 2, 2], 12)  # unbalanced
x = (rng.normal(size=(N, D)) * [1, 2, 0.5, 3] + np.array([[0, 1, 2, 3], [1, 0, 2, 5], [1, 2, 3, 4]])[label])
x = np.round(x, 3).astype(np.float32)


def fit(name, x, y, scale, **settings):
    scaler = StandardScaler(with_mean=scale, with_std=scale).fit(x.astype(float))
    model = LogisticRegression(multi_class="multinomial", tol=1e-12, max_iter=100000, **settings)
    model.fit(scaler.transform(x.astype(float)), y)
    coef, bias = model.coef_, model.intercept_
    if len(bias) == 1:  # two classes: scikit-learn gives the second class's half alone
        coef, bias = np.vstack([-coef, coef]), np.concatenate([-bias, bias])
    if scale:
        coef = coef / scaler.scale_
        bias = bias - coef @ scaler.mean_
    array(f"golden_{name}_weight", coef - coef.mean(0))
    array(f"golden_{name}_bias", bias - bias.mean())


def array(name, values):
    values = np.asarray(values).ravel()
    integer = values.dtype.kind == "i"
    kind = "int32_t" if integer else "float"
    text = [str(v) if integer else f"{v:.7g}f" if "." in f"{v:.7g}" or "e" in f"{v:.7g}" else f"{v:.7g}.0f" for v in values]
    print(f"static const {kind} {name}[{len(values)}] = {{")
    for i in range(0, len(text), 8):
        print("    " + ", ".join(text[i : i + 8]) + ",")
    print("};")


print(f"/* Written by model_logistic_golden.py with scikit-learn {sklearn.__version__}; do not edit. */")
print(f"enum {{ GOLDEN_N = {N}, GOLDEN_D = {D}, GOLDEN_K = {K} }};")
array("golden_x", x)
array("golden_label", label.astype(np.int32))
fit("scaled", x, label, True, C=1.0)
fit("strong", x, label, True, C=0.05)
fit("balanced", x, label, True, C=1.0, class_weight="balanced")
fit("bare", x, label, False, C=2.0)
array("golden_label2", (label == 2).astype(np.int32))
fit("binary", x, (label == 2).astype(int), True, C=1.0)
