"""What is wrong with how a batch is asked for."""

from runner.errors import WrongInput


class PredictError(WrongInput):
    """The data, the table or the model do not fit what is asked."""
