"""Persisting a 1.4 GB reference of a hub model, against ``persist_pretrained_model``.

Two model folders, since MLflow 3 cannot do it for a registered model ("log_artifacts is not
supported for models:/<name>/<version> URIs"). The weights are in the hub's cache, so that neither
side downloads. Cold processes, offline.
"""

import tempfile
from pathlib import Path

from benchmarks.large_save import size
from benchmarks.measure import measure
from benchmarks.report import Ratio
from tests.hub_server import serving

_HERE = Path(__file__).parent
_RECIPE = """\
task: text-generation
source: {kind: hub, repo: org/large}
save_pretrained: false
evaluation: {views: []}
"""


def run() -> list[Ratio]:
    """Measure."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".benchmark-") as name:
        folder = Path(name)
        measure(["python", str(_HERE / "make_large_checkpoint.py"), "checkpoint"], folder)
        model = size(folder / "checkpoint")
        (folder / "recipes").mkdir()
        (folder / "recipes" / "large.yaml").write_text(_RECIPE)
        cache = {"HF_HOME": str(folder / "hf")}
        with serving() as hub:
            hub.add("org/large", folder / "checkpoint")
            online = {**cache, "HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0"}
            run = ["python", "-m", "runner", "+recipe=large", "tracking.uri=null"]
            for point in ("ours", "theirs"):
                measure([*run, f"out={point}"], folder, online)
        mine, other = (
            str(next((folder / point).glob("**/MLmodel")).parent) for point in ("ours", "theirs")
        )
        ours = measure(["python", "-m", "runner", "persist", mine], folder, cache)
        plain = str(_HERE / "plain_persist.py")
        theirs = measure(["python", plain, other], folder, cache)
    return [
        Ratio(
            "persisting a reference of 1.4 GB, the whole process",
            f"{ours.seconds:.1f} s",
            f"{theirs.seconds:.1f} s  persist_pretrained_model",
            ours.seconds / theirs.seconds,
        ),
        Ratio(
            "its peak memory",
            f"{ours.memory / 1e6:.0f} MB",
            f"{theirs.memory / 1e6:.0f} MB  for a model of {model / 1e6:.0f} MB",
            ours.memory / theirs.memory,
        ),
    ]
