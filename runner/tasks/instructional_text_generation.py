"""instructional-text-generation: an instruction in, what it asks for out."""

from dataclasses import replace

from runner.tasks.text_generation import TASK as _TEXT_GENERATION

TASK = replace(
    _TEXT_GENERATION,
    name="instructional-text-generation",
    summary="follows an instruction, framed by the model's chat template or the prompt template",
    example="Explain in one sentence what MLflow is.",
    pipeline=_TEXT_GENERATION.name,
    chat_template=True,
)
