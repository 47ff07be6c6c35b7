"""Running: from a file of conf/experiment/ to rows on disk."""
