"""The hub answers, and takes the token."""

import urllib.error
import urllib.request
from collections.abc import Iterator

from runner.doctor.diagnosis import Needs, Result, Status

PATIENCE = 5.0
"""Seconds."""
_WHO = "/api/whoami-v2"
_REFUSED = (401, 403)


def check(needs: Needs) -> Iterator[Result]:
    """Ask the hub who the token is of, where a recipe needs the hub."""
    names = needs.hub()
    if not names:
        yield Result(Status.UNNEEDED, "no recipe takes anything from a hub")
        return
    from huggingface_hub import constants, get_token

    if constants.HF_HUB_OFFLINE:
        message = "HF_HUB_OFFLINE is set: only what is in the cache can be had"
        yield Result(Status.WARNING, message, "Unset it for a first run.")
        return
    from runner.sources.hub.listing import endpoint
    from runner.sources.hub.verdicts import host

    token = get_token()
    try:
        status = _ask((endpoint() or constants.ENDPOINT) + _WHO, token)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        message = f"{host()} cannot be reached: {reason}"
        yield Result(Status.PROBLEM, message, "Check the network, proxies and HF_ENDPOINT.")
        return
    yield _verdict(status, host(), bool(token))


def _verdict(status: int, host: str, has_token: bool) -> Result:
    if status >= 500:
        return Result(Status.PROBLEM, f"{host} answers {status}", "Try again later.")
    if not has_token:
        return Result(Status.OK, f"{host} answers; there is no token, so no gated repository")
    if status in _REFUSED:
        remedy = "Set HF_TOKEN to a token that is valid, or unset it."
        return Result(Status.PROBLEM, f"{host} does not take the token", remedy)
    if status != 200:
        return Result(Status.WARNING, f"{host} answers {status} when asked whose token it is")
    return Result(Status.OK, f"{host} answers, and takes the token")


def _ask(url: str, token: str | None) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:  # noqa: S310
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code
