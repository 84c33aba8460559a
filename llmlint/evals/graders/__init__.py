"""An item and the answer to it → how good the answer is; one module a family of graders."""

from llmlint.evals.graders.grader import Ask, TaskGrader, grader_of

__all__ = ["Ask", "TaskGrader", "grader_of"]
