"""`verify`: a model that was changed since its run is known by its files."""

import json
import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from model_signing import verifying

from runner.cli import main
from runner.errors import StorageError
from runner.packaging.attestation import sign_model
from runner.packaging.checksums import checksums_of
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
RECIPE = """\
task: text-generation
source: {kind: scratch, architecture: gpt2}
evaluation: {views: []}
tracking: {register_as: mine}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, logged and registered."""
    folder, before = tmp_path_factory.mktemp("made"), Path.cwd()
    (folder / "mine.yaml").write_text(RECIPE)
    os.chdir(folder)
    try:
        assert main(["+recipe=mine.yaml", "tracking.uri=sqlite:///mlflow.db"]) == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def point(made: Path, workspace: Path) -> Path:
    """A copy of what the run left."""
    return Path(shutil.copytree(made / "outputs" / "mine" / "default", workspace / "point"))


def test_a_model_is_known_by_the_folder_of_its_run_its_record_and_its_own(
    cli: Cli, point: Path
) -> None:
    record = json.loads((point / "record.json").read_text())
    assert record["checksums"] == checksums_of(point / "model")
    (point / "model" / "code" / "__pycache__").mkdir()
    (point / "model" / "code" / "__pycache__" / "a.pyc").write_text("compiled")
    for target in ("point", "point/record.json", "point/model"):
        done = cli("verify", target)
        assert done.code == 0, done.stderr
        assert f"{len(record['checksums'])} files as they were when it was made" in done.stdout


def test_what_was_changed_since_the_run_is_named(cli: Cli, point: Path) -> None:
    with (point / "model" / "model" / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, 2)
        (last,) = weights.read(1)
        weights.seek(-1, 2)
        weights.write(bytes([last ^ 1]))
    (point / "model" / "requirements.txt").unlink()
    (point / "model" / "link").symlink_to("/etc")
    done = cli("verify", "point", "--output", "json")
    assert done.code == 1
    assert done.document["changed"] == {
        "link": "added", "model/model.safetensors": "changed", "requirements.txt": "gone",
    }  # fmt: skip


def test_what_mlflow_adds_to_a_logged_model_is_no_change(cli: Cli, made: Path, point: Path) -> None:
    server = f"sqlite:///{made}/mlflow.db"
    record = ("--record", "point/record.json", "--tracking-uri", server)
    done = cli("verify", "models:/mine/1", *record)
    assert done.code == 0, done.stdout + done.stderr
    mlflow.set_tracking_uri(server)
    stored = Path(mlflow.artifacts.download_artifacts("models:/mine/1", dst_path="copy"))
    mlmodel = stored / "MLmodel"
    written = mlmodel.read_text()
    mlmodel.write_text(f"{written}# a word\n")
    done = cli("verify", str(stored), *record)
    assert (done.code, done.stdout) == (1, f"{stored}/MLmodel: changed\n")
    mlmodel.write_text(written)
    mlmodel.write_text(mlmodel.read_text().replace("batch_tokens: auto", "batch_tokens: 1"))
    done = cli("verify", str(stored), *record)
    assert (done.code, done.stdout) == (1, f"{stored}/MLmodel: changed\n")


def test_a_model_that_an_interruption_left_says_so(cli: Cli, point: Path) -> None:
    file = point / "record.json"
    whole = json.loads(file.read_text())
    failure = {"step": "", "code": "unfinished", "message": "killed"}
    for verdict, said in {"unproven": "was made, unproven", "passed": "passed"}.items():
        file.write_text(json.dumps({**whole, "verdict": verdict, "failure": failure}))
        done = cli("verify", "point")
        assert done.stdout.endswith(f"when it {said}, in a run that did not end well: unfinished\n")
        assert cli("verify", "point", "--output", "json").document["failure"] == "unfinished"
        (listed,) = cli("runs", "point", "--output", "json").document["runs"]
        assert listed["verdict"] == "stopped"
        assert cli("promote", "point", "--as", "mine").code == 1


def test_a_model_without_a_record_cannot_be_verified(cli: Cli, point: Path) -> None:
    record = json.loads((point / "record.json").read_text())
    del record["checksums"]
    Path("old.json").write_text(json.dumps(record))
    done = cli("verify", "point/model", "--record", "old.json")
    assert (done.code, "old.json has no checksums" in done.stderr) == (3, True)
    (point / "record.json").write_text("{")
    for named in ("point", "point/model", "point/record.json"):
        done = cli("verify", named)
        assert (done.code, "record.json cannot be read: it is damaged" in done.stderr) == (3, True)
    (point / "record.json").unlink()
    done = cli("verify", "point/model")
    assert (done.code, "record.json is not there. Name the record" in done.stderr) == (3, True)
    Path("other.json").write_text("{}")
    done = cli("verify", "other.json")
    assert (done.code, "other.json: model is not there. Name the model" in done.stderr) == (3, True)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the keys of two owners."""
    folder = tmp_path_factory.mktemp("keys")
    for owner in ("ours", "theirs"):
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{owner}.pem").write_bytes(private)
        (folder / f"{owner}.pub").write_bytes(public)
    return folder


@pytest.fixture(scope="module")
def signed(made: Path, keys: Path) -> Path:
    """The run once more, proven and signed."""
    before = Path.cwd()
    os.chdir(made)
    views = "evaluation.views=[native]"
    key = f"signing.key={keys / 'ours.pem'}"
    assert main(["+recipe=mine.yaml", "tracking.uri=sqlite:///mlflow.db", views, key]) == 0
    os.chdir(before)
    (folder,) = (made / "outputs").rglob("model.sig")
    return folder.parent


def test_a_model_that_passed_is_signed_and_known_by_its_signature_alone(
    cli: Cli, signed: Path, keys: Path, workspace: Path
) -> None:
    Path(shutil.copytree(signed / "model", "model"))
    shutil.copy(signed / "model.sig", "model.sig")
    public = ("--public-key", str(keys / "ours.pub"))
    done = cli("verify", "model", *public, "--output", "json")
    assert done.code == 0, done.stderr
    assert (done.document["signed"], done.document["changed"]) == (True, {})
    config = verifying.Config().use_elliptic_key_verifier(public_key=keys / "ours.pub")
    config.verify(Path("model"), Path("model.sig"))  # as model-signing itself has it
    Path("model/requirements.txt").write_text("evil\n")
    Path("model/.gitattributes").write_text("")
    done = cli("verify", "model", *public, "--output", "json")
    assert done.code == 1
    assert done.document["changed"] == {".gitattributes": "added", "requirements.txt": "changed"}


def test_a_signature_is_written_whole_or_not_at_all(
    signed: Path, keys: Path, workspace: Path
) -> None:
    signature = Path(shutil.copy(signed / "model.sig", "model.sig"))
    before, usual = signature.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, usual[1]))
    try:
        with pytest.raises(StorageError, match="no room left"):
            sign_model(signed / "model", keys / "ours.pem", signature)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert signature.read_bytes() == before
    assert os.listdir() == ["model.sig"]


def test_a_signature_of_another_or_none_is_no_word_for_a_model(
    cli: Cli, signed: Path, keys: Path, workspace: Path
) -> None:
    good = (signed / "model.sig").read_text()
    Path("bad.sig").write_text(good.replace('"payload":"', '"payload":"AAAA'))

    def verify(owner: str, *more: str) -> Outcome:
        return cli("verify", str(signed), "--public-key", str(keys / owner), *more)

    told = {
        "is no signature by the key": verify("theirs.pub"),
        "bad.sig is no signature": verify("ours.pub", "--signature", "bad.sig"),
        "there is no signature": verify("ours.pub", "--signature", "none"),
        "is no key that signs": verify("none.pub"),
    }  # fmt: skip
    assert {what: (one.code, what in one.stderr) for what, one in told.items()} == dict.fromkeys(
        told, (3, True)
    )


def test_a_library_that_checks_no_signature_is_not_believed(
    cli: Cli, signed: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hashes_first(self: Any, model: Path, signature: Path) -> None:
        self._hashing_config.hash(model)

    monkeypatch.setattr(verifying.Config, "verify", hashes_first)
    done = cli("verify", str(signed), "--public-key", str(keys / "theirs.pub"))
    assert (done.code, "takes a signature by any key" in done.stderr) == (3, True)


def test_a_key_that_signs_nothing_ends_a_run_before_it_begins(
    cli: Cli, made: Path, keys: Path
) -> None:
    for key in ("none.pem", str(keys / "ours.pub")):
        done = cli(f"+recipe={made / 'mine.yaml'}", f"signing.key={key}", "tracking.uri=null")
        assert done.code == 3
        assert f"error[signing-failed] default: {key} is no key that signs here" in done.stderr
        assert not list(Path("outputs").rglob("MLmodel"))


def test_the_signature_is_logged_and_gone_where_a_model_is_not_signed_any_more(
    cli: Cli, signed: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = json.loads((signed / "record.json").read_text())
    client = mlflow.MlflowClient(f"sqlite:///{made}/mlflow.db")
    logged = {file.path for file in client.list_artifacts(record["tracking"]["run_id"])}
    assert "model.sig" in logged
    monkeypatch.chdir(made)
    assert cli("+recipe=mine.yaml", "evaluation.views=[native]", "tracking.uri=null").code == 0
    assert not (signed / "model.sig").exists()
