"""Native code: the machine's C compiler, a cache of what it built, and the runtime library.

Nothing here is needed: where there is no compiler, or ``$FLAMBEAU_NATIVE`` is 0, everything runs
on NumPy. ``toolchain`` finds the compiler, ``cache`` turns C text into shared objects, ``parts``
knows what the C sources in ``runtime/`` are made of, and ``library`` loads each part at its first
use.
"""
