"""A policy on licences: which may be packaged, and what is wrong with a checkpoint's."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field

from runner.findings import Finding
from runner.sources.base import Checkpoint


class LicensePolicy(BaseModel):
    """Licences that may be packaged, as patterns such as ``cc-by-nc-*``; case does not matter.

    As soon as either list says anything, a checkpoint whose licence is not known is refused.

    Args:
        allow: The only licences allowed; any where null.
        deny: Licences not allowed, even where ``allow`` has them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    allow: list[str] | None = None
    deny: list[str] = Field(default_factory=list)

    @property
    def says_something(self) -> bool:
        """Whether there is anything to check."""
        return self.allow is not None or bool(self.deny)

    def check(self, checkpoint: Checkpoint) -> Iterable[Finding]:
        """Find a licence that is not allowed, or none.

        Args:
            checkpoint: The checkpoint; one made on the spot needs no licence.

        Yields:
            One finding at most, without its place.
        """
        if not self.says_something or checkpoint.made:
            return
        license_ = checkpoint.license
        if not license_:
            yield Finding(
                "license-unknown",
                f"{checkpoint.name} declares no licence, and policy.licenses asks for one.",
                "Ask its owner to declare one, or take another model.",
            )
        elif _any_matches(self.deny, license_):
            remedy = "Take another model, or change policy.licenses.deny."
            yield Finding("license-denied", _denied(checkpoint, "is denied"), remedy)
        elif self.allow is not None and not _any_matches(self.allow, license_):
            remedy = f"Allowed are {', '.join(self.allow) or 'none'} (policy.licenses.allow)."
            yield Finding("license-denied", _denied(checkpoint, "is not allowed"), remedy)


def _denied(checkpoint: Checkpoint, why: str) -> str:
    return f"The licence of {checkpoint.name}, {checkpoint.license}, {why} by policy.licenses."


def _any_matches(patterns: Iterable[str], name: str) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns)
