"""Model card and licence of a model, from what its source brought along; never from the network."""

import shutil
from pathlib import Path

from huggingface_hub import ModelCard

from runner.sources import Checkpoint

_CARD_FILES = ("model_card.md", "model_card_data.yaml")
_LICENSE_FILE = "LICENSE.txt"


def read_card(checkpoint: Checkpoint) -> ModelCard | None:
    """Read the model card of a checkpoint; nothing where it has none."""
    readme = checkpoint.folder / "README.md"
    if not readme.is_file():
        return None
    return ModelCard(readme.read_text(encoding="utf-8"), ignore_metadata_errors=True)


def write_license(checkpoint: Checkpoint, card: ModelCard | None, model: Path) -> None:
    """Write what is known of the licence, and drop what MLflow wrote of a card that is none.

    Args:
        checkpoint: Where the weights came from.
        card: Its model card, where it has one.
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
    declared = checkpoint.license or getattr(card and card.data, "license", None)
    if declared:
        text = f"The licence declared for {checkpoint.name} is: {declared}\n"
    else:
        text = f"{checkpoint.name} declares no licence.\n"
    target.write_text(text, encoding="utf-8")
