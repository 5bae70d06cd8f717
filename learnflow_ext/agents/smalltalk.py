"""What students say to the tutor beside their questions about Python: on `simplified` text."""

from __future__ import annotations

import re

WHO = re.compile(
    r"\b(who|what) are (you|u)\b|\bwhat can (you|u) (do|help)\b"
    r"|\bare (you|u) (a |an )?(bot|robot|ai|human|real)\b"
)
HANDING_IN = re.compile(
    r"\b(how|where) (do|can|to|should)\b.*\b"
    r"((hand|turn|send)(ing)? (it |this |that |my \w+ |the \w+ )?in|submit|upload)\b"
)
DEADLINE = re.compile(r"\bdeadline\b|\bdue date\b|\bwhen is (it|this|\w+ \w+) due\b")
DOWNHEARTED = re.compile(
    r"\b(im|i am|i feel) (just |so |too |really |very )*(dumb|stupid|an idiot|hopeless|useless)\b"
    r"|\bi (cant|can not|cannot|will never) (do|learn|understand) (this|it|python)"
    r"( anymore| at all)?\W*$"
    r"|\bi hate (this|python|coding|it)\b|\bi (want to )?give up\b|\bi want to cry\b"
)
ANY = "|".join(each.pattern for each in (WHO, HANDING_IN, DEADLINE, DOWNHEARTED))
"""A pattern for all of these."""

PLEA = re.compile(r"^\W*((can|could|will|would) (you|u) )?(please |pls )?help( me)?( please| pls| plz)?\W*$")
"""Help is wanted, and nothing said of what kind."""
