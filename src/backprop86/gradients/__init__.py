"""Checks of gradients, ours and anybody's: is a gradient right, and if not, why?"""
