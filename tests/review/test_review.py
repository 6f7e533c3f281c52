"""The verb: which sides it compares, how it is refused, and what it never does."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.review.review import two_sides
from tests.conftest import REPOSITORY, Outcome
from tests.review.history import BASE, CHAT, LABELS, OF_BASE, History

Cli = Callable[..., Outcome]


@pytest.fixture
def repo(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """A repository with a commit on main; the working directory is its top."""
    history = History.start(workspace / "acme")
    history.write("chat.yaml", CHAT)
    history.write("labels.yaml", LABELS)
    history.commit("start")
    monkeypatch.chdir(history.folder)
    return history


def _found(cli: Cli, *arguments: str) -> dict[str, list[str]]:
    done = cli("review", *arguments, "--output", "json")
    assert done.code == 0, done.stderr + done.stdout
    recipes = done.document["recipes"]
    return {one["name"]: sorted(c["rule"] for c in one["changes"]) for one in recipes}


def test_the_working_tree_counts_as_git_would_commit_it(repo: History, cli: Cli) -> None:
    repo.edit("chat.yaml", "float32", "float16")
    repo.write("new.yaml", LABELS)
    repo.write("secret.yaml", LABELS)
    (repo.folder / ".gitignore").write_text("secret.yaml\n")
    (repo.folder / "recipes" / "labels.yaml").unlink()
    assert _found(cli, "main") == {
        "chat": ["dtype-changed"],
        "new": ["recipe-renamed"],
    }
    document = cli("review", "main", "--output", "json").document
    assert document["head"] == {
        "revision": "working tree", "commit": None, "where_it_parted": False,
    }  # fmt: skip


def test_base_alone_is_where_the_branch_left_it(repo: History, cli: Cli) -> None:
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.edit("labels.yaml", "v3", "v4")
    repo.commit("topic")
    repo.git("checkout", "--quiet", "main")
    repo.edit("chat.yaml", "params:\n", "params:\n  top_k: 5\n")
    repo.commit("main moves")
    repo.git("checkout", "--quiet", "topic")
    assert _found(cli, "main") == {"labels": ["revision-moved"]}
    assert _found(cli, "main...topic") == {"labels": ["revision-moved"]}
    both = {"chat": ["param-removed"], "labels": ["revision-moved"]}
    assert _found(cli, "main", "topic") == both
    assert _found(cli, "main..topic") == both
    assert _found(cli, "topic", "main")["chat"] == ["param-added"]
    assert "`main` (where it was left, " in cli("review", "main").stdout


def test_without_a_common_ancestor_the_two_are_compared(repo: History, cli: Cli) -> None:
    repo.git("checkout", "--quiet", "--orphan", "other")
    repo.edit("chat.yaml", "float32", "float16")
    repo.commit("other")
    assert _found(cli, "main") == {"chat": ["dtype-changed"]}


def test_recipes_are_found_from_where_one_stands(
    repo: History, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = repo.folder / "team"
    (team / "recipes").mkdir(parents=True)
    (team / "recipes" / "own.yaml").write_text("defaults: [/recipe/chat, _self_]\n")
    repo.commit("a team")
    repo.edit("chat.yaml", "float32", "float16")
    monkeypatch.chdir(team)
    assert _found(cli, "main", "--config-dir", "..") == {
        "chat": ["dtype-changed"],
        "own": ["dtype-changed"],
    }
    done = cli("review", "main", "--output", "json").document
    assert (done["recipes"], done["unchanged"]) == ([], 1)


def test_a_folder_may_be_there_on_one_side_only(repo: History, cli: Cli) -> None:
    (repo.folder / "more" / "recipes").mkdir(parents=True)
    (repo.folder / "more" / "recipes" / "extra.yaml").write_text(LABELS)
    repo.commit("more")
    (repo.folder / "more").joinpath("recipes", "extra.yaml").unlink()
    (repo.folder / "more" / "recipes").rmdir()
    assert _found(cli, "main", "-cd", "more") == {"extra": ["recipe-deleted"]}
    assert cli("review", "main", "-cd", "/nowhere").code == 2


def test_recipes_may_extend_shipped_ones(repo: History, cli: Cli) -> None:
    repo.write("mine.yaml", "defaults: [/recipe/text-generation/scratch, _self_]\n")
    repo.commit("mine")
    repo.write("mine.yaml", repo.read("mine.yaml") + "dtype: float16\n")
    assert _found(cli, "main") == {"mine": ["dtype-changed"]}


def test_a_base_that_is_gone_breaks_who_extends_it(repo: History, cli: Cli) -> None:
    repo.write("_base.yaml", BASE)
    repo.write("en.yaml", OF_BASE % "in English")
    repo.commit("a base")
    (repo.folder / "recipes" / "_base.yaml").unlink()
    done = cli("review", "main")
    assert "recipes/en.yaml:1:12" in done.stdout
    assert "There is no recipe `_base` in recipes" in done.stdout
    assert "review-" not in done.stdout, "no temporary folder is shown"


def test_what_is_missing_on_this_machine_is_no_finding(repo: History, cli: Cli) -> None:
    local = "task: text-generation\nsource: {kind: local, path: ../weights}\n"
    repo.write("local.yaml", local)
    missing = "kind: package, distribution: not-there, path: a"
    repo.write("pip.yaml", local.replace("kind: local, path: ../weights", missing))
    repo.commit("local")
    for name in ("local", "pip"):
        repo.write(f"{name}.yaml", repo.read(f"{name}.yaml") + "dtype: float16\n")
    assert _found(cli, "main") == {"local": ["dtype-changed"], "pip": ["dtype-changed"]}


def test_links_are_followed_inside_the_repository_only(repo: History, cli: Cli) -> None:
    (repo.folder / "secret.yaml").write_text(LABELS)
    recipes = repo.folder / "recipes"
    (recipes / "in.yaml").symlink_to("labels.yaml")
    (recipes / "out.yaml").symlink_to("/etc/hostname")
    (recipes / "up.yaml").symlink_to("../../../../../../etc/hostname")
    repo.commit("links")
    repo.edit("labels.yaml", "v3", "v4")
    assert _found(cli, "HEAD") == {"labels": ["revision-moved"], "in": ["revision-moved"]}
    with two_sides("HEAD", None) as sides:
        for side in sides:
            links = {f.name for f in side.tree.rglob("*") if f.is_symlink()}
            assert links == {"in.yaml"}


def test_a_tree_that_names_a_folder_above_is_not_written_there(repo: History) -> None:
    def tree(mode: str, name: str, entry: str) -> str:
        content = f"{mode} {name}\0".encode() + bytes.fromhex(entry)
        (repo.folder / "object").write_bytes(content)
        made = repo.git("hash-object", "-t", "tree", "-w", "--literally", "object")
        (repo.folder / "object").unlink()
        return made

    blob = repo.git("rev-parse", "HEAD:recipes/labels.yaml")
    above = tree("40000", "..", tree("40000", "..", tree("100644", "evil.yaml", blob)))
    commit = repo.git("commit-tree", "-m", "evil", tree("40000", "recipes", above))
    with two_sides("main", commit) as (_, after):
        assert after.lineages == {}
        assert [f.name for f in after.tree.parent.rglob("evil.yaml")] == []
        assert not (after.tree.parent.parent / "evil.yaml").exists()


def test_nothing_is_written_or_checked_out(repo: History, cli: Cli) -> None:
    repo.edit("chat.yaml", "float32", "float16")
    state = repo.git("status", "--porcelain"), (repo.folder / ".git" / "index").read_bytes()
    cli("review", "HEAD")
    cli("review", "HEAD", "main")
    assert (repo.git("status", "--porcelain"), repo.git("branch", "--show-current")) == (
        state[0], "main",
    )  # fmt: skip
    assert sorted(os.listdir(repo.folder)) == [".git", "recipes"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("mian", "`mian` is no revision of acme. Did you mean `main`?"),
        ("v1.O", "Did you mean `v1.0`?"),
        ("nothing-like-it", "Name a branch, tag or commit, such as `main` or `v1.0`."),
        ("main...topc", "`topc` is no revision"),
    ],
)
def test_an_unknown_revision_is_explained(repo: History, cli: Cli, asked: str, said: str) -> None:
    repo.git("tag", "v1.0")
    done = cli("review", asked)
    assert done.code == 2
    assert "error[unknown-revision]" in done.stderr
    assert said in done.stderr
    document = cli("review", asked, "--output", "json").document
    assert document["error"]["code"] == "unknown-revision"


def test_no_option_of_git_is_taken_for_a_revision(repo: History, cli: Cli) -> None:
    done = cli("review", "--", "--output=stolen")
    assert (done.code, (repo.folder / "stolen").exists()) == (2, False)


def test_nothing_that_a_repository_configures_is_run(repo: History, cli: Cli) -> None:
    program, ran = repo.folder.parent / "program", repo.folder.parent / "ran"
    program.write_text(f"#!/bin/sh\necho $0 >> {ran}\n")
    program.chmod(0o755)
    repo.git("config", "core.fsmonitor", str(program))
    repo.git("ls-files", "--others")
    assert ran.exists(), "git itself runs it"
    ran.unlink()
    for key in ("core.sshCommand", "core.pager", "core.askPass", "diff.external", "diff.x.textconv",
                "diff.x.command", "filter.x.clean", "filter.x.smudge", "filter.x.process",
                "credential.helper"):  # fmt: skip
        repo.git("config", key, str(program))
    repo.git("config", "alias.ls-tree", f"!{program}")
    repo.git("config", "core.repositoryformatversion", "1")
    repo.git("config", "extensions.partialClone", "origin")
    repo.git("config", "remote.origin.promisor", "true")
    repo.git("config", "remote.origin.url", f"ext::{program}")
    repo.git("config", "protocol.ext.allow", "always")
    info = repo.folder / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text("* diff=x filter=x\n")
    repo.edit("labels.yaml", "v3", "v4")
    assert _found(cli, "HEAD") == {"labels": ["revision-moved"]}
    assert not ran.exists()
    blob = repo.git("rev-parse", "HEAD:recipes/labels.yaml")
    (repo.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    done = cli("review", "HEAD")
    assert (done.code, "error[git-failed]" in done.stderr) == (3, True), "and nothing is fetched"
    assert not ran.exists()


def test_a_shallow_clone_is_told_how_to_deepen(
    repo: History, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit("second")
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.commit("third")
    shallow = repo.folder.parent / "shallow"
    repo.git("clone", "--quiet", "--depth=1", "--no-single-branch",
             f"file://{repo.folder}", str(shallow))  # fmt: skip
    monkeypatch.chdir(shallow)
    done = cli("review", "origin/main")
    assert done.code == 2
    assert "error[shallow-clone]" in done.stderr
    assert "`git fetch --unshallow`" in done.stderr
    for asked in ("HEAD~2", "topic^^"):
        done = cli("review", asked)
        assert (done.code, "git fetch origin" in done.stderr) == (2, False)
        assert "This clone is shallow: `git fetch --unshallow`." in done.stderr
    done = cli("review", "v9.9")
    assert "`git fetch origin v9.9`, or `git fetch --unshallow`" in done.stderr.replace("\n", " ")


def test_outside_a_repository_is_explained(workspace: Path, cli: Cli) -> None:
    done = cli("review", "main")
    assert done.code == 2
    assert "error[not-a-repository]" in done.stderr


def test_a_repository_without_recipes_is_explained(
    workspace: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History.start(workspace / "empty")
    history.commit("nothing")
    monkeypatch.chdir(history.folder)
    done = cli("review", "HEAD")
    assert (done.code, "There is no recipe in recipes" in done.stderr) == (2, True)


@pytest.mark.process
def test_no_heavy_library_is_imported(repo: History) -> None:
    repo.edit("chat.yaml", "float32", "float16")
    code = (
        "import sys; from runner.cli import main; code = main(['review', 'main']);"
        "heavy = {'torch', 'mlflow', 'transformers', 'huggingface_hub'} & set(sys.modules);"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=repo.folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "dtype changed" in done.stdout


SCRATCH = """\
task: text-generation
source: {kind: scratch, architecture: gpt2, seed: 0}
model_config: {do_sample: false}
params: {max_new_tokens: 4}
evaluation: {inputs: [one, two]}
"""


def test_run_shows_answers_before_and_after(repo: History, cli: Cli) -> None:
    (group := repo.folder / "configs" / "load").mkdir(parents=True)
    (group / "old.yaml").write_text("tokenizer: {padding_side: left}\n")
    repo.write("tiny.yaml", f"defaults: [{{/load: old}}, _self_]\n{SCRATCH}")
    repo.write("tags.yaml", SCRATCH.replace("inputs: [one, two]", "views: []"))
    repo.commit("tiny")
    (group / "old.yaml").rename(group / "new.yaml")
    repo.edit("tiny.yaml", "/load: old", "/load: new")
    repo.edit("tiny.yaml", "seed: 0", "seed: 1")
    repo.edit("tiny.yaml", "[one, two]", "[one, three]")
    repo.write("tags.yaml", "# Words.\n" + repo.read("tags.yaml"))
    done = cli("review", "main", "--run", "--output", "json")
    assert done.code == 0, done.stderr
    (tiny,) = [one for one in done.document["recipes"] if one["name"] == "tiny"]
    assert {c["rule"] for c in tiny["changes"]} == {
        "weights-replaced", "proof-changed", "outputs-moved",
    }  # fmt: skip
    answers = {a["input"]: set(a) - {"input"} for a in tiny["answers"]}
    assert answers == {"one": {"before", "after"}, "two": {"before"}, "three": {"after"}}
    one = tiny["answers"][0]
    assert one["before"] != one["after"]
    assert "answers" not in done.document["recipes"][1], "what composes the same is not run"
    left = [".git", "configs", "recipes"]
    assert sorted(os.listdir(repo.folder)) == left, "nothing is left behind"


def test_several_that_git_takes_for_renamed_are_and_one_that_is_broken_is_not(
    repo: History, cli: Cli
) -> None:
    recipes = repo.folder / "recipes"
    for name, task in (("chat", "text-generation"), ("labels", "text-classification")):
        (recipes / f"{name}.yaml").rename(recipes / f"new-{name}.yaml")
        repo.edit(f"new-{name}.yaml", f"task: {task}\n", f"task: {task}\ndtype: bfloat16\n")
    repo.edit("new-chat.yaml", "dtype: float32\n", "")
    assert _found(cli, "main") == {
        "new-chat": ["dtype-changed", "recipe-renamed"],
        "new-labels": ["dtype-changed", "recipe-renamed"],
    }
    repo.edit("new-labels.yaml", "revision", "revison")
    assert _found(cli, "main") == {
        "labels": ["recipe-deleted"],
        "new-chat": ["dtype-changed", "recipe-renamed"],
        "new-labels": ["recipe-broken"],
    }


def test_a_recipe_that_was_broken_and_is_says_so(repo: History, cli: Cli) -> None:
    repo.edit("chat.yaml", "dtype", "dtyp")
    assert "Does not compose." in cli("review", "main").stdout
    repo.commit("broken")
    repo.edit("chat.yaml", "dtyp", "dtp")
    assert "Does not compose: nor did it before." in cli("review", "HEAD").stdout
