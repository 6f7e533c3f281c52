"""Rows through Ray and Spark for real, on this machine: the table that this process makes."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pandas as pd
import pytest
import yaml

from runner import compose, run
from runner.evaluated import EvaluationRecord
from runner.evaluation.predictions import BATCH as KEPT_TOGETHER
from runner.prediction.how import HowToPredict
from runner.work.evaluate import evaluate
from runner.work.predict import Predicted, predict
from tests.checkpoints import classifier
from tests.integration.test_serving import BROUGHT

pytestmark = [
    pytest.mark.brought,
    pytest.mark.skipif(
        BROUGHT not in os.environ, reason="`make test-serving` brings ray, pyspark and Java for it"
    ),
]
ENGINES = ["ray", "spark"]
ROWS, BATCH, BAD = 2000, 64, 777
REQUESTS = 21
"""Single rows that an evaluation times in the driver, the first of them twice."""
TOLD = """
import os
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, load_model

class Told(PythonModel):
    def load_context(self, context):
        self.inner = load_model({inner!r})

    def predict(self, context, model_input, params=None):
        with open({log!r}, "a+") as log:
            log.write("".join(text.split()[0] + "\\n" for text in model_input["text"]))
            asked = log.tell()
        if asked > 2000 and os.path.exists({armed!r}):
            os.rename({armed!r}, {killed!r})
            os.kill(os.getpid(), 9)
        return self.inner.predict(model_input["text"].tolist())

set_model(Told())
"""


class Home:
    """A model that writes which rows it is asked for, and kills its process once if it is armed."""

    def __init__(self, folder: Path) -> None:
        self.log, self.armed, self.killed = (folder / name for name in ("log", "armed", "killed"))
        source = {"kind": "local", "path": str(classifier(folder / "clf"))}
        recipe = {"task": "text-classification", "source": source, "evaluation": {"views": []}}
        (folder / "labels.yaml").write_text(yaml.safe_dump(recipe))
        made = run(compose(str(folder / "labels.yaml"), f"out={folder}/out", "tracking.uri=null"))
        places = {name: str(getattr(self, name)) for name in ("log", "armed", "killed")}
        (folder / "told.py").write_text(TOLD.format(inner=made.model, **places))
        self.model = str(folder / "told")
        signature = mlflow.models.infer_signature(pd.DataFrame({"text": ["a"]}))
        mlflow.pyfunc.save_model(
            self.model, python_model=str(folder / "told.py"), signature=signature,
            pip_requirements=["mlflow"],
        )  # fmt: skip
        self.data = folder / "rows.csv"
        words = ["good", "bad", "the film was fine", "a", "I would not watch this again"]
        rows = [f"{n} {words[n % 5]} {words[n % 3]}" if n != BAD else "" for n in range(ROWS)]
        self.data.write_text("text,n\n" + "".join(f"{text},{n}\n" for n, text in enumerate(rows)))
        self.local = folder / "local.csv"
        self.predict("local", self.local)

    def predict(self, engine: str, out: Path, **told: Callable[[str, int, int], None]) -> Predicted:
        self.log.unlink(missing_ok=True)
        return predict(self.model, self.data, out, HowToPredict(batch=BATCH, engine=engine), **told)

    @property
    def asked(self) -> list[int]:
        return [int(line) for line in self.log.read_text().split()]


@pytest.fixture(scope="module", autouse=True)
def sessions() -> Iterator[None]:
    """Keep one Ray and one Spark for all tests, as a notebook or a cluster's job would."""
    import ray
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("OMP_NUM_THREADS", "1")
        ray.init(num_cpus=2, log_to_driver=False, include_dashboard=False)
        session = SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false")
        with session.getOrCreate() as spark:
            spark.sparkContext.setLogLevel("OFF")
            yield
        ray.shutdown()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    import torch

    torch.set_num_threads(1)  # two workers on two cores
    return Home(tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_worker_that_is_killed_changes_nothing_in_the_table(
    home: Home, tmp_path: Path, engine: str
) -> None:
    home.armed.touch()
    done = home.predict(engine, tmp_path / "out.csv")
    assert home.killed.exists()
    assert (done.rows, done.errors, done.asked) == (ROWS, 1, ROWS)
    assert (tmp_path / "out.csv").read_bytes() == home.local.read_bytes()
    lost = len(home.asked) - (ROWS - 1)
    assert 0 < lost <= BATCH * 16  # what was under way in the worker, and no more


@pytest.mark.parametrize("engine", ENGINES)
def test_a_driver_that_is_killed_goes_on_behind_what_it_kept(
    home: Home, tmp_path: Path, engine: str
) -> None:
    def stop(_: str, done: int, __: int) -> None:
        if done >= ROWS // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        home.predict(engine, tmp_path / "out.csv", progress=stop)
    kept = ROWS // 2 + BATCH - ROWS // 2 % BATCH
    done = home.predict(engine, tmp_path / "out.csv")
    assert done.asked == ROWS - kept
    assert sorted(home.asked) == [n for n in range(kept, ROWS) if n != BAD]
    assert (tmp_path / "out.csv").read_bytes() == home.local.read_bytes()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_that_does_not_load_says_so(tmp_path: Path, home: Home, engine: str) -> None:
    from runner.errors import SourceError

    broken = tmp_path / "broken"
    (tmp_path / "fine.py").write_text(Path(home.model, "told.py").read_text())
    mlflow.pyfunc.save_model(
        broken, python_model=str(tmp_path / "fine.py"), pip_requirements=["mlflow"]
    )
    (broken / "fine.py").write_text("raise ValueError('no such weights')\n")
    how = HowToPredict(engine=engine)
    with pytest.raises(SourceError, match="no such weights"):
        predict(str(broken), home.data, tmp_path / "out.csv", how)


Evaluated = Callable[[str], EvaluationRecord]


@pytest.fixture(scope="module")
def asked(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Evaluated:
    """Give what evaluates the model on the rows by an engine."""
    folder, model = tmp_path_factory.mktemp("evaluated"), Path(home.model).with_name("listed")
    code = Path(home.model).with_name("told.py").read_text()
    code = code.replace("context, model_input,", "context, model_input: list[str],")
    model.with_suffix(".py").write_text(
        code.replace('model_input["text"].tolist()', "model_input").replace('["text"]', "")
    )
    mlflow.pyfunc.save_model(
        model, python_model=str(model.with_suffix(".py")), pip_requirements=["mlflow"]
    )
    labelled, (head, *rows) = (
        home.data.with_name("labelled.csv"),
        home.data.read_text().splitlines(),
    )
    lines = [f"{row},{'POSITIVE' if n % 3 else 'NEGATIVE'}" for n, row in enumerate(rows)]
    labelled.write_text("\n".join([f"{head},label", *lines]))
    wanted = {"path": str(labelled), "target": "label", "id": "n", "where": "text is not null"}

    def evaluated(engine: str) -> EvaluationRecord:
        recipe = {
            "task": "text-classification",
            "source": {"kind": "scratch", "architecture": "bert"},
            "evaluation": {"dataset": wanted, "metrics": ["accuracy", "mcc"], "engine": engine},
        }
        (folder / f"{engine}.yaml").write_text(yaml.safe_dump(recipe))
        composed = compose(str(folder / f"{engine}.yaml"), "tracking.uri=null")
        home.log.unlink(missing_ok=True)
        found = evaluate(str(model), composed, folder / f"by-{engine}" / "point").evaluation
        assert found is not None
        return found

    return evaluated


@pytest.mark.parametrize("engine", ENGINES)
def test_an_evaluation_is_the_same_whoever_answers_and_a_killed_worker_changes_nothing(
    home: Home, asked: Evaluated, engine: str
) -> None:
    home.armed.unlink(missing_ok=True)
    home.killed.unlink(missing_ok=True)
    local = asked("local")
    home.armed.touch()
    found = asked(engine)
    assert home.killed.exists()
    assert Path(found.table).read_bytes() == Path(local.table).read_bytes()
    assert found.scores == local.scores
    assert found.data.inferred == ROWS - 1
    lost = len(home.asked) - (ROWS - 1) - REQUESTS
    assert 0 < lost <= KEPT_TOGETHER * 16
    again = asked(engine)
    assert again.data.inferred == 0
    assert not home.log.exists()
