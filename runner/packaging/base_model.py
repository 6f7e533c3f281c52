"""The base: a model by its configuration alone, with room for what an adapter brings."""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PretrainedConfig, PreTrainedModel

from runner.errors import SourceError
from runner.packaging.brought import Brought
from runner.packaging.components import read_config
from runner.packaging.meta import empty_model
from runner.packaging.other_version import understood
from runner.packaging.quantised import insist_on_stored_form, quantised_source, unquantised
from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint
from runner.sources.checkpoint.quantisation import Quantisation


@dataclass(frozen=True)
class Base:
    """A model by its configuration alone.

    Args:
        config: The configuration.
        model: The model, on torch's ``meta`` device, without quantisation.
        quantised: How its weights are quantised.
        rewritten: Whether the configuration is not what its file says.
        notes: What whoever packages it should know of the configuration, a sentence each.
    """

    config: PretrainedConfig
    model: PreTrainedModel
    quantised: Quantisation | None
    rewritten: bool
    notes: Sequence[str]


def base_of(recipe: Recipe, checkpoint: Checkpoint, brought: Brought) -> Base:
    """Build a model by its configuration.

    Args:
        recipe: The recipe.
        checkpoint: Where the configuration lies.
        brought: What an adapter has in place of weights of the base.

    Raises:
        SourceError: The configuration cannot be read, or says what no model can be; or it has to
            be another in the model, and cannot.
    """
    task, trusted = recipe.contract, recipe.trust_remote_code
    config = read_config(checkpoint, recipe.load.config_fields, trusted=trusted)
    reading = understood(config, checkpoint, recipe.load.config_fields)
    if quantised := quantised_source(checkpoint):
        insist_on_stored_form(recipe, quantised, checkpoint)
    model = empty_model(task, unquantised(reading.config), checkpoint, trusted=trusted)
    config = brought.fitted(reading.config, model)
    if config is not reading.config:
        model = empty_model(task, unquantised(config), checkpoint, trusted=trusted)
    rewritten = reading.translated or config is not reading.config
    if rewritten and (quantised or not recipe.save_pretrained):
        what = "which a reference cannot carry" if not recipe.save_pretrained else "and is copied"
        raise SourceError(
            f"the config.json of {checkpoint.name} has to be another in the model, {what}",
            "Leave `save_pretrained: false` out, so that the weights are stored in the model."
            if not recipe.save_pretrained
            else "Take the version of transformers and the base that the weights were made with.",
        )
    return Base(config, model, quantised, rewritten, reading.notes)
