"""Both back ends, handwritten models and recorded facts agree over every spec."""
