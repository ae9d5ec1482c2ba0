"""Versions of models: the Git tags that GTO makes (`mnist-vae@v1.2.0`, `mnist-vae#prod#1`), read by GTO itself."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Version:
    """A registered version of a run's model.

    Attributes:
        run: the artifact's name, which is the run's.
        version: as in its tag, ``v1.2.0``.
        stages: those that it is assigned to now, such as ``prod``, in the order of the alphabet.
        commit: the full hash of the tagged commit.
        registered: when the tag was made.
    """

    run: str
    version: str
    stages: tuple[str, ...]
    commit: str
    registered: datetime


def versions(root: Path) -> list[Version]:
    """Every registered version, by run, the newest (by semantic versioning) first.

    Args:
        root: the checkout.

    Raises:
        ValueError: it is no Git repository, or GTO cannot read its tags.
    """
    # Imported here: GTO takes half a second to load, and a plain run needs none of it.
    from gto.exceptions import GTOException
    from gto.registry import GitRegistry
    from scmrepo.exceptions import SCMError

    found = []
    try:
        with GitRegistry.from_url(str(root)) as registry:
            for name, artifact in sorted(registry.get_state().get_artifacts().items()):
                assigned = artifact.get_vstages(registered_only=True)
                for version in artifact.get_versions(include_non_explicit=False):
                    stages = {stage for stage, at in assigned.items() if version.version in {v.version for v in at}}
                    found.append(
                        Version(name, version.version, tuple(sorted(stages)), version.commit_hexsha, version.created_at)
                    )
    except (GTOException, SCMError) as error:
        raise ValueError(f"{root}: its versions cannot be read: {' '.join(str(error).split())}") from None
    return found


def chosen(root: Path, run: str, which: str) -> Version | None:
    """The version of `run` that is called `which`: its number, a stage it is assigned to, or ``latest``.

    Returns:
        None where no version is called so, as when `which` is a commit.
    """
    own = [version for version in versions(root) if version.run == run]
    if which == "latest":
        return own[0] if own else None
    return next((version for version in own if which == version.version or which in version.stages), None)
