"""Engines: a recipe and weights in, the fate of every seed out."""

ENGINES = ("reference", "fused")
