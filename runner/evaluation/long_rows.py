"""Inputs longer than the model, natively as the pyfunc has it, and heard of in the proof."""

import logging
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from runner.pyfunc import lengths
from runner.pyfunc.loading import Parts
from runner.pyfunc.media import audio_of
from runner.pyfunc.room import Room
from runner.pyfunc.upstream import usual_generation
from runner.recipe.language.models import Recipe
from runner.tasks import Column
from runner.tasks.base import Call

_ROW = re.compile(r"\brow (\d+)")


class NativeLengths:
    """What a caller of a pipeline does so that long rows are cut or refused as the pyfunc does it.

    Args:
        pipeline: The pipeline; its tokenizer learns where the model ends.
        recipe: The recipe.
    """

    def __init__(self, pipeline: Any, recipe: Recipe) -> None:
        self._task = recipe.contract
        self._pipeline = pipeline
        tokenizer = getattr(pipeline, "tokenizer", None)
        self._parts = Parts(
            task=self._task.name,
            adapter="",
            pipeline_task=self._task.pipeline_task,
            model=pipeline.model,
            components={
                "tokenizer": tokenizer,
                "feature_extractor": getattr(pipeline, "feature_extractor", None),
            },
            columns=(),
            prompt_template=None,
            name="",
            truncation=recipe.evaluation.truncation,
        )
        lengths.bound(tokenizer, pipeline.model)

    def arguments(self, call: Call, given: Mapping[str, Any], number: int) -> dict[str, Any]:
        """Give the arguments that the pipeline is called with.

        Args:
            call: The row as it is called with it, framed.
            given: The arguments of every row; the row's own win.
            number: The row's number.

        Raises:
            BadRequest: The row is longer than the model takes, and is to be refused.
        """
        given = {**given, **call[1]}
        return {**given, **self._more(call, given, number)}

    def _more(self, call: Call, given: Mapping[str, Any], number: int) -> dict[str, Any]:
        match self._task.cut:
            case "":
                return {}
            case "seconds" | "return_timestamps" as cut:
                return self._of_recording(cut, call[0][0], given, number)
            case "prompt":
                return self._of_prompt(call[0][0], given, number)
            case cut:
                texts = self._text(call)
                listed = texts if isinstance(texts, list) else [texts]
                tokens = [max(lengths.tokens_of(self._parts.tokenizer, listed), default=0)]
        long = tokens[0] > self._parts.tokenizer.model_max_length
        windows = cut == "windows" and given.get("aggregation_strategy") not in (None, "none")
        if windows and self._parts.tokenizer.is_fast:
            return {"stride": self._parts.tokenizer.model_max_length // 4} if long else {}
        lengths.hold(self._parts, tokens, given, [number])
        if not long or cut == "windows":
            return {}
        return {cut: {"truncation": True} if cut == "tokenizer_kwargs" else True}

    def _text(self, call: Call) -> Any:
        positional, keywords = call
        if positional:
            return positional[0]
        columns = [c for c in self._task.inputs if isinstance(c, Column)]
        media = {column.name for column in columns if column.media}
        return {k: v for k, v in keywords.items() if k not in media}

    def _of_recording(
        self, cut: str, recording: Any, given: Mapping[str, Any], number: int
    ) -> dict[str, Any]:
        extractor = self._parts.components["feature_extractor"]
        samples = audio_of(recording, number, extractor.sampling_rate)
        if cut == "seconds":
            lengths.hold_recordings(self._parts, [samples], given, number)
            return {}
        finds_its_way = self._pipeline.type == "seq2seq_whisper" and not given.get("chunk_length_s")
        long = finds_its_way and len(samples) > lengths.most_samples(extractor)
        return {cut: given.get(cut) or True} if long else {}

    def _of_prompt(self, prompt: Any, given: Mapping[str, Any], number: int) -> dict[str, Any]:
        tokenizer, room = self._parts.tokenizer, Room(self._parts)
        told: dict[str, Any] = given.get("tokenizer_encode_kwargs") or {}
        if isinstance(prompt, str):
            ids = tokenizer(prompt, verbose=False)["input_ids"]
        else:
            ids = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, **told)
        usual = usual_generation(self._pipeline).max_new_tokens
        asked = given.get("max_new_tokens")
        (kept,) = room.fit([list(ids)], int(asked or 0), usual, given, number) if ids else ([],)
        more: dict[str, Any] = {}
        if len(kept) < len(ids):
            tokenizer.truncation_side = "left"
            cut = {"truncation": True, "max_length": len(kept)}
            more["tokenizer_encode_kwargs"] = {**told, **cut}
        new = None if "max_length" in given and not asked else asked or usual
        if left := room.left(len(kept), new):
            more["max_new_tokens"] = left
        return more


class Heard(logging.Handler):
    """Notes which rows were cut.

    Args:
        first: Number of the row that the request under way begins with.
    """

    def __init__(self, first: int = 0) -> None:
        super().__init__(logging.INFO)
        self.first = first
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note it, with the rows numbered as the inputs are."""
        text = _ROW.sub(lambda m: f"row {int(m[1]) + self.first}", record.getMessage())
        if text not in self.said:
            self.said.append(text)


@contextmanager
def hearing() -> Generator[Heard]:
    """Hear which rows are cut, by whatever view of a model is asked meanwhile."""
    heard, level = Heard(), lengths.LOG.level
    lengths.LOG.addHandler(heard)
    lengths.LOG.setLevel(logging.INFO)
    try:
        yield heard
    finally:
        lengths.LOG.removeHandler(heard)
        lengths.LOG.setLevel(level)
