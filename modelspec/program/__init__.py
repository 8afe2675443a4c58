"""The meaning of a spec: the IR, how specs are lowered to it, its text dump."""
