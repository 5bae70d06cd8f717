"""Which programs may share a process, because none can change what the next one meets."""

from __future__ import annotations

import ast

import pytest

from learnflow_ext.diagnosis.traceless import traceless

LEAVES_NOTHING = [
    "def total(values):\n    result = 0\n    for each in values:\n        result += each\n    return result",
    "import math\nprint(math.sqrt(2), sep='-')",
    "from collections import Counter, defaultdict\nwords = Counter('aab').most_common(1)[0]",
    "while True:\n    pass",
    "raise ValueError('no')",
    "def f(x=[]):\n    x.append(1)\n    global seen\n    seen = x\n    return sorted(x, key=lambda y: -y)",
    "class Dog:\n    def bark(self):\n        return 'wuff'",
    "try:\n    int('x')\nexcept ValueError as error:\n    print(error)",
    "[a for a, _ in zip('ab', 'cd') if not a.isupper()]",
    "list = 3",
]
LEAVES_SOMETHING = [
    "import random\nrandom.seed(1)",
    "import os\nos._exit(0)",
    "from os import path",
    "from . import other",
    "import math\nmath.pi = 3",
    "import math\nfor math.pi in [3]:\n    pass",
    "import math\ndel math.pi",
    "__builtins__['len'] = None",
    "globals()['x'] = 1",
    "vars()['_' + '_builtins_' + '_']",
    "getattr(3, 'real')",
    "setattr(print, 'x', 1)",
    "exec('x = 1')",
    "open('x', 'w')",
    "f = input\nf()",
    "(x for x in []).gi_frame.f_builtins",
    "def f(): pass\nf.x = 1",
    "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    e.__traceback__",
    "import collections\ncollections._sys.exit()",
    "import collections.abc",
    "from collections import abc",
    "import collections\ncollections.abc.Sequence.register(int)",
    "class Odd:\n    def __eq__(self, other):\n        return True",
    "name = '__class__'",
    "match 3:\n    case int(real=x):\n        pass",
    "__import__('os')",
    "lambda __x: 1",
    "print(**{'__': 1})",
    "breakpoint()",
]


@pytest.mark.parametrize("code", LEAVES_NOTHING)
def test_what_leaves_nothing_behind(code: str) -> None:
    assert traceless(ast.parse(code))


@pytest.mark.parametrize("code", LEAVES_SOMETHING)
def test_what_might_leave_something_behind(code: str) -> None:
    assert not traceless(ast.parse(code))
