"""From a file of conf/experiment/ to rows on disk."""
