"""What is wrong with how a batch is asked for."""

from runner.errors import Exit, RunnerError


class PredictError(RunnerError):
    """The data, the table or the model do not fit what is asked.

    Args:
        code: What kind of misfit it is.
        message: What is wrong.
        remedy: What to do about it.
    """

    exit = Exit.WRONG_INPUT

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.code = code
