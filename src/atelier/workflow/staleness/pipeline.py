"""The pipeline as DVC sees it: its stages in the order of `dvc repro`, and the upstream stages of each."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.workflow import dvc_repo

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage


@dataclass(frozen=True)
class Pipeline:
    """The stages of an open DVC repository.

    Attributes:
        repo: the repository.
        stages: each stage by its name, in the order of `dvc repro`.
        upstream: for each stage, the stages that write what it reads; empty for a frozen stage, as in `dvc repro`.
    """

    repo: "Repo"
    stages: Mapping[str, "Stage"]
    upstream: Mapping[str, tuple[str, ...]]

    def path(self, item: Any) -> str:
        """Return the path of an output or dependency: relative to the repository if it is inside."""
        inside = item.fs.protocol == "local" and item.fs.isin_or_eq(item.fs_path, self.repo.root_dir)
        return str(item.fs.relpath(item.fs_path, self.repo.root_dir) if inside else item)


@contextmanager
def opened(root: Path, targets: Iterable[str] = ()) -> Iterator[Pipeline]:
    """Open the stages that `dvc repro TARGET…` considers: the targets and all stages upstream of them.

    The working directory is `root` inside the block, because DVC's names and paths are relative to it.

    Args:
        root: the top of the repository, where its `dvc.yaml` is.
        targets: as `dvc repro` takes them: stages, names of a `foreach`, files; none means all of `dvc.yaml`.

    Raises:
        ValueError: DVC cannot read the repository, or a target does not exist.
    """
    with chdir(root), dvc_repo.opened(root) as repo:
        # Loads DVC: only after `opened` has turned a missing repository into one line.
        from dvc.repo.reproduce import get_active_graph

        graph = get_active_graph(repo.index.graph)
        order = _order(graph, _find_targets(repo, list(targets)))
        upstream = {stage.addressing: tuple(s.addressing for s in graph.successors(stage)) for stage in order}
        yield Pipeline(repo, {stage.addressing: stage for stage in order}, upstream)


def _order(graph: Any, targets: list["Stage"]) -> list["Stage"]:
    """Return the stages in the order of `dvc.repo.reproduce.plan_repro`.

    DVC walks the subgraph of a few targets as a set, in an order that differs between processes. Here the order is
    always that of the whole graph, which is one of DVC's possible orders.
    """
    wanted = set(_walk(graph, targets))
    return list(_walk(graph, [stage for stage in graph if stage in wanted]))


def _walk(graph: Any, starts: Iterable["Stage"]) -> Iterator["Stage"]:
    """Yield every stage that can be reached, each after all its upstream stages."""
    seen: set[Stage] = set()

    def walk(stage: "Stage") -> Iterator["Stage"]:
        if stage not in seen:
            seen.add(stage)
            for before in graph.successors(stage):
                yield from walk(before)
            yield stage

    for start in starts:
        yield from walk(start)


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
                named = [known[stage] for stage in repo.stage.collect(target)]
            except DvcException:
                names = dict.fromkeys(name for stage in known for name in (stage.addressing, _group(stage)) if name)
                raise ValueError(_unknown(target, list(names))) from None
        found += named
    return found


def _group(stage: "Stage") -> str | None:
    """Return the name of the `foreach` that generated a stage of the top `dvc.yaml`."""
    return stage.raw_data.generated_from if stage.addressing == getattr(stage, "name", None) else None


def _unknown(target: str, names: list[str]) -> str:
    similar = difflib.get_close_matches(target, names, n=4, cutoff=0.5)
    if similar:
        return f"no stage {target!r}; similar names: {', '.join(similar)}"
    groups = dict.fromkeys(name.partition("@")[0] for name in names)
    return f"no stage {target!r}; the stages are: {', '.join(groups)}"
