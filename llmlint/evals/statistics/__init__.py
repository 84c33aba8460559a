"""Pure functions of the decision: scores → tests, sequences, intervals and sample sizes. Each names its source."""
