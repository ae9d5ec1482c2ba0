"""Find the stages that `dvc repro` would run, and the causes.

For DVC a stage is up to date if its command, dependencies, parameters and outputs are as `dvc.lock` records them. DVC
stops at the first difference; this module collects all differences, and hashes each file once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.workflow.staleness import code
from atelier.workflow.staleness.code import CodeManifests
from atelier.workflow.staleness.packages import packages_that_differ
from atelier.workflow.staleness.parameters import ParameterFiles, changes, describe
from atelier.workflow.staleness.pipeline import Pipeline, opened

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.stage import Stage

_ABSENT = object()
_TEXTS = {
    "never-run": "never run",
    "always": "runs always",
    "command": "command changed",
    "param": "{of} {change}",
    "dependency-changed": "{of} changed",
    "code-changed": "its code changed",
    "package-changed": "package {of}",
    "dependency-missing": "{of} missing",
    "source-missing": "{of} missing, and no stage writes it: bring it with dvc add, dvc import or dvc import-url",
    "dependency-outdated": "{of} is not what its own stage wrote, according to dvc.lock",
    "output-changed": "output {of} changed",
    "output-missing": "output {of} missing",
    "source-not-pulled": "output {of} missing (dvc pull fetches it)",
    "output-not-in-cache": "output {of} not in the cache (dvc pull fetches it)",
    "upstream": "upstream {of}",
}


@dataclass(frozen=True)
class Cause:
    """One reason why a stage would run.

    Attributes:
        kind: a key of `_TEXTS`.
        of: the path, parameter or stage that the cause is about; may be empty.
        before, after: values of a parameter; None for other kinds, and where there is no value.
        text: the cause in words.
    """

    kind: str
    of: str
    before: Any
    after: Any
    text: str


@dataclass(frozen=True)
class StaleStage:
    """A stage that would run, or may run.

    Attributes:
        certain: whether it has a cause of its own; otherwise it runs only if an upstream stage writes other data.
        causes: at least one.
    """

    stage: str
    certain: bool
    causes: tuple[Cause, ...]


def stale_stages(root: Path, targets: Iterable[str] = (), allow_missing: bool = False) -> list[StaleStage]:
    """Return the stages that `dvc repro TARGET…` would run, in its order, each with all causes.

    Args:
        root: the top of the repository.
        targets: see `pipeline.opened`.
        allow_missing: assume that missing data are as `dvc.lock` records them, as `dvc repro --allow-missing` does.
    """
    with opened(root, targets) as pipeline:
        return Staleness(pipeline, allow_missing).stale_stages()


class Staleness:
    """Compares the stages of an open pipeline with `dvc.lock`; remembers the hash of each file until `forget`."""

    def __init__(self, pipeline: Pipeline, allow_missing: bool = False) -> None:
        self.pipeline = pipeline
        self.allow_missing = allow_missing
        self._parameter_files = ParameterFiles()
        self._code = CodeManifests(pipeline)
        self._hashes: dict[tuple[str, str, bool], Any] = {}

    def stale_stages(self) -> list[StaleStage]:
        """Return the stages that would or may run, in the order of the pipeline."""
        found: dict[str, StaleStage] = {}
        for name, stage in self.pipeline.stages.items():
            # The outputs of the stage `code` are known before it runs.
            upstream = [before for before in self.pipeline.upstream[name] if before in found and before != code.STAGE]
            rewritten = self._outs(upstream)
            # Whether these dependencies change is known only after the upstream stages have run.
            undecided = {self.pipeline.path(dep) for dep in stage.deps if any(_overlap(dep, out) for out in rewritten)}
            own = [c for c in self.own_causes(name) if not (c.kind.startswith("dependency") and c.of in undecided)]
            if own or upstream:
                causes = (*own, *(_cause("upstream", before) for before in upstream))
                found[name] = StaleStage(name, bool(own), causes)
        return list(found.values())

    def own_causes(self, name: str) -> tuple[Cause, ...]:
        """Return how a stage itself differs from `dvc.lock`, with the files as they are now."""
        stage = self.pipeline.stages[name]
        if stage.frozen and not stage.is_import:
            # DVC does not run it; only its outputs can be missing.
            return tuple(c for c in self._outputs(stage) if c.kind in ("output-missing", "output-not-in-cache"))
        if stage.is_callback or stage.always_changed:
            return (_cause("always"),)
        if stage.cmd and not any(item.hash_info for item in (*stage.deps, *stage.outs)):
            return (_cause("never-run"), *self._missing_sources(stage))
        command = [_cause("command")] if stage.changed_stage() else []
        packages = [_cause("package-changed", package) for package in packages_that_differ(stage)]
        return (*command, *packages, *self._parameters(stage), *self._dependencies(stage), *self._outputs(stage))

    def forget(self, name: str) -> None:
        """Forget the hashes of a stage's outputs, after it has run."""
        outs = self.pipeline.stages[name].outs
        overlaps = self.pipeline.repo.fs.overlaps
        for key in [key for key in self._hashes if any(overlaps(key[0], out.fs_path) for out in outs)]:
            del self._hashes[key]

    def _outs(self, names: Iterable[str]) -> list["Output"]:
        return [out for name in names for out in self.pipeline.stages[name].outs]

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
            for change in changes(dep.hash_info.value or {}, self._parameter_files.values(dep), dep.params):
                key = prefix + ".".join(change.path)
                causes.append(_cause("param", key, change.before, change.after, describe(change)))
        return causes

    def _dependencies(self, stage: "Stage") -> list[Cause]:
        from dvc.dependency.param import ParamsDependency

        outs = self._outs(self.pipeline.upstream[stage.addressing])
        causes = []
        for dep in stage.deps:
            if self._code.names(dep):
                changed = self._code.changed_files(dep)
                paths = [_cause("dependency-changed", path) for path in changed or ()]
                causes += [_cause("code-changed")] if changed is None else paths
                continue
            state = None if isinstance(dep, ParamsDependency) else self._state(dep)
            if state and self.allow_missing and (state == "deleted" or _is_incomplete(dep, outs)):
                outdated = any(out.fs_path == dep.fs_path and out.hash_info != dep.hash_info for out in outs)
                causes += [_cause("dependency-outdated", self.pipeline.path(dep))] if outdated else []
            elif state:
                kind = "dependency-missing" if state == "deleted" else "dependency-changed"
                causes.append(_cause(kind, self.pipeline.path(dep)))
        return causes

    def _missing_sources(self, stage: "Stage") -> list[Cause]:
        """Return the dependencies of a stage that are missing and that no stage writes, so that it cannot run."""
        from dvc.dependency.param import ParamsDependency

        outs = self._outs(self.pipeline.upstream[stage.addressing])
        missing = [
            dep
            for dep in stage.deps
            if not isinstance(dep, ParamsDependency) and not dep.exists and not any(_overlap(dep, out) for out in outs)
        ]
        return [_cause("source-missing", self.pipeline.path(dep)) for dep in missing]

    def _outputs(self, stage: "Stage") -> list[Cause]:
        deleted = "source-not-pulled" if stage.is_data_source else "output-missing"
        kinds = {"deleted": deleted, "not in cache": "output-not-in-cache"}
        states = [(out, self._state(out)) for out in stage.outs]
        return [
            _cause(kinds.get(state, "output-changed"), self.pipeline.path(out))
            for out, state in states
            if state and not (self.allow_missing and state in kinds)
        ]

    def _state(self, item: "Output") -> str | None:
        """Return ``deleted``, ``modified``, ``not in cache`` …, as `item.status()` does; None if up to date."""
        from dvc.dependency.base import Dependency
        from dvc.output import Output

        if type(item) not in (Dependency, Output):
            return next(iter(item.status().values()), None)
        if item.use_cache and item.hash_info and item.changed_cache():
            return "not in cache"
        key = (item.fs_path, item.hash_name, item.IS_DEPENDENCY)
        if key not in self._hashes:
            self._hashes[key] = item.get_hash() if item.exists else _ABSENT
        current = self._hashes[key]
        if current is _ABSENT:
            return "deleted"
        return None if current == item.hash_info else "modified"


def _cause(kind: str, of: str = "", before: Any = None, after: Any = None, change: str = "") -> Cause:
    return Cause(kind, of, before, after, _TEXTS[kind].format(of=of, change=change))


def _is_incomplete(dep: "Output", outs: Iterable["Output"]) -> bool:
    """Return whether a directory lacks some of the outputs inside it; others may exist because Git tracks them."""
    return any(out.fs.isin(out.fs_path, dep.fs_path) and not out.exists for out in outs)


def _overlap(one: "Output", other: "Output") -> bool:
    return one.fs == other.fs and one.fs.overlaps(one.fs_path, other.fs_path)
