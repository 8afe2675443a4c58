"""`python -m modelspec`: the command, without the working directory's modules.

Python puts the working directory first on the import path here; a file there that is
called `yaml.py` must not be taken for the library.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # The package itself has been found by now, wherever it lies.
    sys.path[:] = [
        folder for folder in sys.path if os.path.abspath(folder) != os.getcwd()
    ]
    from modelspec.cli import run_process

    run_process()
