"""Why a request is refused: a status, a sentence, and the field that is at fault."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import torch
from mlflow.exceptions import MlflowException

from runner.errors import first_line

_LONGEST = 600
_ECHOES = {
    "Failed to predict data '": "\nError: ",
    "Failed to enforce schema of data '": "'. Error: ",
}
"""How sentences of MLflow begin that hold the whole request, and what comes before the reason."""
_FIELD = re.compile(r"`(\w+)`")


class Refused(Exception):
    """A request that gets no answer.

    Args:
        status: The status of HTTP: 4xx, or 503 and 504 where the request may be right.
        message: What is wrong; a long one, which holds what was sent, is cut.
        field: The field of the request that is at fault; empty where it is none.
        code: A word for it, as OpenAI has them; empty where there is none.
    """

    def __init__(self, status: int, message: str, field: str = "", code: str = "") -> None:
        self.status = status
        self.message = _shown(message)
        self.field = field
        self.code = code
        super().__init__(self.message)

    def about(self, fields: Mapping[str, str]) -> "Refused":
        """Give the refusal in the words of the request, with the field that its sentence names.

        Args:
            fields: What the request calls each field that the model was given.
        """
        said = _FIELD.sub(lambda one: f"`{fields.get(one[1], one[1])}`", self.message)
        named = next((name for name in _FIELD.findall(said) if name in fields.values()), "")
        field = fields.get(self.field, self.field) or named
        return Refused(self.status, said, field, self.code)


@contextmanager
def refusing() -> Generator[None]:
    """Turn what a model or MLflow says of a request into a refusal.

    A loaded model that raises was asked for what it cannot do: MLflow's server calls that a bad
    request too. Only memory is the machine's own affair.

    Raises:
        Refused: Always in place of what is raised.
    """
    try:
        yield
    except Refused:
        raise
    except MlflowException as error:
        status = error.get_http_status_code()
        said = _without_echo(error.message)
        raise Refused(status if 400 <= status < 500 else 400, said) from error
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise Refused(503, "The machine has no memory left for this request.") from error
    except Exception as error:
        said = f"{type(error).__name__}: {first_line(error)}"
        raise Refused(400, f"The model cannot answer this: {said}") from error


def _without_echo(message: str) -> str:
    for begin, end in _ECHOES.items():
        if message.startswith(begin):
            message = message.rpartition(end)[2]
    return message


def _shown(text: str) -> str:
    """Give a sentence without its middle, where it is long, as UTF-8 can have it."""
    text = text.encode(errors="backslashreplace").decode()
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]} … {text[-half:]}"
