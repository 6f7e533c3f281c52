"""The language of sweep files: which points of a recipe there are, and how they are run."""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from runner.recipe.language.block import Block
from runner.recipe.language.sizes import Size

LauncherKind = Literal["local", "submitit", "ray"]
_HERE: LauncherKind = get_args(LauncherKind)[0]
OPTIONS_OF_FILES = (
    *("timeout_min", "cpus_per_task", "gpus_per_node", "slurm_account", "slurm_constraint"),
    *("slurm_gres", "slurm_partition", "slurm_qos", "slurm_time"),
)
"""Options of launchers that a sweep file may give; what could run code is not among them."""


class Launcher(Block):
    """Where the points of a sweep run.

    Args:
        kind: ``local`` (processes of this machine), ``submitit`` (jobs of a SLURM cluster) or
            ``ray`` (tasks of a Ray cluster).
        workers: How many points run at once, at most.
        memory: What all points that run at once may take together, such as ``16GB``; of a point
            it is known from its plan. What is free where absent.
        options: More of what the kind takes: of ``submitit`` the parameters of its executor, such
            as ``slurm_partition``, of ``ray`` the arguments of ``ray.init``. A sweep file may give
            those alone that run and send nothing; ``address`` and others go on the command line.
    """

    kind: LauncherKind = _HERE
    workers: int = Field(default=1, ge=1)
    memory: Size | None = None
    options: dict[str, Any] = Field(default_factory=dict)

    @property
    def is_here(self) -> bool:
        """Whether the points run on this machine, by the runner alone."""
        return self.kind == _HERE


class Pruning(Block):
    """When a search gives a point up: where the objective of the rows so far is worse than usual.

    A look is at the objective of as many rows as have an answer, and compares it with the median of
    the points before it after as many rows.

    Args:
        every: Rows of the dataset between two looks. Rows are answered in batches of 128, which are
            looked at as a whole.
        first: How many points are evaluated on all rows before any is given up.
    """

    every: int = Field(default=1000, ge=1)
    first: int = Field(default=4, ge=1)


class Search(Block):
    """A search for the best point: Optuna says which point is run next, from what the others gave.

    Args:
        space: For each key what it may be: a list of choices, or as Hydra writes them
            ``interval(0.1,1)`` for a number, ``range(1,50)`` for a whole one, and
            ``tag(log,interval(1,100))`` where its size counts.
        objectives: Metrics, by the names that gates have for them, and whether each is to be
            ``maximize`` or ``minimize``. Gates that do not pass are constraints.
        trials: How many points are run.
        seed: Seed of the choice.
        prune: Which points are not evaluated to the end. It takes one objective, a metric on the
            dataset. Where absent, every point is.
    """

    space: dict[str, Any] = Field(min_length=1)
    objectives: dict[str, Literal["maximize", "minimize"]] = Field(min_length=1)
    trials: int = Field(default=20, ge=1, le=10_000)
    seed: int = 0
    prune: Pruning | None = None


class Sweep(Block):
    """A sweep: the points of a recipe that are compared.

    The points are every combination of one value of each key of ``over``, one entry of ``points``
    and one place in the lists of ``pairs``, as far as ``where`` holds. Keys are dotted paths, as on
    the command line.

    Args:
        description: One line, shown by ``ls``.
        recipe: The recipe, or a list of recipes.
        over: A grid: for each key its values, as a list or as Hydra's ``range(1,4)`` or
            ``choice(a,b)``.
        points: A list of points, a mapping of keys to values each.
        pairs: Lists of one length, whose values go together by their place.
        repeat: How often each point is run, each time with another ``evaluation.seed``, from 0
            on: what differs among these differs by chance.
        where: Which points are wanted: a condition on what varies, such as ``dtype == 'float32'``.
        baseline: Values of the point that the others are compared with.
        launcher: Where the points run.
        search: A search instead of a list of points.
    """

    description: str = ""
    recipe: str | Annotated[list[str], Field(min_length=1)]
    over: dict[str, Any] = Field(default_factory=dict)
    points: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    pairs: dict[str, list[Any]] = Field(default_factory=dict[str, list[Any]])
    repeat: int = Field(default=1, ge=1, le=100)
    where: str | None = None
    baseline: dict[str, Any] = Field(default_factory=dict)
    launcher: Launcher = Field(default_factory=Launcher)
    search: Search | None = None

    @property
    def recipes(self) -> list[str]:
        """The recipes."""
        return [self.recipe] if isinstance(self.recipe, str) else self.recipe
