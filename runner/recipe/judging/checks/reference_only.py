"""Weights are left out of a model only where whoever loads it can have them."""

from collections.abc import Iterator

from runner.findings import Finding
from runner.recipe.judging.checks import Subject
from runner.sources import Stay, all_kinds

_STORE = "Leave it out, so that the weights are stored in the model."


def check(subject: Subject) -> Iterator[Finding]:
    """Find a reference to what cannot be referenced, and what a reference cannot carry."""
    recipe = subject.recipe
    has_adapter = recipe.adapter is not None or recipe.source.may_bring_adapter
    if recipe.merge and not (has_adapter and recipe.save_pretrained):
        needed = "weights of its own" if has_adapter else "`adapter`"
        message = f"`merge: true` needs {needed}."
        yield Finding("merge-without-adapter", message, "Leave one of them out.", ("merge",))
    if recipe.save_pretrained:
        return
    if recipe.allow_pickle:
        message = "`save_pretrained: false` would leave a pickle file to whoever loads the model."
        yield Finding("reference-to-pickle", message, _STORE, ("allow_pickle",))
    if recipe.load.model.get("variant"):
        message = "`save_pretrained: false` would leave another variant to whoever loads the model."
        yield Finding("reference-loses", message, _STORE, ("load", "model", "variant"))
    stays = recipe.source.stay
    if not (stays is Stay.IN_A_REPOSITORY or (recipe.adapter and stays is Stay.ON_THIS_MACHINE)):
        able = [kind for kind, one in all_kinds().items() if one.stay is Stay.IN_A_REPOSITORY]
        message = (
            f"`save_pretrained: false` only works for kind: {' or '.join(able)}, "
            f"not for kind: {recipe.source.kind}."
        )
        yield Finding("reference-needs-hub", message, _STORE, ("save_pretrained",))
    elif recipe.source.gguf:
        message = "`save_pretrained: false` cannot reference a GGUF file."
        yield Finding("reference-needs-hub", message, _STORE, ("save_pretrained",))
    if stays is Stay.ON_THIS_MACHINE and recipe.load.config_fields:
        message = "A reference cannot carry `load.model`: the configuration in the folder counts."
        yield Finding("reference-loses", message, _STORE, ("load", "model"))
    if stays is not Stay.IN_A_REPOSITORY:
        return
    for name, given in recipe.load:
        if given:
            message = f"A reference cannot carry `load.{name}`: native loading would not know it."
            yield Finding("reference-loses", message, _STORE, ("load", name))
    for name, source in recipe.components.given().items():
        if source.stay is not Stay.IN_A_REPOSITORY:
            message = f"A reference cannot carry a {name.replace('_', ' ')} that is not on the hub."
            yield Finding("reference-loses", message, _STORE, ("components", name))
