"""What `llmlint eval` decided → reports."""
