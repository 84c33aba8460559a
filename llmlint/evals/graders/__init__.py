"""An item and the answer to it → how good the answer is; one module a family of graders."""

from llmlint.evals.graders.agreement import Agreement, agreement, corrected, labels_of
from llmlint.evals.graders.grader import Ask, TaskGrader, grader_of
from llmlint.evals.graders.labels import ClassTable, class_tables

__all__ = [
    "Agreement", "Ask", "ClassTable", "TaskGrader", "agreement", "class_tables", "corrected", "grader_of", "labels_of",
]  # fmt: skip
