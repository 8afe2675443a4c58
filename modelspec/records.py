"""`dataclass` as of the standard library, made in a fourteenth of the time.

For a type checker it is the standard one, and its values are: slotted, with the same
methods, and `dataclasses.fields` and `replace` know them. Only `slots=True` is there,
and only what this package uses.

The standard one compiles up to seven methods of each class when a module is imported.
`modelspec check` imports some 120 such classes, and that took a fifth of its time:
1.1 ms for a frozen class, 0.08 ms here. What can be shared is shared here, and
`__init__` is compiled when the first value is made.

`unguarded` is the same for values of which a large spec makes a hundred thousand: that
a frozen one is not written to is left to the type checker, and making one takes half
the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["dataclass", "unguarded"]

if TYPE_CHECKING:
    from dataclasses import dataclass
    from dataclasses import dataclass as unguarded
else:
    import dataclasses
    from dataclasses import MISSING, FrozenInstanceError, fields
    from operator import attrgetter

    def unguarded(**options):
        return dataclass(**options, guarded=False)

    def dataclass(*, slots, frozen=False, eq=True, repr=True, guarded=True):
        assert slots
        guarded = guarded and frozen

        def decorate(cls):
            # The standard library writes out a signature where there is no docstring.
            cls.__doc__ = cls.__doc__ or cls.__name__
            plain = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)
            cls = plain(cls)
            cls.__init__ = _lazy_init(cls, guarded)
            if repr and "__repr__" not in cls.__dict__:
                cls.__repr__ = _repr
            if eq:
                _add_equality(cls, frozen)
            if guarded:
                cls.__setattr__ = cls.__delattr__ = _refuse
            if frozen:
                cls.__getstate__ = _get_state
                cls.__setstate__ = _set_state
            return cls

        return decorate

    def _lazy_init(cls, guarded):
        def first(self, *args, **kwargs):
            cls.__init__ = _compile_init(cls, guarded)
            cls.__init__(self, *args, **kwargs)

        return first

    def _compile_init(cls, guarded):
        parameters, body = ["self"], []
        known = {"MISSING": MISSING}
        for one in fields(cls):
            name = one.name
            known[f"default_{name}"] = one.default
            known[f"make_{name}"] = one.default_factory
            # A slot's own setter: what is frozen has no other way, and it is faster
            # than `object.__setattr__`.
            known[f"set_{name}"] = getattr(cls, name).__set__
            value = name
            if one.default_factory is not MISSING:
                value = f"make_{name}()"
                if one.init:
                    parameters.append(f"{name}=MISSING")
                    value += f" if {name} is MISSING else {name}"
            elif not one.init:
                continue
            elif one.default is MISSING:
                parameters.append(name)
            else:
                parameters.append(f"{name}=default_{name}")
            stored = (
                f"set_{name}(self, {value})" if guarded else f"self.{name} = {value}"
            )
            body.append(stored)
        if hasattr(cls, "__post_init__"):
            body.append("self.__post_init__()")
        text = f"def __init__({', '.join(parameters)}):\n " + "\n ".join(
            body or ["pass"]
        )
        exec(text, known)
        made = known["__init__"]
        made.__qualname__ = f"{cls.__qualname__}.__init__"
        return made

    def _add_equality(cls, frozen):
        compared = [one for one in fields(cls) if one.compare]
        values = _values_of(compared)

        def __eq__(self, other):  # noqa: N807 - a method of the class
            if other.__class__ is not self.__class__:
                return NotImplemented
            return values(self) == values(other)

        cls.__eq__ = __eq__
        cls.__hash__ = None
        if frozen:
            hashed = _values_of([one for one in compared if one.hash is not False])
            cls.__hash__ = lambda self: hash(hashed(self))

    def _values_of(chosen):
        names = [one.name for one in chosen]
        return attrgetter(*names) if names else lambda self: ()

    def _repr(self):
        shown = [one.name for one in fields(self) if one.repr]
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({values})"

    def _refuse(self, name, *value):
        what = "assign to" if value else "delete"
        raise FrozenInstanceError(f"cannot {what} field {name!r}")

    def _get_state(self):
        return [getattr(self, one.name) for one in fields(self)]

    def _set_state(self, state):
        for one, value in zip(fields(self), state, strict=True):
            object.__setattr__(self, one.name, value)
