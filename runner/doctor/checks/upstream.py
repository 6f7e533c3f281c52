"""What the runner uses of libraries beyond what they document is as it was."""

from collections.abc import Iterator

from runner.doctor.diagnosis import Needs, Result, Status
from runner.upstream.survey import broken, interfaces


def check(needs: Needs) -> Iterator[Result]:
    """Look for each private interface; importing transformers and mlflow takes seconds."""
    problems = list(broken())
    for problem in problems:
        yield Result(Status.PROBLEM, problem.message, problem.remedy)
    if not problems:
        libraries = sorted({interface.library for interface in interfaces()})
        message = f"{len(interfaces())} private interfaces of {', '.join(libraries)} hold"
        yield Result(Status.OK, message)
