"""Code in another notation: texts put together, a tree of nodes, a table, other brackets, other words, gaps.

Each reading undoes one of them, where there are signs of it. What comes out is read like any other text, so a
reading that makes no sense does no harm.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator

from learnflow_ext.agents.source import fenced, parse, written

MAX_TEXT = 6_000
_KEYWORDS = r"(?:def|for|while|if|elif|else|return|in|not|and|or|import|from|print|lambda|True|False|None)"
_LARGE = re.compile(rf"\b{_KEYWORDS.upper()}\b")
_BLANK_SIGNS = re.compile(r"[\u2423\u00b7\u2e31\u23b5\u2420]")
_DOTS_BEFORE = re.compile(r"^([._~\-\u2022]{2,}|\.{2,})(?=[A-Za-z])", re.MULTILINE)
_BRACE_HEAD = re.compile(r"^(\s*(?:def|for|while|if|elif|else|class)\b[^\n{]*?)\s*\{\s*$", re.MULTILINE)
_ONE_LINE_BRACES = re.compile(r"\b(?:def|for|while|if)\b[^\n{]*\{[^\n]*\}")
_TEX = re.compile(
    r"\\(?:texttt|mathtt|verb|code|lstinline|mathrm|text)\s*(?:\{((?:[^{}\n]|\{[^{}\n]*\})*)\}|\|([^|\n]*)\|)"
)
_ESCAPED_SIGN = re.compile(r"\\([^\w]|$)", re.MULTILINE)
_NUMBERED = re.compile(
    r"^[ \t>*-]*(?:line|step|zeile|l\u00ednea|ligne|no\.?|#)?[ \t]*(\d{1,2})[ \t]*[.):=\-][ \t]?(.*)$",
    re.IGNORECASE,
)
_CELLS = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$", re.MULTILINE)
_GAP = re.compile(r"_{3,}|\u2026{1,}|\[(?:blank|gap|\.\.\.|\?+)\]|<(?:blank|gap)>|\.{4,}")
_SPAN = re.compile(r"`([^`\n]+)`")
_NODES = re.compile(r"\b(?:Module|FunctionDef|Return|Assign|For|If)\(\w+=")
_OPCODE = re.compile(
    r"\b(?:LOAD|STORE|CALL|BINARY|COMPARE|POP_JUMP|JUMP|RETURN|FOR|GET|BUILD|MAKE|LIST|PRECALL)_[A-Z_]+\b"
    r"(?!\s*[=.\[])|\b(?:LOAD|STORE|CALL|BINARY|COMPARE|JUMP|RETURN|FOR|RESUME|PRECALL)\b(?=\s+\S+\s*$|\s*$)"
)
"""A name of one, not a constant such as `LIST_PRICE = 3`, nor a word of a sentence in capitals."""
_SAID = {
    "def": "definir funcion función funktion fonction funzione definisci função functie definieer funkcja "
    "zdefiniuj fonksiyon tanımla функция функцию определить функція",  # noqa: RUF001 -- another language's letter
    "for": "para für pour per voor dla för için для",
    "while": "mientras solange tantque mentre finché enquanto zolang terwijl dopóki medan iken пока поки",
    "if": "si wenn falls se als jeśli om eğer если якщо",
    "else": "sino sonst sinon altrimenti senão anders inaczej annars değilse иначе інакше",
    "return": "devolver devuelve retornar gib rückgabe zurückgeben retourner renvoyer ritorna restituisci "
    "devolva retorne retorna geef zwróć returnera döndür вернуть верни возврат повернути поверни",
    "in": "en dans im em в из у",  # noqa: RUF001 -- another language's letter
    "not": "no nicht pas non não niet nie inte değil не",
    "True": "verdadero wahr vrai",
    "False": "falso falsch faux",
    "and": "und",
    "or": "oder",
}
_WORDS = {word: keyword for keyword, words in _SAID.items() for word in words.split()}
_FOREIGN = re.compile(rf"\b(?:{'|'.join(map(re.escape, _WORDS))})\b", re.IGNORECASE)
_STATEMENT_LIKE = re.compile(r"^\s*\w+ [^\n]*:\s*$|^\s*\w+ [^\n]*[=(\[]", re.MULTILINE)


def plainly(text: str) -> Iterator[str]:
    """The readings of a text."""
    if len(text) > MAX_TEXT:
        return
    yield from _put_together(text)
    if _NODES.search(text):
        yield from _from_nodes(text)
    if _BRACE_HEAD.search(text) or _ONE_LINE_BRACES.search(text):
        yield without_braces(text)
    if _BLANK_SIGNS.search(text) or _DOTS_BEFORE.search(text):
        blanks = _BLANK_SIGNS.sub(" ", text)
        yield _DOTS_BEFORE.sub(lambda found: " " * len(found[0]), blanks)
    if len(set(_LARGE.findall(text))) > 1:
        small = re.sub(
            r"'[^'\n]*'|[^'\n]+", lambda found: found[0] if "'" in found[0] else found[0].lower(), text
        )
        yield re.sub(r"\b(?:true|false|none)\b", lambda found: found[0].capitalize(), small)
    if _TEX.search(text):
        bare = _TEX.sub(lambda found: found[1] or found[2] or "", text)
        yield bare.replace("\\_", "_").replace("\\%", "%").replace("$", "")
    if len(_ESCAPED_SIGN.findall(text)) > 3:
        yield _ESCAPED_SIGN.sub(lambda found: found[1], text)
    if len({word.lower() for word in _FOREIGN.findall(text)}) > 1 and _STATEMENT_LIKE.search(text):
        yield _FOREIGN.sub(lambda found: _WORDS[found[0].lower()], text)
    yield from _in_order(text)
    yield from _tables(text)
    yield from _filled(text)


def is_bytecode(text: str) -> bool:
    """Whether it lists what Python's machine does, step by step: that is code, and no help for a beginner."""
    lines = [line for line in text.splitlines() if _OPCODE.search(line)]
    return len(lines) >= 4 and len({found for line in lines for found in _OPCODE.findall(line)}) >= 3


def is_acrostic(text: str) -> bool:
    """Whether the first or the last words of the lines, read downwards, are a program's."""
    lines = [words for line in text.splitlines() if len(words := line.split()) > 2]
    if len(lines) < 6:
        return False
    for place in (0, -1):
        column = [words[place] for words in lines]
        telling = sum(re.fullmatch(_KEYWORDS, word) is not None for word in column)
        signs = sum(re.fullmatch(r"[().:,]*[(=\[)][().:,=\[\]]*", word) is not None for word in column)
        if telling > 0 and telling + signs > 3 and signs > 1:
            return True
    return False


def _codes(text: str) -> Iterator[str]:
    """What could be code with texts in it: blocks, and single lines."""
    blocks = fenced(text)[1]
    yield from (code for code in (blocks, text) if code.strip())
    for line in text.splitlines():
        bare = re.sub(r"^[\s>*\-]*", "", line).strip("` ")
        if bare.count('"') + bare.count("'") >= 4:
            yield bare
    yield from _SPAN.findall(text)


def _put_together(text: str) -> Iterator[str]:
    """`"de" + "f f(x):"`, `"\\n".join([...])`, `f"{'def'} f"`, a list of lines, a JSON object of lines."""
    for code in _codes(text):
        tree = parse(code)
        for node in ast.walk(tree) if tree is not None else ():
            known = _texts_of(tree) if isinstance(node, (ast.BinOp, ast.JoinedStr, ast.List)) and tree else {}
            if isinstance(node, (ast.BinOp, ast.JoinedStr)):
                found = _text(node, known)
                if found is not None and len(found) > 6:
                    yield found
            elif isinstance(node, (ast.List, ast.Tuple, ast.Dict)):
                items = node.values if isinstance(node, ast.Dict) else node.elts
                pieces = [_text(each, known) for each in items]
                texts = [each for each in pieces if each is not None]
                if len(texts) > 2 and len(texts) == len(pieces):
                    yield "\n".join(texts)
                    yield " ".join(texts)
                    yield "".join(texts)


def _texts_of(tree: ast.Module) -> dict[str, str]:
    """Names that stand for a text."""
    known: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            text = _text(node.value, known)
            if text is not None:
                known[node.targets[0].id] = text
    return known


def _text(node: ast.AST, known: dict[str, str]) -> str | None:
    """What an expression of nothing but texts comes to; None for all else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, known)
    pieces: list[str | None] = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        pieces = [_text(node.left, known), _text(node.right, known)]
    elif isinstance(node, ast.JoinedStr):
        pieces = [_text(each, known) for each in node.values]
    texts = [each for each in pieces if each is not None]
    return "".join(texts) if texts and len(texts) == len(pieces) else None


def _from_nodes(text: str) -> Iterator[str]:
    """`Module(body=[...])`, as `ast.dump` writes it."""
    for start in re.finditer(r"\b(?:Module|FunctionDef)\(", text):
        end = _closing(text, start.end() - 1)
        tree = parse(text[start.start() : end].replace("\n", " ")) if end else None
        node = _node(tree.body[0].value) if tree and isinstance(tree.body[0], ast.Expr) else None
        if isinstance(node, ast.AST):
            # Whatever a reply describes: nodes that do not fit each other can be written down by nobody.
            with contextlib.suppress(Exception):
                yield written(node)
        return


def _closing(text: str, opened: int) -> int:
    """One past the bracket that closes the one at `opened`; 0 without one."""
    depth = 0
    for place in range(opened, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return 0


def _node(described: ast.AST) -> object:
    """The node that a call such as `Name(id='x')` describes; other values as they are, else None."""
    if isinstance(described, ast.Call) and isinstance(described.func, ast.Name):
        made = getattr(ast, described.func.id, None)
        if not (isinstance(made, type) and issubclass(made, ast.AST)):
            return None
        parts = {each.arg: _node(each.value) for each in described.keywords if each.arg}
        try:
            return made(*(_node(each) for each in described.args), **parts)
        except TypeError:
            return None
    if isinstance(described, ast.List):
        return [_node(each) for each in described.elts]
    if isinstance(described, ast.UnaryOp) and isinstance(described.operand, ast.Constant):
        return -1 if described.operand.value == 1 else None
    return described.value if isinstance(described, ast.Constant) else None


def without_braces(text: str) -> str:
    """`for x in y {` … `}` with a colon and depth in their place."""
    lines, depth = [], 0
    broken = re.sub(r"\{(?=\s)", "{\n", text)
    broken = re.sub(r"(?<=[;\s])\}", "\n}\n", broken)
    broken = re.sub(r";[ \t]*(?=\S)", ";\n", broken)
    for line in broken.splitlines():
        bare = line.strip().rstrip(";")
        if bare.startswith("}"):
            depth = max(0, depth - 1)
            bare = bare[1:].strip()
            if not bare:
                continue
        opens = bare.endswith("{")
        lines.append("    " * depth + (f"{bare[:-1].strip()}:" if opens else bare))
        depth += opens
    return "\n".join(line for line in lines if line.strip())


def _in_order(text: str) -> Iterator[str]:
    """Numbered lines that stand in another order."""
    found = [match for line in text.splitlines() if (match := _NUMBERED.match(line))]
    numbers = [int(match[1]) for match in found]
    if len(found) > 2 and numbers != sorted(numbers):
        ordered = sorted(found, key=lambda match: int(match[1]))
        yield "\n".join(match[2].strip("`") for match in ordered)


def _tables(text: str) -> Iterator[str]:
    """Tables with a token a cell."""
    rows = [[cell.strip().strip("`") for cell in row.split("|")] for row in _CELLS.findall(text)]
    rows = [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    if any(len(row) > 2 for row in rows):
        yield "\n".join(" ".join(row) for row in rows)


def _filled(text: str) -> Iterator[str]:
    """Code with gaps, and what belongs into them told beside it."""
    blocks = fenced(text)[1]
    gaps = len(_GAP.findall(blocks or text))
    if not gaps or gaps > 12:
        return
    rest = fenced(text)[0] if blocks else text
    spans = [each for each in _SPAN.findall(rest) if not _GAP.search(each)]
    with_gaps = blocks or "\n".join(
        line.strip("`") for line in text.splitlines() if _GAP.search(line) or line.startswith("    ")
    )
    if not spans:
        return
    for given in (spans, spans[-gaps:]):
        left = iter(given)
        yield _GAP.sub(lambda _, left=left: next(left, "x"), with_gaps)  # type: ignore[misc]
