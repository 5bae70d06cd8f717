"""Programs in another language, or in none: JavaScript and its like, pseudo code, an algorithm in LaTeX.

What can be told line by line becomes Python, roughly: the gate compares statements, and tries what it can read.
"""

# ruff: noqa: E501 -- a table: one sign a line
from __future__ import annotations

import re
from collections.abc import Iterator

from learnflow_ext.agents.notations import without_braces

MAX_TEXT = 6_000
_CURLY = re.compile(
    r"\b(?:function|const|let|var)\s+\w|=>|===|&&|\|\||\bconsole\.log\(|\.push\(|\.length\b|\belse if\s*\("
    r"|\b(?:public|static|void|int|double|String|boolean)\s+\w+\s*[(=]|\b(?:for|while|if)\s*\([^)\n]*\)\s*\{"
)
_TYPE = r"(?:unsigned |final |const )*(?:int|double|float|String|string|boolean|bool|long|void|auto|char|var|let|const|(?:\w+::)?\w+<[^<>\n]*>|int\[\]|String\[\])"
_SAME = [
    (re.compile(pattern), new)
    for pattern, new in (
        (r"\b(?:export|default|async|public|private|static|final)\s+", ""),
        (r"\bfunction\s+(\w+)\s*\(([^)\n]*)\)\s*(?::\s*[\w\[\]<>]+\s*)?\{", r"def \1(\2) {"),
        (r"\b(?:const|let|var)\s+(\w+)\s*=\s*(?:function\s*)?\(?([\w, ]*)\)?\s*=>\s*\{", r"def \1(\2) {"),
        (
            r"\b(?:const|let|var)\s+(\w+)\s*=\s*\(?([\w, ]*)\)?\s*=>\s*([^{\n;]+);?",
            r"def \1(\2) {\n return \3;\n}",
        ),
        (rf"\b{_TYPE}\s+(\w+)\s*\(([^)\n]*)\)\s*\{{", r"def \1(\2) {"),
        (
            r"\bfor\s*\(\s*(?:\w+ )?(\w+)\s*=\s*([^;\n]+);\s*\1\s*<=\s*([^;\n]+);[^)\n]*\)",
            r"for \1 in range(\2, \3 + 1)",
        ),
        (
            r"\bfor\s*\(\s*(?:\w+ )?(\w+)\s*=\s*([^;\n]+);\s*\1\s*<\s*([^;\n]+);[^)\n]*\)",
            r"for \1 in range(\2, \3)",
        ),
        (rf"\bfor\s*\(\s*(?:{_TYPE}\s+)?(\w+)\s*(?:of|in|:)\s*([^\n{{]+)\)\s*(?=\{{|$)", r"for \1 in \2 "),
        (r"\belse\s+if\s*\((.*)\)\s*\{", r"elif \1 {"),
        (r"\b(if|while)\s*\((.*)\)\s*\{", r"\1 \2 {"),
        (r"^(\s*)(if|while)\s*\((.*)\)\s*([^{;\n]+);", r"\1\2 \3: \4"),
        (rf"\b{_TYPE}\s+(?=\w+\s*=[^=])", ""),
        (r"(?<=[(,])(\s*)(?:int|double|float|String|string|boolean|bool|char|auto)(?:\[\])?\s+(?=\w)", r"\1"),
        (r"(\w+)\+\+|\+\+(\w+)", r"\1\2 += 1"),
        (r"(\w+)--(?!\w)|--(\w+)", r"\1\2 -= 1"),
        (r"===", "=="),
        (r"!==", "!="),
        (r"\s*&&\s*", " and "),
        (r"\s*\|\|\s*", " or "),
        (r"!(?=[\w(])", "not "),
        (r"\[\.\.\.(\w+)\]", r"\1"),
        (r"\.\.\.(?=\w)", ""),
        (r"(['\"][^'\"\n]*['\"]|\w+)\.(?:includes|contains|has)\(((?:[^()\n]|\([^()\n]*\))+)\)", r"\2 in \1"),
        (r"(\w+)\.(?:length(?:\(\))?|size\(\))", r"len(\1)"),
        (r"\.(?:push|add|push_back)\(", ".append("),
        (r"\.(?:toLowerCase|downcase)(?:\(\))?", ".lower()"),
        (r"\.(?:toUpperCase|upcase)(?:\(\))?", ".upper()"),
        (r"\.trim\(\)", ".strip()"),
        (r"\.charAt\(([^()\n]+)\)", r"[\1]"),
        (r"\bMath\.floor\(([^()/\n]+)/([^()/\n]+)\)", r"\1//\2"),
        (r"\bMath\.(max|min|abs|round)\(", r"\1("),
        (r"\b(?:console\.log|System\.out\.println|puts)\(", "print("),
        (r"\b(?:null|undefined|nullptr|nil)\b", "None"),
        (r"\btrue\b", "True"),
        (r"\bfalse\b", "False"),
        (r"\breturn\s+([^?\n]+?)\s*\?\s*([^:\n]+?)\s*:\s*([^;\n]+);?", r"return \2 if \1 else \3"),
        (r"(\w+)\.(?:reverse\(\))", r"\1[::-1]"),
        (r"\bString\(", "str("),
    )
]
_LINE_LEAD = re.compile(r"^(\s*)(?:\d+\s*[.:)|]\s+|[-*]\s+|\\(?:State|STATE|Statex|li)\b\s*)?")
_END = re.compile(
    r"^\s*\\?(?:end\s*(?:if|for|while|function|procedure|loop)?|next|done|fi|od|wend)\s*\w*[;.]?\s*(?:\{.*\})?\s*$",
    re.IGNORECASE,
)
_TEX_SIGNS = [
    (re.compile(pattern), new)
    for pattern, new in (
        (r"\\?\b(?:gets|leftarrow)\b", "="),
        (r"\\in\b", " in "),
        (r"\\(?:leq?|leqslant)\b", "<="),
        (r"\\(?:geq?|geqslant)\b", ">="),
        (r"\\neq?\b", "!="),
        (r"\\(?:times|cdot)\b", "*"),
        (r"\\(?:bmod|mod)\b", "%"),
        (r"\\land\b", " and "),
        (r"\\lor\b", " or "),
        (r"\\(?:neg|lnot)\b", " not "),
        (r"\\(?:text|mathrm|texttt|mathit|operatorname)\{([^{}\n]*)\}", r"\1"),
        (r"\\(?:ForAll|ForEach|For|FOR|FORALL)\s*\{([^\n]*)\}", r"for \1:"),
        (r"\\(?:While|WHILE)\s*\{([^\n]*)\}", r"while \1:"),
        (r"\\(?:If|IF)\s*\{([^\n]*)\}", r"if \1:"),
        (r"\\(?:ElsIf|ELSIF)\s*\{([^\n]*)\}", r"else if \1:"),
        (r"\\(?:Else|ELSE)\b", "else:"),
        (r"\\(?:Function|Procedure)\s*\{(\w+)\}\s*\{([^\n{}]*)\}", r"function \1(\2)"),
        (r"\\(?:Return|RETURN)\b", "return"),
        (r"[$]", ""),
    )
]
_MIND = [
    (re.compile(pattern + r"\s*$", re.IGNORECASE), new)
    for pattern, new in (
        (
            r"(?:function|procedure|algorithm|define|def|sub|method)\s+(\w+)\s*\(([^)]*)\)\s*(?:is|begin|:)?",
            r"def \1(\2):",
        ),
        (r"(?:function|procedure|algorithm)\s+(\w+)\s*:?", r"def \1():"),
        (r"for\s+(?:each|every|all)\s+(.+?)\s+(?:in|of|from)\s+(.+?)\s*(?:do|:|loop)?", r"for \1 in \2:"),
        (
            r"for\s+(\w+)\s*(?:=|:=|from)\s*(.+?)\s+(?:up )?to\s+(.+?)\s*(?:do|:|loop)?",
            r"for \1 in range(\2, \3 + 1):",
        ),
        (r"for\s+(\w+(?:,\s*\w+)*)\s+in\s+(.+?)\s*(?:do|:|loop)?", r"for \1 in \2:"),
        (r"(?:while|as long as)\s+(.+?)\s*(?:do|:|loop)?", r"while \1:"),
        (r"(?:else\s*if|elseif|elsif|elif|otherwise if)\s+(.+?)\s*(?:then|:)?", r"elif \1:"),
        (r"if\s+(.+?)\s*(?:then|:)?", r"if \1:"),
        (r"(?:else|otherwise)\s*:?", "else:"),
        (r"(?:return|give back|yield result)\s+(.+?)[;.]?", r"return \1"),
        (r"(?:set|let|assign)\s+(\S+)\s+(?:to|be|=|:=)\s+(.+?)[;.]?", r"\1 = \2"),
        (r"(\w+(?:\[[^\]]+\])?)\s*(?::=|<-)\s*(.+?)[;.]?", r"\1 = \2"),
        (r"(?:append|add|push)\s+(.+?)\s+(?:to|onto)\s+(\w+)[;.]?", r"\2.append(\1)"),
        (r"(?:increment|increase)\s+(\w+)\s+by\s+(.+?)[;.]?", r"\1 = \1 + \2"),
        (r"(?:increment)\s+(\w+)[;.]?", r"\1 = \1 + 1"),
        (r"(?:print|output|display|write)\s+(.+?)[;.]?", r"print(\1)"),
    )
]
_MINDED = re.compile(
    r"^\s*(?:\d+\s*[.:)]\s*)?(?:[-*]\s+)?(?:(?:function|procedure|algorithm)\s+\w+|set\s+\S+\s+to\b|for\s+each\b|\w+\s*(?::=|<-)"
    r"|end\s*(?:if|for|while|function)?\s*$|if\b.*\bthen\s*$|\\(?:State|For|If|While|Return|STATE|FOR|IF|WHILE|RETURN)\b"
    r"|(?:while|for)\b.*\b(?:do|loop)\s*$)",
    re.IGNORECASE | re.MULTILINE,
)

_MINDED_HEAD = re.compile(
    r"^[ \t]*(?:function|procedure|algorithm)[ \t]+\w+[ \t]*\([^()\n]*\)[ \t]*$", re.IGNORECASE | re.MULTILINE
)


def as_python(text: str) -> Iterator[str]:
    """The readings of a text: none where there are no signs of another language."""
    if len(text) > MAX_TEXT:
        return
    if len(_CURLY.findall(text)) > 1:
        yield _curly(text)
    marked = text
    if "\\" in text or text.count(" gets ") > 1:
        for sign, plain in _TEX_SIGNS:
            marked = sign.sub(plain, marked)
    if len(_MINDED.findall(text)) > 1 or _MINDED_HEAD.search(text) or marked != text:
        yield _by_ends(marked.replace("\u2190", "<-"))


def _curly(text: str) -> str:
    """JavaScript, Java, C: heads and signs as Python has them, and depth in the place of brackets."""
    lines = [line for line in text.splitlines() if not re.match(r"^\s*(?:`{3}|~{3})", line)]
    code = "\n".join(line.strip("`") if line.count("`") == 2 else line for line in lines)
    for sign, plain in _SAME:
        code = re.sub(sign.pattern, plain, code, flags=re.MULTILINE)
    return without_braces(code)


def _by_ends(text: str) -> str:
    """Pseudo code: each line in Python's words, as deep as the heads above it that nothing has ended yet."""
    lines = text.splitlines()
    ended = any(map(_END.match, lines))
    said: list[str] = []
    depth = 0
    for line in lines:
        bare = _LINE_LEAD.sub("", line).strip().strip("`").strip()
        if ended and _END.match(line):
            depth = max(0, depth - 1)
            continue
        told = _told(bare)
        own = line[: len(line) - len(line.lstrip())]
        outer = depth - 1 if told.startswith(("elif ", "else:")) else depth
        said.append(f"{'    ' * max(0, outer) if ended else own}{told}")
        depth += told.endswith(":") and told.startswith(("def ", "for ", "while ", "if "))
    return "\n".join(said)


def _told(line: str) -> str:
    for saying, python in _MIND:
        found = saying.match(line)
        if found:
            return found.expand(python).replace(" <- ", " = ")
    return line
