"""The verbs that write, each with what has to be there before it, and its command."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.checkpoints import causal_lm
from tests.review.history import History

QUIET = "tracking.uri=null"
_BASE = """\
task: text-generation
source: {kind: local, path: ../checkpoint}
model_config: {max_new_tokens: 2, do_sample: false}
"""
_DATA = """\
evaluation:
  views: []
  dataset: {path: ../rows.csv, inputs: text, target: label}
  metrics: [exact_match]
  gates: {size_bytes: "<= 9000000"}
"""
_NOT_WORSE = ('size_bytes: "<= 9000000"', 'exact_match: ">= champion - 0.5"')
_PROVEN = "evaluation: {views: [pyfunc], inputs: [hello]}\n"
_CHAMPION = "tracking: {register_as: scorer, alias: champion}\n"
_RECIPES = {
    "good": f"{_BASE}{_PROVEN}tracking: {{register_as: assistant}}\n",
    "scored": f"{_BASE}{_DATA}{_CHAMPION}",
    "golden": f"{_BASE}dtype: bfloat16\n{_DATA}  golden: true\n{_CHAMPION}",
    "beside": f"{_BASE}{_DATA.replace(*_NOT_WORSE)}{_CHAMPION}",
    "plain": f"{_BASE}evaluation: {{views: []}}\n",
    "referenced": """\
task: text-generation
source: {kind: hub, repo: org/tiny}
save_pretrained: false
evaluation: {views: []}
""",
    "reviewed": f"{_BASE}{_PROVEN}",
    "slips": _BASE.replace("model_config", "model_confg") + "evaluaton: {views: []}\n",
}
_MODEL = "outputs/good/default/model"
SIGNING_KEY, PUBLIC_KEY = "key.pem", "key.pub"


@dataclass(frozen=True)
class Verb:
    """A verb at work.

    Args:
        name: What the table calls it.
        line: Its command.
        before: Commands that make what it needs.
        again: How the same command may end after one that was killed as it was done already.
        repeats: Whether the same command does all again where it is done.
        share: How many of the faults it gets, beside the others: fewer where each takes long.
        points: Of how many points it may say that they failed.
    """

    name: str
    line: str
    before: tuple[str, ...] = ()
    again: tuple[int, ...] = (0,)
    repeats: bool = False
    share: int = 2
    points: int = 1


_GOOD, _SCORED, _GOLDEN = (f"run +recipe={name}" for name in ("good", "scored", "golden"))
_REFERENCED = f"run +recipe=referenced {QUIET}"
_SIGNED = f"{_GOOD} signing.key={SIGNING_KEY}"
_WORKERS = f"-m +recipe=plain dtype=float32,bfloat16 {QUIET} launcher.workers=2"
VERBS = (
    Verb("run", _GOOD, share=5),
    Verb("run, into a new store", f"{_GOOD} tracking.uri=sqlite:///new.db", share=1),
    Verb("run, cast, on data", f"{_GOLDEN} --update-golden", repeats=True, share=4),
    Verb("run, beside its champion", "run +recipe=beside", share=3),
    Verb("run, signed", _SIGNED, share=4),
    Verb("run --rerun", f"{_GOOD} --rerun", (_GOOD,), repeats=True, share=3),
    Verb("lock", "lock good", share=3),
    Verb("new", "new fill-mask mine", again=(0, 2)),
    Verb("validate --fix", "validate slips --fix"),
    Verb("rehearse", "rehearse +recipe=good", share=3),
    Verb("evaluate", f"evaluate {_MODEL} +recipe=scored {QUIET}", (_GOOD,), share=4),
    Verb(
        "predict",
        f"predict {_MODEL} --data rows.csv --inputs text --out answers.csv --batch 2",
        (_GOOD,),
        again=(0, 2),
        share=4,
    ),
    Verb("sweep", "-m +recipe=good dtype=float32,bfloat16", share=3, points=2),
    Verb("sweep, by workers", _WORKERS, share=3, points=2),
    Verb(
        "promote",
        "promote multirun/scored/dtype=bfloat16",
        (f"-m +recipe=scored dtype=bfloat16,float32 {QUIET}",),
        share=4,
    ),
    Verb(
        "promote --rollback",
        "promote outputs/scored/default --rollback",
        (_SCORED, "promote outputs/scored/default"),
        again=(0, 2),
        share=3,
    ),
    Verb("clean", "clean --keep 0 --yes", (_GOOD, _SCORED), share=3),
    Verb("persist", "persist outputs/referenced/default/model", (_REFERENCED,), share=3),
    Verb("report", "report outputs --out report.html", (_GOOD,)),
    Verb("review --run", "review HEAD --run", repeats=True, share=3),
)
_SERVED = "tracking.uri={uri}"
SERVED = (
    Verb("run", f"{_GOOD} {_SERVED}", share=4),
    Verb("sweep", f"-m +recipe=plain dtype=float32,bfloat16 {_SERVED}", share=4, points=2),
    Verb("run, cast, on data", f"{_GOLDEN} --update-golden {_SERVED}", repeats=True, share=3),
    Verb(
        "promote", "promote outputs/scored/default --as other", (f"{_SCORED} {_SERVED}",), share=3
    ),
    Verb(
        "promote --rollback",
        "promote outputs/scored/default --rollback",
        (f"{_SCORED} {_SERVED}", "promote outputs/scored/default"),
        again=(0, 2),
    ),
    Verb("clean", "clean --keep 0 --yes", (f"run +recipe=plain {_SERVED}",)),
)
"""Verbs that ask a tracking server."""


def fill(home: Path) -> None:
    """Write the recipes, their checkpoint and data, a key, and a repository of what was before."""
    (home / "recipes").mkdir()
    for name, text in _RECIPES.items():
        (home / "recipes" / f"{name}.yaml").write_text(text)
    cache(causal_lm(home / "checkpoint"))
    rows = "".join(f"text {number},label\n" for number in range(12))
    (home / "rows.csv").write_text(f"text,label\n{rows}")
    _make_keys(home)
    history = History.start(home)
    history.commit("before")
    history.edit("reviewed.yaml", "max_new_tokens: 2", "max_new_tokens: 3")


def _make_keys(home: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (home / SIGNING_KEY).write_bytes(private)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (home / PUBLIC_KEY).write_bytes(public)


def cache(checkpoint: Path) -> None:
    """Put a checkpoint where a run that fetched it from the hub has it."""
    from huggingface_hub import constants

    repository, commit = Path(constants.HF_HUB_CACHE, "models--org--tiny"), "0" * 40
    shutil.copytree(checkpoint, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
