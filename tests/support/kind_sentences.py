"""What a good tutor says, in all the notations that could also hide something: none of it may be withheld."""

# ruff: noqa: E501 -- sentences, one a line
from __future__ import annotations

KIND = (
    # Quotations of the course.
    'Read again: *Names* in *First steps*. "Read the sign `=` as \\"gets\\": *price gets 4*."',
    "| sign | meaning | example | result |\n|---|---|---|---|\n| `+` `-` | plus, minus | `7 - 2` | `5` |\n| `//` | whole part only | `7 // 2` | `3` |",
    "The course shows it with prices:\n\n```python\nprices = {'bread': 3.2, 'milk': 1.4}\nprint(prices['milk'])\n```",
    "From *Collecting a result*:\n\n1. **Before** the loop: a name with a start value, such as `0` or `[]`.\n2. **In** the loop: make it a little bigger.\n3. **After** the loop: use it.",
    "```python\nclass Lamp:\n    def __init__(self, colour):\n        self.colour = colour\n        self.on = False\n```\n\nWhich line gives the lamp its colour?",
    "```python\nfrom collections import Counter\n\nvotes = Counter(['zoo', 'lake', 'zoo'])\nprint(votes.most_common(1)[0][0])\n```",
    "```python\nwith open('diary.txt', 'w') as file:\n    file.write('Monday\\n')\n```\n\nThe file is closed at the end of the block.",
    "In *Chance that can be repeated* the seed is 7: `random.seed(7)` gives the same throws each time.",
    # Errors, with the student's names.
    "`NameError: name 'freinds' is not defined`: you used `freinds` in line 2, and line 1 makes `friends`.",
    "**TypeError in line 4.** `total` is a text (`'12'`) and `price` a number (`3`). Python does not guess which of `'123'` and `15` you mean.",
    "`json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)` means that the text is no JSON.",
    "In `/tmp/ipykernel_12345/1234567890.py`, line 3, stands the call that failed; `<module>` is your cell itself.",
    "`UnboundLocalError: cannot access local variable 'count1' where it is not associated with a value`: it is `count1`, not `count_1`.",
    "`IndexError`: your list has the places 0 to 4, and `i` is 5 in the last round.",
    "`ModuleNotFoundError: No module named 'matplotlib2'`. Is it spelt as in the lesson?",
    "`ValueError: invalid literal for int() with base 10: '3.5'` comes from `int('3.5')`: it is no whole number.",
    "Python calls it `'<' not supported between instances of 'str' and 'int'`: one side of `<` is a text.",
    # Lists, tables, values.
    "These are the values in each round: `x1+x2+x3`, then `price1+price2+price3`, then `total1+total2`.",
    "| round | `n` | `count` |\n|---|---|---|\n| 1 | 6 | 0 |\n| 2 | 3 | 1 |\n| 3 | 10 | 2 |\n| 4 | 5 | 3 |\n\nGo on by hand.",
    "Letters are a row, too: `['a','b','c','d','e','f','g','h','i','j']` has ten.",
    "As a dictionary: `{'a':1,'b':2,'c':3,'d':4,'e':5,'f':6,'g':7,'h':8}`. What is the value of `'e'`?",
    "Points on a grid: `[(1,2),(3,4),(5,6),(7,8),(9,10),(11,12)]`. What is `[2][1]` of it?",
    "Binary numbers begin with `0b`: `0b1010`, `0b1111`, `0b10000`, `0b101101`, `0b110011`, `0b111111` are 10 to 63.",
    "- `==` compares\n- `=` gives a name\n- `!=` asks whether two differ\n- `<=` means at most\n- `>=` means at least\n- `in` asks whether it is in there",
    "Formats: `{:>10.2f}` is ten wide, `{:05d}` has zeros in front, `{:%Y-%m-%d}` is a date, `{name!r}` has quotes.",
    "ASCII codes: `ord('a')` is 97, `ord('A')` is 65, and `chr(66)` is `'B'`.",
    "The times 08:15, 12:30, 17:45 and the dates 2024-11-24, 2025-01-31, 2026-02-28 are texts here.",
    "You can chain comparisons: `0 <= x < 10`. What does `0 <= 10 < 10` give?",
    # Other languages.
    "Auf Deutsch: Eine Schleife wiederholt Zeilen. Für jedes Element der Liste läuft der Block einmal. Welche Zeile gehört dazu?",
    "Die Bedingung ist falsch, wenn `n` nicht mehr größer als 1 ist. Gib `n` mit `print` aus, und sieh nach.",
    "En español: el bucle `for` toma cada elemento en orden. ¿Para qué sirve el nombre que está antes de `in`? ¿Y si la lista no tiene nada?",
    "La función devuelve un valor con `return`; `print` solo lo muestra. ¿Cuál de los dos necesitas, y en qué línea?",
    "En français : la boucle s'arrête si la condition est fausse. Que vaut `n` dans le dernier tour ?",
    # Formulas.
    "The mean is $\\bar{x}=\\frac{1}{n}\\sum_{i=1}^{n}x_i$: add them all up, and divide by how many there are.",
    "In maths: $F_{n+1}=F_{n}+F_{n-1}$. Which two numbers come before $F_{5}$?",
    "$$\\sigma=\\sqrt{\\frac{1}{n}\\sum_{i=1}^{n}(x_i-\\bar{x})^2}$$\n\nWhich part of it have you got already?",
    "Let $T_{Max}$, $T_{Min}$ and $T_{Mean}$ stand for three names of yours. Which of them changes in a round?",
    # Questions and praise.
    "Well done: the first three checks pass. What is different about the fourth, `[]`?",
    "First say what goes in. Then say what comes out. Then take the smallest example. Then do it by hand. Then write one line. Then run it.",
    "Is it `and` or `or` that you mean here? Say the sentence aloud, once with each, and ask which one is true for 7.",
    "Look up `sorted`, `max` and `len` with `help(...)`. One of them is meant for exactly this question.",
)
