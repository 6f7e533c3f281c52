"""What a user writes today: load a pipeline and log it with an input example.

Without torchvision MLflow's requirement inference crashes for every model. The one line that drops
torchvision from the defaults stands for a machine that has it; it costs the script nothing.
"""

import sys
from pathlib import Path

import mlflow
import mlflow.transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, pipeline

folder = Path(sys.argv[1])
default_requirements = mlflow.transformers._get_pinned_requirement
mlflow.transformers._get_pinned_requirement = lambda name: (
    name if name == "torchvision" else default_requirements(name)
)

generator = pipeline(
    "text-generation",
    model=AutoModelForCausalLM.from_pretrained(folder / "model"),
    tokenizer=AutoTokenizer.from_pretrained(folder / "components" / "tokenizer"),
)
mlflow.set_tracking_uri("sqlite:///plain.db")
with mlflow.start_run():
    info = mlflow.transformers.log_model(
        generator,
        name="model",
        input_example="What is MLflow?",
        model_config={"max_new_tokens": 8, "do_sample": False},
    )
model = mlflow.pyfunc.load_model(info.model_uri)
print(model.predict("What is MLflow?"))
