"""Is a gradient right, and if not, why? For our own backward passes and for anybody's."""
