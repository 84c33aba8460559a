"""The call sites of two revisions → what the change costs."""
