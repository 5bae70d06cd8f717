"""Code told in words: "set total to 0, for each x in xs add x to total, and return total" as lines of Python.

Only what has a single reading becomes a line. The lines have no indentation: the gate compares statements.
"""

# ruff: noqa: E501 -- a table: one saying a line
from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from textwrap import indent

from learnflow_ext.agents.source import parse

_BRACKETS = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")
_IMPORT = re.compile(r"(?:from \w+ )?import \w+")
_SENTENCE = re.compile(r"(?<=[.;!?])\s+|\n+")
_CLAUSE = re.compile(
    r"(?<=[.;!?:])\s+|\n+|,\s*(?:and\s+)?(?:then\s+)?|\s+(?:and\s+)?then\s+|"
    r"\s+and\s+(?=(?:finally|return|add|append|set|increase|give|print|put|multiply|join)\b)|"
    r"(?<=\w)\s+(?=(?:set|add|append|increase|return) )",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:\d+[.)]|[-*+>#•])\s*)*(?:(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|next|finally|lastly|afterwards|"
    r"now|then|and|also|step \w+|inside(?: (?:of )?(?:the|that|it|this)(?: (?:loop|function|if|body))?)?|in (?:it|the loop)"
    r"|after (?:that|the loop)|you (?:can|should|need to|must)|just|simply|please|write|put|type|use|let us|let's|"
    r"in the end|at the end|at the start|start by|begin by|the function should|it should)\b[\s,:]*)*",
    re.IGNORECASE,
)
_SIGN_WORDS = [
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), sign)
    for words, sign in (
        (r"plus equals?|plus equal to", "+="),
        (r"minus equals?", "-="),
        (r"times equals?", "*="),
        (r"double equals?|equals equals|is equal to|equal equal", "=="),
        (r"not equals?|is not equal to", "!="),
        (r"is (?:one )?(?:of|in)", "in"),
        (r"(?:is )?(?:greater|more|bigger|larger|longer|higher) than or equal to|is at least", ">="),
        (r"(?:is )?(?:less|smaller|fewer|shorter|lower) than or equal to|is at most", "<="),
        (r"is (?:greater|more|bigger|larger|longer|higher) than|greater than", ">"),
        (r"is (?:less|smaller|fewer|shorter|lower) than|less than", "<"),
        (r"equals?(?: sign)?", "="),
        (r"plus(?: sign)?", "+"),
        (r"minus(?: sign)?", "-"),
        (r"double star|double asterisk|to the power of", "**"),
        (r"times|multiplied by|star|asterisk", "*"),
        (r"integer divided by|double slash|floor divided by", "//"),
        (r"divided by|slash", "/"),
        (r"mod(?:ulo)?|percent(?: sign)?", "%"),
        (r"open(?:ing)? (?:paren\w*|brackets?|round bracket)|left paren\w*", "("),
        (r"close(?:d|ing)? (?:paren\w*|brackets?|round bracket)|right paren\w*", ")"),
        (r"open(?:ing)? square(?: bracket)?|left square(?: bracket)?", "["),
        (r"close(?:d|ing)? square(?: bracket)?|right square(?: bracket)?", "]"),
        (r"empty list|empty square brackets|square brackets", "[]"),
        (r"empty (?:string|text)", "''"),
        (r"empty (?:dict\w*)", "{}"),
        (r"colon", ":"),
        (r"comma", ","),
        (r"dot|period", "."),
        (r"zero", "0"),
        (r"one", "1"),
        (r"two", "2"),
        (r"three", "3"),
        (r"ten", "10"),
        (r"true", "True"),
        (r"false", "False"),
        (r"none", "None"),
    )
]
_T = r"`?([A-Za-z_]\w*(?:\[[^\]]+\])?)`?"
_V = r"`?([A-Za-z_]\w*)`?"
_E = r"(.+?)"
_END = r"[\s.;!]*$"
_SAYINGS: list[tuple[re.Pattern[str], tuple[str, ...]]] = [
    (re.compile(pattern + _END, re.IGNORECASE), lines)
    for pattern, lines in (
        (
            rf"(?:set|let|initiali[sz]e|assign|make) {_T}(?: variable)? (?:to|as|be|with|=) (?:an? |the )?{_E}",
            (r"\1 = \2",),
        ),
        (
            rf"(?:create|start(?: with)?|begin with|make|have|define) (?:an? |the )?(?:variable |name |counter |new )*"
            rf"(?:called |named )?{_V}(?:,)? (?:at|as|equal to|with(?: the)?(?: value)?|=|set to|that is|being|which is) (?:an? |the )?{_E}",
            (r"\1 = \2",),
        ),
        (
            rf"(?:create|start with|begin with|make|have) an? (\[\]|''|\{{\}}) (?:called |named |as )?{_V}",
            (r"\2 = \1",),
        ),
        (
            rf"(?:create|start with|begin with|make|have) an? (?:new )?list (?:called |named )?{_V}",
            (r"\1 = []",),
        ),
        (
            rf"(?:assign|store|save|put) {_E} (?:to|in|into|under) (?:the variable |the name )?{_T}",
            (r"\2 = \1", r"\2.append(\1)"),
        ),
        (rf"{_V} (?:starts|begins) (?:as|at|with) (?:an? |the )?{_E}", (r"\1 = \2",)),
        (
            rf"for (?:each|every|all) (?:\w+ )??{_V} (?:in|of|from) (?:the )?(?:list |string |text |word )?{_E}",
            (r"for \1 in \2:",),
        ),
        (
            rf"(?:loop|go|iterate|run|walk) (?:over|through|across) (?:each |every |all |the )*{_V} (?:in|of) (?:the )?{_E}",
            (r"for \1 in \2:",),
        ),
        (
            rf"for {_V} (?:from|going from|in the range from) {_E} (?:up )?to {_E}",
            (r"for \1 in range(\2, \3 + 1):", r"for \1 in range(\2, \3):"),
        ),
        (
            rf"for {_V} in range (?:of )?{_E} (?:to|,) {_E}",
            (r"for \1 in range(\2, \3):", r"for \1 in range(\2, \3 + 1):"),
        ),
        (rf"(?:while|as long as|repeat while) {_E}", (r"while \1:",)),
        (rf"(?:if|when|check if|check whether|in case) {_E}", (r"if \1:",)),
        (rf"(?:otherwise|else) if {_E}", (r"if \1:",)),
        (rf"add {_E} to (?:the )?(?:list |end of |variable )*{_V}", (r"\2 = \2 + \1", r"\2.append(\1)")),
        (rf"(?:append|push) {_E} (?:to|onto) (?:the )?(?:list |end of )*{_V}", (r"\2.append(\1)",)),
        (rf"(?:increase|increment|raise|grow|bump) {_T} by {_E}", (r"\1 = \1 + \2",)),
        (rf"(?:increment|increase|bump) {_V}", (r"\1 = \1 + 1",)),
        (rf"(?:decrease|decrement|lower|reduce) {_V} by {_E}", (r"\1 = \1 - \2",)),
        (rf"multiply {_V} (?:by|with) {_E}", (r"\1 = \1 * \2", r"\1 * \2")),
        (rf"subtract {_E} from {_V}", (r"\2 = \2 - \1",)),
        (rf"divide {_V} by {_E}", (r"\1 = \1 / \2",)),
        (
            rf"(?:return|give back|hand back|output|answer with|send back) (?:the )?(?:value |variable |result of )*{_E}",
            (r"return \1",),
        ),
        (rf"define (?:a )?(?:function )?(?:called |named )?{_V}.*", (r"def \1(): pass",)),
    )
]
_SUBSTITUTES = [
    (re.compile(rf"the length of (?:the )?(?:list |word |text |string )?{_V}", re.IGNORECASE), r"len(\1)"),
    (re.compile(rf"the sum of (?:the )?(?:list )?{_V}", re.IGNORECASE), r"sum(\1)"),
    (re.compile(rf"{_V} squared", re.IGNORECASE), r"\1 * \1"),
    (
        re.compile(rf"the remainder (?:of|when) {_V} (?:is |/|by |divided by )+{_V}", re.IGNORECASE),
        r"\1 % \2",
    ),
    (
        re.compile(r"\b(len|sum|range|print|int|str|max|min|sorted|abs) of ([\w., +*-]+)", re.IGNORECASE),
        r"\1(\2)",
    ),
    (re.compile(r"\brange (?!\()([\w+*-]+(?: [+*-] [\w]+)?(?:, ?[\w+*-]+(?: [+*-] [\w]+)?)?)"), r"range(\1)"),
    (re.compile(rf"{_V} \. append (?!\()([\w*+ -]+)"), r"\1.append(\2)"),
    (re.compile(rf"\b(len|sum|abs|sorted|str|int|float|print) (?!\(){_V}"), r"\1(\2)"),
]
_NEW_LINE = re.compile(r"[,;]?\s+(?:new ?line|line break|next line)\b[,:;.]?\s*", re.IGNORECASE)
_USUAL = re.compile(
    r"\b(?:set|let|return|give back|for each|for every|for \w+ in|while|append|add|increase|colon|equals?|plus|times|"
    r"start|create|loop|initiali[sz]e|assign|store|define)\b",
    re.IGNORECASE,
)


def lines(text: str) -> list[str]:
    """The lines of Python that the words of `text` say, in order; empty for ordinary prose."""
    if not _USUAL.search(text):
        return []
    found: list[str] = []
    for sentence in _SENTENCE.split(_NEW_LINE.sub("\n", text)):
        whole = _said(_bare(sentence))
        if whole and _reads(whole[0]):
            found += whole
            continue
        # A comma between brackets separates arguments, not clauses.
        kept = _BRACKETS.sub(lambda inside: inside.group().replace(",", "\x1f"), sentence)
        for clause in _CLAUSE.split(kept):
            found += _said(_bare(clause.replace("\x1f", ",")))
    return found


def _bare(clause: str) -> str:
    return _LEAD.sub("", clause.strip()).strip(" `*,")


@lru_cache(maxsize=8192)
def _reads(line: str) -> bool:
    """Whether Python can read the line, a body added where it needs one."""
    body = f"{line} pass" if line.endswith(":") else line
    if re.match(r"(?:elif|else)\b", body):
        body = f"if x: pass\n{body}"
    return parse(f"def f():\n{indent(body, '    ')}") is not None


def _said(clause: str) -> tuple[str, ...]:
    return _understood(clause) if 3 <= len(clause) <= 300 else ()


@lru_cache(maxsize=8192)
def _understood(clause: str) -> tuple[str, ...]:
    """A clause comes again in each reading of a reply, and with each later reply that it was shown before."""
    return tuple(_translated(clause))


def _translated(clause: str) -> Iterator[str]:
    symbolic = clause.replace("`", "")
    for pattern, substitute in _SUBSTITUTES[:4]:
        symbolic = pattern.sub(substitute, symbolic)
    for words, sign in _SIGN_WORDS:
        symbolic = words.sub(f" {sign} " if sign not in ".()" else sign, symbolic)
    symbolic = re.sub(r"[ \t]+", " ", symbolic)
    symbolic = re.sub(r"\s*\.\s*(?=[a-z_]+\b\s*[( ])", ".", symbolic)
    for pattern, substitute in _SUBSTITUTES[4:]:
        symbolic = pattern.sub(substitute, symbolic)
    line = _LEAD.sub("", symbolic.strip()).strip().rstrip(".;!")
    if line and (line != clause or _IMPORT.match(line)) and _reads(line):
        yield line
        return
    for saying, forms in _SAYINGS:
        told = saying.match(line.rstrip(":"))
        if told:
            for form in forms:
                yield re.sub(r"\b(?:the|a|an) (?=\w)", "", told.expand(form))
