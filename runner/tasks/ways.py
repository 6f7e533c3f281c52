"""The ways in which the model of a task is measured, beside by its answers to single inputs."""

from dataclasses import dataclass
from typing import Literal

from runner.tasks.scoring import Form

Asked = Literal["answers", "vectors", "likelihoods"]


@dataclass(frozen=True)
class Way:
    """A way to measure a model: what a row has, what the model is asked, and what comes of it.

    Args:
        name: What it is called.
        form: The form of what comes of it, which metrics score.
        asks: What the model is asked for: its ``answers``, the ``vectors`` of several inputs of
            the task, or ``likelihoods`` of texts.
        inputs: What a row has, by the names that ``dataset.inputs`` gives columns to; that of the
            task where empty.
        corpus: Whether rows are looked for in a corpus.
        summary: How a row becomes what is scored, for the docs.
    """

    name: str
    form: Form
    asks: Asked
    inputs: tuple[str, ...] = ()
    corpus: bool = False
    summary: str = ""


PAIR = Way(
    "pair",
    "number",
    "vectors",
    ("first", "second"),
    summary="the cosine of the vectors of two inputs, beside a number that people gave",
)
SEARCH = Way(
    "search",
    "ranking",
    "vectors",
    ("query",),
    corpus=True,
    summary="the entries of `dataset.corpus` by the cosine of their vectors with the query's",
)
LIKELIHOOD = Way(
    "likelihood",
    "likelihood",
    "likelihoods",
    summary="how likely the text is to the model; with a `target`, how likely that is behind it",
)
CHOICE = Way(
    "choice",
    "labels",
    "likelihoods",
    ("prompt", "choices"),
    summary="the choices by how likely each is to the model behind the prompt",
)
WAYS_OF_VECTORS = (PAIR, SEARCH)
WAYS_OF_LANGUAGE_MODELS = (LIKELIHOOD, CHOICE)


def own_way(form: Form) -> Way:
    """Give the way of a task whose answers are scored as they are.

    Args:
        form: Their form.
    """
    return Way("answer", form, "answers")
