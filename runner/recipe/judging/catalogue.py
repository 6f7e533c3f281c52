"""The catalogue of findings: what each code means, what to do, and an example that yields it."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

EXAMPLE = "recipes/example.yaml"
"""Where the recipe of an example lies, in a folder of its own."""
_FILE = Path(__file__).with_suffix(".yaml")
_START = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}"


@dataclass(frozen=True)
class Entry:
    """A code.

    Args:
        means: What it says, in a sentence or two.
        do: What to do.
        recipe: The text of a recipe that yields it; empty where none does.
        command: What to type instead of ``validate`` on that recipe.
        files: Further files of the example, by path.
        shown: The message's form, where the example needs what is not everywhere.
    """

    means: str
    do: str
    recipe: str = ""
    command: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict[str, str])
    shown: str = ""

    @property
    def written(self) -> dict[str, str]:
        """The files of the example, the recipe among them."""
        return {**self.files, **({EXAMPLE: self.recipe} if self.recipe else {})}


@cache
def catalogue() -> dict[str, Entry]:
    """Give every code with its entry, in alphabetical order."""
    loaded: dict[str, dict[str, object]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {code: _entry(loaded[code]) for code in sorted(loaded)}


def _entry(values: dict[str, object]) -> Entry:
    given: dict[str, object] = dict(values)
    for name in ("recipe", "files"):
        if name in given:
            given[name] = _started(given[name])
    if isinstance(command := given.get("command"), list):
        given["command"] = tuple(map(str, command))
    return Entry(**given)  # pyright: ignore[reportArgumentType]


def _started(text: object) -> object:
    if isinstance(text, dict):
        return {name: _started(content) for name, content in text.items()}
    return str(text).replace("START", _START)


def write_example(entry: Entry, folder: Path) -> tuple[str, ...]:
    """Lay out the example of a code.

    Args:
        entry: The code's entry.
        folder: An empty folder.

    Returns:
        The arguments of the command line that shows it, in that folder; none for an entry that
        only tells.
    """
    for name, content in entry.written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return entry.command or (("validate", EXAMPLE) if entry.recipe else ())


def page(code: str, entry: Entry, shown: str = "") -> str:
    """Give the page of a code, in Markdown.

    Args:
        code: The code.
        entry: Its entry.
        shown: What its example printed; left out where empty.
    """
    parts = [f"# {code}", entry.means, f"**What to do.** {entry.do}"]
    for name, content in entry.written.items():
        parts.append(f"```yaml\n# {name}\n{content.rstrip()}\n```")
    if entry.command:
        words = " ".join(f"'{w}'" if set(w) & set("[]()*$ ") else w for w in entry.command)
        parts.append(f"```sh\npython -m runner {words}\n```")
    if said := shown or entry.shown:
        parts.append(f"```\n{said}\n```")
    return "\n\n".join(parts) + "\n"
