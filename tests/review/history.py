"""A git repository of recipes whose history is written step by step."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

BASE = """\
task: text-generation
source:
  kind: hub
  repo: acme/base-7b
  revision: main
model_config:
  do_sample: false
params:
  max_new_tokens: 64
"""
CHAT = """\
description: answers customers
task: text-generation
source: {kind: hub, repo: acme/chat-7b, revision: v1}
dtype: float32
prompt_template: "Question: {prompt}\\nAnswer:"
model_config: {do_sample: true, num_beams: 1}
params:
  temperature: 0.7
  max_new_tokens: 64
input_example: Where is my parcel?
evaluation:
  inputs: ["Where is my parcel?"]
  expect:
    - {contains: parcel}
tracking: {register_as: chat}
"""
OF_BASE = "defaults: [/recipe/_base, _self_]\ndescription: %s\n"
LABELS = """\
task: text-classification
source: {kind: hub, repo: acme/sentiment, revision: v3}
input_example: I like it.
"""
_WHO = {
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z", "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip


def lock(
    *,
    recipe: str = "",
    commit: str = "1" * 40,
    weights: str = "a" * 64,
    license: str = "mit",
    parameters: int = 124_000_000,
    torch: str = "2.6.0",
    accuracy: float = 0.91,
    readme: str = "e" * 64,
) -> str:
    """Write the text of a lock file.

    Args:
        recipe: Digest of the recipe it is for.
        commit: Commit of the model.
        weights: Hash of its weights.
        license: Its licence.
        parameters: How many parameters it has.
        torch: Version of torch.
        accuracy: A metric of its last run.
        readme: Hash of its model card.
    """
    size = 2 * parameters
    return f"""\
lock: 1
recipe: sha256:{recipe or "0" * 64}
task: text-classification
parts:
  model:
    kind: hub
    name: acme/sentiment
    revision: v3
    commit: {commit!r}
    license: {license}
    files:
      README.md: {{sha256: {readme!r}, size: 100}}
      config.json: {{sha256: {"c" * 64!r}, size: 612}}
      model.safetensors: {{sha256: {weights!r}, size: {size}}}
model:
  {{class: BertForSequenceClassification, dtype: bfloat16, parameters: {parameters}, bytes: {size}}}
packages: {{torch: {torch}, transformers: 4.57.6}}
result: {{verdict: passed, metrics: {{accuracy: {accuracy}}}, outputs: sha256:{weights}}}
"""


@dataclass
class History:
    """A repository under construction.

    Args:
        folder: Its top folder.
        commits: The commits so far, by title.
    """

    folder: Path
    commits: dict[str, str] = field(default_factory=dict)

    @classmethod
    def start(cls, folder: Path) -> "History":
        """Make an empty repository."""
        folder.mkdir(parents=True, exist_ok=True)
        history = cls(folder)
        history.git("init", "--quiet", "--initial-branch=main")
        return history

    def git(self, *arguments: str) -> str:
        """Run git in it."""
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            env={**os.environ, **_WHO},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def read(self, name: str) -> str:
        """Read a file of ``recipes/``."""
        return (self.folder / "recipes" / name).read_text()

    def write(self, name: str, text: str) -> None:
        """Write a file of ``recipes/``."""
        file = self.folder / "recipes" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file of ``recipes/``; it must be there."""
        text = self.read(name)
        assert old in text, old
        self.write(name, text.replace(old, new))

    def commit(self, title: str) -> str:
        """Commit all there is."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", title)
        self.commits[title] = self.git("rev-parse", "HEAD")
        return self.commits[title]
