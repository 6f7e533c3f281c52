"""Every row of the seed's table and every form of input that it names."""

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.conformance.samples import Samples

SHORT = {"max_new_tokens": 2, "do_sample": False}
CHAT = "user: {prompt}\nassistant: "


@dataclass(frozen=True)
class Case:
    """One task and one form of its input.

    Args:
        task: Task of the recipe.
        form: The form of input, in words.
        architecture: A small random model of it is packaged.
        input: What a caller gives ``predict``: JSON, or a key ``bytes`` or ``array`` with a file.
        native: What a caller gives the native pipeline; ``input`` where absent.
        request: What is sent to the scoring server.
        config: ``model_config`` of the recipe, and arguments of the native call.
        recipe: More of the recipe.
        save: More arguments of the plain ``save_model``.
        gap: What MLflow's own inference code does not do in this case, where it falls short.
        better: What the runner's does instead, where the two differ.
    """

    task: str
    form: str
    architecture: str
    input: Any
    request: Any
    native: Any = None
    config: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    save: dict[str, Any] = field(default_factory=dict)
    gap: str = ""
    better: str = ""

    @property
    def name(self) -> str:
        """The case's name, fit for a file."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.task}-{self.form}".lower()).strip("-")


def cases(samples: Samples | None = None) -> list[Case]:
    """Give every case.

    Args:
        samples: What is asked; those that are written down where absent.
    """
    given = samples or Samples()
    of_texts = [*_texts(given), *_structures(given)]
    heard = [*_audio(given), _heard(given)]
    return [*of_texts, *heard, *_protocols(given), *_images(given)]


def _texts(given: Samples) -> list[Case]:
    plain = [
        ("text-generation", "gpt2", SHORT, {}, {}),
        ("instructional-text-generation", "gpt2", SHORT, {}, {"prompt_template": CHAT}),
        ("conversational", "gpt2", SHORT, {}, {"prompt_template": CHAT}),
        ("summarization", "t5", SHORT, {}, {}),
        ("text2text-generation", "t5", SHORT, {}, {}),
        ("translation", "t5", SHORT, {}, {}),
        ("translation_en_to_fr", "t5", SHORT, {}, {}),
        ("text-classification", "bert", {}, {}, {}),
        ("token-classification", "bert", {}, {}, {}),
        ("fill-mask", "bert", {}, {}, {}),
        ("feature-extraction", "bert", {}, {}, {}),
    ]
    found: list[Case] = []
    for task, architecture, config, recipe, save in plain:
        masked = [f"{text} [MASK]" for text in given.texts]
        texts = masked if task == "fill-mask" else list(given.texts)
        gap = (
            "only the first input's embedding comes back, a row for each of its tokens"
            if task == "feature-extraction"
            else ""
        )
        for form, value in (("str", texts[0]), ("List[str]", texts)):
            request = {"inputs": value if isinstance(value, list) else [value]}
            case = Case(
                task, form, architecture, {"json": value}, request,
                config=config, recipe=recipe, save=save, gap=gap,
                better="one vector a row" if gap else "",
            )  # fmt: skip
            found.append(case)
    return found


def _structures(given: Samples) -> list[Case]:
    columns = {name: list(cells) for name, cells in given.table}
    query, other = given.queries
    table = {"query": query, "table": json.dumps(columns)}
    native_table = {"query": query, "table": columns}
    asked = list(given.asked)
    labels = {
        "sequences": given.texts[1],
        "candidate_labels": list(given.labels),
        "hypothesis_template": given.template,
    }
    labelled = _as_callers_write(labels)
    return [
        Case(
            "question-answering", "Dict[str, str]", "bert",
            {"json": asked[0]}, {"inputs": asked[0]},
        ),
        Case(
            "question-answering", "list of Dict", "bert",
            {"json": asked}, {"dataframe_records": asked}, native={"json": asked[0]},
        ),
        Case(
            "zero-shot-classification", "Dict[str, List[str] | str]", "bert",
            {"json": labelled}, {"inputs": labelled}, native={"json": labels},
        ),
        Case(
            "table-question-answering", "Dict[str, List[str] | str]", "tapas",
            {"json": table}, {"inputs": table}, native={"json": native_table},
        ),
        Case(
            "table-question-answering", "list of Dict", "tapas",
            {"json": [table, {**table, "query": other}]},
            {"dataframe_records": [table, {**table, "query": other}]},
            native={"json": native_table},
        ),
    ]  # fmt: skip


def _audio(given: Samples) -> list[Case]:
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema, TensorSpec

    outputs = {
        "automatic-speech-recognition": Schema([ColSpec("string")]),
        "audio-classification": Schema([ColSpec("double", "score"), ColSpec("string", "label")]),
    }
    sound, samples, encoded, numbers_sent = "", "", "", []
    if given.sound:
        sound, samples = str(given.sound), str(given.sound.with_suffix(".npy"))
        encoded = base64.b64encode(given.sound.read_bytes()).decode()
        numbers_sent = np.load(samples).tolist()
    spectrum = TensorSpec(np.dtype("float32"), [-1])
    found: list[Case] = []
    for task, schema in outputs.items():
        text = ModelSignature(Schema([ColSpec("string")]), schema)
        numbers = ModelSignature(Schema([spectrum]), schema)
        forms: list[tuple[str, Any, Any, dict[str, Any], dict[str, Any]]] = [
            ("bytes", {"bytes": sound}, {"inputs": [encoded]}, {}, {}),
            ("str", {"json": sound}, {"inputs": [sound]}, {"input_type": "path"},
             {"signature": text}),
            ("np.ndarray", {"array": samples}, {"inputs": numbers_sent},
             {"input_type": "array"}, {"signature": numbers}),
        ]  # fmt: skip
        found += [
            Case(
                task,
                form,
                "wav2vec2",
                asked,
                request,
                recipe=recipe,
                save=save,
                better="a row a recording" if task == "audio-classification" else "",
            )
            for form, asked, request, recipe, save in forms
        ]
    return found


def _heard(given: Samples) -> Case:
    labels, sound = list(given.labels), str(given.sound)
    asked = {"audio": sound, "candidate_labels": json.dumps(labels)}
    return Case(
        "zero-shot-audio-classification", "audio", "clap", {"json": asked}, {"inputs": asked},
        native={"json": {"audios": sound, "candidate_labels": labels}},
    )  # fmt: skip


def _images(given: Samples) -> list[Case]:
    image = str(given.picture)
    question = {"image": image, "question": given.question}
    document = {**question, "word_boxes": [[word, list(box)] for word, box in given.boxes]}
    labels = {"image": image, "candidate_labels": list(given.seen)}
    asked = {"image": image, "text": f"<image> {given.question}"}
    numbered = "label and score come back in columns named 0, 1 …"
    kinds: list[tuple[str, str, Any, dict[str, Any]]] = [
        ("image-classification", "vit", image, {}),
        ("object-detection", "yolos", image, {"threshold": 0.1}),
        ("image-segmentation", "segformer", image, {}),
        ("depth-estimation", "glpn", image, {}),
        ("image-feature-extraction", "vit", image, {}),
        ("zero-shot-image-classification", "clip", labels, {}),
        ("zero-shot-object-detection", "owlvit", labels, {"threshold": 0.1}),
        ("image-to-image", "swin2sr", image, {}),
        ("image-to-text", "blip", image, {"max_new_tokens": 4}),
        ("visual-question-answering", "vilt", question, {}),
        ("document-question-answering", "layoutlm", document, {}),
    ]
    found = [
        Case(
            task, "image", architecture, {"json": _as_callers_write(value)},
            {"inputs": _as_callers_write(value) if isinstance(value, dict) else [value]},
            native={"json": value},
            config=config, gap=numbered if task == "image-classification" else "",
            better="label and score in columns" if task == "image-classification" else "",
        )
        for task, architecture, value, config in kinds
    ]  # fmt: skip
    video = str(given.video)
    shown = Case(
        "video-classification", "video", "videomae", {"json": video}, {"inputs": [video]},
        native={"json": video},
    )  # fmt: skip
    said = given.labels[0]
    spoken = Case("text-to-audio", "str", "vits", {"json": said}, {"inputs": [said]})
    pair = {"image_0": image, "image_1": image}
    matched = Case(
        "keypoint-matching", "pair of images", "efficientloftr", {"json": pair},
        {"inputs": pair}, native={"json": [image, image]},
    )  # fmt: skip
    seen = Case(
        "image-text-to-text", "image", "llava", {"json": asked}, {"inputs": asked},
        native={"json": {"images": [image], "text": asked["text"]}}, config=SHORT,
    )  # fmt: skip
    return [*found, shown, seen, matched, spoken]


def _as_callers_write(value: Any) -> Any:
    """Write structures as JSON text, as callers of a pyfunc do."""
    if not isinstance(value, dict):
        return value
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in value.items()}


def _protocols(given: Samples) -> list[Case]:
    said = given.texts[0]
    chat = {"messages": [{"role": "user", "content": said}], "max_tokens": 4}
    prompt = {"prompt": said, "max_tokens": 4}
    return [
        Case(
            "llm/v1/chat", "Dict", "gpt2", {"json": chat}, chat,
            native={"json": said}, config=SHORT,
        ),
        Case(
            "llm/v1/completions", "Dict", "gpt2", {"json": prompt}, prompt,
            native={"json": said}, config=SHORT,
        ),
        Case(
            "llm/v1/embeddings", "Dict", "bert",
            {"json": {"input": said}}, {"input": said},
            native={"json": said},
        ),
    ]  # fmt: skip
