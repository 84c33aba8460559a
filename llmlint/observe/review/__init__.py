"""Usage, code and decisions → the quarterly review of what models cost."""
