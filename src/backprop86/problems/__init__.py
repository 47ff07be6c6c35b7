"""One file per 1986 problem: its cases, its networks, its measures."""
