"""Trees nobody writes by hand: what cannot be written, or leads out, is left out with a word."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.review.calling import environment
from runner.review.review import two_sides
from runner.review.trial import runnable
from tests.conftest import Outcome
from tests.review.history import CHAT, LABELS, History

Cli = Callable[..., Outcome]
_TREE, _FILE, _LINK, _SUBMODULE = "40000", "100644", "120000", "160000"


@pytest.fixture
def repo(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """A repository with two recipes; the working directory is its top."""
    history = History.start(workspace / "acme")
    history.write("chat.yaml", CHAT)
    history.write("labels.yaml", LABELS)
    history.commit("start")
    monkeypatch.chdir(history.folder)
    return history


def _object(repo: History, kind: str, content: bytes) -> str:
    done = subprocess.run(
        ["git", "hash-object", "-t", kind, "-w", "--literally", "--stdin"],
        cwd=repo.folder,
        input=content,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def _tree(repo: History, *entries: tuple[str, bytes, str]) -> str:
    lines = (f"{mode} ".encode() + name + b"\0" + bytes.fromhex(made)
             for mode, name, made in entries)  # fmt: skip
    return _object(repo, "tree", b"".join(lines))


def _commit(repo: History, *in_recipes: tuple[str, bytes, str]) -> str:
    """Commit a tree with the recipes of the start and more of them."""
    blobs = ((_FILE, name, repo.git("rev-parse", f"HEAD:recipes/{name.decode()}"))
             for name in (b"chat.yaml", b"labels.yaml"))  # fmt: skip
    recipes = _tree(repo, *blobs, *in_recipes)
    return repo.git("commit-tree", "-m", "crafted", _tree(repo, (_TREE, b"recipes", recipes)))


def _link(repo: History, target: bytes) -> str:
    return _object(repo, "blob", target)


def _notes(cli: Cli, commit: str) -> dict[str, str]:
    """Review a commit: the recipes it shares with the start are unchanged, and there are notes."""
    done = cli("review", "main", commit, "--output", "json")
    assert done.code == 0, done.stderr
    assert (done.document["recipes"], done.document["unchanged"]) == ([], 2)
    assert cli("review", "main", commit).stdout.count("### Left out") == 1
    return {note["path"]: note["why"] for note in done.document["notes"]}


def _inside(tree: Path) -> Iterator[Path]:
    return (link for link in tree.rglob("*") if link.is_symlink())


def test_a_link_where_a_folder_is(repo: History, cli: Cli) -> None:
    folder = _tree(repo, (_FILE, b"_deep.yaml", _link(repo, LABELS.encode())))
    commit = _commit(
        repo, (_TREE, b"x.yaml", folder), (_LINK, b"x.yaml", _link(repo, b"labels.yaml"))
    )
    assert _notes(cli, commit) == {"recipes/x.yaml": "it cannot be written: File exists"}


def test_a_file_where_a_folder_is(repo: History, cli: Cli) -> None:
    words = _link(repo, LABELS.encode())
    folder = _tree(repo, (_FILE, b"_deep.yaml", words))
    commit = _commit(repo, (_FILE, b"x.yaml", words), (_TREE, b"x.yaml", folder))
    done = cli("review", "main", commit, "--output", "json")
    assert [one["name"] for one in done.document["recipes"]] == ["x"]
    (note,) = done.document["notes"]
    assert note["path"] == "recipes/x.yaml/_deep.yaml"


@pytest.mark.parametrize("target", [b"labels\0.yaml", b""])
def test_a_link_to_what_is_no_path(repo: History, cli: Cli, target: bytes) -> None:
    commit = _commit(repo, (_LINK, b"x.yaml", _link(repo, target)))
    assert _notes(cli, commit) == {"recipes/x.yaml": "a link to what is no path"}


@pytest.mark.parametrize("mode", [_FILE, _LINK])
def test_a_name_of_300_bytes(repo: History, cli: Cli, mode: str) -> None:
    name = b"n" * 295 + b".yaml"
    commit = _commit(repo, (mode, name, _link(repo, b"labels.yaml")))
    assert _notes(cli, commit) == {
        f"recipes/{name.decode()}": "it cannot be written: File name too long",
    }  # fmt: skip


def test_a_name_that_is_no_text(repo: History, cli: Cli) -> None:
    commit = _commit(repo, (_FILE, b"\xff.yaml", _link(repo, LABELS.encode())))
    (why,) = _notes(cli, commit).values()
    assert why == "its name is not UTF-8"


def test_1200_nested_folders(repo: History, cli: Cli) -> None:
    tree = _tree(repo, (_FILE, b"x.yaml", _link(repo, LABELS.encode())))
    for _ in range(1200):
        tree = _tree(repo, (_TREE, b"d", tree))
    (why,) = _notes(cli, _commit(repo, (_TREE, b"d", tree))).values()
    assert why == "more than 100 folders deep"


def test_links_that_lead_out_by_way_of_others(repo: History, cli: Cli) -> None:
    """``recipes/p/q/l.yaml`` is ``recipes``, two folders up from which is no repository."""
    below = _tree(repo, (_LINK, b"l.yaml", _link(repo, b"../..")))
    first = _tree(repo, (_TREE, b"q", below))
    out = _link(repo, b"p/q/l.yaml/../../secret.yaml")
    ring = _link(repo, b"ring.yaml")
    commit = _commit(
        repo, (_LINK, b"out.yaml", out), (_TREE, b"p", first), (_LINK, b"ring.yaml", ring)
    )
    assert _notes(cli, commit) == {"recipes/out.yaml": "a link that leads out of the repository"}
    with two_sides("main", commit) as (_, after):
        kept = {link.name: link.resolve() for link in _inside(after.tree) if link.exists()}
        assert kept == {"l.yaml": after.tree / "recipes"}
        with runnable(after) as whole:
            links = {link.name for link in _inside(whole.tree)}
            assert links == {"l.yaml", "ring.yaml"}


def test_nothing_is_written_through_a_link(repo: History, cli: Cli) -> None:
    beyond = _tree(repo, (_LINK, b"x.yaml", _link(repo, b"chat.yaml")))
    commit = _commit(repo, (_LINK, b"up.yaml", _link(repo, b"..")), (_TREE, b"up.yaml", beyond))
    assert _notes(cli, commit) == {"recipes/up.yaml/x.yaml": "it lies beyond a link"}


def _with_submodule(repo: History, path: str, *more: str) -> None:
    sub = History.start(repo.folder.parent / "sub")
    sub.write("own.yaml", LABELS)
    sub.commit("own")
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(sub.folder),
             path, *more)  # fmt: skip


def test_a_submodule_below_recipes_is_noted(repo: History, cli: Cli) -> None:
    _with_submodule(repo, "recipes/sub")
    repo.commit("a submodule")
    repo.edit("labels.yaml", "v3", "v4")
    for sides in (["HEAD"], ["main~1", "HEAD"]):
        document = cli("review", *sides, "--output", "json").document
        assert document["notes"] == [
            {"path": "recipes/sub", "why": "a submodule: its recipes are reviewed in it"}
        ]
    assert "- `recipes/sub`: a submodule" in cli("review", "HEAD").stdout


@pytest.mark.parametrize("path", ["team", "team/recipes"])
def test_recipes_in_a_submodule_are_an_error(repo: History, cli: Cli, path: str) -> None:
    _with_submodule(repo, path)
    repo.commit("a submodule")
    for sides in (["HEAD"], ["main~1", "HEAD"]):
        done = cli("review", *sides, "--config-dir", "team/recipes")
        assert done.code == 2
        assert "error[recipes-in-submodule]" in done.stderr
        assert f"team/recipes lies in the submodule {path}" in done.stderr
        assert f"Run `review` in {repo.folder / path}" in done.stderr.replace("\n", " ")
    assert cli("review", "HEAD").code == 0, "nothing is read of it"


def test_what_git_tells_its_hooks_is_not_heard(
    repo: History, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = History.start(repo.folder.parent / "other")
    other.commit("empty")
    repo.git("mv", "recipes/chat.yaml", "recipes/talk.yaml")
    repo.edit("talk.yaml", "float32", "float16")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.folder))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.folder / ".git" / "index"))
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    (one,) = cli("review", "main", "--output", "json").document["recipes"]
    assert (one["before"], one["after"]) == ("chat", "talk")
    around = environment(repo.folder)
    assert around["GIT_CEILING_DIRECTORIES"] == str(repo.folder)
    assert not {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"} & set(around)
