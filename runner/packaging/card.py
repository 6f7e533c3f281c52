"""Model card and licence of a model, from what its source brought along; never from the network."""

import shutil
from pathlib import Path

from huggingface_hub import ModelCard

from runner.errors import raise_if_ours
from runner.sources import Checkpoint
from runner.sources.checkpoint.folder import FRONT_MATTER
from runner.sources.checkpoint.untrusted import parse_front_matter

_CARD_FILES = ("model_card.md", "model_card_data.yaml")
_LICENSE_FILE = "LICENSE.txt"


def card_of(written: str | None, file: Path | None, checkpoint: Checkpoint) -> ModelCard | None:
    """Give the model card to store: the recipe's own, else the source's.

    Args:
        written: What the recipe says of it.
        file: The file that it names, where it names one.
        checkpoint: Where the weights came from.
    """
    if written is None:
        return read_card(checkpoint)
    text = file.read_text(encoding="utf-8") if file else written
    return _card(text)


def read_card(checkpoint: Checkpoint) -> ModelCard | None:
    """Read the model card of a checkpoint; nothing where it has none."""
    readme = checkpoint.folder / "README.md"
    if not readme.is_file():
        return None
    return _card(readme.read_text(encoding="utf-8", errors="replace"))


def _card(text: str) -> ModelCard:
    """Make a card; what it says of itself is left out where it is not to be read."""
    front = FRONT_MATTER.match(text)
    plain = text[front.end() :] if front else text
    if front and not parse_front_matter(front[1]):
        return ModelCard(plain)
    try:
        return ModelCard(text, ignore_metadata_errors=True)
    except Exception as error:  # of YAML, and of dates and the like in it
        raise_if_ours(error)
        return ModelCard(plain)


def write_license(checkpoint: Checkpoint, card: ModelCard | None, model: Path) -> None:
    """Write what is known of the licence, and drop what MLflow wrote of a card that is none.

    Args:
        checkpoint: Where the weights came from.
        card: The model card that is stored, where there is one; its licence is not the weights'.
        model: The model folder, as MLflow left it. MLflow's LICENSE.txt cites a hub page for any
            source, also one that does not exist; this replaces it.
    """
    if card is None:
        for name in _CARD_FILES:
            (model / name).unlink(missing_ok=True)
    target = model / _LICENSE_FILE
    found = sorted(p for p in checkpoint.folder.glob("LICENSE*") if p.is_file())
    if found:
        shutil.copyfile(found[0], target)
        return
    own = read_card(checkpoint)
    declared = checkpoint.license or getattr(own and own.data, "license", None)
    if declared:
        text = f"The licence declared for {checkpoint.told} is: {declared}\n"
    else:
        text = f"{checkpoint.told} declares no licence.\n"
    target.write_text(text, encoding="utf-8")
