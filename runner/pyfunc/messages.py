"""The messages of a chat, held against the protocol and against the model's chat template."""

from collections.abc import Callable
from reprlib import repr as short
from typing import Any

from .errors import BadRequest, bad_row
from .rows import kind_of

ROLES = ("system", "developer", "user", "assistant", "tool")
_ALWAYS_RENDERED = ("user", "assistant")
_MARK = "\u241f"
_TEXTS = ("role", "content", "name", "refusal", "tool_call_id")
_KEYS = (*_TEXTS, "tool_calls")
_OF_TOKENS = frozenset({
    "add_generation_prompt", "continue_final_message", "tokenize", "padding", "truncation",
    "max_length", "return_tensors", "return_dict", "return_assistant_tokens_mask",
    "tokenizer_kwargs",
})  # fmt: skip
"""What is no matter of the template, but of how it is rendered or tokenized."""


def messages_of(given: Any, template: Any, number: int) -> list[dict[str, Any]]:
    """Read the messages of a request; what is null is as if it were not there.

    Args:
        given: What the request has.
        template: The model's chat template: roles that it names are known too.
        number: Number of the row, for errors.

    Raises:
        BadRequest: They are no messages; the error names the one that is none.
    """
    if isinstance(given, str | dict) or not len(given):
        raise bad_row(number, "`messages` is a list of mappings with role and content")
    return [_message(one, place, template, number) for place, one in enumerate(given)]


def _message(given: Any, place: int, template: Any, number: int) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise bad_row(
            number, f"message {place} is a mapping with role and content, not {kind_of(given)}"
        )
    said = {key: value for key, value in given.items() if value is not None}
    for key in _TEXTS:
        if key in said and not isinstance(said[key], str):
            raise bad_row(number, f"`{key}` of message {place} is text, not {kind_of(said[key])}")
    if odd := [key for key in said if key not in _KEYS and str(key) not in str(template)]:
        raise bad_row(number, f"message {place} has `{odd[0]}`, which the chat template leaves out")
    role = said.get("role")
    if role is None:
        raise bad_row(number, f"message {place} has no role")
    if role not in ROLES and not _is_named(role, str(template)):
        raise bad_row(
            number, f"message {place} has the role {short(role)}; known are {', '.join(ROLES)}"
        )
    if "content" not in said and not (role == "assistant" and len(said.get("tool_calls", ()))):
        raise bad_row(number, f"message {place} ({role}) has no content")
    return said


def _is_named(role: str, template: str) -> bool:
    """Say whether a template names a role of its own; keys of messages stand in it too."""
    is_name = role.isidentifier() and role not in _KEYS
    return is_name and (f"'{role}'" in template or f'"{role}"' in template)


def insist_on_all(
    messages: list[dict[str, Any]], rendered: str, render: Callable[[Any], str], number: int
) -> None:
    """See that a chat template leaves out no message.

    Args:
        messages: The messages.
        rendered: What the template makes of them.
        render: Renders other messages.
        number: Number of the row, for errors.

    Raises:
        BadRequest: Another content of a message renders the same.
    """
    for place, message in enumerate(messages):
        if message["role"] in _ALWAYS_RENDERED or not message.get("content", "").strip():
            continue
        other = {**message, "content": f"{message['content']}{_MARK}"}
        if render([*messages[:place], other, *messages[place + 1 :]]) == rendered:
            raise bad_row(
                number,
                f"the model's chat template leaves out message {place} ({message['role']})",
            )


def told_to_template(options: dict[str, Any]) -> dict[str, Any]:
    """Give what a call tells a chat template beside the messages: a name of it, its own words.

    Args:
        options: ``tokenizer_encode_kwargs`` and others.

    Raises:
        BadRequest: Something is not for the template.
    """
    told: dict[str, Any] = options.get("tokenizer_encode_kwargs") or {}
    if odd := sorted(told.keys() & _OF_TOKENS):
        raise BadRequest(
            f"tokenizer_encode_kwargs: {', '.join(odd)}: not taken where a chat template frames"
        )
    return told
