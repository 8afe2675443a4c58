"""The language server: diagnostics, completion and navigation while a spec is written.

In: the Language Server Protocol on standard input. Out: its answers on standard output.
Never imports torch, runs nothing of a spec but what `check` evaluates, and reads only
the documents that are open, what they import, and for a rename the specs beside them.

`server` speaks the protocol, `session` holds the open documents and what was found in
them; the others each answer one question about a `Session` and know no connection.
"""

from __future__ import annotations
