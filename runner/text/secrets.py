"""Secrets: the one place that takes them out of whatever is printed, kept or sent."""

import json
import os
import re
from collections.abc import Iterator
from functools import cache

MASK = "***"
_SHORTEST = 8
"""Characters: what is shorter is as likely a word as a secret."""
_OF_ENVIRONMENT = (
    *("token", "secret", "signature", "password", "passwd", "pwd", "credential", "pat"),
    *("apikey", "api_key", "accesskey", "access_key", "privatekey", "private_key"),
)
"""Words of a variable's name that tell that its value is a secret."""
_NAMED = (
    r"token(?!i[sz]er|s\b)|secret|signature|password|passwd|pwd|credential|api[_-]?key"
    r"|access[_-]?key"
)
_USER_INFO = (
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)"
    r"(?:[^\s/?#@'\"<>]*|[^\s:/?#@]*:(?!\d+(?:[/?#]|$))[^\s'\"<>]*)@"
)
"""A password may hold any character but a space or a quote; a port is no password."""
_QUERY = rf"(?i)([?&;](?:[\w.-]*(?:{_NAMED})[\w.-]*|sig|key|auth)=)[^&;\s\"'<>#\\]+"
_HEADER = r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?\w+\s+)[\w.~+/=-]+"
_SHAPED = (
    r"\b(?:hf_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|dapi[0-9a-f]{32}|AKIA[0-9A-Z]{16}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+)"
)
"""Tokens that are told by their form, of hubs, forges and clouds."""
_SHAPES = (
    "hf_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "dapi",
    "AKIA",
    "eyJ",
)


def masked(text: str) -> str:
    """Give a text without the secrets in it.

    What is a secret: who a URI says one is, values of queries that are called tokens, keys or
    signatures, what has the form of a well-known token, and every value of the environment whose
    variable is called a token, a password or the like.

    Args:
        text: Any text; JSON and YAML stay what they are.
    """
    for secret in _of_environment():
        text = text.replace(secret, MASK)
    return _by_form(text)


def has_form_of_secret(text: str) -> bool:
    """Say whether a text holds what is told for a secret by its form; the environment is not asked.

    Args:
        text: Any text.
    """
    return _by_form(text) != text


def _by_form(text: str) -> str:
    """Mask what its form tells; a pattern is compiled when a text may have it, which takes time."""
    if "://" in text:
        text = re.sub(_USER_INFO, rf"\g<scheme>{MASK}@", text)
    if "=" in text and any(sign in text for sign in "?&;"):
        text = re.sub(_QUERY, rf"\g<1>{MASK}", text)
    if "authorization" in text.lower():
        text = re.sub(_HEADER, rf"\g<1>{MASK}", text)
    if any(shape in text for shape in _SHAPES):
        text = re.sub(_SHAPED, MASK, text)
    return text


def without_user(uri: str) -> str:
    """Give a URI as people may see it: without who it says one is.

    Args:
        uri: A URI.
    """
    return masked(re.sub(_USER_INFO, r"\g<scheme>", uri))


def _of_environment() -> Iterator[str]:
    """Give the secrets of the environment, the longest first, as they are and as JSON has them."""
    told = (os.environ.get(name, "") for name in os.environ if _names_secret(name))
    values = {value for value in told if len(value) >= _SHORTEST and not _is_path(value)}
    for value in sorted(values, key=len, reverse=True):
        yield value
        if (quoted := json.dumps(value)[1:-1]) != value:
            yield quoted


@cache  # each text that is written is looked through for every one of them
def _names_secret(variable: str) -> bool:
    """Say whether one of the words of a variable's name is one for a secret."""
    words = f"_{variable.lower().replace('-', '_')}_"
    return any(f"_{word}_" in words for word in _OF_ENVIRONMENT)


def _is_path(value: str) -> bool:
    return value.startswith(("/", "./", "~"))
