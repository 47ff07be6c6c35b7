"""Judging: from rows to verdicts."""
