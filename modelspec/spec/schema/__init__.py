"""The language as a JSON Schema, for editors.

In: the frames and their pydantic models, and the catalogue. Out: a draft-07 schema as
plain data, the same on every run; `scripts/write_schema.py` writes it to `schemas/`.

It is made for what editors do with it. Keywords that say nothing of other types than
their own stand side by side, not in alternatives, so that a mistake is told where it
is. What no schema can know (names, expressions, the arguments of blocks) is let pass:
`modelspec check` says the rest.
"""

from modelspec.spec.schema.document import schema_text, spec_schema

__all__ = ["schema_text", "spec_schema"]
