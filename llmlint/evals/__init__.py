"""The harness of `llmlint eval`: a task, its items and candidates → answers, paid once → the cheapest that is good."""
