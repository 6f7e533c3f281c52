"""What the hub's errors mean to whoever wrote the recipe; no verdict ever shows a token."""

import errno
import os
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress

from runner.errors import RunnerError, SourceError, StorageError
from runner.sources.hub.retries import is_circle, is_cut_off, retry_after, status_of

_TOKEN = re.compile(r"hf_\w{4,}|(?<=://)[^/@\s]+(?=@)|(?<=Bearer )\S+")
_QUERY = re.compile(r"(?<=[\w/.~%-]\?)[\w.~%+-]+=[^\s'\")>]*")
_REFUSED = (401, 403)
_TOO_MANY = 429
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DEFECTS = (AssertionError, AttributeError, NameError, TypeError)


@contextmanager
def said_plainly(repo: str, revision: str) -> Generator[None]:
    """Turn errors of huggingface_hub into verdicts.

    Args:
        repo: The repository asked for.
        revision: The revision asked for.

    Raises:
        SourceError: It cannot be had from the hub.
        StorageError: The cache could not be written.
    """
    try:
        yield
    except (RunnerError, *_DEFECTS):
        raise
    except Exception as error:
        raise _verdict(error, repo, revision) from error


def _verdict(error: BaseException, repo: str, revision: str) -> RunnerError:
    from huggingface_hub import constants, errors

    page = f"{host()}/{repo}"
    match error:
        case errors.LocalEntryNotFoundError() if isinstance(error.__cause__, Exception):
            return _verdict(error.__cause__, repo, revision)
        case errors.LocalEntryNotFoundError() | errors.OfflineModeIsEnabled() if (
            constants.HF_HUB_OFFLINE
        ):
            return SourceError(
                f"{repo} at {revision} is not in the cache {constants.HF_HUB_CACHE}, and "
                "HF_HUB_OFFLINE forbids asking the hub",
                "Unset HF_HUB_OFFLINE and run again, or fetch it once where there is a network.",
            )
        case errors.GatedRepoError():
            return SourceError(
                f"{repo} is gated: its owner has to grant you access",
                f"Ask for access at {page}, then set HF_TOKEN to a token of that account.",
            )
        case errors.RepositoryNotFoundError():
            return SourceError(
                f"{host()} has no repository {repo}, or it is private",
                "Check the spelling; for a private one set HF_TOKEN to a token that may read it.",
            )
        case errors.HfHubHTTPError():
            return _http_verdict(error, repo)
        case _ if is_circle(error):
            return SourceError(
                f"{host()} answers for {repo} with redirects that lead back to themselves",
                "Check HF_ENDPOINT and proxies; run it again later if they are right.",
            )
        case _ if is_cut_off(error):
            return SourceError(
                f"{repo} could not be fetched whole from {host()}: {_reason(error)}",
                "Run it again: what has arrived whole is kept.",
            )
        case OSError() if error.filename or error.errno in _NO_ROOM:
            return StorageError(
                f"{error.filename or constants.HF_HUB_CACHE} cannot be read or written: "
                f"{error.strerror}",
                "Free some space, or choose another folder with HF_HOME.",
            )
        case _:
            return SourceError(
                f"{host()} could not be reached for {repo} at {revision}: {_reason(error)}",
                "Check the connection, proxies and HF_ENDPOINT; HF_HUB_OFFLINE=1 uses what is in "
                "the cache.",
            )


def _http_verdict(error: Exception, repo: str) -> SourceError:
    status = status_of(error)
    if status in _REFUSED:
        return SourceError(
            f"{host()} refused access to {repo} (HTTP {status})",
            "Set HF_TOKEN to a valid token whose permissions cover this repository.",
        )
    if status == _TOO_MANY:
        wish = retry_after(error)
        pause = "a few minutes" if wish is None else f"{wish:.0f} s, as it asks"
        return SourceError(
            f"{host()} refuses more requests for now (HTTP {status})",
            f"Wait {pause}; with HF_TOKEN set the limit is higher.",
        )
    return SourceError(
        f"{repo} could not be fetched from {host()}: {_reason(error)}",
        "Run it again later: what has arrived is kept.",
    )


def host() -> str:
    """Give the address of the hub, without a password."""
    from huggingface_hub import constants

    return _without_secrets((os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/"))


def _reason(error: BaseException) -> str:
    return _without_secrets((str(error).strip() or type(error).__name__).splitlines()[0])


def _without_secrets(text: str) -> str:
    from huggingface_hub import get_token

    with suppress(OSError):  # a token file that cannot be read holds no token that was sent
        if token := get_token():
            text = text.replace(token, "***")
    return _QUERY.sub("***", _TOKEN.sub("***", text))
