"""Facts + rules + policy → a verdict: which facts are worth a finding, and which of those a comment takes back."""
