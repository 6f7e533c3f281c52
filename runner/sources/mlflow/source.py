"""``kind: mlflow``: an MLflow model, packaged anew: another dtype, template or params."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field

from runner.files.states import states_of
from runner.findings import Finding
from runner.pyfunc.sentences import FOLDER as SENTENCES
from runner.sources.base import Checkpoint, Source, SourceContext
from runner.sources.checkpoint.folder import declared_license, insist_on_weights
from runner.sources.checkpoint.inside import insist_inside
from runner.sources.checkpoint.own_form import keeps_own_form
from runner.sources.mlflow.location import fetch_model, is_model_uri, location_of
from runner.sources.mlflow.peft import FOLDER as ADAPTER
from runner.sources.mlflow.peft import unmark
from runner.sources.mlflow.references import referenced

_CARD = ("model_card_data.yaml", "model_card.md")
_LICENSE = "LICENSE.txt"


class MlflowSource(Source, frozen=True):
    """A model in MLflow's ``transformers`` flavor, or one that the runner made.

    Args:
        kind: Always ``mlflow``.
        uri: ``models:/name/version``, ``models:/m-…``, ``runs:/run/name``, or the path of a model
            folder, absolute or relative to the recipe file that names it.
    """

    name_field = path_field = "uri"
    example = {"kind": "mlflow", "uri": "models:/assistant/3"}
    code_stays = True
    may_bring_adapter = True

    kind: Literal["mlflow"]
    uri: str = Field(min_length=1)

    def check(self, folder: Path, component: str = "model") -> Iterable[Finding]:
        """Find a URI of the wrong form, and a path that is no model."""
        if not is_model_uri(self.uri):
            remedy = "Write models:/name/version, runs:/run/name, or a path."
            yield Finding("bad-model-uri", f"`{self.uri}` is no model's URI.", remedy, ("uri",))
        elif self._is_path and not (self._path(folder) / "MLmodel").is_file():
            message = f"{self._path(folder)} is no MLflow model: it has no MLmodel."
            yield Finding("source-missing", message, "Name the model's folder.", ("uri",))

    def resolve(self, context: SourceContext) -> Checkpoint:
        """Put the parts of the model together as a checkpoint; what it references is fetched."""
        given = str(self._path(context.folder)) if self._is_path else self.uri
        location = location_of(given, context.tracking_uri)
        target = context.workdir / f"mlflow-{context.component}"
        if not target.is_dir():
            fetched = context.workdir / f"fetched-{context.component}"
            fetched.mkdir(exist_ok=True)
            model = fetch_model(location, fetched, context.tracking_uri)
            self._assemble(model, target, context)
        adapter = target / ADAPTER
        if context.component == "adapter" and adapter.is_dir():
            insist_on_weights(adapter, None, context.component)
            return Checkpoint(adapter, self.kind, self.uri)
        if context.weights and not (context.allow_pickle and keeps_own_form(target)):
            insist_on_weights(target, None, context.component)
        with_it = context.component == "model" and adapter.is_dir()
        return Checkpoint(
            folder=target,
            kind=self.kind,
            name=self.uri,
            license=declared_license(target),
            adapter=Checkpoint(adapter, self.kind, self.uri) if with_it else None,
        )

    @property
    def relative_path(self) -> str:
        """The path that it names instead of a model on a server, where it is relative."""
        return super().relative_path if self._is_path else ""

    def present_state(self, context: SourceContext) -> str | None:
        """Look at the files of a folder; what a server names only that can tell."""
        if not self._is_path:
            return None
        folder = self._path(context.folder)
        return f"{folder} {states_of(folder)}" if (folder / "model").is_dir() else None

    def tokenizer_folder(self, folder: Path) -> Path | None:
        """Give the tokenizer of a model that is a folder."""
        return self._path(folder) / "components" / "tokenizer" if self._is_path else None

    @property
    def _is_path(self) -> bool:
        return not self.uri.startswith(("runs:/", "models:/")) and "://" not in self.uri

    def _path(self, base: Path) -> Path:
        return Path(os.path.abspath(base / os.path.expanduser(self.uri)))

    def _assemble(self, model: Path, target: Path, context: SourceContext) -> None:
        insist_inside(model, (path.relative_to(model).as_posix() for path in model.rglob("*")))
        target.mkdir(parents=True, exist_ok=True)
        folders = sorted((model / "components").glob("*"))
        for folder in [*folders, model / "model", model / SENTENCES]:
            for file in folder.rglob("*") if folder.is_dir() else ():
                self._link(file, target / file.relative_to(folder))
        if (model / _LICENSE).is_file():
            shutil.copyfile(model / _LICENSE, target / _LICENSE)
        cards = [model / name for name in _CARD]
        if all(card.is_file() for card in cards):
            data, text = (card.read_text(encoding="utf-8", errors="replace") for card in cards)
            (target / "README.md").write_text(f"---\n{data}---\n{text}", encoding="utf-8")
        if not (model / "model").is_dir():
            source = referenced(model)
            wanted = context.weights
            base = source.resolve(context) if wanted else source.survey(context).checkpoint
            for file in base.folder.rglob("*"):
                if not (target / file.relative_to(base.folder)).exists():
                    self._link(file, target / file.relative_to(base.folder))
        if (model / ADAPTER).is_dir():
            for file in (model / ADAPTER).rglob("*"):
                self._link(file, target / ADAPTER / file.relative_to(model / ADAPTER))
            if context.component == "model":
                unmark(target)

    def _link(self, file: Path, target: Path) -> None:
        if file.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.symlink_to(file.resolve())
