"""Training runs on real data with generated modules, each one command; docs/runs.md says what they reached."""
