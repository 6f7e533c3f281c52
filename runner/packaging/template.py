"""The prompt template of a model: the recipe's own, or the one its chat template amounts to."""

from typing import Any

from runner.errors import SourceError, raise_if_ours
from runner.packaging.blueprint import Blueprint
from runner.recipe.language.models import Recipe

_MARK = "\u241f"
_CLOCK = "strftime_now"
"""What transformers lets a chat template ask for the time by."""
_TOLD = "tokenizer_encode_kwargs"
"""What a call tells a chat template beside the messages, by the pipeline of transformers."""
_NEEDED = "Give the recipe a `prompt_template` that frames the input as the model was trained."


def prompt_template_of(recipe: Recipe, parts: Blueprint) -> str | None:
    """Give the prompt template to save.

    Args:
        recipe: The recipe; its own template counts.
        parts: The parts. For a task that goes through the chat template, the tokenizer's is
            rendered with one message of the user.

    Returns:
        Text with one ``{prompt}``; None where neither recipe nor task has one, or where the chat
        template asks for the time or is told something by the call: the inference code then renders
        it anew at each call.

    Raises:
        SourceError: The task goes through the chat template, and the tokenizer has none or
            MLflow's own code would keep what it was rendered with.
    """
    if recipe.prompt_template is not None or not parts.task.chat_template:
        return recipe.prompt_template
    tokenizer = parts.components["tokenizer"]
    if not getattr(tokenizer, "chat_template", None):
        raise SourceError(f"the tokenizer of {parts.checkpoint.name} has no chat template", _NEEDED)
    if why := _changes(recipe, str(tokenizer.chat_template)):
        if recipe.pyfunc == "extended":
            return None
        raise SourceError(
            f"the chat template of {parts.checkpoint.name} {why}, and with `pyfunc: mlflow` all "
            "answers would have that of packaging",
            f"Leave `pyfunc` at extended. {_NEEDED}",
        )
    try:
        text = tokenizer.apply_chat_template(
            [{"role": "user", "content": _MARK}], tokenize=False, add_generation_prompt=True
        )
    except Exception as error:
        raise_if_ours(error)
        raise SourceError(
            f"the chat template of {parts.checkpoint.name} cannot be rendered: {error}", _NEEDED
        ) from error
    if text.count(_MARK) != 1:
        raise SourceError(
            f"the chat template of {parts.checkpoint.name} shows the user's message "
            f"{text.count(_MARK)} times",
            _NEEDED,
        )
    return (
        _without_doubled_start(text, tokenizer)
        .replace("{", "{{")
        .replace("}", "}}")
        .replace(_MARK, "{prompt}")
    )


def _changes(recipe: Recipe, template: str) -> str:
    """Say what makes a chat template another text at another call; nothing where nothing does."""
    if _CLOCK in template:
        return "asks for the time"
    told = _TOLD in recipe.inference_config or _TOLD in recipe.params
    return f"is told things by `{_TOLD}`" if told else ""


def _without_doubled_start(text: str, tokenizer: Any) -> str:
    """Drop the beginning token where tokenizing the prompt adds it once more."""
    start = str(getattr(tokenizer, "bos_token", None) or "")
    ids = list(tokenizer("")["input_ids"])
    adds = bool(ids) and ids[0] == getattr(tokenizer, "bos_token_id", None)
    return text.removeprefix(start) if start and adds else text
