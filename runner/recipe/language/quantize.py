"""``quantize``: the weights in few bits, as the recipe's own choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from runner.sources.checkpoint.quantisation import METHODS, Quantisation

QuantizeMethod = Literal["torchao-int8", "bitsandbytes-int8", "bitsandbytes-nf4"]


@dataclass(frozen=True)
class Form:
    """The form that weights get.

    Args:
        stored: The method, as transformers names it once they are stored.
        bits: Bits of a weight, with its share of what scales a block of them.
        row: Bytes beside each row; 0 for one number in the dtype of what is not quantised.
        transposed: Whether layers that hold their weight transposed, as GPT-2's do, get it too.
    """

    stored: str
    bits: float
    row: int = 0
    transposed: bool = True


FORMS: Mapping[QuantizeMethod, Form] = MappingProxyType(
    {
        "torchao-int8": Form("torchao", 8, transposed=False),
        "bitsandbytes-int8": Form("bitsandbytes_8bit", 8, row=4),
        "bitsandbytes-nf4": Form("bitsandbytes_4bit", 4.5),
    }
)


class Quantize(BaseModel):
    """Linear layers in few bits, written once; everything else stays in ``dtype``.

    Args:
        method: ``torchao-int8`` and ``bitsandbytes-int8`` for 8 bits a weight, ``bitsandbytes-nf4``
            for 4.
        skip: Modules that stay as they are, by name or a part of it, beside those that transformers
            leaves: the output layer, and what must stay in float32.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    method: QuantizeMethod
    skip: list[str] = Field(default_factory=list)

    @property
    def form(self) -> Form:
        """The form that the weights get."""
        return FORMS[self.method]

    @property
    def quantisation(self) -> Quantisation:
        """How they are quantised then."""
        return Quantisation(self.method, METHODS[self.form.stored])
