"""The functions of `import backprop86 as bp` that run, judge and explain experiments."""
