"""The bookkeeping that both sequences share: which candidate ended how, what was seen when, what is asked next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable

from llmlint.evals.procedure.board import Board
from llmlint.evals.procedure.plan import Ask, Estimate, Finding, Look, Reason

Steps = Generator[list[Ask], None, None]


class Decision(ABC):
    """One sequence. `steps` asks, and goes on when everything asked for has been told."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.ends: dict[int, tuple[Reason, str]] = {}
        self.findings: dict[int, Finding] = {}
        self.looks: list[Look] = []
        self.recommended: int | None = None

    @abstractmethod
    def steps(self) -> Steps:
        """Yields what is to be asked until all is decided."""

    @abstractmethod
    def estimate(self, model: int) -> Estimate:
        """What is known of a candidate about this sequence's target, at this moment."""

    def end(self, model: int, reason: Reason, why: str) -> None:
        self.ends.setdefault(model, (reason, why))

    def going(self, models: Iterable[int]) -> list[int]:
        """Those of `models` that have not ended; the caller's ends are taken note of."""
        board = self.board
        for model, why in board.ended.items():
            self.end(model, "ended", why)
        if board.reference is not None and board.reference in board.ended:
            for model in board.candidates:
                self.end(model, "ended", f"the reference ended: {board.ended[board.reference]}")
        return [model for model in models if model not in self.ends]

    def end_dearer(self) -> None:
        """Candidates that cannot save anything are not asked."""
        board = self.board
        for model in set(board.candidates) - set(board.cheaper()):
            self.end(model, "not-cheaper", "costs as much as the reference, or more: nothing to save")

    def asks(self, models: Iterable[int], draws: int) -> list[Ask]:
        """The next scores of `models` and of the reference; the reference first, the dearest wait."""
        board = self.board
        both = [*([] if board.reference is None else [board.reference]), *models]
        return board.asks(both, draws)
