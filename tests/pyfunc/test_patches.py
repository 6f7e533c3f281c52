"""Images that a model reads as patches, which its processor cuts."""

import numpy as np
import torch
from transformers import Pix2StructConfig, Pix2StructForConditionalGeneration
from transformers import Pix2StructImageProcessor as ImageProcessor

from runner.pyfunc.loading import Parts
from runner.pyfunc.vision import ImageToText
from runner.sources.scratch.source import make_component
from runner.tasks import get_task


def test_an_image_in_patches_is_read_as_transformers_reads_it() -> None:
    text = {"vocab_size": 512, "hidden_size": 32, "d_ff": 32, "d_kv": 16, "num_layers": 1,
            "num_heads": 2}  # fmt: skip
    seen = {"hidden_size": 32, "patch_embed_hidden_size": 768, "d_ff": 32, "d_kv": 16,
            "num_hidden_layers": 1, "num_attention_heads": 2}  # fmt: skip
    task = get_task("image-to-text")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = Pix2StructConfig(text_config=text, vision_config=seen, initializer_factor=20.0)
        tokenizer = make_component("tokenizer", config, task)
        model = Pix2StructForConditionalGeneration(config).eval()
    processor = ImageProcessor(max_patches=16)
    parts = Parts(
        task=task.name, adapter=task.inference, pipeline_task=task.name, model=model,
        components={"tokenizer": tokenizer, "image_processor": processor},
        columns=(), prompt_template=None, name="patches",
    )  # fmt: skip
    images = [np.full((40, 30, 3), shade, np.uint8) for shade in (30, 220)]
    options = {"max_new_tokens": 4, "do_sample": False}
    given = processor(images=images, return_tensors="pt")
    expected = parts.tokenizer.batch_decode(
        model.generate(**given, **options), skip_special_tokens=True
    )
    found = ImageToText(parts).predict(images, options, 10_000)
    assert found == [one.strip() for one in expected]
