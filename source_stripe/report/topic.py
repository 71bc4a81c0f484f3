"""What the page tells about: one class a topic, which asks its questions once and then speaks currency by currency."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import ClassVar

from source_stripe.report.content import Fact, Panel
from source_stripe.report.database import Answer, Database, Lack, Question, Row
from source_stripe.report.months import Months

Monthly = dict[str, dict[str, dict[str, int]]]
"""Numbers by currency, month and name."""


class Topic:
    """A topic, with the answers to its questions.

    Attributes:
        key: names it in links.
        meaning: what exactly is counted, for someone who has to rely on it.
        questions: the first is the main one.
        answers: one for each question.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    meaning: ClassVar[str]
    questions: ClassVar[tuple[Question, ...]]
    nothing: ClassVar[str]
    """What is said in a currency that has none of it, after `No`."""
    full: ClassVar[bool] = False
    """Whether it takes the whole width of the page."""

    def __init__(self, database: Database) -> None:
        self.answers: tuple[Answer | tuple[Lack, ...], ...] = tuple(
            database.ask(question) for question in self.questions
        )

    @property
    def lacks(self) -> list[Lack]:
        """What is missing, each table once."""
        lacks = (lack for answer in self.answers if not isinstance(answer, Answer) for lack in answer)
        return list(dict.fromkeys(lacks))

    @property
    def answered(self) -> list[Answer]:
        return [answer for answer in self.answers if isinstance(answer, Answer)]

    def rows(self, question: int) -> list[Row]:
        """The rows that answer a question, by its index; none if it could not be asked."""
        answer = self.answers[question]
        return answer.rows if isinstance(answer, Answer) else []

    def monthly(self, question: int) -> Monthly:
        """The same as numbers by month, where rows have `currency` and `month`."""
        numbers: Monthly = defaultdict(dict)
        for row in self.rows(question):
            numbers[row["currency"]][_name(row["month"])] = {
                name: int(value or 0) for name, value in row.items() if name not in ("currency", "month")
            }
        return dict(numbers)

    def currencies(self) -> set[str]:
        return {row["currency"] for answer in self.answered for row in answer.rows if "currency" in row}

    def months(self) -> set[str]:
        return {_name(row["month"]) for answer in self.answered for row in answer.rows if "month" in row}

    def weight(self, currency: str) -> int:
        """How many payments it has seen in a currency: the busiest currencies come first."""
        return 0

    def headlines(self, currency: str, months: Months) -> list[Fact]:
        """What belongs to the top of the page."""
        return []

    def panel(self, currency: str, months: Months) -> Panel | None:
        """None if there is nothing in this currency."""
        raise NotImplementedError


def _name(month: date) -> str:
    return f"{month:%Y-%m}"
