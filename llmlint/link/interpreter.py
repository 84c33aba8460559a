"""All parts of the interpreter together, and the running of a module's own code."""

from __future__ import annotations

from llmlint.link.callers import Callers
from llmlint.link.calls import Calls
from llmlint.link.core import CALL_FUEL
from llmlint.link.expressions import Expressions
from llmlint.link.objects import Objects
from llmlint.link.project import Module
from llmlint.link.scopes import Frame
from llmlint.link.statements import Statements
from llmlint.link.underway import UNDERWAY
from llmlint.link.values import Const, FilePath


class Interpreter(Expressions, Statements, Calls, Objects, Callers):
    """Evaluates code of one project without running it."""

    def module_frame(self, module: Module) -> Frame:
        """The module's variables after its top level has been followed once; partial while that is under way."""
        if module.frame is None:
            module.frame = Frame(module, root=True)
            module.frame.vars["__file__"] = FilePath(module.path)
            module.frame.vars["__name__"] = Const(module.path)
            spent, fuel, depth, active = self.spent, self.fuel, self.depth, self.active
            self.spent, self.fuel, self.depth, self.active = 0, CALL_FUEL, 0, ()
            try:
                with UNDERWAY.asked(module.question):
                    self.execute(module.tree.body, module.frame)
            finally:
                self.spent, self.fuel, self.depth, self.active = spent, fuel, depth, active
        return module.frame
