"""Learning curves."""

import math

from atelier.report import curves


def test_train_and_validation_share_a_chart() -> None:
    loss, rate = curves.charts({"epoch": [1, 2], "loss": [3, 2], "val_loss": [4, 3], "learning_rate": [0.1, 0.05]})
    assert [line.name for line in loss.lines] == ["train", "validation"]
    assert (rate.title, [line.name for line in rate.lines]) == ("Learning rate", [""])


def test_best_epoch_is_named_in_the_direction_of_the_metric() -> None:
    history = {"epoch": [1, 2, 3], "val_loss": [4, 2, 3], "val_accuracy": [0.5, 0.75, 0.6], "val_kl": [1, 2, 3]}
    assert [chart.lines[0].best for chart in curves.charts(history)] == [
        "best 2 at epoch 2",
        "best 0.750 at epoch 2",
        "",
    ]


def test_epochs_without_a_value_are_skipped() -> None:
    (chart,) = curves.charts({"epoch": [1, 2, 3], "kid": [1.0, math.nan, 0.5]})
    assert len(chart.lines[0].points.split()) == 2


def test_column_without_any_value_has_no_chart() -> None:
    assert curves.charts({"epoch": [1], "kid": [math.nan]}) == []


def test_single_epoch_is_a_point_inside_the_chart() -> None:
    (chart,) = curves.charts({"epoch": [1], "loss": [3.0]})
    x, y = chart.lines[0].end
    assert 0 < x < curves.WIDTH
    assert 0 < y < curves.HEIGHT


def test_wide_range_is_drawn_on_a_logarithmic_axis() -> None:
    (chart,) = curves.charts({"epoch": [1, 2], "perplexity": [15000.0, 120.0]})
    assert chart.logarithmic
    assert [label for _, label in chart.y_ticks] == ["100", "1\u202f000", "10\u202f000", "100\u202f000"]


def test_validated_quantity_is_compared_with_the_n_gram_model_inside_the_axes() -> None:
    history = {"epoch": [1, 2], "perplexity": [90.0, 70.0], "val_perplexity": [95.0, 80.0], "loss": [4.5, 4.2]}
    perplexity, loss = curves.charts(history, {"ngram_perplexity": 151.2, "perplexity": 81.0})
    assert perplexity.reference is not None
    height, value = perplexity.reference
    assert value == "151.2"
    ticks = [y for y, _ in perplexity.y_ticks]
    assert min(ticks) <= height <= min(y for line in perplexity.lines for y in line.end[1:])
    assert loss.reference is None


def test_reference_far_above_makes_the_axis_logarithmic() -> None:
    (chart,) = curves.charts({"epoch": [1, 2], "val_perplexity": [9.0, 8.0]}, {"ngram_perplexity": 800.0})
    assert chart.logarithmic


def test_quantity_without_validation_or_without_the_metric_has_no_reference() -> None:
    assert curves.charts({"epoch": [1, 2], "perplexity": [9, 8]}, {"ngram_perplexity": 9.0})[0].reference is None
    assert curves.charts({"epoch": [1, 2], "val_perplexity": [9, 8]}, {"perplexity": 9.0})[0].reference is None


def test_every_point_lies_inside_the_axes() -> None:
    values = [0.013, -2.7, 31.4, 8.0]
    (chart,) = curves.charts({"epoch": [1, 2, 3, 4], "score": values})
    heights = [float(point.split(",")[1]) for point in chart.lines[0].points.split()]
    ticks = [y for y, _ in chart.y_ticks]
    assert min(ticks) <= min(heights) <= max(heights) <= max(ticks)
    assert sorted(values, reverse=True) == [values[i] for i in sorted(range(4), key=heights.__getitem__)]
