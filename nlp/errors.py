"""Every error that Kuaizui raises on purpose, with the exit code the command line gives it.

```
KuaizuiError            1   the root; its message is written for the person at the keyboard
├── UsageError          2   an argument, a file or a setting that cannot work as given
│   └── ConfigError     2   an unknown key, a wrong type or a value out of range in a configuration
├── BundleError         3   a model folder that is missing, damaged or from another version
├── TrainingError       1   a training that cannot start or had to stop
└── DecodingError       1   a decoder that met something it cannot decode with (NaN, empty vocabulary)
```

A message says what is wrong, where (file, line, field) and what to do about it.
"""


class KuaizuiError(Exception):
    """The root of all errors that a person can read and act upon."""

    exit_code = 1


class UsageError(KuaizuiError):
    """An argument, a file or a setting cannot work as given."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration has an unknown key, a wrong type or a value out of range."""


class BundleError(KuaizuiError):
    """A model folder is missing, damaged, incomplete or written by another version."""

    exit_code = 3


class TrainingError(KuaizuiError):
    """A training cannot start, or had to stop."""


class DecodingError(KuaizuiError):
    """The decoder met values it cannot decode with."""


def how_to_install(extra: str) -> str:
    """How a person brings in an extra of this project, as the end of an error message."""
    return f"Install it in Kuaizui's own folder: pip install -e '.[{extra}]'"
