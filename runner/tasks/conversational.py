"""conversational: what a user says in, the answer out, framed by the model's chat template.

transformers dropped its pipeline of this name in 4.42; a chat template on text generation is what
has taken its place.
"""

from dataclasses import replace

from runner.tasks.text_generation import TASK as _TEXT_GENERATION

TASK = replace(
    _TEXT_GENERATION,
    name="conversational",
    summary="answers what a user says, through the model's chat template",
    example="Hi there, chatbot!",
    pipeline=_TEXT_GENERATION.name,
    chat_template=True,
)
