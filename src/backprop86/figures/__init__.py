"""The figures of each problem: one file beside that of problems/, for those that draw more than every problem."""
