#!/usr/bin/python3
"""Writes what scikit-learn and SciPy say about small seeded cases, as tables in C.

Provenance: scikit-learn 1.2.1, NumPy 1.24.2 and SciPy 1.10.1 of Debian 12. Run by hand, from this folder:
    ./eval_golden.py metrics > eval_metrics_golden.h
    ./eval_golden.py temperature > eval_temperature_golden.h
The expected calibration error is written out below from its definition, as scikit-learn has none.
Probabilities are rounded to float before anything is computed from them, so that both sides see the same numbers.
"""
import sys
import warnings

import numpy as np
import scipy
import sklearn
from scipy.optimize import brentq
from scipy.special import log_softmax, softmax
from sklearn import metrics

warnings.filterwarnings("ignore")
BINS = 15


def ece(prob, label):
    confidence, hit = prob.max(1), prob.argmax(1) == label
    bins = np.maximum(np.ceil(confidence * BINS) - 1, 0).astype(int)
    return sum(abs(hit[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in set(bins))


def auroc(prob, label, k):
    if k == 2:
        return metrics.roc_auc_score(label, prob[:, 1]) if len(set(label)) == 2 else np.nan
    defined = [c for c in range(k) if 0 < (label == c).sum() < len(label)]
    return np.mean([metrics.roc_auc_score(label == c, prob[:, c]) for c in defined]) if defined else np.nan


def log_loss(prob, label, k):
    if k == 1:
        return 0.0
    return metrics.log_loss(label, prob, labels=range(k), eps=2.0 ** -52)


def classes(prob, label, k):
    predicted = prob.argmax(1)
    p, r, f, n = metrics.precision_recall_fscore_support(label, predicted, labels=range(k), zero_division=0)
    for c in range(k):
        negative = label != c
        ap = metrics.average_precision_score(label == c, prob[:, c]) if n[c] else np.nan
        specificity = (predicted[negative] != c).mean() if negative.any() else np.nan
        n_predicted = (predicted == c).sum()
        yield (n[c], n_predicted, p[c] if n_predicted else np.nan, r[c] if n[c] else np.nan, specificity,
               f[c] if n[c] or n_predicted else np.nan, ap)


def temperature(score, label):
    rows = np.arange(len(label))

    def slope(b):
        return (softmax(b * score, axis=1) * score).sum(1).mean() - score[rows, label].mean()

    return 1 / brentq(slope, 0.05, 20, xtol=1e-14, rtol=1e-14)


def random_case(rng, n, k, sharp, honest=0.6, only=None):
    label = rng.integers(0, k, n) if only is None else rng.choice(only, n)
    score = rng.normal(0, sharp, (n, k))
    score[np.arange(n), label] += honest * sharp * 2
    return softmax(score, axis=1).astype(np.float32), label


def cases():
    rng = np.random.default_rng(20240501)
    yield "binary", *random_case(rng, 40, 2, 1.0)
    yield "three classes", *random_case(rng, 40, 3, 1.0)
    yield "seven classes", *random_case(rng, 60, 7, 2.0)
    yield "better than chance by little", *random_case(rng, 50, 4, 0.5, 0.1)
    yield "worse than chance", *random_case(rng, 30, 3, 1.0, -0.8)
    yield "classes 1 and 4 missing", *random_case(rng, 40, 6, 1.0, 0.6, [0, 2, 3, 5])
    yield "binary, class 1 only", *random_case(rng, 12, 2, 1.0, 0.6, [1])
    yield "three classes, one only", *random_case(rng, 12, 3, 1.0, 0.3, [2])
    yield "one class in all", np.ones((5, 1), np.float32), np.zeros(5, int)
    yield "one item", *random_case(rng, 1, 3, 1.0)
    prob, label = random_case(rng, 60, 4, 1.0)
    ties = np.floor(prob[:, :3] * 8) / 8
    yield "ties in steps of an eighth", np.column_stack([ties, 1 - ties.sum(1)]).astype(np.float32), label
    yield "all scores equal", np.full((16, 4), 0.25, np.float32), rng.integers(0, 4, 16)
    prob = np.eye(3, dtype=np.float32)[rng.integers(0, 3, 24)]
    yield "certain, right or wrong", prob, rng.integers(0, 3, 24)
    prob = np.array([[1, 0], [0, 1], [1 - 1e-7, 1e-7], [1e-30, 1], [1e-38, 1], [0.5, 0.5], [1, 1e-45]], np.float32)
    yield "extreme binary", prob, np.array([0, 0, 1, 0, 1, 1, 1])


def number(x):
    if isinstance(x, (int, np.integer)):
        return str(x)
    return "NAN" if np.isnan(x) else repr(float(x))


def floats(values):
    return ", ".join("%.9gf" % v if "." in "%.9g" % v or "e" in "%.9g" % v else "%d.0f" % v for v in values)


def wrap(name, ctype, body):
    lines, line = [], ""
    for word in body.split(", "):
        if len(line) + len(word) > 112:
            lines.append(line.rstrip())
            line = ""
        line += word + ", "
    print(f"static const {ctype} {name}[] = {{\n    " + "\n    ".join(lines + [line.rstrip(", ")]) + "};")


def write_metrics():
    table = []
    for i, (title, prob, label) in enumerate(cases()):
        (n, k), wide = prob.shape, prob.astype(np.float64)
        predicted = wide.argmax(1)
        value = [(predicted == label).mean(), np.mean([(predicted[label == c] == c).mean() for c in set(label)]),
                 metrics.f1_score(label, predicted, average="macro", zero_division=0), log_loss(wide, label, k),
                 ece(wide, label), auroc(wide, label, k)]
        assert abs(value[0] - metrics.accuracy_score(label, predicted)) < 1e-15
        assert abs(value[1] - metrics.balanced_accuracy_score(label, predicted)) < 1e-12
        if k > 2 and len(set(label)) == k:
            assert abs(value[5] - metrics.roc_auc_score(label, wide, multi_class="ovr")) < 1e-12
        wrap(f"GOLDEN_PROB_{i}", "float", floats(prob.ravel()))
        wrap(f"GOLDEN_LABEL_{i}", "int32_t", ", ".join(map(str, label)))
        wrap(f"GOLDEN_CLASS_{i}", "double", ", ".join(number(x) for row in classes(wide, label, k) for x in row))
        confusion = metrics.confusion_matrix(label, predicted, labels=range(k))
        wrap(f"GOLDEN_CONFUSION_{i}", "uint64_t", ", ".join(map(str, confusion.ravel())))
        table.append('    {"%s", %d, %d, GOLDEN_PROB_%d, GOLDEN_LABEL_%d, GOLDEN_CLASS_%d, GOLDEN_CONFUSION_%d,\n     {%s}},'
                     % (title, n, k, i, i, i, i, ", ".join(map(number, value))))
    print("static const golden_case GOLDEN[] = {\n" + "\n".join(table) + "\n};")


def write_temperatures():
    rng = np.random.default_rng(7)
    table = []
    for i, (n, k, scale) in enumerate([(50, 2, 1.0), (60, 5, 4.0), (40, 3, 0.3)]):
        score = rng.normal(0, 1, (n, k))
        label = np.array([rng.choice(k, p=p) for p in softmax(score, axis=1)])
        score = log_softmax(score * scale, axis=1).astype(np.float32)
        wrap(f"GOLDEN_SCORE_{i}", "float", floats(score.ravel()))
        wrap(f"GOLDEN_TRUTH_{i}", "int32_t", ", ".join(map(str, label)))
        table.append("    {%d, %d, GOLDEN_SCORE_%d, GOLDEN_TRUTH_%d, %r}," %
                     (n, k, i, i, temperature(score.astype(np.float64), label)))
    print("static const golden_temperature GOLDEN_TEMPERATURE[] = {\n" + "\n".join(table) + "\n};")


def main():
    print("/* Made by tests/golden/eval_golden.py with scikit-learn %s, NumPy %s, SciPy %s: do not edit. */"
          % (sklearn.__version__, np.__version__, scipy.__version__))
    print("/* clang-format off */")
    {"metrics": write_metrics, "temperature": write_temperatures}[sys.argv[1]]()


if __name__ == "__main__":
    main()
