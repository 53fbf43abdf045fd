"""
A session's data as JSON text by top-level key, which is what is compared, merged and sent.

Text rather than values: it does not change when the application changes what it has read, and ``1``, ``1.0`` and
``True``, which are the same to Python, are three.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Dict, FrozenSet, Mapping

#: The daemon reads numbers as JavaScript does, which has no other integers.
MAX_SAFE_INTEGER = 2**53 - 1

MAX_SHOWN_DIGITS = 24


@dataclass(frozen=True)
class Difference:
    """What a request has done to a session's top-level keys."""

    changed: Mapping[str, str]
    removed: FrozenSet[str]

    def __bool__(self):
        return bool(self.changed or self.removed)

    @property
    def is_patch(self) -> bool:
        """
        Whether a JSON merge patch says exactly this. It takes a null for "remove the key", and an object for "change
        some of its keys": neither can be set as it is.
        """
        return not any(text == "null" or text.startswith("{") for text in self.changed.values())

    def as_patch(self) -> Dict[str, str]:
        return {**self.changed, **dict.fromkeys(self.removed, "null")}

    def applied_to(self, texts: Mapping[str, str]) -> Dict[str, str]:
        kept = {key: text for key, text in texts.items() if key not in self.removed}
        return {**kept, **self.changed}


def to_texts(data: Mapping[Any, Any], known: Mapping[str, str] = MappingProxyType({})) -> Dict[str, str]:
    """
    :param known: what is kept already, and therefore can be
    :raises TypeError: naming the key whose value JSON cannot hold
    """
    texts = {_key_text(key): _value_text(key, value) for key, value in data.items()}
    for key, text in texts.items():
        if text != known.get(key):
            _refuse_inexact(key, text)
    return texts


def stored_texts(data: Mapping[str, Any]) -> Dict[str, str]:
    """Of data as it was read from JSON."""
    return {key: _canonical(value) for key, value in data.items()}


def object_text(texts: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(key)}:{text}" for key, text in texts.items()) + "}"


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> Difference:
    changed = {key: text for key, text in after.items() if before.get(key) != text}
    return Difference(changed, frozenset(before.keys() - after.keys()))


def _key_text(key):
    if isinstance(key, str):
        return key
    if not (key is None or isinstance(key, (bool, int, float))):
        raise TypeError(f"session key {key!r} cannot be kept as JSON: keys are texts")
    # As JSON writes a number that stands for a key.
    return next(iter(json.loads(json.dumps({key: None}))))


def _value_text(key, value):
    try:
        # Once around, so that keys of objects are texts and can be put in order.
        return _canonical(json.loads(json.dumps(value, allow_nan=False)))
    except (TypeError, ValueError, RecursionError) as error:
        raise _not_json(key, error) from error


def _canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _refuse_inexact(key, text):
    try:
        json.loads(text, parse_int=_exact_integer)
    except (ValueError, OverflowError) as error:
        raise _not_json(key, error) from error


def _exact_integer(digits):
    value = int(digits)
    if abs(value) > MAX_SAFE_INTEGER and value != Decimal(repr(float(value))):
        shown = digits if len(digits) <= MAX_SHOWN_DIGITS else f"an integer of {len(digits)} digits"
        raise ValueError(f"{shown} would be rounded, since it is beyond 2^53: keep it as a text")
    return value


def _not_json(key, error):
    return TypeError(
        f"session[{key!r}] cannot be kept as JSON: {error}. Sessions are shared with applications in other languages: "
        "keep texts, numbers, truth values, None, lists and dictionaries in them."
    )
