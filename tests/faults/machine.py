"""A machine for faults: a disk of its own that can be full, and processes that cost no imports.

The disk is a real file system in memory (``tmpfs``), seen by this process and its children alone;
it goes when they end.
"""

import ctypes
import gc
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000
_PRIVATE_BELOW, _REMOUNT, _READ_ONLY, _DETACH = 0x40000 | 0x4000, 32, 1, 2
_LARGE = 2**30


def own_mounts() -> None:
    """Mount from now on for this process alone; as root, or where users may have namespaces."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEW_MOUNTS | (0 if user == 0 else _NEW_USERS)):
        raise OSError(ctypes.get_errno(), "no namespace of its own for mounts")
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    _mount(libc, "/", None, _PRIVATE_BELOW, "")


@dataclass(frozen=True)
class Disk:
    """A disk with a home and a folder for temporary files.

    Args:
        folder: Where it is.
    """

    folder: Path

    @property
    def home(self) -> Path:
        """The folder that commands run in."""
        return self.folder / "home"

    @property
    def temporary(self) -> Path:
        """The folder for temporary files."""
        return self.folder / "tmp"

    def renew(self, state: Path | None) -> None:
        """Begin with an empty disk, or with what another one had."""
        libc = ctypes.CDLL(None, use_errno=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.remove()
        _mount(libc, str(self.folder), "tmpfs", 0, f"size={_LARGE}")
        if state:
            shutil.copytree(state, self.home, symlinks=True)
        else:
            self.home.mkdir()
        self.temporary.mkdir()

    def remove(self) -> None:
        """Take the disk away, with all there is on it."""
        ctypes.CDLL(None).umount2(os.fsencode(self.folder), _DETACH)

    @property
    def used(self) -> int:
        """How many bytes are used."""
        found = os.statvfs(self.folder)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    def refuse_writes(self, *, refused: bool = True) -> None:
        """Let the disk be read-only, or not any more."""
        libc = ctypes.CDLL(None, use_errno=True)
        how = _REMOUNT | _READ_ONLY if refused else _REMOUNT
        _mount(libc, str(self.folder), "tmpfs", how, "")

    def leave_room(self, room: int | None) -> None:
        """Let so many bytes be free, in whole pages; all there are without a number."""
        size = _LARGE if room is None else self.used + room
        libc = ctypes.CDLL(None, use_errno=True)
        _mount(libc, str(self.folder), "tmpfs", _REMOUNT, f"size={size}")


def _mount(libc: ctypes.CDLL, where: str, kind: str | None, flags: int, options: str) -> None:
    named = kind.encode() if kind else None
    if libc.mount(b"none", where.encode(), named, flags, options.encode()):
        raise OSError(ctypes.get_errno(), f"{where} cannot be mounted")


def import_all() -> None:
    """Import what commands need, once for all processes that are forked from this one."""
    import importlib
    import pkgutil
    import warnings

    warnings.filterwarnings("ignore")
    import torch

    import runner

    torch.set_num_threads(1)  # threads of OpenMP do not live in forks
    for module in pkgutil.walk_packages(runner.__path__, "runner."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in (
        *("mlflow.transformers", "mlflow.pyfunc", "peft", "transformers.pipelines"),
        *("transformers.models.gpt2.modeling_gpt2", "transformers.models.bert.modeling_bert"),
        *("mlflow.store.tracking.sqlalchemy_store", "mlflow.store.model_registry.sqlalchemy_store"),
        *("mlflow.store.tracking.rest_store", "alembic.command", "sqlite3"),
    ):
        importlib.import_module(name)
    gc.freeze()


def warm_up(folder: Path) -> None:
    """Run once in this process what forks would each do for the first time.

    Args:
        folder: A folder with recipes; it gets a store of its own, which no fork asks.
    """
    from contextlib import chdir, redirect_stderr, redirect_stdout
    from io import StringIO

    from runner.cli import main

    store = f"tracking.uri=sqlite:///{folder}/warm.db"
    said = StringIO()
    with chdir(folder), redirect_stdout(said), redirect_stderr(said):
        lines = (["+recipe=good", "signing.key=key.pem"], ["+recipe=scored"], ["+recipe=plain"])
        ends = [main([*line, store]) for line in lines]
    if any(ends):
        raise RuntimeError(said.getvalue())
    gc.collect()
    gc.freeze()
