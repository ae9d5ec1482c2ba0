"""Scores of a run with a condition stand beside what they are compared with, at the N of that comparison."""

from atelier.report.gauge import Gauge
from atelier.report.scores import rows

METRICS = {
    "fd": 3.0,
    "fd_floor": 0.5,
    "fd_class_mean": 11.0,
    "fd_class_mean_floor": 1.0,
    "fd_class_samples": 84,
    "label_accuracy": 0.9,
    "label_accuracy_real": 0.92,
    "samples": 1000,
    "train_on_real_accuracy": 0.91,
    "train_on_samples_accuracy": 0.71,
}


def test_scores_of_conditions_have_their_references_in_one_row() -> None:
    shown = {
        row.metric: [(r.name, r.value, r.samples) for r in row.references]
        for row in rows(METRICS, None, Gauge(None, {}))
    }
    assert shown == {
        "fd": [("floor", "0.500", 1000)],
        "fd_class_mean": [("floor", "1", 84)],
        "fd_class_samples": [],
        "label_accuracy": [("test images", "0.920", None)],
        "samples": [],
        "train_on_samples_accuracy": [("after real images", "0.910", None)],
    }
