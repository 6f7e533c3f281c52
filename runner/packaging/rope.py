"""Rotary positions as transformers 5 writes them, in the words of a version that has others."""

import math
from collections.abc import Collection, Mapping
from typing import Any

KEY = "rope_parameters"
SCALING = "rope_scaling"
TRAINED_FOR = "original_max_position_embeddings"
"""The length that a model was trained for: 4 reads it beside what it says of scaling."""
_BASES = ("rope_theta", "rotary_emb_base")
_FRACTIONS = ("partial_rotary_factor", "rotary_pct")
_OF_SLIDING = ("rope_local_base_freq", "local_rope_theta")
_OF_FULL = ("global_rope_theta",)
_USUAL = {"default", "axial", None}
_USUAL_BASE = 10_000.0


def translated(said: Mapping[str, Any], known: Collection[str]) -> dict[str, Any] | None:
    """Say rotary positions otherwise.

    Args:
        said: The ``rope_parameters`` of a configuration; one for each type of layer, or one for
            all.
        known: Keys that the installed version has for configurations of its class.

    Returns:
        What to say in its place; nothing where the version has no words for it.

    Source: ``convert_rope_params_to_dict`` of the configurations of transformers 5, which reads
    those of 4, backwards.
    """
    if not all(isinstance(value, dict) for value in said.values()):
        return _of_all_layers(dict(said), known, _BASES)
    if not said.keys() <= {"full_attention", "sliding_attention"}:
        return None
    full, sliding = said.get("full_attention", {}), said.get("sliding_attention", {})
    base = sliding.get("rope_theta")
    of_sliding = [name for name in _OF_SLIDING if name in known]
    if sliding.get("rope_type") not in _USUAL:
        return None
    if not of_sliding and sliding and base != full.get("rope_theta"):
        return None
    words = _of_all_layers(full, known, [n for n in _OF_FULL if n in known] or _BASES)
    return words and words | dict.fromkeys(of_sliding, base)


def _of_all_layers(
    said: Mapping[str, Any], known: Collection[str], names: Collection[str]
) -> dict[str, Any] | None:
    base, fraction = said.get("rope_theta"), said.get("partial_rotary_factor")
    rest = {k: v for k, v in said.items() if k not in ("rope_theta", "partial_rotary_factor")}
    scales = rest.get("rope_type") not in _USUAL or len(rest) > 1
    bases = [name for name in names if name in known]
    fractions = [name for name in _FRACTIONS if name in known]
    lost = (
        (base not in (None, _USUAL_BASE) and not bases)
        or (fraction not in (None, 1.0) and not fractions)
        or (scales and SCALING not in known)
    )
    if lost:
        return None
    words = {} if base is None else dict.fromkeys(bases, base)
    words |= {} if fraction is None else dict.fromkeys(fractions, fraction)
    words |= {SCALING: rest} if scales else {}
    return words | (_of_long_texts(rest) if rest.get("rope_type") == "longrope" else {})


def _of_long_texts(said: Mapping[str, Any]) -> dict[str, Any]:
    """Say how positions are scaled beyond the length trained for.

    4 takes that length, and from it the factor, of the configuration itself; so a factor that is
    said is put into what it makes of it.

    Source: ``_compute_longrope_parameters`` of both.
    """
    length, factor = said.get(TRAINED_FOR), said.get("factor")
    words = {} if length is None else {TRAINED_FOR: length}
    if factor is None or length is None or said.get("attention_factor") is not None:
        return words
    larger = math.sqrt(1 + math.log(factor) / math.log(length)) if factor > 1 else 1.0
    return words | {SCALING: {**said, "attention_factor": larger}}
