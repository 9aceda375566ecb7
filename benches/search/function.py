"""What is searched: a space as an experiment file describes it, and a value for each configuration; small is good."""


class Function:
    """`value` is what the algorithm is told, `truth` what it is judged by."""

    def __init__(self, parameters, value, truth=None):
        self.parameters = parameters
        self.value = value
        self.truth = truth or value


def number(kind, name, low, high, **more):
    return {"name": name, "type": kind, "min": low, "max": high, **more}
