"""Many requests → their replies: each paid once, never more than the budget, as fast as the providers let us."""

from llmlint.evals.calling.budget import Budget, BudgetSpent
from llmlint.evals.calling.caller import Caller
from llmlint.evals.calling.settings import Rate, Settings

__all__ = ["Budget", "BudgetSpent", "Caller", "Rate", "Settings"]
