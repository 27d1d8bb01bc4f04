"""scikit-learn's side of bench/classical.py: one estimator fitted and asked once, in a process of its own.

  classical_sklearn.py LEARNER DTYPE TRAIN TEST

FILE.x holds rows of u8 or f32, FILE.y a byte for each row, its class. scikit-learn gets f32: rows as they are, or
pixels divided by 255, made so while they are read, so that this costs it neither time nor memory. What it imports
on first use is imported by a tiny fit before the clock starts. The result is one JSON object on stdout.
"""
import json
import sys
import time
import warnings

import numpy
import threadpoolctl
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

BLOCK = 4096


def estimator(learner):
    if learner == "knn":
        return KNeighborsClassifier(n_neighbors=5, algorithm="brute")
    if learner == "ridge":
        return make_pipeline(StandardScaler(), Ridge(alpha=100))
    return LogisticRegression(max_iter=100)


def read(stem, dtype):
    label = numpy.fromfile(stem + ".y", dtype=numpy.uint8).astype(numpy.int32)
    if dtype == "f32":
        return numpy.fromfile(stem + ".x", dtype=numpy.float32).reshape(len(label), -1), label
    with open(stem + ".x", "rb") as file:
        d = file.seek(0, 2) // len(label)
        file.seek(0)
        rows = numpy.empty((len(label), d), dtype=numpy.float32)
        for begin in range(0, len(label), BLOCK):
            part = rows[begin:begin + BLOCK]
            part[:] = numpy.fromfile(file, dtype=numpy.uint8, count=part.size).reshape(part.shape)
            part /= 255
    return rows, label


def peak_mb():
    """Not getrusage: its peak counts what ran before exec too."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 / 1e6 for line in file if line.startswith("VmHWM:"))


def clocks():
    return time.process_time(), time.monotonic()


def main():
    learner, dtype, train, test = sys.argv[1:]
    warnings.simplefilter("ignore", ConvergenceWarning)  # 100 steps are its default; told by n_iter_
    train_x, train_y = read(train, dtype)
    test_x, test_y = read(test, dtype)
    estimator(learner).fit(train_x[:64], train_y[:64]).predict(test_x[:64])
    loaded_mb = peak_mb()

    model = estimator(learner)
    begin = clocks()
    model.fit(train_x, train_y)
    fitted = clocks()
    predicted = model.predict(test_x)
    end = clocks()
    blas = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    print(json.dumps({
        "fit_cpu": fitted[0] - begin[0], "fit_wall": fitted[1] - begin[1],
        "predict_cpu": end[0] - fitted[0], "predict_wall": end[1] - fitted[1],
        "loaded_mb": loaded_mb, "peak_mb": peak_mb(), "accuracy": float(r2_score(test_y, predicted) if learner == "ridge" else (predicted == test_y).mean()),
        "iterations": int(max(getattr(model, "n_iter_", [0]))),
        "n_train": len(train_y), "n_test": len(test_y), "d": train_x.shape[1],
        "blas": f"{blas[0]['internal_api']} {blas[0]['version']}", "blas_kernels": blas[0]["architecture"]}))


main()
