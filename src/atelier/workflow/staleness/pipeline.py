"""Open a DVC pipeline: its stages in the order of `dvc repro`, and the upstream stages of each."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.core import recordable, similar
from atelier.workflow import dvc_repo

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage


@dataclass(frozen=True)
class Pipeline:
    """The stages of an open DVC repository.

    Attributes:
        stages: each stage by its name, in the order of `dvc repro`.
        upstream: for each stage, the stages that write its dependencies; empty for a frozen stage, as in `dvc repro`.
    """

    repo: "Repo"
    stages: Mapping[str, "Stage"]
    upstream: Mapping[str, tuple[str, ...]]

    def path(self, item: Any) -> str:
        """Return the path of an output or dependency, relative to the repository if it is inside."""
        inside = item.fs.protocol == "local" and item.fs.isin_or_eq(item.fs_path, self.repo.root_dir)
        return str(item.fs.relpath(item.fs_path, self.repo.root_dir) if inside else item)


@contextmanager
def opened(root: Path, targets: Iterable[str] = ()) -> Iterator[Pipeline]:
    """Open the stages that `dvc repro TARGET…` considers: the targets and all stages upstream of them.

    Inside the block `root` is the working directory, because DVC's names and paths are relative to it.

    Args:
        root: the top of the repository, where its `dvc.yaml` is.
        targets: as `dvc repro` takes them: stages, names of a `foreach`, files; none means all of `dvc.yaml`.

    Raises:
        ValueError: DVC cannot read the repository, cannot record an output of these stages, or a target does not exist.
    """
    with chdir(root), dvc_repo.opened(root) as repo:
        # Imported here, after `opened` has turned a missing repository into a `ValueError`.
        from dvc.repo.reproduce import get_active_graph, plan_repro

        graph = get_active_graph(repo.index.graph)
        found = _find_targets(repo, list(targets))
        wanted = set(plan_repro(graph, found) if found else ())
        # For a few targets, DVC walks a set, in an order that differs between processes. The order of the whole graph
        # is one of DVC's possible orders.
        order = [stage for stage in plan_repro(graph) if stage in wanted]
        _require_recordable(repo, order)
        upstream = {stage.addressing: tuple(s.addressing for s in graph.successors(stage)) for stage in order}
        yield Pipeline(repo, {stage.addressing: stage for stage in order}, upstream)


def _require_recordable(repo: "Repo", stages: Iterable["Stage"]) -> None:
    # Git tracks the others, such as metrics.json.
    outs = [Path(out.fs_path) for stage in stages for out in stage.outs if out.use_scm_ignore]
    root = Path(repo.root_dir)
    recordable.require_places(root, [out.parent for out in outs])
    recordable.require_untracked(root, outs)


def _find_targets(repo: "Repo", targets: list[str]) -> list["Stage"]:
    from dvc.exceptions import DvcException

    known = {stage: stage for stage in repo.index.stages}
    if not targets:
        return [stage for stage in known if Path(stage.path) == Path(repo.root_dir, "dvc.yaml")]
    found = []
    for target in targets:
        named = [stage for stage in known if target in (stage.addressing, _group(stage))]
        if not named:
            try:
                # DVC takes `@` without a name for the whole pipeline.
                named = [known[stage] for stage in repo.stage.collect(target if target.strip("@:") else "''")]
            except DvcException:
                names = [name for stage in known for name in (stage.addressing, _group(stage)) if name]
                groups = ", ".join(dict.fromkeys(name.partition("@")[0] for name in names))
                hint = similar.suggestion(target, names) or f"; the stages are: {groups}"
                raise ValueError(f"no stage {target!r}{hint}") from None
        found += named
    return found


def _group(stage: "Stage") -> str | None:
    """Return the name of the `foreach` that generated a stage of the top `dvc.yaml`."""
    return stage.raw_data.generated_from if stage.addressing == getattr(stage, "name", None) else None
