"""The figures of single problems: a file for each problem that has more than the common figures."""
