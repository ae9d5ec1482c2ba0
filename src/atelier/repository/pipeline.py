"""The pipeline as DVC sees it: its stages in the order of `dvc repro`, and what each of them comes after."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage


@dataclass(frozen=True)
class Pipeline:
    """Stages of a repository, for as long as it is open.

    Attributes:
        repo: DVC's view of the repository.
        stages: each stage by its name, in the order in which `dvc repro` comes to them.
        upstream: the stages that write what a stage reads; none for a frozen one, as in `dvc repro`.
    """

    repo: "Repo"
    stages: Mapping[str, "Stage"]
    upstream: Mapping[str, tuple[str, ...]]

    def path(self, item: Any) -> str:
        """Where an output or a dependency lies, from the top of the repository on if it is within."""
        inside = item.fs.protocol == "local" and item.fs.isin_or_eq(item.fs_path, self.repo.root_dir)
        return str(item.fs.relpath(item.fs_path, self.repo.root_dir) if inside else item)


@contextmanager
def opened(root: Path, targets: Iterable[str] = ()) -> Iterator[Pipeline]:
    """The stages that `dvc repro TARGET…` would look at: the targets and all that they come after.

    The working directory is `root` meanwhile, since DVC's names and paths are relative to it.

    Args:
        root: the top of the repository, where its `dvc.yaml` lies.
        targets: as `dvc repro` takes them: stages, names of a `foreach`, files; none: all of `dvc.yaml`.

    Raises:
        ValueError: DVC cannot read the repository, or there is no such target.
    """
    # Imported here: DVC takes a third of a second to load.
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.repo.reproduce import get_active_graph

    with chdir(root):
        try:
            with Repo(str(root), _wait_for_lock=True) as repo:
                graph = get_active_graph(repo.index.graph)
                order = _order(graph, _targets(repo, list(targets)))
                upstream = {stage.addressing: tuple(s.addressing for s in graph.successors(stage)) for stage in order}
                yield Pipeline(repo, {stage.addressing: stage for stage in order}, upstream)
        except DvcException as error:
            raise ValueError(_one_line(error)) from error


def _order(graph: Any, targets: list["Stage"]) -> list["Stage"]:
    """The stages in the order of `dvc.repo.reproduce.plan_repro`.

    DVC walks a view of the graph that lists few stages as a set, and so in an order that differs from process to
    process. Here they are always listed as the graph has them, which is one of DVC's orders, and its only one where
    the targets reach half of the graph.
    """
    wanted = set(_walk(graph, targets))
    return list(_walk(graph, [stage for stage in graph if stage in wanted]))


def _walk(graph: Any, starts: Iterable["Stage"]) -> Iterator["Stage"]:
    """Every stage that is reached, behind all that it comes after."""
    seen: set[Stage] = set()

    def walk(stage: "Stage") -> Iterator["Stage"]:
        if stage not in seen:
            seen.add(stage)
            for before in graph.successors(stage):
                yield from walk(before)
            yield stage

    for start in starts:
        yield from walk(start)


def _targets(repo: "Repo", targets: list[str]) -> list["Stage"]:
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
    """The name of the `foreach` that a stage of the top `dvc.yaml` is one of."""
    return stage.raw_data.generated_from if stage.addressing == getattr(stage, "name", None) else None


def _unknown(target: str, names: list[str]) -> str:
    near = difflib.get_close_matches(target, names, n=4, cutoff=0.5)
    if near:
        return f"no stage {target!r}; near are: {', '.join(near)}"
    groups = dict.fromkeys(name.partition("@")[0] for name in names)
    return f"no stage {target!r}; there are: {', '.join(groups)}"


def _one_line(error: Exception) -> str:
    """What DVC says, and, where that is about another error, what that says."""
    said = [str(error), str(error.__cause__ or "")]
    return ": ".join(" ".join(words.split()) for words in said if words) or type(error).__name__
