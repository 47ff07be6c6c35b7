"""One training step of a real network, every number shown."""
