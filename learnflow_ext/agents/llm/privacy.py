"""What leaves the classroom, made harmless: no names, no secrets, no addresses of people."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterable

_SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
    r"|\b(?:sk|pk|rk|ghp|gho|ghs|glpat|xox[abp]|hf|pypi)[-_][A-Za-z0-9_-]{12,}"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\b[0-9a-fA-F]{32,}\b"
    r"|\b(?=[A-Za-z0-9+/_-]*\d)(?=[A-Za-z0-9+/_-]*[A-Z])[A-Za-z0-9+/_-]{32,}={0,2}",
    re.DOTALL,
)
_NAMED_SECRET = re.compile(
    r"(?i)\b((?:pass(?:word|wd)?|secret|token|api[_-]?key|passwort|pwd)\w*)(\s*[=:]\s*)(\"[^\"\n]*\"|'[^'\n]*'|[^\s,;)]{3,})"
)
_MAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+\b")
_LOGIN = re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+@")
_HOME = re.compile(r"(?:/home/|/Users/|[A-Z]:\\Users\\)[^\s/\\'\"]+")
_PHONE = re.compile(r"(?<![\w.])\+\d[\d ()/-]{7,}\d")


def redacted(text: str, names: Iterable[str] = ()) -> str:
    """`text` without secrets, mail addresses, home folders and the `names` of people.

    A name that is also one of Python's own words (Max, Min) stays where it is written as that.
    """
    text = _SECRETS.sub("[secret]", text)
    text = _NAMED_SECRET.sub(r"\1\2[secret]", text)
    text = _LOGIN.sub("", text)
    text = _MAIL.sub("[address]", text)
    text = _HOME.sub("[home]", text)
    text = _PHONE.sub("[number]", text)
    parts = {part for name in names for part in _parts(name)}
    for part in sorted(parts, key=len, reverse=True):
        alone = rf"(?<![A-Za-z0-9]){re.escape(part)}(?![A-Za-z0-9])"
        text = re.sub(alone, _person(part), text, flags=re.IGNORECASE)
    return text


def _parts(name: str) -> Iterable[str]:
    """The name and its words, as far as they are long enough to be names."""
    yield from (each for each in {name, *re.split(r"[\s._@-]+", name)} if len(each) > 2)


def _person(name: str) -> Callable[[re.Match[str]], str]:
    python = hasattr(builtins, name.lower()) or keyword.iskeyword(name.lower())

    def replaced(found: re.Match[str]) -> str:
        return found.group() if python and found.group() == name.lower() else "[name]"

    return replaced
