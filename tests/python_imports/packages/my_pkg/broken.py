"""Cannot be imported."""

raise RuntimeError("this machine\nis not what was expected")
