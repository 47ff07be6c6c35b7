"""Engines: a recipe and weights in, the fate of every seed out."""

ENGINES = ("reference", "fused", "cuda")


def engine_for(name: str, device: str) -> str:
    """Return the engine for the name; `auto` is fused on the CPU, cuda on an NVIDIA card, and reference elsewhere."""
    return {"cpu": "fused", "cuda": "cuda"}.get(device.partition(":")[0], "reference") if name == "auto" else name
