"""Read the versions of models: Git tags that GTO creates (`mnist-vae@v1.2.0`, `mnist-vae#prod#1`)."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Version:
    """A registered version of a run's model.

    Attributes:
        run: the run, which is also GTO's artifact name.
        version: as in its tag, ``v1.2.0``.
        stages: the stages that it is assigned to now, such as ``prod``, in alphabetical order.
        commit: the full hash of the tagged commit.
        registered: when the tag was created.
    """

    run: str
    version: str
    stages: tuple[str, ...]
    commit: str
    registered: datetime


def versions(root: Path, run: str | None = None) -> list[Version]:
    """Return the versions of one run or of all, sorted by run; newest (by semantic versioning) first.

    Raises:
        ValueError: `root` is not a Git repository, or GTO cannot read its tags.
    """
    # GTO takes half a second to load, and most commands do not need it.
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
    return [version for version in found if run in (None, version.run)]
