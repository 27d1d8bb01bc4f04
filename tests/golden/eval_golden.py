#!/usr/bin/python3
"""Writes what scikit-learn and SciPy say about small seeded cases, as tables in C.

Provenance: scikit-learn 1.2.1, NumPy 1.24.2 and SciPy 1.10.1 of Debian 12. Run by hand, from this folder:
    ./eval_golden.py metrics > eval_metrics_golden.h
    ./eval_golden.py temperature > eval_temperature_golden.h
    ./eval_golden.py multilabel > eval_multilabel_golden.h
    ./eval_golden.py hierarchy > eval_hierarchy_golden.h
    ./eval_golden.py regression > eval_regression_golden.h
    ./eval_golden.py unknown > eval_unknown_golden.h
    ./eval_golden.py random > eval_random_golden.h
The expected calibration error is written out below from its definition, as scikit-learn has none.
Probabilities are rounded to float before anything is computed from them, so that both sides see the same numbers.
"""
import sys
import warnings

import numpy as np
import scipy
import scipy.stats
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
                 metrics.f1_score(label, predicted, labels=np.unique(label), average="macro", zero_division=0), log_loss(wide, label, k),
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


def f1_threshold(prob, truth):
    """The best F1 and its thresholds' range, by scikit-learn's curve."""
    precision, recall, threshold = metrics.precision_recall_curve(truth, prob)
    with np.errstate(invalid="ignore"):
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall))[:-1]
    return f1[threshold > 0].max()


def label_row(truth, prob, threshold):
    known = truth >= 0
    y, p = truth[known], prob[known].astype(np.float64)
    yes, predicted = (y == 1).sum(), prob[known] >= threshold
    both = 0 < yes < len(y)
    tuned = f1_threshold(p, y) if yes >= 10 and both else np.nan
    hits = (predicted & (y == 1)).sum()
    return (yes, len(y) - yes, predicted.sum(), hits,
            metrics.precision_score(y, predicted) if predicted.any() else np.nan,
            metrics.recall_score(y, predicted) if yes else np.nan,
            metrics.f1_score(y, predicted) if yes or predicted.any() else np.nan,
            metrics.average_precision_score(y, p) if yes else np.nan,
            metrics.roc_auc_score(y, p) if both else np.nan, tuned)


def nanmean(values):
    values = [v for v in values if not np.isnan(v)]
    return np.mean(values) if values else np.nan


def multilabel_values(prob, truth, threshold, rows):
    known = truth >= 0
    y, p = truth[known], prob[known].astype(np.float64)
    predicted = (prob >= threshold)[known]
    if len(y) == 0:
        return [np.nan] * 7
    ece_bin = np.maximum(np.ceil(p * BINS) - 1, 0).astype(int)
    items = known.any(1)
    exact = (((prob >= threshold) == (truth == 1)) | ~known).all(1)[items]
    return [nanmean([r[7] for r in rows]),
            metrics.f1_score(y, predicted) if (y == 1).any() or predicted.any() else np.nan,
            nanmean([r[6] for r in rows]), exact.mean(), nanmean([r[8] for r in rows]),
            metrics.log_loss(y, p, labels=[0, 1], eps=2.0 ** -52),
            sum(abs(y[ece_bin == b].mean() - p[ece_bin == b].mean()) * (ece_bin == b).mean() for b in set(ece_bin))]


def multilabel_cases():
    rng = np.random.default_rng(11)

    def make(n, k, unknown, steps=0, share=0.3):
        truth = (rng.random((n, k)) < share).astype(int)
        score = rng.normal(0, 1.2, (n, k)) + 2 * truth - 1
        prob = 1 / (1 + np.exp(-score))
        if steps:
            prob = np.floor(prob * steps) / steps
        truth[rng.random((n, k)) < unknown] = -1
        return prob.astype(np.float32), truth, np.full(k, 0.5, np.float32)

    yield "all known", *make(50, 4, 0)
    yield "a third unknown", *make(60, 5, 0.33)
    yield "mostly unknown", *make(40, 6, 0.9)
    yield "ties in steps of a quarter", *make(60, 3, 0.2, 4)
    yield "one label", *make(30, 1, 0)
    prob, truth, threshold = make(50, 4, 0.2)
    yield "thresholds of their own", prob, truth, np.array([0.1, 0.35, 0.8, 1.5], np.float32)
    prob, truth, threshold = make(40, 4, 0)
    truth[:, 1] = 0
    truth[:, 2] = 1
    truth[:, 3] = -1
    yield "no yes, no no, nothing known", prob, truth, threshold
    yield "all unknown", prob, np.full((40, 4), -1), threshold
    yield "certain, right or wrong", np.round(prob), truth, threshold
    yield "all scores equal", np.full((40, 4), 0.5, np.float32), truth, threshold
    yield "one item", prob[:1], np.array([[1, 0, 1, -1]]), threshold


def write_multilabel():
    table = []
    for i, (title, prob, truth, threshold) in enumerate(multilabel_cases()):
        n, k = prob.shape
        rows = [label_row(truth[:, c], prob[:, c], threshold[c]) for c in range(k)]
        wrap(f"GOLDEN_PROB_{i}", "float", floats(prob.ravel()))
        wrap(f"GOLDEN_TRUTH_{i}", "int8_t", ", ".join(map(str, truth.ravel())))
        wrap(f"GOLDEN_THRESHOLD_{i}", "float", floats(threshold))
        wrap(f"GOLDEN_LABEL_{i}", "double", ", ".join(number(x) for row in rows for x in row))
        table.append('    {"%s", %d, %d, GOLDEN_PROB_%d, GOLDEN_TRUTH_%d, GOLDEN_THRESHOLD_%d, GOLDEN_LABEL_%d,\n     {%s}},'
                     % (title, n, k, i, i, i, i, ", ".join(map(number, multilabel_values(prob, truth, threshold, rows)))))
    print("static const golden_case GOLDEN[] = {\n" + "\n".join(table) + "\n};")


def ancestors(path):
    parts = path.split("/")
    return {"/".join(parts[:i + 1]) for i in range(len(parts))}


def hierarchy_cases():
    rng = np.random.default_rng(12)
    three = [f"{a}/{b}/{c}" for a in "ab" for b in "cde" for c in "fg"]
    uneven = ["a", "b/c", "b/d", "b/e/f", "b/e/g/h", "b/e", "i/j"]
    for title, ids in (("three levels", three), ("leaves at all depths, inner classes", uneven), ("flat", list("abcd")),
                       ("one chain", ["a", "a/b", "a/b/c"])):
        for honest in (0.1, 0.6):
            prob, label = random_case(rng, 50, len(ids), 1.0, honest)
            yield "%s, honest %g" % (title, honest), ids, prob, label


def write_hierarchy():
    table = []
    for i, (title, ids, prob, label) in enumerate(hierarchy_cases()):
        values = hierarchy_row(ids, prob, label)
        print(f"static const char *const GOLDEN_ID_{i}[] = {{%s}};" % ", ".join('"%s"' % c for c in ids))
        wrap(f"GOLDEN_PROB_{i}", "float", floats(prob.ravel()))
        wrap(f"GOLDEN_LABEL_{i}", "int32_t", ", ".join(map(str, label)))
        table.append('    {"%s", %d, %d, GOLDEN_ID_%d, GOLDEN_PROB_%d, GOLDEN_LABEL_%d, {%s}},'
                     % (title, len(label), len(ids), i, i, i, ", ".join(map(number, values))))
    print("static const golden_case GOLDEN[] = {\n" + "\n".join(table) + "\n};")


def regression_cases():
    rng = np.random.default_rng(13)
    truth = rng.normal(50, 20, 60)
    yield "good", (truth + rng.normal(0, 5, 60)).astype(np.float32), truth
    yield "no relation", rng.normal(50, 20, 60).astype(np.float32), truth
    yield "the wrong way round", (100 - truth).astype(np.float32), truth
    yield "far from zero", (truth + 4096 + rng.normal(0, 5, 60)).astype(np.float32), truth + 4096
    whole = rng.integers(0, 5, 51).astype(float)
    yield "ties, an odd number", np.round(whole + rng.normal(0, 1, 51)).astype(np.float32), whole
    yield "many zeros", (np.maximum(truth - 60, 0) * 0.9).astype(np.float32), np.maximum(truth - 60, 0)
    yield "constant truth", truth.astype(np.float32), np.full(60, 0.1)
    yield "constant answer", np.full(60, 50, np.float32), truth
    yield "two items", np.array([1, 2], np.float32), np.array([1.5, 2.5])
    yield "one item", np.array([1], np.float32), np.array([3.0])
    yield "tiny and huge", np.array([1e-30, 1, 1e20, 3], np.float32), np.array([0, 1e-9, 1.1e20, 2e9])


def write_regression():
    table = []
    for i, (title, predicted, truth) in enumerate(regression_cases()):
        values = numbers_row(predicted, truth) + [metrics.mean_absolute_error(truth, np.full(len(truth), truth.mean()))]
        wrap(f"GOLDEN_ANSWER_{i}", "float", floats(predicted))
        wrap(f"GOLDEN_TRUTH_{i}", "double", ", ".join(map(number, truth)))
        table.append('    {"%s", %d, GOLDEN_ANSWER_%d, GOLDEN_TRUTH_%d, {%s}},'
                     % (title, len(truth), i, i, ", ".join(map(number, values))))
    print("static const golden_case GOLDEN[] = {\n" + "\n".join(table) + "\n};")


def write_unknown():
    rng = np.random.default_rng(14)
    table = []
    for i, (title, n, m, shift, steps) in enumerate([("far", 40, 20, 3, 0), ("near", 30, 45, 0.5, 0), ("ties", 50, 25, 1, 2),
                                                     ("equal", 12, 8, 0, 0.01)]):
        score = np.concatenate([rng.normal(0, 1, n), rng.normal(shift, 1, m)])
        if steps:
            score = np.floor(score * steps) / steps
        score = score.astype(np.float32)
        unknown = np.arange(n + m) >= n
        fpr, tpr, threshold = metrics.roc_curve(unknown, score, drop_intermediate=False)
        at = np.argmax(tpr >= 0.95)
        wrap(f"GOLDEN_SCORE_{i}", "float", floats(score))
        table.append('    {"%s", %d, %d, GOLDEN_SCORE_%d, {%s}},'
                     % (title, n, m, i, ", ".join(map(number, [metrics.roc_auc_score(unknown, score), fpr[at], threshold[at]]))))
    print("static const golden_case GOLDEN[] = {\n" + "\n".join(table) + "\n};")


class Random:
    """Random numbers that tests/eval/test_random.c draws too (SplitMix64), so that only the figures need be kept."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2 ** 64
        z = (self.state ^ self.state >> 30) * 0xBF58476D1CE4E5B9 % 2 ** 64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2 ** 64
        return (z ^ z >> 31) % n


RANDOM_CASES = 60
RANDOM_IDS = ["a", "b/c", "b/d", "b/e/f", "b/e/g/h", "b/e", "i/j"]


def random_classes(rng, k):
    """Every third case has scores of four values, which makes ties."""
    n, most = 1 + rng.below(80), 4 if rng.below(3) == 0 else 1000
    score, label = np.zeros((n, k)), np.zeros(n, int)
    for i in range(n):
        label[i] = rng.below(k)
        for c in range(k):
            score[i, c] = 1 + rng.below(most)
        score[i, label[i]] += rng.below(2) * most
    return (score / score.sum(1, keepdims=True)).astype(np.float32), label


def random_labels(rng):
    n, k = 1 + rng.below(60), 1 + rng.below(6)
    truth, prob = np.zeros((n, k), int), np.zeros((n, k), np.float32)
    for i in range(n):
        for c in range(k):
            truth[i, c] = rng.below(3) - 1
            prob[i, c] = np.float32(rng.below(101) / 100)
    return prob, truth, np.array([np.float32(rng.below(101) / 100) for _ in range(k)])


def random_numbers(rng):
    n, most = 2 + rng.below(60), 7 if rng.below(3) == 0 else 2001
    truth, answer = np.zeros(n), np.zeros(n, np.float32)
    for i in range(n):
        truth[i] = rng.below(most) / 8
        answer[i] = np.float32(truth[i] + (rng.below(401) - 200) / 16)
    return answer, truth


def classes_row(prob, label):
    (n, k), wide = prob.shape, prob.astype(np.float64)
    predicted = wide.argmax(1)
    value = [metrics.accuracy_score(label, predicted), metrics.balanced_accuracy_score(label, predicted),
             metrics.f1_score(label, predicted, labels=np.unique(label), average="macro", zero_division=0), log_loss(wide, label, k),
             ece(wide, label), auroc(wide, label, k)]
    rows = np.nan_to_num([row[2:] for row in classes(wide, label, k)])
    return value + list((np.arange(1, k + 1)[:, None] * rows).sum(0))


def labels_row(prob, truth, threshold):
    rows = [label_row(truth[:, c], prob[:, c], threshold[c]) for c in range(prob.shape[1])]
    known = truth >= 0
    y, predicted = truth[known], (prob >= threshold)[known]
    micro = [metrics.precision_score(y, predicted) if predicted.any() else np.nan,
             metrics.recall_score(y, predicted) if (y == 1).any() else np.nan]
    return multilabel_values(prob, truth, threshold, rows) + micro


def hierarchy_row(ids, prob, label):
    nodes = sorted(set().union(*map(ancestors, ids)))
    member = np.array([[node in ancestors(c) for node in nodes] for c in ids], int)
    answer = prob.argmax(1)
    p, r, f, _ = metrics.precision_recall_fscore_support(member[label], member[answer], average="micro")
    top = np.mean([ids[a].split("/")[0] == ids[b].split("/")[0] for a, b in zip(answer, label)])
    return [f, p, r, metrics.accuracy_score(label, answer), top, np.abs(member[label] - member[answer]).sum(1).mean()]


def numbers_row(predicted, truth):
    wide = predicted.astype(np.float64)
    varies = len(set(truth)) > 1
    return [metrics.mean_absolute_error(truth, wide), metrics.mean_squared_error(truth, wide, squared=False),
            metrics.r2_score(truth, wide) if varies else np.nan,
            scipy.stats.spearmanr(wide, truth)[0] if varies and len(set(wide)) > 1 else np.nan,
            metrics.median_absolute_error(truth, wide), (wide - truth).mean()]


def write_random():
    def kept(name, rows):
        print(f"static const double {name}[][{len(rows[0])}] = {{\n" +
              "\n".join("    {%s}," % ", ".join(map(number, row)) for row in rows) + "\n};")

    seeds = range(RANDOM_CASES)
    kept("RANDOM_CLASSES", [classes_row(*random_classes(Random(s), 2 + s % 7)) for s in seeds])
    kept("RANDOM_LABELS", [labels_row(*random_labels(Random(s))) for s in seeds])
    kept("RANDOM_TREES", [hierarchy_row(RANDOM_IDS, *random_classes(Random(s), len(RANDOM_IDS))) for s in seeds])
    kept("RANDOM_NUMBERS", [numbers_row(*random_numbers(Random(s))) for s in seeds])


def main():
    print("/* Made by tests/golden/eval_golden.py with scikit-learn %s, NumPy %s, SciPy %s: do not edit. */"
          % (sklearn.__version__, np.__version__, scipy.__version__))
    print("/* clang-format off */")
    {"metrics": write_metrics, "temperature": write_temperatures, "multilabel": write_multilabel,
     "hierarchy": write_hierarchy, "regression": write_regression, "unknown": write_unknown, "random": write_random}[sys.argv[1]]()


if __name__ == "__main__":
    main()
