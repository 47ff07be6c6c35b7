"""Checks of gradients: is one right, and if not, why? For our own backward passes and for anybody's."""
