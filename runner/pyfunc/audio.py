"""Recordings in: texts and labels out; texts in: their sound."""

import json
from typing import Any

import numpy as np
import pandas as pd

from . import batches, lengths
from .errors import bad_row
from .media import audio_of
from .pipelines import Piped, labels_of, plain, ranked, top_of
from .rows import records, texts


class SpeechRecognition(Piped):
    """Recordings in; what is said out, with its times as JSON where they are asked for."""

    generates = True

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[str]:
        """Give a text a row. Recordings run one by one: padding would change what is heard."""
        rate = self._parts.components["feature_extractor"].sampling_rate
        given = [audio_of(row, number, rate) for number, row in enumerate(rows)]
        found = batches.run(
            given,
            [budget] * len(given),
            budget,
            lambda batch: [self._heard(batch[0].copy(), options)],
        )
        if options.get("return_timestamps"):
            return [json.dumps(plain(one), ensure_ascii=False) for one in found]
        return [one["text"].strip() for one in found]

    def _heard(self, samples: Any, options: dict[str, Any]) -> dict[str, Any]:
        """Whisper finds its way through a recording that is longer than its window by the times."""
        window = getattr(self._parts.components["feature_extractor"], "n_samples", None)
        long = self._pipeline.type == "seq2seq_whisper" and window and len(samples) > window
        if long and not options.get("return_timestamps") and not options.get("chunk_length_s"):
            options = {**options, "return_timestamps": True}
        return self._call(samples, options)


class AudioClassification(Piped):
    """Recordings in; labels with scores out."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give a table of ``score`` and ``label``; lists of them with ``top_k`` above 1."""
        rate = self._parts.components["feature_extractor"].sampling_rate
        given = [audio_of(row, number, rate) for number, row in enumerate(rows)]
        lengths.hold_recordings(self._parts, given, options)
        top = top_of(options)
        rest = {k: v for k, v in options.items() if k != "top_k"}
        top_k = min(top, len(self._parts.model.config.id2label))
        found = batches.run(
            given, [budget] * len(given), budget, lambda b: [self._call(b[0], rest, top_k=top_k)]
        )
        return ranked(found, ("score", "label"), top)


class ZeroShotAudio(Piped):
    """Recordings and labels in; the labels with scores out, the best first."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> pd.DataFrame:
        """Give a table of ``label`` and ``score``, lists both."""
        rate = self._parts.components["feature_extractor"].sampling_rate
        given: list[dict[str, Any]] = []
        for number, row in enumerate(records(rows, ["audio", "candidate_labels"])):
            template = row.get("hypothesis_template") or options.get("hypothesis_template")
            given.append({
                "audio": audio_of(row["audio"], number, rate),
                "candidate_labels": labels_of(row["candidate_labels"], number),
                **({"hypothesis_template": template} if template else {}),
            })  # fmt: skip
        found = batches.run(
            given, [budget] * len(given), budget, lambda b: [self._score(b[0], options)]
        )
        columns = ("label", "score")
        lists = [{c: [one[c] for one in labels] for c in columns} for labels in found]
        return pd.DataFrame(lists, columns=pd.Index(columns))

    def _score(self, row: dict[str, Any], options: dict[str, Any]) -> Any:
        return self._call(
            row["audio"], {**options, **{k: v for k, v in row.items() if k != "audio"}}
        )


class TextToAudio(Piped):
    """Texts in; their sound out."""

    generates = True

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give a table of ``audio`` (samples, float32) and ``sampling_rate`` (Hz)."""
        given = texts(rows)
        for number, text in enumerate(given):
            if not text.strip():
                raise bad_row(number, "it says nothing")
        sizes = lengths.tokens_of(self._parts.tokenizer, given)
        lengths.hold(self._parts, sizes, options)
        if any(size > self._parts.tokenizer.model_max_length for size in sizes):
            own = options.get("preprocess_params") or {}
            options = {**options, "preprocess_params": {"truncation": True, **own}}
        found = batches.run(
            given, [budget] * len(given), budget, lambda b: [self._call(b[0], options)]
        )
        sounds = [
            {
                "audio": np.asarray(one["audio"], np.float32).reshape(-1),
                "sampling_rate": int(one["sampling_rate"]),
            }
            for one in found
        ]
        return pd.DataFrame(sounds, columns=pd.Index(["audio", "sampling_rate"]))
