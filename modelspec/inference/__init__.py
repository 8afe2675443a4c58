"""Sizes that a spec leaves to `auto`: where they stand, and numbers put in their place.

Comes in: a Program with `auto` in the arguments of its layers, and traces of its
constructions, which tell what each was in each module made. Goes out: a Program
without `auto`, for both back ends. Only a run of the model tells what a size is: that
is the torch back end's, which runs the instrumented Program that is made here.
"""
