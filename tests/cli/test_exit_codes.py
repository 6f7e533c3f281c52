"""What each verb ends with: 0 done, 1 a gate failed, 2 wrong input, 3 the outside failed, 4 a defect."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.cli import verbs
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
BASE = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
FILES = {
    "good": BASE + "model_config: {max_new_tokens: 2}\nevaluation: {views: [native]}\n",
    "wrong": BASE + "dtpe: float16\n",
    "gated": BASE + "evaluation: {views: [native], expect: [{equals: never}]}\n",
    "absent": "task: fill-mask\nsource: {kind: package, distribution: no-such-model, path: a}\n",
}
"""Recipes, by name; ``absent`` needs what is not there."""
RUN = ("tracking.uri=null", "--output", "json")
