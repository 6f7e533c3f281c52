"""Every row of the seed's table and every form of input that it names."""

import base64
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

SHORT = {"max_new_tokens": 4, "do_sample": False}
TEXTS = ["MLflow is great!", "My dog loves to eat spaghetti."]
TABLE = {"product": ["tea", "coffee"], "sold": ["25", "50"]}
ASKED = {"question": "What is open source?", "context": "MLflow is an open source platform."}
LABELLED = {
    "sequences": "My dog loves to eat spaghetti.",
    "candidate_labels": ["happy", "sad"],
    "hypothesis_template": "This example is {}.",
}
BOXES = [["Total:", [100, 100, 200, 120]], ["42", [210, 100, 240, 120]]]
CHOICE = json.dumps(["a cat", "a dog"])
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


def cases(sound: Path, picture: Path, *, checked: bool = True) -> list[Case]:
    """Give every case.

    Args:
        sound: A WAV file of 16 kHz; its samples lie beside it as .npy.
        picture: A PNG file.
        checked: Whether the files are there, and read.
    """
    of_texts = [*_texts(), *_structures()]
    heard = [*_audio(sound, checked), _heard(sound)]
    return [*of_texts, *heard, *_protocols(), *_images(picture)]


def _texts() -> list[Case]:
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
        texts = [f"{text} [MASK]" for text in TEXTS] if task == "fill-mask" else TEXTS
        gap = (
            "only the first input's embedding comes back, a row for each of its tokens"
            if task == "feature-extraction"
            else ""
        )
        for form, value in (("str", texts[0]), ("List[str]", texts)):
            given = {"json": value}
            request = {"inputs": value if isinstance(value, list) else [value]}
            case = Case(
                task, form, architecture, given, request,
                config=config, recipe=recipe, save=save, gap=gap,
                better="one vector a row" if gap else "",
            )  # fmt: skip
            found.append(case)
    return found


def _structures() -> list[Case]:
    table = {"query": "What did we sell most of?", "table": json.dumps(TABLE)}
    native_table = {"query": table["query"], "table": TABLE}
    labelled = {**LABELLED, "candidate_labels": json.dumps(LABELLED["candidate_labels"])}
    return [
        Case(
            "question-answering", "Dict[str, str]", "bert", {"json": ASKED}, {"inputs": ASKED}
        ),
        Case(
            "question-answering", "list of Dict", "bert",
            {"json": [ASKED, ASKED]}, {"dataframe_records": [ASKED, ASKED]},
            native={"json": ASKED},
        ),
        Case(
            "zero-shot-classification", "Dict[str, List[str] | str]", "bert",
            {"json": labelled}, {"inputs": labelled}, native={"json": LABELLED},
        ),
        Case(
            "table-question-answering", "Dict[str, List[str] | str]", "tapas",
            {"json": table}, {"inputs": table}, native={"json": native_table},
        ),
        Case(
            "table-question-answering", "list of Dict", "tapas",
            {"json": [table, {**table, "query": "What is sold?"}]},
            {"dataframe_records": [table, {**table, "query": "What is sold?"}]},
            native={"json": native_table},
        ),
    ]  # fmt: skip


def _audio(sound: Path, checked: bool) -> list[Case]:
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema, TensorSpec

    outputs = {
        "automatic-speech-recognition": Schema([ColSpec("string")]),
        "audio-classification": Schema([ColSpec("double", "score"), ColSpec("string", "label")]),
    }
    encoded = base64.b64encode(sound.read_bytes()).decode() if checked else ""
    samples = sound.with_suffix(".npy") if checked else Path()
    numbers_sent = np.load(samples).tolist() if checked else []
    spectrum = TensorSpec(np.dtype("float32"), [-1])
    found: list[Case] = []
    for task, schema in outputs.items():
        text = ModelSignature(Schema([ColSpec("string")]), schema)
        numbers = ModelSignature(Schema([spectrum]), schema)
        forms: list[tuple[str, Any, Any, dict[str, Any], dict[str, Any]]] = [
            ("bytes", {"bytes": str(sound)}, {"inputs": [encoded]}, {}, {}),
            ("str", {"json": str(sound)}, {"inputs": [str(sound)]}, {"input_type": "path"},
             {"signature": text}),
            ("np.ndarray", {"array": str(samples)}, {"inputs": numbers_sent},
             {"input_type": "array"}, {"signature": numbers}),
        ]  # fmt: skip
        found += [
            Case(
                task,
                form,
                "wav2vec2",
                given,
                request,
                recipe=recipe,
                save=save,
                better="a row a recording" if task == "audio-classification" else "",
            )
            for form, given, request, recipe, save in forms
        ]
    return found


def _heard(sound: Path) -> Case:
    labels = ["a dog", "a bell"]
    given = {"audio": str(sound), "candidate_labels": json.dumps(labels)}
    return Case(
        "zero-shot-audio-classification", "audio", "clap", {"json": given}, {"inputs": given},
        native={"json": {"audios": str(sound), "candidate_labels": labels}},
    )  # fmt: skip


def _images(picture: Path) -> list[Case]:
    image = str(picture)
    question = {"image": image, "question": "What is this?"}
    document = {"image": image, "question": "What is the total?"}
    requests = {
        "image-classification": {"inputs": [image]},
        "image-to-text": {"inputs": [image]},
        "visual-question-answering": {"inputs": question},
        "document-question-answering": {"inputs": {**document, "word_boxes": json.dumps(BOXES)}},
        "object-detection": {"inputs": [image]},
        "image-segmentation": {"inputs": [image]},
        "depth-estimation": {"inputs": [image]},
        "image-feature-extraction": {"inputs": [image]},
        "zero-shot-image-classification": {"inputs": {"image": image, "candidate_labels": CHOICE}},
        "zero-shot-object-detection": {"inputs": {"image": image, "candidate_labels": CHOICE}},
        "image-text-to-text": {"inputs": {"image": image, "text": "<image> What?"}},
        "image-to-image": {"inputs": [image]},
        "keypoint-matching": {"inputs": {"image_0": image, "image_1": image}},
    }
    numbered = "label and score come back in columns named 0, 1 …"
    labels = {"image": image, "candidate_labels": ["a cat", "a dog"]}
    given: list[tuple[str, str, Any, dict[str, Any]]] = [
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
        ("document-question-answering", "layoutlm", {**document, "word_boxes": BOXES}, {}),
        ("image-text-to-text", "llava", {"image": image, "text": "<image> What?"}, SHORT),
    ]
    found = [
        Case(
            task, "image", architecture, {"json": _as_callers_write(value)},
            requests.get(task),
            native={"json": value},
            config=config, gap=numbered if task == "image-classification" else "",
            better="label and score in columns" if task == "image-classification" else "",
        )
        for task, architecture, value, config in given
    ]  # fmt: skip
    spoken = Case("text-to-audio", "str", "vits", {"json": TEXTS[0]}, {"inputs": [TEXTS[0]]})
    pair = {"image_0": image, "image_1": image}
    matched = Case(
        "keypoint-matching", "pair of images", "efficientloftr", {"json": pair},
        requests["keypoint-matching"], native={"json": [image, image]},
    )  # fmt: skip
    return [*found, matched, spoken]


def _as_callers_write(value: Any) -> Any:
    """Write structures as JSON text, as callers of a pyfunc do."""
    if not isinstance(value, dict):
        return value
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in value.items()}


def _protocols() -> list[Case]:
    chat = {"messages": [{"role": "user", "content": "What is MLflow?"}], "max_tokens": 4}
    prompt = {"prompt": "What is MLflow?", "max_tokens": 4}
    return [
        Case(
            "llm/v1/chat", "Dict", "gpt2", {"json": chat}, chat,
            native={"json": "What is MLflow?"}, config=SHORT,
        ),
        Case(
            "llm/v1/completions", "Dict", "gpt2", {"json": prompt}, prompt,
            native={"json": "What is MLflow?"}, config=SHORT,
        ),
        Case(
            "llm/v1/embeddings", "Dict", "bert",
            {"json": {"input": "What is MLflow?"}}, {"input": "What is MLflow?"},
            native={"json": "What is MLflow?"},
        ),
    ]  # fmt: skip
