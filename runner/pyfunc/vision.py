"""Images in: labels, places, masks, depths, vectors and texts out."""

import base64
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import GenerationConfig

from . import batches, lengths
from .adapter import Whole
from .decoding import limits
from .errors import BadRequest, bad_row
from .generation import in_one
from .media import image_of
from .pipelines import Piped, at_least_one, labels_of, ranked, top_of
from .room import new_at_most
from .rows import records, structure, texts

_EACH = 256
"""What an image counts as, in the budget of a batch."""


class ImageClassification(Piped):
    """Images in; labels with scores out."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give a table of ``label`` and ``score``; lists of them with ``top_k`` above 1."""
        given = [image_of(row, number) for number, row in enumerate(rows)]
        top = top_of(options)
        rest = {k: v for k, v in options.items() if k != "top_k"}
        top_k = min(top, len(self._parts.model.config.id2label))
        found = batches.run(
            given,
            [_EACH] * len(given),
            budget,
            lambda b: self._call(b, rest, top_k=top_k, batch_size=len(b)),
        )
        return ranked(found, ("label", "score"), top)


class Found(Piped):
    """Images in; for each a list of what is found in it, as lists in the columns of a table."""

    columns: tuple[str, ...] = ()

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> pd.DataFrame:
        """Give a row an image: in each column a list, empty where nothing is found."""
        given = [self._row(row, number, options) for number, row in enumerate(rows)]
        found = batches.run(
            given, [budget] * len(given), budget, lambda b: [self._find(b[0], options)]
        )
        lists = [
            {c: [self._value(one, c) for one in image] for c in self.columns} for image in found
        ]
        return pd.DataFrame(lists, columns=pd.Index(self.columns))

    def _row(self, row: Any, number: int, options: dict[str, Any]) -> Any:
        return {"images": image_of(row, number)}

    def _find(self, row: dict[str, Any], options: dict[str, Any]) -> Sequence[dict[str, Any]]:
        given = {k: v for k, v in row.items() if k != "images"}
        return self._call(row["images"], {**options, **given})

    def _value(self, one: dict[str, Any], column: str) -> Any:
        return one[column]


class ObjectDetection(Found):
    """Images in; objects with labels, scores and boxes (pixels) out."""

    columns = ("label", "score", "box")


class ImageSegmentation(Found):
    """Images in; segments with labels, scores and masks (PNG in base64) out."""

    columns = ("label", "score", "mask")

    def _value(self, one: dict[str, Any], column: str) -> Any:
        return packed(one["mask"]) if column == "mask" else one[column]


class ZeroShotImageClassification(Found):
    """Images and labels in; the labels with scores out, the best first."""

    columns = ("label", "score")
    template = "This is a photo of {}."

    def _row(self, row: Any, number: int, options: dict[str, Any]) -> Any:
        (given,) = records([row], ["image", "candidate_labels"], first=number)
        asked = labels_of(given["candidate_labels"], number)
        shown = [(options.get("hypothesis_template") or self.template).format(lb) for lb in asked]
        found = lengths.tokens_of(self._parts.tokenizer, shown)
        lengths.insist(self._parts, found, number, "a label")
        return {"images": image_of(given["image"], number), "candidate_labels": asked}


class ZeroShotObjectDetection(ZeroShotImageClassification):
    """Images and labels in; the objects that the labels name out."""

    columns = ("label", "score", "box")
    template = "{}"


def packed(image: Any) -> str:
    """Give an image as PNG in base64.

    Args:
        image: As PIL has it.
    """
    file = io.BytesIO()
    image.save(file, format="PNG")
    return base64.b64encode(file.getvalue()).decode()


class DepthEstimation(Piped):
    """Images in; depths of their pixels out."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give float32 of shape ``(rows, height, width)``; a list where the sizes differ."""
        given = [image_of(row, number) for number, row in enumerate(rows)]
        found = batches.run(
            given, [budget] * len(given), budget, lambda b: [self._call(b[0], options)]
        )
        depths = [one["predicted_depth"].squeeze().float().cpu().numpy() for one in found]
        return np.stack(depths) if len({depth.shape for depth in depths}) == 1 else depths


class ImageEmbeddings(Piped):
    """Images in; one vector an image out: the mean of its hidden states, or the first (``cls``)."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give float64 of shape ``(rows, size)``."""
        pooling = options.get("pooling") or "mean"
        if pooling not in ("mean", "cls"):
            raise bad_row(0, f"pooling {pooling!r} is none of mean, cls")
        rest = {k: v for k, v in options.items() if k not in ("pooling", "normalize")}
        given = [image_of(row, number) for number, row in enumerate(rows)]
        found = batches.run(
            given,
            [_EACH] * len(given),
            budget,
            lambda b: self._call(b, rest, batch_size=len(b)),
        )
        states = (np.asarray(one, np.float64) for one in found)
        flat = [one.reshape(-1, one.shape[-1]) for one in states]
        vectors = [one.mean(axis=0) if pooling == "mean" else one[0] for one in flat]
        if options.get("normalize"):
            vectors = [vector / max(float(np.linalg.norm(vector)), 1e-12) for vector in vectors]
        return np.stack(vectors) if vectors else np.empty((0, 0))


class DocumentAnswers(Piped):
    """Pictures of documents, with questions, in; answers out.

    LayoutLM and its kin read words and their places: callers give them as ``word_boxes``, a list
    of ``[word, [left, top, right, bottom]]`` with places from 0 to 1000, or pytesseract finds them.
    """

    generates = True
    own = frozenset({"top_k"})

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[str]:
        """Give a text a row; with ``return_scores`` JSON with the score."""
        found: list[Any] = []
        for number, row in enumerate(records(rows, ["image", "question"])):
            given = {
                "image": image_of(row["image"], number),
                "question": texts([row["question"]])[0],
            }
            if boxes := structure(row.get("word_boxes"), number, "word_boxes"):
                given["word_boxes"] = boxes
            answers = batches.run(
                [given], [budget], budget, lambda b: [self._call([b[0]], options)]
            )[0]
            while isinstance(answers, list) and answers and isinstance(answers[0], list):
                answers = answers[0]
            found.append(answers[0] if isinstance(answers, list) else answers)
        if options.get("return_scores"):
            return [json.dumps({"answer": f["answer"], "score": f.get("score")}) for f in found]
        return [str(one["answer"]).strip() for one in found]


class VisualAnswers(Whole):
    """Images and questions in, answers out: labels of the model's, or text it generates.

    Its pipeline is gone from transformers 5.
    """

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[Any]:
        """Give a text a row; the best ``top_k`` labels as a list."""
        given = records(rows, ["image", "question"])
        asked = [str(row["question"]) for row in given]
        lengths.hold(self._parts, lengths.tokens_of(self._parts.tokenizer, asked), options)
        images = [image_of(row["image"], number) for number, row in enumerate(given)]
        pairs = list(zip(images, asked, strict=True))
        return batches.run(
            pairs, [budget] * len(pairs), budget, lambda b: [self._answer(b[0], options)]
        )

    def _answer(self, pair: tuple[Any, str], options: dict[str, Any]) -> Any:
        image, question = pair
        tokenizer, model = self._parts.tokenizer, self._parts.model
        how = {"return_tensors": "pt", "truncation": lengths.strategy(options)}
        inputs = tokenizer(question, **how)
        pixels = self._parts.components["image_processor"](images=image, return_tensors="pt")
        inputs.update(pixels)
        inputs = inputs.to(self._parts.device)
        arguments = limits(options, _generation_of(model), ("truncation",))
        if model.can_generate():
            return tokenizer.decode(
                model.generate(**inputs, **arguments)[0], skip_special_tokens=True
            ).strip()
        top = at_least_one("top_k", options.get("top_k") or 1)
        if unknown := sorted(arguments.keys() & options.keys() - {"top_k"}):
            raise BadRequest(f"{', '.join(unknown)}: of generation, and this model generates not")
        logits = model(**inputs).logits[0]
        best = torch.topk(logits, min(top, len(logits))).indices.tolist()
        return in_one([str(model.config.id2label[number]) for number in best])


class ImageToText(Whole):
    """Images in, texts about them out. Its pipeline is gone from transformers 5."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[Any]:
        """Give a text a row."""
        images = [image_of(row, number) for number, row in enumerate(rows)]
        return batches.run(images, [_EACH] * len(images), budget, lambda b: self._read(b, options))

    def _read(self, images: list[Any], options: dict[str, Any]) -> list[str]:
        processor = self._parts.components["image_processor"]
        seen = processor(images=images, return_tensors="pt")
        seen = seen.to(self._parts.device, dtype=self._parts.model.dtype)
        main = "pixel_values"
        given = {main: seen[main]} if main in seen else dict(seen)  # Pix2Struct reads patches
        arguments = limits(options, self._parts.model.generation_config)
        arguments = new_at_most(self._parts, arguments, {})
        sequences = self._parts.model.generate(**given, **arguments)
        decoded = self._parts.tokenizer.batch_decode(sequences, skip_special_tokens=True)
        return [text.strip() for text in decoded]


def _generation_of(model: Any) -> GenerationConfig:
    """Give how a model generates; of one that does not, what nobody said anything about."""
    return getattr(model, "generation_config", None) or GenerationConfig()
