"""Comments of a Python text, which `ast` drops and generated code keeps."""

from modelspec.pysubset.body import Comment

__all__ = ["Comment"]
