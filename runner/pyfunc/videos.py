"""Videos in: what they show out."""

from typing import Any

from . import batches
from .errors import BadRequest, bad_row
from .media import frames_of, video_file
from .pipelines import Piped, ranked, top_of


class VideoClassification(Piped):
    """Videos in; labels with scores out."""

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give a table of ``label`` and ``score``; lists of them with ``top_k`` above 1."""
        top = top_of(options)
        rest = {k: v for k, v in options.items() if k != "top_k"}
        rest["top_k"] = min(top, len(self._parts.model.config.id2label))
        frames = self._frames(options)
        given = list(enumerate(rows))
        found = batches.run(
            given, [budget] * len(given), budget, lambda b: [self._seen(b[0], frames, rest)]
        )
        return ranked(found, ("label", "score"), top)

    def _frames(self, options: dict[str, Any]) -> int:
        """Give how many frames of a video are looked at."""
        frames = options.get("num_frames") or getattr(self._parts.model.config, "num_frames", None)
        if not frames:
            raise BadRequest("num_frames: the model does not say how many frames it looks at")
        return int(frames)

    def _seen(self, numbered: tuple[int, Any], frames: int, options: dict[str, Any]) -> Any:
        """Ask of one video; some models take as many frames as they were trained on, and no other.

        Raises:
            BadRequest: It is no video, or too short for the model.
        """
        number, row = numbered
        wanted = frames * int(options.get("frame_sampling_rate") or 1)
        with video_file(row, number) as path:
            there = frames_of(path, number, wanted)
            try:
                return self._call(path, options)
            except (RuntimeError, ValueError) as error:
                if there < wanted:
                    raise bad_row(
                        number, f"it has {there} frames; {wanted} are looked at"
                    ) from error
                if options.get("num_frames"):
                    raise BadRequest(f"num_frames: the model does not take {frames}") from error
                raise
