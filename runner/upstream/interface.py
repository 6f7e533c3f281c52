"""A name that another project does not promise to keep, and where it was seen."""

import inspect
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from typing import Any

from runner.machine.libraries import installed
from runner.upstream.errors import Moved


@dataclass(frozen=True)
class Interface:
    """A private name of a library.

    Args:
        library: Its distribution.
        seen: Versions in which the name was seen to be as it is used: ``3.17.0 to 3.17.2``.
        module: The module that has it.
        name: The name in the module, dotted where it is inside something.
        takes: The parameters by which it is called.
        needed: Versions that it is used with; all where empty.
    """

    library: str
    seen: str
    module: str
    name: str
    takes: tuple[str, ...] = ()
    needed: str = ""

    @property
    def is_needed(self) -> bool:
        """Whether the installed version of the library is one that it is used with."""
        from packaging.specifiers import SpecifierSet  # which `validate` would wait for

        return SpecifierSet(self.needed).contains(installed(self.library), prereleases=True)

    def get(self) -> Any:
        """Give what the name stands for.

        Raises:
            Moved: It is not there, or does not take what it took.
        """
        try:
            start: Any = import_module(self.module)
            found: Any = reduce(getattr, self.name.split("."), start)
        except (ImportError, AttributeError) as error:
            raise self.moved("is not there") from error
        if self.takes:
            has = inspect.signature(found).parameters
            if lacking := [name for name in self.takes if name not in has]:
                raise self.moved(f"does not take `{'`, `'.join(lacking)}`")
        return found

    def of(self, thing: object) -> Any:
        """Give what a thing has by the last part of the name.

        Args:
            thing: Of the kind that the name is of.

        Raises:
            Moved: It has nothing by that name.
        """
        attribute = self.name.rpartition(".")[2]
        try:
            return getattr(thing, attribute)
        except AttributeError as error:
            kind = thing if isinstance(thing, type) else type(thing)
            raise self.moved(f"is not there on {kind.__name__}") from error

    def moved(self, how: str) -> Moved:
        """Make the error of an interface that is not as it was.

        Args:
            how: How it is, as a sentence goes on.
        """
        return Moved(
            f"this version of {self.library}, {installed(self.library) or 'none'}, is not known to "
            f"work: `{self.module}.{self.name}` {how}; it was seen in {self.seen}",
            f"Install a version of {self.library} from {self.seen}.",
        )
