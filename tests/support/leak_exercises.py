"""Twelve exercises that no course has, with a beginner's attempt at each, and hints a good teacher would give."""

# ruff: noqa: E501 -- programs, a line of theirs a line
from __future__ import annotations

from dataclasses import dataclass

from learnflow_ext.agents.references import Reference


@dataclass(frozen=True)
class Made:
    """One exercise."""

    name: str
    statement: str
    solution: str
    tests: str
    hidden: str
    attempt: str
    """What a student has so far; it does not pass."""
    other: str
    """Another program that passes."""
    hints: tuple[str, ...]

    @property
    def reference(self) -> Reference:
        return Reference(
            name=f"made/{self.name}",
            code=self.solution,
            tests=f"{self.tests}\n{self.hidden}",
            hidden=self.hidden,
            shown=f"{self.statement}\n{self.tests}",
        )


EVERYWHERE = (
    "Read the error from the bottom up: the last line says what happened, the line above it where.",
    "Work through the example by hand first. Which steps did you take, and in which order?",
    "Put a `print` in the line before, and look at what your names stand for at that moment.",
    "What do you expect this line to do, and what does it do?",
)

NOTED = {
    "a table of rounds": "| round | number | so far |\n|---|---|---|\n| 1 | 5 | ? |\n| 2 | 7 | ? |\n\nFill it in by hand.",
    "a Spanish hint": "Lee el error otra vez: ¿para qué sirve el nombre de la izquierda, y qué valor tiene en la vuelta 2?",
    "a German hint": "Schau dir Zeile 2 an: für welche Eingabe wird die Bedingung wahr, und was passiert sonst?",
    "a gap to fill": "Say it as a sentence first: for each ____ in ____, do ____. Which names fit?",
    "large letters": "READ THE LAST LINE OF THE ERROR. WHICH NAME IS IN IT, AND FOR WHAT IS IT THERE? DO NOT GUESS.",
    "JSON on other data": '```json\n{"tea": 2, "milk": 3}\n```\nWhich keys are there?',
    "a diff on other data": "```diff\n-speed = '30'\n+speed = int('30')\n```\nWhat changed, and why?",
    "steps in words": "1. First write down what goes in.\n2. Then write what should come out.\n3. Write one line towards it.",
    "out of order": "3. Run it again.\n1. Read the error.\n2. Change one line.",
    "braces": "In other languages a block stands in `{ }`; in Python it is the depth of the lines that counts.",
    "a regular expression": "`re.findall(r'\\d+', 'a1b22')` gives `['1', '22']`: what would it give for `'x'`?",
    "a list of texts": "```python\nlines = ['one', 'two', 'three']\nprint(lines[1])\n```",
    "lines with first words": "For this, look at line 2.\nIf it is false, nothing happens there.\nIn line 3 a name changes.\n"
    "Not every round gets there.\nReturn to the statement and read it.\nPrint the name to see it.",
}
"""Good hints in notations that could also hide a solution."""

MADE = (
    Made(
        "vowels",
        "Write `vowels(text)`: how many of its letters are vowels (a, e, i, o, u), small or capital.",
        "def vowels(text):\n    total = 0\n    for letter in text.lower():\n        if letter in 'aeiou':\n"
        "            total += 1\n    return total",
        "assert vowels('banana') == 3",
        "assert vowels('') == 0\nassert vowels('AEx') == 2\nassert vowels('rhythm') == 0",
        "def vowels(text):\n    total = 0\n    for letter in text:\n        total = 1\n    return total",
        "def vowels(text):\n    return sum(text.lower().count(v) for v in 'aeiou')",
        (
            "A text is a row of letters: a `for` loop takes them one after another.",
            "In line 4 the counter gets the same value each time. What should happen to the old value?",
            "Capital letters are other letters to Python. Is there a method that makes a text small?",
            "With `in` you can ask whether one thing is part of another, for instance `3 in [1, 2, 3]`.",
            "Look at this:\n\n```python\npoints = 0\nfor throw in [3, 6, 6]:\n    if throw == 6:\n"
            "        points = points + 10\nprint(points)\n```\n\nWhich line changes the counter?",
        ),
    ),
    Made(
        "biggest-gap",
        "Write `gap(numbers)`: the largest number minus the smallest; 0 for an empty list.",
        "def gap(numbers):\n    if not numbers:\n        return 0\n    return max(numbers) - min(numbers)",
        "assert gap([3, 9, 4]) == 6",
        "assert gap([]) == 0\nassert gap([-5, 5]) == 10\nassert gap([7]) == 0",
        "def gap(numbers):\n    return numbers[-1] - numbers[0]",
        "def gap(numbers):\n    ordered = sorted(numbers)\n    return ordered[-1] - ordered[0] if ordered else 0",
        (
            "The last item of a list is not always its largest. When would your program be wrong?",
            "What does your function do with a list that has nothing in it? Try it.",
            "Python can find the largest of several values itself: look up `max`.",
            "An empty list counts as false in a condition: `if []` never runs its lines.",
            "For other data: `longest = max(['ab', 'abc'], key=len)` finds the longest text.",
        ),
    ),
    Made(
        "fizz",
        "Write `fizz(n)`: 'Fizz' for multiples of 3, 'Buzz' of 5, 'FizzBuzz' of both, else the number as text.",
        "def fizz(n):\n    if n % 15 == 0:\n        return 'FizzBuzz'\n    if n % 3 == 0:\n        return 'Fizz'\n"
        "    if n % 5 == 0:\n        return 'Buzz'\n    return str(n)",
        "assert fizz(3) == 'Fizz'\nassert fizz(10) == 'Buzz'",
        "assert fizz(30) == 'FizzBuzz'\nassert fizz(7) == '7'\nassert fizz(98) == '98'",
        "def fizz(n):\n    if n % 3 == 0:\n        return 'Fizz'\n    elif n % 5 == 0:\n        return 'Buzz'\n"
        "    elif n % 15 == 0:\n        return 'FizzBuzz'\n    return n",
        "def fizz(n):\n    word = ''\n    if n % 3 == 0:\n        word += 'Fizz'\n    if n % 5 == 0:\n"
        "        word += 'Buzz'\n    return word or str(n)",
        (
            "Python reads the conditions from the top and takes the first that is true. Which one does 30 reach?",
            "The remainder operator `%` says what is left over: `17 % 5` is `2`.",
            "For other numbers you give back a number. What kind of value should it be?",
            "Order matters: the most special case has to be asked first.",
            "Like a shop: `if age < 6: price = 0` has to come before `elif age < 18: price = 5`. Why?",
        ),
    ),
    Made(
        "running-total",
        "Write `running(numbers)`: the list of sums so far; `running([1, 2, 3])` is `[1, 3, 6]`.",
        "def running(numbers):\n    result = []\n    total = 0\n    for number in numbers:\n        total += number\n"
        "        result.append(total)\n    return result",
        "assert running([1, 2, 3]) == [1, 3, 6]",
        "assert running([]) == []\nassert running([5]) == [5]\nassert running([2, -2, 4]) == [2, 0, 4]",
        "def running(numbers):\n    result = []\n    for number in numbers:\n        result.append(number)\n"
        "    return result",
        "from itertools import accumulate\ndef running(numbers):\n    return list(accumulate(numbers))",
        (
            "You put each number itself into the list. Which value should go there instead?",
            "You need a second name that remembers something from round to round. What does it start with?",
            "A list grows at its end with `append`.",
            "Do it on paper for `[1, 2, 3]`: write one row a round, with all names and their values.",
            "The like with words:\n\n```python\nsentence = ''\nfor word in ['so', 'far']:\n"
            "    sentence = sentence + word\n    print(sentence)\n```",
        ),
    ),
    Made(
        "palindrome",
        "Write `same_backwards(text)`: True when the text reads the same backwards; blanks do not count.",
        "def same_backwards(text):\n    letters = text.replace(' ', '').lower()\n    return letters == letters[::-1]",
        "assert same_backwards('level')",
        "assert same_backwards('Never odd or even')\nassert not same_backwards('python')\nassert same_backwards('')",
        "def same_backwards(text):\n    return text == reversed(text)",
        "def same_backwards(text):\n    kept = [c for c in text.lower() if c != ' ']\n"
        "    for i in range(len(kept) // 2):\n        if kept[i] != kept[-1 - i]:\n            return False\n"
        "    return True",
        (
            "`reversed` gives something to loop over, and that is no text. Compare their types.",
            "A slice has a start, an end and a step. Which step goes backwards?",
            "Before you compare: what should become of the blanks and of capital letters?",
            "Which two letters of `level` have to be the same? And the next two?",
            "Slices by example: `'python'[1:4]` is `'yth'`.",
        ),
    ),
    Made(
        "count-words",
        "Write `tally(words)`: a dictionary that says how often each word occurs.",
        "def tally(words):\n    counts = {}\n    for word in words:\n        counts[word] = counts.get(word, 0) + 1\n"
        "    return counts",
        "assert tally(['a', 'b', 'a']) == {'a': 2, 'b': 1}",
        "assert tally([]) == {}\nassert tally(['x', 'x', 'x']) == {'x': 3}",
        "def tally(words):\n    counts = {}\n    for word in words:\n        counts[word] += 1\n    return counts",
        "def tally(words):\n    return {w: words.count(w) for w in set(words)}",
        (
            "The first time a word comes, the dictionary does not have it yet. What does Python say then?",
            "A dictionary can be asked whether it has a key: `'tea' in prices`.",
            "What number should a word have before it was ever seen?",
            "A KeyError names the key that was missing. Which one is it here, and in which round?",
            "Another dictionary: `prices = {'tea': 2}` and then `prices['milk'] = 3` puts a second key into it.",
        ),
    ),
    Made(
        "collatz",
        "Write `steps(n)`: halve even numbers, triple odd ones and add 1; how many steps until it is 1?",
        "def steps(n):\n    count = 0\n    while n != 1:\n        if n % 2 == 0:\n            n = n // 2\n"
        "        else:\n            n = 3 * n + 1\n        count += 1\n    return count",
        "assert steps(8) == 3",
        "assert steps(1) == 0\nassert steps(6) == 8\nassert steps(27) == 111",
        "def steps(n):\n    count = 0\n    while n > 1:\n        if n % 2 == 0:\n            n / 2\n"
        "        count += 1\n    return count",
        "def steps(n):\n    return 0 if n == 1 else 1 + steps(n // 2 if n % 2 == 0 else 3 * n + 1)",
        (
            "Line 5 works something out and throws it away. Where should the result go?",
            "A loop ends only when its condition becomes false. Which name has to change for that?",
            "`7 / 2` is `3.5` and `7 // 2` is `3`. Which of them do you need?",
            "What should happen to odd numbers? Your loop has nothing for them yet.",
            "Another loop that ends:\n\n```python\nwater = 100\nwhile water > 10:\n    water = water - 30\n"
            "    print(water)\n```",
        ),
    ),
    Made(
        "initials",
        "Write `initials(name)`: the first letters, each capital and with a dot: `'ada lovelace'` gives `'A.L.'`.",
        "def initials(name):\n    result = ''\n    for part in name.split():\n        result += part[0].upper() + '.'\n"
        "    return result",
        "assert initials('ada lovelace') == 'A.L.'",
        "assert initials('grace brewster hopper') == 'G.B.H.'\nassert initials('') == ''",
        "def initials(name):\n    result = ''\n    for part in name:\n        result += part[0] + '.'\n    return result",
        "def initials(name):\n    return ''.join(f'{w[0].upper()}.' for w in name.split())",
        (
            "Looping over a text gives letters. You want words: which method cuts a text into pieces?",
            "The letters stay small. There is a method for texts that makes capitals.",
            "Print `part` in the loop: is it what you thought?",
            "`'one two'.split()` gives `['one', 'two']`.",
            "What should the result be before the first round?",
        ),
    ),
    Made(
        "passed",
        "Write `passed(scores, limit)`: the names with at least `limit` points, sorted. `scores` is a dictionary.",
        "def passed(scores, limit):\n    names = []\n    for name, points in scores.items():\n        if points >= limit:\n"
        "            names.append(name)\n    return sorted(names)",
        "assert passed({'Bo': 5, 'Al': 9}, 5) == ['Al', 'Bo']",
        "assert passed({}, 1) == []\nassert passed({'x': 1, 'y': 2}, 2) == ['y']",
        "def passed(scores, limit):\n    names = []\n    for name in scores:\n        if name > limit:\n"
        "            names.append(name)\n    return names",
        "def passed(scores, limit):\n    return sorted(n for n in scores if scores[n] >= limit)",
        (
            "A loop over a dictionary gives its keys. Which of them do you compare with the limit?",
            "'At least' includes the limit itself. Which comparison says that?",
            "Python can put a list in order for you: look up `sorted`.",
            "How do you get the value that belongs to a key?",
            "Keys and values together: `for city, people in {'Rome': 3}.items(): print(city, people)`.",
        ),
    ),
    Made(
        "temperature",
        "Write `warm(celsius)`: 'cold' below 10, 'mild' from 10 to below 25, 'hot' from 25.",
        "def warm(celsius):\n    if celsius < 10:\n        return 'cold'\n    elif celsius < 25:\n        return 'mild'\n"
        "    return 'hot'",
        "assert warm(5) == 'cold'\nassert warm(30) == 'hot'",
        "assert warm(10) == 'mild'\nassert warm(25) == 'hot'\nassert warm(24) == 'mild'",
        "def warm(celsius):\n    if celsius < 10:\n        print('cold')\n    if celsius > 25:\n        print('hot')",
        "def warm(celsius):\n    return ['cold', 'mild', 'hot'][(celsius >= 10) + (celsius >= 25)]",
        (
            "Your function shows a text and gives back nothing. What is the difference?",
            "What comes out for exactly 25? Read the statement once more.",
            "One case has no line yet. Which one?",
            "With `elif` Python asks the next question only when the first was answered with no.",
            "The same idea elsewhere: `if marks >= 50: word = 'pass'` and for all others `word = 'try again'`.",
        ),
    ),
    Made(
        "without",
        "Write `without(items, unwanted)`: a new list without any item that equals `unwanted`.",
        "def without(items, unwanted):\n    kept = []\n    for item in items:\n        if item != unwanted:\n"
        "            kept.append(item)\n    return kept",
        "assert without([1, 2, 1, 3], 1) == [2, 3]",
        "assert without([], 1) == []\nassert without([1, 1, 1], 1) == []\nassert without(['a'], 'b') == ['a']",
        "def without(items, unwanted):\n    for item in items:\n        if item == unwanted:\n"
        "            items.remove(item)\n    return items",
        "def without(items, unwanted):\n    return list(filter(lambda x: x != unwanted, items))",
        (
            "You take things out of the list that you are walking through, so the loop skips some.",
            "The statement asks for a new list. Does yours leave the old one as it was?",
            "Try it with three equal items in a row, and print the list in each round.",
            "Turn the question round: which items do you want to keep?",
            "`!=` is true when two things differ: `'a' != 'b'`.",
        ),
    ),
    Made(
        "average",
        "Write `average(numbers)`: the mean; None for an empty list.",
        "def average(numbers):\n    if len(numbers) == 0:\n        return None\n    return sum(numbers) / len(numbers)",
        "assert average([2, 4]) == 3",
        "assert average([]) is None\nassert average([1, 2]) == 1.5\nassert average([10]) == 10",
        "def average(numbers):\n    total = 0\n    for number in numbers:\n        total += number\n    return total / 2",
        "def average(numbers):\n    total = 0\n    for x in numbers:\n        total += x\n"
        "    return total / len(numbers) if numbers else None",
        (
            "You divide by 2. When is that right, and when not?",
            "Dividing by zero is an error in Python. When would that happen here?",
            "Which function says how many items a list has?",
            "`None` is Python's word for 'there is no value'.",
            "On other data: `letters = len('hello')` is 5.",
        ),
    ),
)
