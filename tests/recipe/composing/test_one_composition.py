"""There is one composition: whichever verb asks, a tree of recipes says the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from runner.findings import Finding, Place, RecipeError
from runner.recipe.assessing import Assessed, assess
from runner.recipe.compose import compose, compose_all, naming
from runner.recipe.composing.composed import Composed
from runner.recipe.composing.overrides import COMMAND_LINE
from runner.recipe.language.digest import digest
from runner.recipe.library import list_recipes, validate_paths
from runner.recipe.reading.shelf import open_shelf
from runner.review.sides import Side
from tests.conftest import Outcome

TREES = 2000
OPEN = "???"
ROOT = {"task": "text-generation", "source": {"kind": "scratch", "architecture": "gpt2"}}
Strategy = st.SearchStrategy[Any]


def fields(*, sound: bool) -> dict[str, Strategy]:
    """Give the values that files are drawn from, by field.

    Args:
        sound: Leave out what most recipes would be refused for.
    """

    def one_of(good: list[Any], bad: list[Any]) -> Strategy:
        return st.sampled_from(good if sound else [*good, *bad])

    bad_texts = ["${description}", "${tracking.experiment}", "${nope}", "${oc.env:HOME}",
                 "${.tags.a}", "l" * 1001, OPEN]  # fmt: skip
    texts = one_of(["a", "b c", "${task}", "${source.architecture}", "x ${task} y"], bad_texts)
    numbers = one_of([1, 2, 8], [OPEN, "${source.seed}"])
    long = {"type": one_of(["long"], ["double"]), "default": st.integers(1, 9)}
    param = st.fixed_dictionaries(long) if sound else st.fixed_dictionaries({}, optional=long)
    views = one_of([["native"], [], ["pyfunc", "native"]], [OPEN])
    inputs = st.lists(st.sampled_from(["a", "${task}"]), min_size=int(sound), max_size=2)
    evaluation = {"views": views, "inputs": inputs, "seed": st.integers(0, 3)}
    free = {"num_beams": numbers, "do_sample": one_of([True, False], [OPEN])}
    tracking = {"experiment": texts, "tags": st.dictionaries(st.sampled_from("ab"), texts)}
    if not sound:
        evaluation["sed"] = st.just(1)
        free["max_new_tokens"] = numbers
    whole = {"kind": "scratch", "architecture": "gpt2", "seed": 1}
    given: dict[str, Strategy] = {
        "description": texts,
        "dtype": one_of(["float16", "float32"], ["flot32", OPEN, "${description}"]),
        "source": one_of(
            [{"seed": 3}, {"config": {"n_layer": 1}}, {"config": {"n_embd": 32}}, whole],
            [{"seed": OPEN}, {"kind": "hub", "repo": "a/b"}, {"kind": "hub"}, {"repo": "c/d"},
             {"kind": "nothing"}, "a/b", OPEN],
        ),
        "model_config": st.fixed_dictionaries({}, optional=free),
        "params": st.dictionaries(
            st.sampled_from(["max_new_tokens", "top_k"]),
            st.integers(1, 9) | param | (st.nothing() if sound else st.just(OPEN)),
        ),
        "tracking": st.fixed_dictionaries({}, optional=tracking),
        "evaluation": st.fixed_dictionaries({}, optional=evaluation),
        "prompt_template": one_of(["Q: {prompt}", "A: {prompt}"],
                                  ["${task} {prompt}", "none", OPEN]),
    }  # fmt: skip
    return given if sound else {**given, "dtyp": st.just("x")}


SOUND, WILD = fields(sound=True), fields(sound=False)
GROUPS = ("evaluation", "tracking", "model_config")
NAMES = ["one", "two"]


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the files of a tree, by path; the recipe that is asked for is ``recipes/asked``.

    Two thirds are of sound values, so that about half of all are recipes.
    """
    sound = draw(st.integers(0, 2)) > 0
    values = SOUND if sound else WILD
    files: dict[str, Any] = {"recipes/_root": ROOT}
    taken = ["/recipe/_root"]
    for group in GROUPS:
        for name in NAMES:
            given = draw(values[group])
            extends = (
                {"defaults": ["one", "_self_"]} if name == "two" and draw(st.booleans()) else {}
            )
            files[f"configs/{group}/{name}"] = extends | given
    names = [f"b{number}" for number in range(draw(st.integers(0, 3)))]
    for name in [*names, "asked"]:
        entries: list[Any] = draw(st.lists(st.sampled_from(taken), max_size=2, unique=True))
        entries = entries or [taken[0]]
        entries += draw(st.lists(group_entries(sound=sound), max_size=2))
        if draw(st.booleans()):
            entries.insert(draw(st.integers(0, len(entries))), "_self_")
        if not sound and not draw(st.integers(0, 30)):
            entries.append(draw(st.sampled_from(["/recipe/asked", "none", "optional b0", 5])))
        own = draw(st.fixed_dictionaries({}, optional=values))
        files[f"recipes/{name}"] = {"defaults": entries, **own}
        taken.append(f"/recipe/{name}")
    return files


def group_entries(*, sound: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Draw an entry of a defaults list that takes a group."""
    prefixes = st.sampled_from(["/"] if sound else ["/", "/", "/", "override /"])
    names = st.sampled_from([*NAMES, *([] if sound else ["three", ["one", "two"], None])])
    return st.builds(
        lambda prefix, group, name: {f"{prefix}{group}": name},
        prefixes, st.sampled_from(sorted(GROUPS)), names,
    )  # fmt: skip


NUMBERED, SAMPLED = count(), count()


@contextmanager
def laid_out(base: Path, files: dict[str, Any]) -> Iterator[Path]:
    """Write the files of a tree into a folder of their own, and work there."""
    folder = base / f"tree{next(NUMBERED)}"
    for path, values in files.items():
        file = folder / f"{path}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.dump(values, Dumper=yaml.CSafeDumper, sort_keys=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


def outcome(act: Callable[[], Composed]) -> Composed | set[Finding]:
    """Give what composing gives: a recipe, or everything that is wrong."""
    try:
        return act()
    except RecipeError as error:
        return set(error.findings)


def same(one: Composed | set[Finding], other: Assessed) -> None:
    """See that a verb which composes says what one that looks at the files says."""
    if isinstance(one, set):
        assert one == set(other.findings)
        return
    assert set(one.warnings) == set(other.findings)
    assert one.values == other.values
    assert {loc: o for loc, o in one.origins.items() if loc in other.origins} == other.origins
    assert other.recipe is not None
    assert digest(one.recipe) == digest(other.recipe)


MANY = settings(
    max_examples=TREES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
@MANY
@given(files=trees())
def test_no_two_verbs_disagree_on_a_tree(tmp_path_factory: Any, files: dict[str, Any]) -> None:
    with laid_out(tmp_path_factory.getbasetemp(), files) as folder:
        listed = assess(open_shelf(), "asked", Place("asked"))
        if not next(SAMPLED) % 50:  # it looks at every shipped recipe as well
            assert next(r for r in list_recipes() if r.name == "asked") == listed
        validated = validate_paths([Path("recipes/asked.yaml")]).findings
        assert set(validated) == set(listed.findings)
        for act in (
            lambda: compose(["+recipe=asked"]),
            lambda: compose(["+recipe=recipes/asked.yaml"]),
            lambda: compose_all([[naming("asked")]])[0],
        ):
            same(outcome(act), listed)
        roots, groups = (folder / "recipes",), (folder / "configs",)
        side = Side(cast("Any", None), "", "", False, folder, roots, (), groups)
        version = side.version("asked")
        if listed.errors:
            assert version.recipe is None
        else:
            assert version.digest == digest(cast("Any", listed.recipe))
        assert all(file.is_relative_to(folder) for file in listed.files)


Changes = list[tuple[tuple[str, ...], Any]]
ASSIGNED = {
    ("dtype",): st.sampled_from(["float16", "bfloat16"]),
    ("description",): st.sampled_from(["d", "${task} d"]),
    ("tracking", "experiment"): st.sampled_from(["e", "${task}"]),
    ("model_config", "num_beams"): st.integers(1, 4),
    ("params", "max_new_tokens"): st.integers(1, 9),
    ("source", "seed"): st.integers(0, 9),
    ("source",): st.just({"kind": "hub", "repo": "o/m"}),
    ("evaluation", "views"): st.sampled_from([["native"], []]),
    ("evaluation",): st.just({"seed": 2, "views": ["native"]}),
}


def ordered(changes: Changes) -> bool:
    """Tell whether no field of a block is given before the block: of what is typed all are of it.

    In files the block that comes later replaces them.
    """
    locs = [loc for loc, _ in changes]
    both = ("source",) in locs and ("source", "seed") in locs
    return not both or locs.index(("source",)) < locs.index(("source", "seed"))


CHANGES = st.lists(
    st.sampled_from(sorted(ASSIGNED)).flatmap(
        lambda loc: st.tuples(st.just(loc), cast("Any", ASSIGNED[loc]))
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda change: change[0],
).filter(ordered)


def nested(loc: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Give the values of a file that says a change."""
    for key in reversed(loc):
        value = {key: value}
    return cast("dict[str, Any]", value)


def typed(loc: tuple[str, ...], value: Any) -> str:
    """Write a change as people type it."""
    return f"++{'.'.join(loc)}={written(value)}"


def written(value: Any) -> str:
    match value:
        case dict():
            return "{" + ",".join(f"{k}: {written(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ",".join(map(written, value)) + "]"
        case str():
            return f"'{value}'"
        case _:
            return str(value)


def told(findings: set[Finding]) -> set[tuple[str, Any]]:
    return {(one.code, one.loc) for one in findings}


def within(loc: tuple[Any, ...], change: tuple[str, ...]) -> bool:
    """Tell whether a value is inside of what was changed, or around it and made for it."""
    shorter = min(len(loc), len(change))
    return loc[:shorter] == change[:shorter]


@pytest.mark.slow
@settings(MANY, max_examples=500)
@given(files=trees(), changes=CHANGES)
def test_the_command_line_is_one_more_file(
    tmp_path_factory: Any, files: dict[str, Any], changes: Changes
) -> None:
    """What is typed gives the values that a recipe which extends this one and says it gives."""
    over = [nested(loc, value) for loc, value in changes]
    for number, values in enumerate(over):
        below = "asked" if number == 0 else f"over{number - 1}"
        files[f"recipes/over{number}"] = {"defaults": [f"/recipe/{below}", "_self_"], **values}
    with laid_out(tmp_path_factory.getbasetemp(), files):
        one = outcome(lambda: compose(["+recipe=asked", *(typed(*c) for c in changes)]))
        other = outcome(lambda: compose([f"+recipe=over{len(over) - 1}"]))
        if isinstance(one, Composed) and isinstance(other, Composed):
            assert one.values == other.values
            assert digest(one.recipe) == digest(other.recipe)
            typed_in = (loc for loc, o in one.origins.items() if o.place == COMMAND_LINE)
            assert all(any(within(loc, change) for change, _ in changes) for loc in typed_in)
        else:
            assert isinstance(one, set)
            assert isinstance(other, set)
            refused = {f for f in one if f.place == COMMAND_LINE}
            assert told(refused) <= told(other)
            assert refused or told(one) == told(other), "what is refused nothing can refer to"


@settings(MANY, max_examples=300)
@given(layers=st.lists(st.fixed_dictionaries({}, optional=WILD), min_size=1, max_size=4))
def test_mappings_merge_as_omegaconf_merges_them(
    tmp_path_factory: Any, layers: list[dict[str, Any]]
) -> None:
    """A second opinion on the merge, where no rule of ours for blocks and params speaks."""
    layers = [{k: v for k, v in one.items() if k not in ("source", "params")} for one in layers]
    files: dict[str, Any] = {"recipes/b0": {**ROOT, **layers[0]}}
    for number, values in enumerate(layers[1:], 1):
        files[f"recipes/b{number}"] = {"defaults": [f"b{number - 1}", "_self_"], **values}
    plain = [
        OmegaConf.create(yaml.safe_load(yaml.safe_dump(one).replace("$", "§"))) for one in layers
    ]
    merged = OmegaConf.to_container(OmegaConf.merge(OmegaConf.create(ROOT), *plain))
    with laid_out(tmp_path_factory.getbasetemp(), files):
        found = assess(open_shelf(), f"b{len(layers) - 1}", Place("asked"))
    told = {f.loc for f in found.findings if f.code == "interpolation"}
    for key, value in cast("dict[str, Any]", merged).items():
        if "§" not in str(value) and not any(loc[:1] == (key,) for loc in told):
            assert found.values[key] == value


def without(values: Any, loc: tuple[str, ...]) -> Any:
    """Give values without the one at a path."""
    if not loc:
        return values
    rest = {loc[0]: without(values[loc[0]], loc[1:])} if loc[1:] else {}
    return {key: rest.get(key, item) for key, item in values.items() if key != loc[0] or rest}


def holds(values: Any, loc: tuple[str, ...]) -> bool:
    for key in loc:
        if not isinstance(values, dict) or key not in values:
            return False
        values = values[key]
    return True


@settings(MANY, max_examples=150)
@given(below=CHANGES, above=CHANGES, loc=st.sampled_from(sorted(ASSIGNED)))
def test_what_is_deleted_is_gone_whoever_wrote_it(
    tmp_path_factory: Any, below: Changes, above: Changes, loc: tuple[str, ...]
) -> None:
    """A deletion leaves the values there are without one, or says why that is no recipe."""
    files: dict[str, Any] = {"recipes/_root": ROOT}
    for number, change in enumerate(below):
        extended = "_root" if number == 0 else f"_b{number - 1}"
        files[f"recipes/_b{number}"] = {"defaults": [extended, "_self_"], **nested(*change)}
    files["recipes/asked"] = {"defaults": [f"_b{len(below) - 1}"]}
    with laid_out(tmp_path_factory.getbasetemp(), files):
        for given_too in ([], [typed(*change) for change in above]):
            asked = ["+recipe=asked", *given_too]
            whole = outcome(lambda asked=asked: compose(asked))
            left = outcome(lambda asked=asked: compose([*asked, f"~{'.'.join(loc)}"]))
            if not isinstance(whole, Composed):
                continue
            if not holds(whole.values, loc):
                assert not isinstance(left, Composed)
                assert {f.code for f in left} == {"unknown-key"}
            elif isinstance(left, Composed):
                assert left.values == without(whole.values, loc)
                assert not any(within(one, loc) and len(one) >= len(loc) for one in left.origins)
            else:
                assert loc == ("source",)


def test_a_deletion_takes_out_what_the_files_say(workspace: Path) -> None:
    files = {"recipes/a": {**ROOT, "dtype": "float16", "model_config": {"num_beams": 2}}}
    with laid_out(workspace, files):
        kept = compose(["+recipe=a", "~dtype", "~model_config.num_beams=2"])
        assert kept.values == {**ROOT, "model_config": {}}
        assert ("dtype",) not in kept.origins
        with pytest.raises(RecipeError) as caught:
            compose(["+recipe=a", "~model_config.num_beams=3"])
        (finding,) = caught.value.findings
        assert str(finding) == (
            "command line error[bad-override] `~model_config.num_beams=3`: "
            "`model_config.num_beams` is the number 2. "
            "Write `~model_config.num_beams` to delete it whatever it is."
        )
        assert finding.loc == ("model_config", "num_beams")


def test_an_item_is_changed_where_a_list_is_also_one_that_is_typed(workspace: Path) -> None:
    files = {"recipes/a": {**ROOT, "evaluation": {"inputs": ["a", "b"]}}}
    with laid_out(workspace, files):
        changed = compose(["+recipe=a", "evaluation.inputs.1=c"])
        assert changed.recipe.evaluation.inputs == ["a", "c"]
        assert str(changed.origin(("evaluation", "inputs", 1)).place) == "command line"
        assert str(changed.origin(("evaluation", "inputs", 0)).place).startswith("recipes/a.yaml")
        typed_in = compose(["+recipe=a", "evaluation.inputs=[x,y]", "evaluation.inputs.0=z"])
        assert typed_in.recipe.evaluation.inputs == ["z", "y"]
        names = compose(["+recipe=a", "+metadata.1=a", "+metadata.2=b"])
        assert names.recipe.metadata == {"1": "a", "2": "b"}


def test_a_key_that_is_no_text_is_refused_in_a_file_and_typed(workspace: Path) -> None:
    text = "metadata: {1: a, x: [{2: a}], false: b, null: c, 1.5: d}"
    (workspace / "recipes").mkdir()
    (workspace / "recipes" / "a.yaml").write_text(yaml.safe_dump(ROOT) + text)
    (workspace / "recipes" / "b.yaml").write_text(yaml.safe_dump(ROOT))
    said = []
    for asked in (["+recipe=a"], ["+recipe=b", text.replace(": ", "=", 1)]):
        with pytest.raises(RecipeError) as caught:
            compose(asked)
        said.append({(f.code, f.message, f.remedy) for f in caught.value.findings})
    assert said[0] == said[1]
    assert len(said[0]) == 5


def test_what_is_left_open_keeps_the_value_below(workspace: Path) -> None:
    files = {
        "recipes/_base": {**ROOT, "dtype": "float16", "params": {"max_new_tokens": OPEN}},
        "recipes/mine": {"defaults": ["_base", "_self_"], "dtype": OPEN},
        "recipes/given": {"defaults": ["mine", "_self_"], "params": {"max_new_tokens": 3}},
    }
    with laid_out(workspace, files):
        with pytest.raises(RecipeError) as caught:
            compose(["+recipe=mine"])
        assert [f.loc for f in caught.value.findings] == [("params", "max_new_tokens")]
        given = compose(["+recipe=given"])
        assert given.recipe.dtype == "float16"
        assert str(given.origin(("dtype",)).place) == "recipes/_base.yaml:5:1"
        typed_in = compose(["+recipe=mine", "params.max_new_tokens=3"])
        assert digest(typed_in.recipe) == digest(given.recipe)


def test_a_group_is_taken_replaced_and_chosen_on_the_command_line(workspace: Path) -> None:
    files = {
        "configs/evaluation/quick": {"views": ["native"]},
        "configs/evaluation/full": {"defaults": ["quick", "_self_"], "seed": 3},
        "recipes/_base": {"defaults": [{"/evaluation": "quick"}, "_self_"], **ROOT},
        "recipes/mine": {"defaults": ["_base", {"override /evaluation": "full"}, "_self_"]},
        "recipes/bare": ROOT,
    }
    with laid_out(workspace, files):
        quick = compose(["+recipe=_base"])
        assert (
            str(quick.origin(("evaluation", "views")).place) == "configs/evaluation/quick.yaml:1:1"
        )
        full = compose(["+recipe=_base", "evaluation=full"])
        assert (full.recipe.evaluation.seed, full.recipe.views) == (3, ["native"])
        assert digest(compose(["+recipe=mine"]).recipe) == digest(full.recipe)
        assert digest(compose(["+recipe=bare", "+evaluation=full"]).recipe) == digest(full.recipe)
        assert full.overrides == ("evaluation=full",)
        for wrong, said in {
            "evaluation=ful": "Did you mean `full`?",
            "+evaluation=full": "takes `evaluation` already",
            "tracking=one": "takes nothing of the group `tracking`",
            "+dtypes/x=one": "there is no group `dtypes/x`",
        }.items():
            with pytest.raises(RecipeError, match="error") as caught:
                compose(["+recipe=_base", wrong])
            assert said in str(caught.value)


def test_a_file_of_a_group_is_judged_by_itself(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    files = {
        "configs/evaluation/right": {"defaults": ["_open"], "seed": 3},
        "configs/evaluation/_open": {"views": OPEN},
        "configs/tracking/refers": {"experiment": "${task}"},
        "configs/evaluation/wrong": {"seed": "x", "viws": [], "inputs": ["${task}"]},
        "configs/model/of_another_program": {"layers": 3},
        "recipes/a": ROOT,
    }
    with laid_out(workspace, files):
        done = cli("validate")
        assert done.code == 2
        said = [line.split(" ")[0] for line in done.stdout.splitlines() if "error[" in line]
        assert said == ["configs/evaluation/wrong.yaml:1:1", "configs/evaluation/wrong.yaml:2:1"]
        assert cli("validate", "configs/evaluation/right.yaml", "configs/tracking").code == 0
        assert cli("validate", "configs/evaluation/wrong.yaml").code == 2


def test_own_groups_come_before_shipped_and_named_folders_before_both(workspace: Path) -> None:
    files = {
        "recipes/a": {"defaults": [{"/evaluation": "mine"}, "_self_"], **ROOT},
        "configs/evaluation/mine": {"seed": 1},
        "named/configs/evaluation/mine": {"seed": 2},
    }
    with laid_out(workspace, files):
        assert compose(["+recipe=a"]).recipe.evaluation.seed == 1
        assert compose(["+recipe=a"], [Path("named")]).recipe.evaluation.seed == 2


def test_a_block_that_says_its_kind_replaces_the_one_it_extends(workspace: Path) -> None:
    files = {
        "recipes/_base": {**ROOT, "source": {"kind": "hub", "repo": "a/b", "revision": "v1"}},
        "recipes/mine": {"defaults": ["_base", "_self_"], "source": {"kind": "hub", "repo": "c/d"}},
        "recipes/same": {"defaults": ["_base", "_self_"], "source": {"repo": "c/d"}},
    }
    whole = {"kind": "hub", "repo": "c/d"}
    with laid_out(workspace, files):
        assert compose(["+recipe=mine"]).values["source"] == whole
        typed_in = compose(["+recipe=_base", "source={kind: hub, repo: c/d}"])
        assert typed_in.values["source"] == whole
        assert compose(["+recipe=same"]).values["source"] == {**whole, "revision": "v1"}
        there = str(workspace)
        with pytest.raises(RecipeError) as caught:  # in that order, and only the folder is wrong
            compose(["+recipe=_base", "source.kind=local", f"+source.path={there}",
                     "~source.repo", "~source.revision"])  # fmt: skip
        assert {f.code for f in caught.value.findings} == {"no-config"}


REFUSED = [
    {"tracking": {"experiment": "${dtype}"}, "dtype": "${save_as}", "save_as": "pipeline"},
    {"requirements": {"extra": ["l" * 1001]}, "dtype": "${requirements.extra.0}"},
    {"tracking": {"experiment": "${nowhere}"}},
]


@pytest.mark.parametrize("over", REFUSED)
@pytest.mark.parametrize("verb", ["validate", "show", "plan", "lock", "run", "rehearse"])
def test_a_reference_is_refused_alike_by_every_verb(
    cli: Callable[..., Outcome], workspace: Path, verb: str, over: dict[str, Any]
) -> None:
    with laid_out(workspace, {"recipes/a": {**ROOT, **over}}):
        done = cli(verb, "a" if verb in ("validate", "lock") else "+recipe=a")
        said = [line for line in (done.stdout + done.stderr).splitlines() if "[interp" in line]
        assert done.code == 2, done.stdout + done.stderr
        assert len(said) == 1
        assert said[0].startswith("recipes/a.yaml:")


def test_a_link_that_leads_out_is_one_finding(cli: Callable[..., Outcome], workspace: Path) -> None:
    with laid_out(workspace, {"elsewhere/a": ROOT, "recipes/b": ROOT}) as folder:
        (folder / "recipes" / "a.yaml").symlink_to(folder / "elsewhere" / "a.yaml")
        for verb, name in (("validate", "recipes/a.yaml"), ("show", "+recipe=a")):
            done = cli(verb, name)
            assert done.code == 2
            said = [one for one in (done.stdout + done.stderr).splitlines() if "error[" in one]
            assert len(said) == 1
            assert "is a link to a file outside" in said[0]


def test_what_is_short_to_write_is_short_to_show(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    tags = {f"t{number}": "${tracking.experiment}" * 60 for number in range(100)}
    recipe = {**ROOT, "tracking": {"experiment": "e" * 1000, "tags": tags}}
    with laid_out(workspace, {"recipes/a": recipe}):
        for verb, name in (("show", "+recipe=a"), ("validate", "a")):
            done = cli(verb, name)
            assert done.code == 2
            assert len(done.stdout) < 100_000
            assert "makes the references of the recipe longer" in done.stdout + done.stderr
