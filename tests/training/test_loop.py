"""The training loop: schedules, averaged weights, the best epoch, the order of batches."""

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from atelier.core import files
from atelier.networks.batching import InOrder
from atelier.params.training import Training
from atelier.training import checkpoint, loop, optimizers
from atelier.training.batches import Batches
from atelier.training.plan import Hooks, Plan

PLAIN = Training(
    seed=1,
    epochs=4,
    batch=4,
    optimizer="sgd",
    learning_rate=0.1,
    schedule="constant",
    warmup_epochs=0.0,
    weight_decay=0.0,
    clip_norm=0.0,
    ema=0.0,
    precision="float32",
    jit_compile=False,
    steps_per_execution=1,
)


def params(**changes: Any) -> Training:
    return PLAIN.model_copy(update=changes)


class Point(keras.Model):
    """One weight that converges to the mean of the data: the gradient of ½(w − x)² is w − x."""

    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self.w = self.add_weight(name="w", shape=(), initializer=keras.initializers.Constant(start))
        self.built = True

    def call(self, x: Any) -> Any:
        return x - self.w

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True) -> Any:
        return ops.mean(ops.square(y_pred)) / 2


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def rates(schedule: optimizers.Schedule, steps: list[int]) -> list[float]:
    return [float(schedule(step)) for step in steps]


def test_constant_rate_does_not_change():
    assert rates(optimizers.Schedule(0.5, steps=10, warmup=0, cosine=False), [0, 5, 10]) == [0.5] * 3


def test_cosine_decays_from_the_peak_to_zero_and_stays_zero():
    schedule = optimizers.Schedule(0.5, steps=10, warmup=0, cosine=True)
    assert rates(schedule, [0, 5, 10, 15]) == pytest.approx([0.5, 0.25, 0, 0], abs=1e-7)


def test_rate_rises_linearly_before_the_cosine():
    schedule = optimizers.Schedule(0.4, steps=12, warmup=4, cosine=True)
    assert rates(schedule, [0, 1, 3, 4, 8, 12]) == pytest.approx([0.1, 0.2, 0.4, 0.4, 0.2, 0], abs=1e-7)


def test_schedule_is_restored_from_its_configuration():
    schedule = optimizers.Schedule(0.4, steps=12, warmup=4, cosine=True)
    restored = optimizers.Schedule.from_config(schedule.get_config())
    assert rates(restored, list(range(13))) == rates(schedule, list(range(13)))


def test_schedule_covers_all_epochs_of_the_training():
    built = optimizers.build(params(schedule="cosine", warmup_epochs=0.5, epochs=3), steps_per_epoch=10)
    schedule = built._learning_rate
    assert (schedule.steps, schedule.warmup, schedule.peak) == (30, 5, 0.1)


@pytest.mark.parametrize("name, kind", {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop", "sgd": "SGD"}.items())
@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_every_optimiser_exists_with_and_without_averaged_weights(name: str, kind: str, ema: float):
    built = optimizers.build(params(optimizer=name, ema=ema, clip_norm=1.0, weight_decay=0.01), steps_per_epoch=2)
    assert isinstance(built, getattr(keras.optimizers, kind))
    assert getattr(built, "ema", 0.0) == ema
    assert (built.global_clipnorm, built.weight_decay) == (1.0, 0.01)


def test_averaged_weights_follow_the_rising_decay():
    weight = keras.Variable(5.0)
    optimizer = optimizers.build(params(ema=0.4), steps_per_epoch=100)
    optimizer.build([weight])
    w = average = 5.0
    for step in range(1, 13):
        optimizer.apply([ops.convert_to_tensor(w - 1.0)], [weight])
        w -= 0.1 * (w - 1.0)
        # From 2/11 to the given decay, which applies from the sixth step.
        decay = min(0.4, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * w
        assert float(weight) == pytest.approx(w, rel=1e-5)
        assert float(optimizer.averages[0]) == pytest.approx(average, rel=1e-5)


def plan(model: Point, validation: np.ndarray) -> Plan:
    """Train `model` towards 1, one step per epoch."""
    batches = Batches((column(1, 1, 1, 1),), batch=4, seed=0)
    return Plan(model, batches, loop.held_out(model, (validation,)), "val_loss")


def fit(workspace: Path, model: Point, validation: np.ndarray, **changes: Any) -> checkpoint.Progress:
    return loop.run(plan(model, validation), params(**changes), workspace)


def test_epoch_with_the_lowest_validation_loss_is_kept(tmp_path: Path):
    model = Point()
    # Each step covers a tenth of the distance to 1: 0.1, 0.19, 0.271, 0.3439, 0.40951. The third is closest to 0.28.
    progress = fit(tmp_path, model, column(0.28, 0.28), epochs=5)
    assert progress.best_epoch == 3
    assert float(model.w) == pytest.approx(0.271)
    losses = [row["val_loss"] for row in progress.history]
    assert losses == pytest.approx([(w - 0.28) ** 2 / 2 for w in (0.1, 0.19, 0.271, 0.3439, 0.40951)], abs=1e-6)
    assert min(losses) == losses[2] == progress.best_score


def test_averaged_weights_are_validated_and_kept_but_training_continues_from_the_weights(tmp_path: Path):
    model = Point()
    progress = fit(tmp_path, model, column(1, 1), epochs=3, ema=0.9)
    w = average = 0.0
    for step, row in enumerate(progress.history, start=1):
        w += 0.1 * (1 - w)
        decay = (1 + step) / (10 + step)
        average = decay * average + (1 - decay) * w
        assert row["val_loss"] == pytest.approx((average - 1) ** 2 / 2, rel=1e-5)
    assert float(model.w) == pytest.approx(average, rel=1e-5)


def test_history_has_one_row_per_epoch_and_is_written_as_csv(tmp_path: Path):
    progress = fit(tmp_path / "work", Point(), column(1), epochs=2)
    loop.write_history(tmp_path / "history.csv", progress)
    header, *rows = (tmp_path / "history.csv").read_text().splitlines()
    assert header == "epoch,loss,learning_rate,val_loss"
    assert [row.split(",")[0] for row in rows] == ["1", "2"]
    assert float(rows[0].split(",")[3]) == pytest.approx(0.9**2 / 2)


class Spoiled(Point):
    """Its loss is NaN from some epoch on."""

    spoiled_from: int

    def on_epoch_begin(self, epoch: int) -> None:
        if epoch >= self.spoiled_from:
            self.w.assign(math.nan)


def test_loss_that_is_not_finite_is_an_error_and_keeps_the_last_checkpoint(tmp_path: Path):
    model = Spoiled()
    model.spoiled_from = 2
    with pytest.raises(ValueError, match=r"^no longer finite in epoch 3: .*learning_rate.*clip_norm"):
        fit(tmp_path, model, column(1), epochs=4)
    assert [path.name for path in tmp_path.iterdir()] == ["state.npz"]
    resumed = Point()
    # Resumes after the second epoch, whose weights are the last finite ones.
    progress = fit(tmp_path, resumed, column(1), epochs=4)
    assert [row["epoch"] for row in progress.history] == [1, 2, 3, 4]
    assert float(resumed.w) == pytest.approx(1 - 0.9**4)


def test_hooks_run_after_the_first_the_last_and_every_nth_epoch(tmp_path: Path):
    model = Point()

    def preview(stem: Path) -> None:
        files.write_text(stem.with_suffix(".txt"), str(float(model.w)))

    hooks = Hooks(every=3, preview=preview, watch=lambda: {"kid": float(model.w)})
    progress = loop.run(plan(model, column(1)), params(epochs=7), tmp_path, hooks)
    names = [f"epoch-{epoch:04}.txt" for epoch in (1, 3, 6, 7)]
    assert sorted(path.name for path in (tmp_path / "previews").iterdir()) == names
    assert [row["epoch"] for row in progress.history if "kid" in row] == [1, 3, 6, 7]


def test_workspace_depends_on_its_inputs_and_removes_those_of_ended_trainings(tmp_path: Path):
    first, second = ({"params": {"epochs": epochs}, "code": {"file": "digest"}} for epochs in (1, 2))
    ended, interrupted = checkpoint.workspace(tmp_path, first), checkpoint.workspace(tmp_path, second)
    assert ended != interrupted
    checkpoint.end(ended)
    assert checkpoint.workspace(tmp_path, first) == ended
    assert interrupted.exists()
    checkpoint.workspace(tmp_path, second)
    assert not ended.exists()


NUMBERS = np.arange(50)


def order(batches: Batches, epoch: int) -> list[list[int]]:
    batches.start_epoch(epoch)
    return [batches[i][0].tolist() for i in range(len(batches))]


def test_order_depends_on_seed_and_epoch_only():
    batches = Batches((NUMBERS,), batch=8, seed=3)
    first, second = order(batches, 0), order(batches, 1)
    assert first != second
    assert order(batches, 0) == first
    assert order(Batches((NUMBERS,), batch=8, seed=3), 1) == second
    assert order(Batches((NUMBERS,), batch=8, seed=4), 0) != first


def test_last_incomplete_batch_is_dropped_and_no_example_is_repeated():
    batches = Batches((NUMBERS,), batch=8, seed=3)
    drawn = order(batches, 0)
    assert [len(batch) for batch in drawn] == [8] * 6
    assert len({number for batch in drawn for number in batch}) == 48
    assert {number for epoch in range(9) for batch in order(batches, epoch) for number in batch} == set(range(50))


def test_targets_stay_with_their_inputs():
    inputs, targets = Batches((NUMBERS, NUMBERS * 2), batch=8, seed=3)[1]
    np.testing.assert_array_equal(targets, inputs * 2)


def test_augmentation_depends_on_seed_epoch_and_batch():
    def jitter(batch: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        return batch * 0 + generator.random()

    def drawn(epoch: int, index: int, seed: int = 3) -> float:
        batches = Batches((NUMBERS,), batch=8, seed=seed, augment=jitter)
        batches.start_epoch(epoch)
        return float(batches[index][0][0])

    assert drawn(1, 2) == drawn(1, 2)
    assert len({drawn(1, 2), drawn(1, 3), drawn(2, 2), drawn(1, 2, seed=4)}) == 4


def test_fewer_examples_than_a_batch_are_refused():
    with pytest.raises(ValueError, match=r"a batch of 64 .* 50$"):
        Batches((NUMBERS,), batch=64, seed=0)


def test_in_order_serves_all_examples_in_their_order():
    batches = InOrder((NUMBERS, NUMBERS * 2), batch=8)
    assert [len(batches[i][0]) for i in range(len(batches))] == [8] * 6 + [2]
    for column_number, factor in ((0, 1), (1, 2)):
        whole = np.concatenate([batches[i][column_number] for i in range(len(batches))])
        np.testing.assert_array_equal(whole, NUMBERS * factor)


def test_filled_last_batch_repeats_the_last_example():
    batches = InOrder((NUMBERS,), batch=8, filled=True)
    assert batches[len(batches) - 1][0].tolist() == [48] + [49] * 7


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"\x80\x04pickle"])
def test_damaged_state_is_reported_in_one_line_and_the_training_begins_anew(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    expected = Point()
    fit(tmp_path / "whole", expected, column(0.28), epochs=3)
    (tmp_path / "damaged").mkdir()
    state = tmp_path / "damaged" / loop.STATE
    state.write_bytes(content)
    model = Point()
    capsys.readouterr()
    progress = fit(tmp_path / "damaged", model, column(0.28), epochs=3)
    said = [line for line in capsys.readouterr().out.splitlines() if str(state) in line]
    assert [line.startswith(f"{state}: damaged, so the training begins anew (") for line in said] == [True]
    assert progress.epoch == 3
    assert float(model.w) == float(expected.w)


def test_state_that_was_cut_off_or_belongs_to_another_network_begins_anew(tmp_path: Path):
    fit(tmp_path, Point(), column(0.28), epochs=2)
    state = tmp_path / loop.STATE
    whole = state.read_bytes()
    for content in (whole[: len(whole) // 2], whole.replace(b"variable 00000", b"variable 00009")):
        state.write_bytes(content)
        assert fit(tmp_path, Point(), column(0.28), epochs=2).epoch == 2
        assert state.read_bytes() == whole


def test_a_directory_in_place_of_the_state_begins_anew(tmp_path: Path):
    (tmp_path / loop.STATE).mkdir(parents=True)
    assert fit(tmp_path, Point(), column(0.28), epochs=1).epoch == 1


def resaved(path: Path, **changes: np.ndarray | None) -> None:
    """Write a state again with some arrays changed, or removed (None); ``_`` in their names stands for a space."""
    with np.load(path) as state:
        arrays = {name: state[name] for name in state.files}
    arrays |= {name.replace("_", " ", 1): value for name, value in changes.items() if value is not None}
    for name in [name for name, value in changes.items() if value is None]:
        del arrays[name.replace("_", " ", 1)]
    np.savez(path, **arrays)


@pytest.mark.parametrize(
    "changes",
    [
        {"variable_00000": np.zeros((2, 2), np.float32)},
        {"variable_00000": np.zeros((), np.float64)},
        {"variable_00001": None},
        {"epochs": np.array([2, 9])},
        {"epochs": np.array(["a", "b"])},
        {"epochs": np.array([500, 1])},
        {"history_val_loss": None},
        {"history_epoch": np.array([3.0, 4.0])},
        {"previews": np.array(["epoch-0001.png 1234"])},
        {"stopped": None},
    ],
)
def test_state_with_wrong_arrays_begins_anew(
    changes: dict[str, np.ndarray | None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    expected, model = Point(), Point()
    fit(tmp_path, expected, column(0.28), epochs=2)
    resaved(tmp_path / loop.STATE, **changes)
    capsys.readouterr()
    progress = fit(tmp_path, model, column(0.28), epochs=2)
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{tmp_path / loop.STATE}: damaged, so the training begins anew (")
    assert not any("resuming" in line for line in others)
    assert ([row["epoch"] for row in progress.history], float(model.w)) == ([1, 2], float(expected.w))


def test_state_that_is_one_array_or_a_link_to_itself_begins_anew(tmp_path: Path):
    np.save(tmp_path / "array.npy", np.zeros(3))
    (tmp_path / "array.npy").rename(tmp_path / loop.STATE)
    assert fit(tmp_path, Point(), column(0.28), epochs=1).epoch == 1
    (tmp_path / loop.STATE).unlink()
    (tmp_path / loop.STATE).symlink_to(tmp_path / loop.STATE)
    assert fit(tmp_path, Point(), column(0.28), epochs=1).epoch == 1


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b""), lambda path: path.unlink()])
def test_damaged_preview_of_an_earlier_epoch_begins_anew(damage, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def preview(stem: Path) -> None:
        files.write_text(stem.with_suffix(".txt"), stem.name)

    def run(epochs: int) -> checkpoint.Progress:
        hooks = Hooks(1, preview, dict)
        return loop.run(plan(Point(), column(0.28)), params(epochs=epochs), tmp_path, hooks)

    run(2)
    capsys.readouterr()
    assert run(2).epoch == 2
    assert "resuming after epoch 2" in capsys.readouterr().out
    path = tmp_path / "previews" / "epoch-0001.txt"
    damage(path)
    assert run(2).epoch == 2
    assert "begins anew (previews/epoch-0001.txt is not as it was written)" in capsys.readouterr().out
    assert path.read_text() == "epoch-0001"
