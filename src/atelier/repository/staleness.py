"""Which stages `dvc repro` would run, and why.

A stage is up to date for DVC if its command, its dependencies, its parameters and its outputs are what `dvc.lock` says.
Here the same questions are asked, but all of them rather than until one has an answer, and of each file only once.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.repository.parameters import Values, differences
from atelier.repository.pipeline import Pipeline, opened

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.stage import Stage

ABSENT = "absent"

_TEXTS = {
    "never-run": "never run",
    "always": "runs always",
    "command": "command changed",
    "param": "{of} {change}",
    "dependency-changed": "{of} changed",
    "dependency-missing": "{of} missing",
    "dependency-outdated": "{of} is another one in dvc.lock by now",
    "output-changed": "output {of} changed",
    "output-missing": "output {of} missing",
    "output-not-in-cache": "output {of} not in the cache (dvc pull fetches it)",
    "upstream": "upstream {of}",
}


@dataclass(frozen=True)
class Cause:
    """One reason for which a stage would run.

    Attributes:
        kind: ``never-run``, ``always``, ``command``, ``param``, ``dependency-changed``, ``dependency-missing``,
            ``dependency-outdated``, ``output-changed``, ``output-missing``, ``output-not-in-cache`` or ``upstream``.
        of: the path, the parameter or the stage that it is about; empty where there is none.
        before, after: values of a parameter, ``None`` for other kinds and where there is no value.
        text: the cause in words.
    """

    kind: str
    of: str
    before: Any
    after: Any
    text: str


@dataclass(frozen=True)
class Verdict:
    """A stage that would run, or may.

    Attributes:
        stage: its name.
        certain: it would run for something of its own. Otherwise it depends on what upstream stages write.
        causes: at least one.
    """

    stage: str
    certain: bool
    causes: tuple[Cause, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data: ``{stage, certain, causes: [{kind, of, before, after, text}]}``."""
        return asdict(self) | {"causes": [asdict(cause) for cause in self.causes]}


def stale(root: Path, targets: Iterable[str] = (), allow_missing: bool = False) -> list[Verdict]:
    """The stages that `dvc repro TARGET…` would run, in its order, each with all causes.

    Args:
        root: the top of the repository.
        targets: as `dvc repro` takes them; none: all.
        allow_missing: take what is missing for what `dvc.lock` says it was, as `dvc repro --allow-missing` does.

    Raises:
        ValueError: there is no such target, or DVC cannot read the repository.
    """
    with opened(root, targets) as pipeline:
        return Staleness(pipeline, allow_missing).verdicts()


class Staleness:
    """What is known of the stages of an open pipeline; each file is looked at once, until `forget`."""

    def __init__(self, pipeline: Pipeline, allow_missing: bool = False) -> None:
        self.pipeline = pipeline
        self.allow_missing = allow_missing
        self._values = Values()
        self._hashes: dict[tuple[str, str, bool], Any] = {}

    def verdicts(self) -> list[Verdict]:
        """The stages that would or may run, in the order of the pipeline."""
        found: dict[str, Verdict] = {}
        for name, stage in self.pipeline.stages.items():
            upstream = [before for before in self.pipeline.upstream[name] if before in found]
            written = [out for before in upstream for out in self.pipeline.stages[before].outs]
            # What an upstream stage writes anew cannot be judged before it has.
            read_anew = {self.pipeline.path(dep) for dep in stage.deps if any(_overlap(dep, out) for out in written)}
            own = [c for c in self.own(name) if not (c.kind.startswith("dependency") and c.of in read_anew)]
            if own or upstream:
                causes = (*own, *(_cause("upstream", before) for before in upstream))
                found[name] = Verdict(name, bool(own), causes)
        return list(found.values())

    def own(self, name: str) -> tuple[Cause, ...]:
        """What differs from `dvc.lock` in a stage itself, as the files are now.

        Raises:
            ValueError: a parameter file cannot be read.
        """
        stage = self.pipeline.stages[name]
        if stage.frozen and not stage.is_import:
            # DVC does not run it; only what it was to have written can be missed.
            return tuple(c for c in self._outputs(stage) if c.kind in ("output-missing", "output-not-in-cache"))
        if stage.is_callback or stage.always_changed:
            return (_cause("always"),)
        if stage.cmd and not any(item.hash_info for item in (*stage.deps, *stage.outs)):
            return (_cause("never-run"),)
        command = [_cause("command")] if stage.changed_stage() else []
        return (*command, *self._parameters(stage), *self._dependencies(stage), *self._outputs(stage))

    def forget(self, name: str) -> None:
        """Look anew at what a stage has written."""
        outs = self.pipeline.stages[name].outs
        fs = self.pipeline.repo.fs
        self._hashes = {
            key: value
            for key, value in self._hashes.items()
            if not any(fs.isin_or_eq(key[0], out.fs_path) or fs.isin(out.fs_path, key[0]) for out in outs)
        }

    def _parameters(self, stage: "Stage") -> list[Cause]:
        from dvc.dependency.param import ParamsDependency

        deps: list[ParamsDependency] = [dep for dep in stage.deps if isinstance(dep, ParamsDependency)]
        causes = []
        for dep in deps:
            path = self.pipeline.path(dep)
            if not dep.exists:
                causes += [] if self.allow_missing else [_cause("dependency-missing", path)]
                continue
            prefix = "" if path == dep.DEFAULT_PARAMS_FILE else f"{path}:"
            for change in differences(dep.hash_info.value or {}, self._values.of(dep), dep.params):
                causes.append(_cause("param", prefix + change.key, change.before, change.after, str(change)))
        return causes

    def _dependencies(self, stage: "Stage") -> list[Cause]:
        from dvc.dependency.param import ParamsDependency

        causes = []
        for dep in stage.deps:
            state = None if isinstance(dep, ParamsDependency) else self._state(dep)
            before = [self.pipeline.stages[name] for name in self.pipeline.upstream[stage.addressing]]
            outs = [out for one in before for out in one.outs]
            if state and self.allow_missing and (state == "deleted" or _lacks_one(dep, outs)):
                outdated = any(out.fs_path == dep.fs_path and out.hash_info != dep.hash_info for out in outs)
                causes += [_cause("dependency-outdated", self.pipeline.path(dep))] if outdated else []
            elif state:
                kind = "dependency-missing" if state == "deleted" else "dependency-changed"
                causes.append(_cause(kind, self.pipeline.path(dep)))
        return causes

    def _outputs(self, stage: "Stage") -> list[Cause]:
        kinds = {"deleted": "output-missing", "not in cache": "output-not-in-cache"}
        states = [(out, self._state(out)) for out in stage.outs]
        return [
            _cause(kinds.get(state, "output-changed"), self.pipeline.path(out))
            for out, state in states
            if state and not (self.allow_missing and state in kinds)
        ]

    def _state(self, item: "Output") -> str | None:
        """``deleted``, ``modified``, ``not in cache`` …, as `item.status()` says; None if it is as in the lock."""
        from dvc.dependency.base import Dependency
        from dvc.output import Output

        if type(item) not in (Dependency, Output):
            return next(iter(item.status().values()), None)
        if item.use_cache and item.hash_info and item.changed_cache():
            return "not in cache"
        key = (item.fs_path, item.hash_name, item.IS_DEPENDENCY)
        if key not in self._hashes:
            self._hashes[key] = item.get_hash() if item.exists else ABSENT
        current = self._hashes[key]
        if current == ABSENT:
            return "deleted"
        return None if current == item.hash_info else "modified"


def _cause(kind: str, of: str = "", before: Any = None, after: Any = None, change: str = "") -> Cause:
    return Cause(kind, of, before, after, _TEXTS[kind].format(of=of, change=change))


def _lacks_one(dep: "Output", outs: Iterable["Output"]) -> bool:
    """Whether a directory is there, but not all that stages write into it: where Git tracks some file within, say."""
    return any(out.fs.isin(out.fs_path, dep.fs_path) and not out.exists for out in outs)


def _overlap(one: "Output", other: "Output") -> bool:
    return one.fs == other.fs and one.fs.overlaps(one.fs_path, other.fs_path)
