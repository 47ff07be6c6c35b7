"""One file per 1986 problem: its cases, its network, what is measured."""
