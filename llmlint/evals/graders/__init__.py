"""An item and the answer to it → how good the answer is; one module a family of graders."""

from llmlint.evals.graders.agreement import Agreement, agreement, corrected, labels_of
from llmlint.evals.graders.grader import Ask, TaskGrader, grader_of

__all__ = ["Agreement", "Ask", "TaskGrader", "agreement", "corrected", "grader_of", "labels_of"]
