"""What a promotion did, noted beside the record, so that it can be taken back."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from runner.files.disk import failing_as_storage, write_whole

NOTE_FILE = "promoted.json"


class Promotion(BaseModel):
    """What a promotion did.

    Args:
        uri: Tracking URI, without credentials.
        name: Registered model name.
        version: The version.
        alias: The alias that points at it; empty where none was set.
        alias_before: The version that had the alias before; empty where none had.
        recipe: The recipe's file, absolute; empty where it was not changed.
        before: What the file said.
        after: What it says since.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True)

    uri: str
    name: str
    version: str
    alias: str = ""
    alias_before: str = ""
    recipe: str = ""
    before: str = ""
    after: str = ""

    def write(self, folder: Path) -> None:
        """Note it beside the record.

        Args:
            folder: Folder of the point.

        Raises:
            StorageError: The disk would not take it.
        """
        with failing_as_storage(folder):
            write_whole(folder / NOTE_FILE, self.model_dump_json(indent=2) + "\n")


def read_promotion(folder: Path) -> Promotion | None:
    """Read what a promotion did; None where nothing was promoted.

    Args:
        folder: Folder of the point.
    """
    try:
        text = (folder / NOTE_FILE).read_text(encoding="utf-8")
        return Promotion.model_validate_json(text)
    except (OSError, ValidationError):
        return None
