"""Asking again where an answer was lost: the hardest task of the family in `guards`."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Task
from learnflow_ext.exercises.families.outcomes import OUTCOME, asks

_CALLS = (
    ("probe", "a space probe"),
    ("diver", "a diver's radio"),
    ("buoy", "a buoy in the sea"),
    ("hut", "a hut in the mountains"),
    ("balloon", "a weather balloon"),
    ("drone", "a drone over a forest"),
)


def again(random: Random) -> Task:
    """So many tries, and what becomes of the last error."""
    name, what = random.choice(_CALLS)
    tries, want = random.randint(3, 4), random.randint(2, 3)
    k, instead = random.randint(2, 9), random.randint(1, 40)
    lost = random.choice(["noise", "crackle", "silence", "static"])
    single = random.random() < 0.5
    if single:
        told = f"""the number that came, less {k} for each time that nothing was heard before it. When
        nothing was heard {tries} times, it **raises** a `TimeoutError`. And when there is nothing left to ask
        for (an `IndexError`), it returns {-instead}"""
        body = f"""
        failed = 0
        while failed < {tries}:
            try:
                return ask(answers) - {k} * failed
            except ConnectionError:
                failed += 1
            except IndexError:
                return {-instead}
        raise TimeoutError("nothing was heard")
        """
    else:
        told = f"""the sum of the first {want} numbers that come, plus {k} for each time that nothing was
        heard in between. When nothing was heard {tries} times, it **raises** a `TimeoutError`. And when there
        is nothing left to ask for (an `IndexError`), the numbers so far are enough"""
        body = f"""
        numbers = []
        failed = 0
        while len(numbers) < {want}:
            try:
                numbers.append(ask(answers))
            except ConnectionError:
                failed += 1
                if failed >= {tries}:
                    raise TimeoutError("nothing was heard")
            except IndexError:
                break
        return sum(numbers) + {k} * failed
        """

    def answer(answers: list[Any]) -> Any:
        numbers: list[int] = []
        bad = 0
        for each in answers:
            if len(numbers) == (1 if single else want):
                break
            if each == lost:
                bad += 1
            else:
                numbers.append(each)
            if bad > tries - 1:
                return "TimeoutError"
        if single:
            return numbers[0] - sum([k] * bad) if numbers else -instead
        return sum(numbers, k * bad)

    def heard() -> list[Any]:
        return [random.choice([lost, random.randint(1, 50)]) for _ in range(random.randint(4, 7))]

    return Task(
        title=f"Calling the {name} again",
        story=f"""
        Somebody asks {what} for a number, but often there is only {lost}. The function `ask` is there
        already: it takes the next answer out of a list and returns it. For `"{lost}"` it raises a
        `ConnectionError`, and when no answer is left, an `IndexError`. Complete `patient`. It gets the
        list, calls `ask` again and again, and returns {told}.

        The function `outcome`, above, gives the name of an error, so that the checks can see it.
        """,
        before=f'''
def ask(answers):
    """Take the next answer out of the list, and return it."""
    answer = answers.pop(0)
    if answer == "{lost}":
        raise ConnectionError("nothing was heard")
    return answer

{OUTCOME}''',
        function="patient",
        parameters="answers",
        doc="Return what is asked for; TimeoutError when nothing was heard too often.",
        body=body,
        answer=answer,
        call=asks("outcome", "patient"),
        shown=[([lost, 8, 9, 4],), ([lost] * 5,)],
        edges=[
            (([],), "There may be no answer at all."),
            (([lost],), "There may be too few answers."),
            (([12],), "A single answer should work as well."),
            (([lost] * (tries - 1) + [20, 30, 40, 50],), "Look closely at how often it may fail."),
            (([lost] * tries + [20, 30, 40, 50],), "Look closely at how often it may fail."),
            (([5, 6, 7, 8, 9],), "It may be that nothing goes wrong."),
            (([3, lost, 4, lost, 5, lost, 6],), "It may fail now and then."),
        ],
        more=[(heard(),) for _ in range(6)],
    )
