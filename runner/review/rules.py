"""The rules: what each kind of change means to those who call a model."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Any, Final


class Impact(StrEnum):
    """What a change means to those who call the model, the gravest first."""

    BREAKING = "breaking"
    BEHAVIOUR = "behaviour"
    COST = "cost"
    COSMETIC = "cosmetic"

    @property
    def rank(self) -> int:
        """The place in the order of gravity, 0 for the gravest."""
        return list(Impact).index(self)


MEANINGS: Mapping[Impact, str] = MappingProxyType(
    {
        Impact.BREAKING: "a call, or a way to load the model, that worked may fail or go unheard",
        Impact.BEHAVIOUR: "every call still works, but answers may differ",
        Impact.COST: "the same answers, for other memory, disk, time or environment",
        Impact.COSMETIC: "callers cannot tell the difference",
    }
)


class Absent(Enum):
    """Stands for a value that is not there, where null would be a value."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True)
class Rule:
    """A kind of change.

    Args:
        name: Stable name, such as ``param-removed``.
        impact: Its class.
        title: What happened, as a phrase.
        why: Why it is of that class, one sentence.
    """

    name: str
    impact: Impact
    title: str
    why: str


@dataclass(frozen=True)
class Change:
    """One difference between two versions of a recipe.

    Args:
        rule: Name of its rule.
        field: The field in the recipe's terms, such as ``params.temperature``.
        before: Its value before; ``ABSENT`` where there was none.
        after: Its value after; ``ABSENT`` where there is none.
        detail: What the rule's title does not say; may be empty.
        taken_for: The class that the repository has it in, where it says so.
        reason: Why that is so.
        until: The last day that it is; empty where that is for good.
    """

    rule: str
    field: str
    before: Any = ABSENT
    after: Any = ABSENT
    detail: str = ""
    taken_for: Impact | None = None
    reason: str = ""
    until: str = ""

    @property
    def impact(self) -> Impact:
        """The class of the change."""
        return self.taken_for or RULES[self.rule].impact

    @property
    def what(self) -> str:
        """What happened, as a phrase."""
        title = RULES[self.rule].title
        return f"{title}: {self.detail}" if self.detail else title


def gravest(changes: Iterable[Change]) -> Impact:
    """Give the gravest class among changes; cosmetic where there are none."""
    return min((c.impact for c in changes), key=lambda i: i.rank, default=Impact.COSMETIC)


_B, _V, _S, _C = Impact.BREAKING, Impact.BEHAVIOUR, Impact.COST, Impact.COSMETIC
_ALL = (
    Rule("recipe-deleted", _B, "recipe deleted", "Its model is packaged no more."),
    Rule("recipe-broken", _B, "does not compose", "No model can be packaged from it."),
    Rule("recipe-added", _C, "new recipe", "Nobody calls its model yet."),
    Rule("recipe-mended", _C, "composes now", "There was no model to compare with."),
    Rule("recipe-renamed", _C, "recipe renamed",
         "The model is the same; commands that say the old name need the new one."),
    Rule("recipe-rewritten", _C, "written otherwise, composed the same",
         "Comments, key order, short forms, defaults written out and shared bases do not reach "
         "the model."),
    Rule("sweep-broken", _B, "sweep does not compose", "No point of it runs."),
    Rule("points-break", _B, "points changed for their callers",
         "A call of their models that worked may fail or go unheard."),
    Rule("points-answer", _V, "points answer otherwise",
         "Their models take the same calls, and answers may differ."),
    Rule("sweep-deleted", _S, "sweep deleted", "Its points are not compared any more."),
    Rule("sweep-added", _S, "new sweep", "Its points are compared from now on."),
    Rule("points-added", _S, "points added", "They take their time and disk."),
    Rule("points-removed", _S, "points removed", "They are not compared any more."),
    Rule("baseline-changed", _C, "baseline changed", "It is for the comparison of the points."),
    Rule("sweep-rewritten", _C, "sweep written otherwise, with the same points",
         "Its launcher, its description and the way its points are written reach no model."),
    Rule("description-changed", _C, "description changed", "It is for readers of the recipe."),
    Rule("task-changed", _B, "task changed",
         "Inputs, outputs and arguments are those of another task."),
    Rule("input-removed", _B, "input removed", "Calls that give it no longer fit the signature."),
    Rule("input-required", _B, "input required", "Calls that do not give it are refused."),
    Rule("input-retyped", _B, "input retyped", "Calls that give the old type are refused."),
    Rule("input-widened", _C, "input takes more", "Whatever was taken still is."),
    Rule("input-optional", _C, "input optional", "Calls that do not give it stay as they are."),
    Rule("output-removed", _B, "output removed", "Callers who read it find nothing."),
    Rule("output-retyped", _B, "output retyped", "Callers who read it find another type."),
    Rule("answers-reshaped", _B, "answers in another form",
         "Callers who set none of the arguments that decide it read another form than before."),
    Rule("output-added", _V, "output added", "Answers have more in them than before."),
    Rule("columns-reordered", _V, "columns in another order",
         "Values given or read by position go elsewhere."),
    Rule("signature-unknown", _B, "signature read off the model",
         "With `signature: infer` on one side and no lock on both, nothing shows that calls still "
         "fit: the graver class is taken."),
    Rule("signature-restated", _C, "signature written otherwise", "The signature is the same."),
    Rule("param-removed", _B, "param removed",
         "MLflow drops params that are not in the schema, so calls that set it go unheard."),
    Rule("param-retyped", _B, "param retyped", "Calls that give the old type are refused."),
    Rule("param-widened", _C, "param takes more",
         "MLflow converts integer to long, float and double, long to float and double, and float "
         "to double."),
    Rule("param-default", _V, "default changed",
         "Calls that do not set it run with the new default."),
    Rule("param-added", _V, "param added",
         "Its default is given at every call that does not set it, and beats `model_config`."),
    Rule("param-offered", _C, "param added",
         "Its default is what every call ran with before, so calls that do not set it stay as "
         "they are."),
    Rule("model-config-changed", _V, "inference argument changed",
         "It is applied to every inference."),
    Rule("model-config-unheard", _C, "inference argument changed, unheard",
         "Calls run with the same value as before: a param of that name wins, or null says "
         "nothing."),
    Rule("run-setting", _S, "inference setting changed",
         "It says where and in what batches models run."),
    Rule("long-rows-refused", _B, "rows longer than the model refused",
         "Calls with such rows were answered, from what was left of them."),
    Rule("long-rows-cut", _V, "rows longer than the model treated otherwise",
         "They are answered from what is left of them, with or without a warning."),
    Rule("template-changed", _V, "prompt template changed", "Every prompt reads differently."),
    Rule("load-argument", _V, "loading argument changed", "The part is built differently."),
    Rule("weights-replaced", _V, "other weights", "Another model answers."),
    Rule("revision-moved", _V, "other revision", "The weights may be others."),
    Rule("component-changed", _V, "component from elsewhere",
         "Inputs may reach the model differently."),
    Rule("adapter-changed", _V, "adapter changed",
         "Another adapter, or none, changes the answers."),
    Rule("adapter-merged", _S, "adapter stored otherwise",
         "Merged or beside its base, the adapter answers alike up to rounding; size and speed "
         "differ."),
    Rule("source-restated", _C, "source named otherwise",
         "The locks of both sides show the same files, to the byte."),
    Rule("dtype-changed", _V, "dtype changed", "Answers differ by rounding, memory by the width."),
    Rule("quantisation-changed", _V, "weights quantised otherwise",
         "Answers differ by the rounding of weights, memory and disk by their bits."),
    Rule("save-as-changed", _V, "saved in another form",
         "Native loading gives other parts; pyfunc answers alike."),
    Rule("pyfunc-narrowed", _B, "MLflow's own inference code answers",
         "Streaming, aligned batches and protocol requests that the runner's code answers may "
         "fail in MLflow's."),
    Rule("pyfunc-extended", _V, "the runner's inference code answers",
         "It takes every call that MLflow's does, and keeps to the signature where that does "
         "not."),
    Rule("weights-referenced", _B, "weights no longer stored in the model",
         "Who loads it must now reach the hub."),
    Rule("weights-stored", _S, "weights stored in the model", "The model is larger, and whole."),
    Rule("remote-code-trusted", _B, "code of the source runs",
         "Who loads the model must trust that code."),
    Rule("remote-code-refused", _V, "code of the source no longer runs",
         "The library's own code answers."),
    Rule("shard-size-changed", _C, "weights in files of another size",
         "What is loaded is the same."),
    Rule("pickle-allowance", _V, "weights from pickle files allowed or not",
         "Weights may now be those of another file of the source."),
    Rule("code-shipped", _B, "code ships in the model",
         "Who loads the model must trust that code."),
    Rule("code-withdrawn", _V, "code no longer ships in the model",
         "What imports it once the model is loaded finds nothing."),
    Rule("card-changed", _C, "model card changed", "It is for readers of the model."),
    Rule("metadata-changed", _C, "metadata changed", "Tools read it; no inference does."),
    Rule("environment-changed", _S, "channels of packages changed",
         "Environments that serve the model are made from them."),
    Rule("example-changed", _C, "input example changed", "It is shown with the model, not used."),
    Rule("example-inferred", _V, "input example changed",
         "With `signature: infer` the signature is read off it."),
    Rule("registered-name", _B, "registered name changed",
         "`models:/` addresses of the old name get no new versions."),
    Rule("registered-added", _C, "registered under a name", "Nobody uses the name yet."),
    Rule("tracking-changed", _C, "filed otherwise", "They say where the run is filed."),
    Rule("package-major", _V, "package moved to another major version",
         "Its behaviour may differ; the second number counts for versions below 1."),
    Rule("package-moved", _C, "package moved", "Minor versions promise the same behaviour."),
    Rule("package-set", _S, "package comes or goes", "Environments that serve the model change."),
    Rule("promise-withdrawn", _V, "taken out of the proof",
         "What the proof held the model to, callers could rely on."),
    Rule("promise-added", _C, "added to the proof", "The model is held to more than before."),
    Rule("proof-changed", _C, "proof runs otherwise", "The model is the same."),
    Rule("lock-added", _C, "lock written", "It pins what was there."),
    Rule("lock-removed", _V, "lock gone", "The next run may package other files."),
    Rule("lock-unreadable", _V, "lock cannot be read", "The next run may package other files."),
    Rule("lock-stale", _C, "lock is of another version of the recipe",
         "`lock --check` refuses it; what it says of the signature is not believed here."),
    Rule("commit-moved", _V, "commit moved", "The source's content moved."),
    Rule("files-changed", _V, "files changed", "The model is read from them."),
    Rule("files-beside", _C, "documents changed", "No model is read from them."),
    Rule("data-changed", _V, "data changed",
         "Metrics and gates are of other rows; what they were before says nothing of them."),
    Rule("metric-code-changed", _V, "code of a metric changed",
         "The same answers are measured otherwise; numbers before it say nothing of those after."),
    Rule("golden-changed", _V, "golden answers changed",
         "The same inputs are answered differently."),
    Rule("licence-changed", _B, "licence changed",
         "Whether callers may still use the model must be looked at, also where it becomes known "
         "or unknown."),
    Rule("class-changed", _V, "model class changed", "Another architecture answers."),
    Rule("locked-dtype", _V, "dtype of the weights changed",
         "Answers differ by rounding, memory by the width."),
    Rule("parameters-changed", _S, "number of parameters changed", "Computation grows with them."),
    Rule("size-changed", _S, "size of the weights changed", "Memory and disk grow with it."),
    Rule("metric-moved", _V, "metric moved", "The model answers better or worse."),
    Rule("metric-within-chance", _C, "metric moved within chance",
         "The interval of the difference, row by row, holds 0."),
    Rule("metric-set", _C, "metric comes or goes", "Something else is measured."),
    Rule("outputs-moved", _V, "answers changed", "The same inputs are answered differently."),
    Rule("verdict-lost", _B, "no longer proven", "The model fails its own proof."),
    Rule("verdict-still-lost", _C, "not proven, as before",
         "The model fails its own proof on both sides."),
    Rule("verdict-gained", _C, "proven now", "The model passes its own proof."),
    Rule("run-broken", _B, "no longer runs", "No model can be packaged from it."),
    Rule("run-impossible", _C, "not run before and after",
         "Without both runs there is nothing to compare."),
    Rule("field-changed", _V, "changed", "Nothing better is known of it."),
)  # fmt: skip
RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _ALL})
"""Every rule by name."""


def rules_table() -> str:
    """Give the rules as a Markdown table, the gravest class first."""
    ordered = sorted(RULES.values(), key=lambda rule: rule.impact.rank)
    rows = [f"| {r.impact} | `{r.name}` | {r.title} | {r.why} |" for r in ordered]
    return "\n".join(["| class | rule | what | why |", "|---|---|---|---|", *rows]) + "\n"
