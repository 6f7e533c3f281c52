"""Signatures of models: OpenSSF's model signing, with a key, checked without a network.

Source: https://github.com/ossf/model-signing-spec; the library model-signing.
"""

import base64
import json
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner.errors import Exit, RunnerError, first_line
from runner.files.disk import failing_as_storage, replacing
from runner.files.temporary import temporary_folder
from runner.machine.libraries import installed

SIGNATURE_FILE = "model.sig"
"""The signature, beside the model that it is of."""
PASSWORD = "RECIPE_RUNNER_SIGNING_PASSWORD"  # noqa: S105
"""The variable with the password of the key, where it has one."""
_ALGORITHM = "sha256"


class SigningError(RunnerError):
    """A model cannot be signed, or its signature cannot be checked."""

    code = "signing-failed"
    exit = Exit.OUTSIDE_FAILED


def insist_on_key(key: Path) -> None:
    """Look at a key before there is a model to be signed with it.

    Args:
        key: The private key: of an elliptic curve, in PEM.

    Raises:
        SigningError: There is none, or what signs is not installed.
    """
    with _signing(key):
        _signer(key)


def sign_model(model: Path, key: Path, signature: Path) -> Path:
    """Sign every file of a model.

    Args:
        model: The model folder.
        key: The private key.
        signature: Where the signature is written: a bundle of sigstore, as model-signing's own
            command line reads it.

    Raises:
        SigningError: It cannot be signed with that key.
        StorageError: The signature cannot be written; what was there stays.
    """
    with _signing(key):
        signer = _signer(key)
        with failing_as_storage(signature.parent), replacing(signature) as staged:
            signer.sign(model, staged)
    return signature


def signed_checksums(signature: Path, public_key: Path) -> dict[str, str]:
    """Give the checksums that the owner of a key has signed.

    Args:
        signature: The signature.
        public_key: The public key, in PEM.

    Returns:
        SHA-256 of each file, by its path in the model folder.

    Raises:
        SigningError: The signature is none, or not by that key.
    """
    if not signature.is_file():
        raise SigningError(
            f"there is no signature {signature}",
            "Name it with --signature, or sign by running with signing.key=FILE.",
        )
    with _signing(public_key), temporary_folder("signature") as folder:
        kept = Path(shutil.copyfile(signature, folder / SIGNATURE_FILE))  # nobody else's to change
        if not _is_by(public_key, kept):
            raise SigningError(
                f"{signature} is no signature by the key {public_key}",
                "Take the public key of who signed it. If that is the one, do not trust the model.",
            )
        if _is_by(_key_of_nobody(folder), kept):
            raise SigningError(
                f"model-signing {installed('model-signing')} takes a signature by any key here",
                "Install another version of it, and do not trust the model until then.",
            )
        return _resources(kept)


def _is_by(public_key: Path, signature: Path) -> bool:
    """Say whether a signature is by a key.

    model-signing asks for the hashes of the files once it has found that: that it came to ask is
    the answer. The files are not looked at.
    """
    from model_signing import hashing, verifying

    class Reached(hashing.Config):
        """Asked for hashes only once the signature was found to be by the key."""

        def hash(self, *_: Any, **__: Any) -> Any:
            raise _Held

    config = verifying.Config().use_elliptic_key_verifier(public_key=public_key)
    config.set_hashing_config(Reached())
    try:
        config.verify(signature.parent, signature)
    except _Held:
        return True
    except (ValueError, LookupError, TypeError, _invalid()):
        return False
    return False


def _key_of_nobody(folder: Path) -> Path:
    """Make a key that has signed nothing, to see that signatures are checked at all."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    file = folder / "nobody.pub"
    file.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return file


class _Held(Exception):
    """The signature holds."""


def _resources(signature: Path) -> dict[str, str]:
    """Give the files that a signature is of, which holds.

    Source: the statement of in-toto in an envelope of DSSE, as OpenSSF's specification has it.
    """
    envelope = json.loads(signature.read_bytes())["dsseEnvelope"]
    statement = json.loads(base64.b64decode(envelope["payload"]))
    resources = statement["predicate"]["resources"]
    if any(one["algorithm"] != _ALGORITHM for one in resources):
        raise SigningError(f"{signature} is not of files by {_ALGORITHM}", "Sign the model again.")
    return {one["name"]: one["digest"] for one in resources}


def _signer(key: Path) -> Any:
    from model_signing import signing

    password = os.environ.get(PASSWORD)
    return signing.Config().use_elliptic_key_signer(private_key=key, password=password)


def _invalid() -> type[Exception]:
    from cryptography.exceptions import InvalidSignature

    return InvalidSignature


@contextmanager
def _signing(key: Path) -> Generator[None]:
    """Say in words what is wrong with a key, or that there is nothing to sign with."""
    if not installed("model-signing"):
        raise SigningError("model-signing is not installed", "pip install 'recipe-runner[sign]'")
    try:
        yield
    except (OSError, ValueError, TypeError) as error:
        raise SigningError(
            f"{key} is no key that signs here: {first_line(error)}",
            f"It is a key of an elliptic curve in PEM; {PASSWORD} has its password.",
        ) from error
