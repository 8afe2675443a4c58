"""Devices and dtypes: what is there, what fits, and that a model is the same on each.

What runs on a device runs on the processor here, and on CUDA where there is one.
"""
