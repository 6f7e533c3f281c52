"""Weights, once: each distinct set is made by whoever needs it first, and shared by all others."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.files.locked import holding
from runner.packaging.blueprint import Blueprint
from runner.packaging.distinct import weights_key
from runner.packaging.storage import appearing, share_file
from runner.packaging.weights import WeightsReport
from runner.recipe.composing.composed import Composed
from runner.store.entry import Entry, is_shared, note, note_hashes, whole
from runner.store.garbage import lock_of
from runner.store.place import WEIGHTS, store_of


@dataclass(frozen=True)
class Weights:
    """A set of weights in the store.

    Args:
        key: Says everything that they depend on; empty for weights that are not kept there.
        place: Folder of their entry, there or not there yet.
    """

    key: str
    place: Path

    def put(self, write: Callable[[Path], WeightsReport], folder: Path) -> WeightsReport:
        """Put the weights into a folder; they are made only where they are not there yet.

        Whoever comes while they are being made waits, and takes what was made.

        Args:
            write: Writes them into the folder it is given.
            folder: Folder to put them in, as clones or hard links.

        Returns:
            How they were made, or that they were kept.

        Raises:
            OSError: The disk would not take it.
        """
        if not self.key:
            return write(folder)
        with holding(lock_of(self.place)):
            kept = whole(self.place)
            entry = kept or _made(self.place, write)
            _share(self.place, entry, folder)
        how = "weights kept" if kept else entry.how
        return WeightsReport(how, entry.bytes, kept is not None, entry.hashes)

    def note_hashes(self, hashes: Mapping[str, str]) -> None:
        """Note the hashes that were taken of the weights, for all others that share them.

        Args:
            hashes: SHA-256 of files, by name.
        """
        if self.key:
            with holding(lock_of(self.place)):
                note_hashes(self.place, hashes)


def weights_for(composed: Composed, parts: Blueprint, folder: Path, workdir: Path) -> Weights:
    """Give the weights that a point needs, there or not there yet.

    Args:
        composed: The composed recipe.
        parts: The parts of its model.
        folder: Folder of the point; one that lies in no output folder has its weights for itself.
        workdir: Folder of what is made for the run alone.
    """
    store = store_of(composed.name, folder)
    if store is None or not composed.recipe.save_pretrained:
        return Weights("", folder)
    key = weights_key(composed.recipe, parts, workdir)
    return Weights(key, store / WEIGHTS / key)


def _made(place: Path, write: Callable[[Path], WeightsReport]) -> Entry:
    """Make an entry; one whose files were changed since makes room for it."""
    with appearing(place) as staged:
        return note(staged, write(staged).how)


def _share(place: Path, entry: Entry, folder: Path) -> None:
    for name in entry.files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if is_shared(name):
            share_file(place / name, target)
        else:
            shutil.copy2(place / name, target)
