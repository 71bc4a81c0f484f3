"""A clock that stands still until somebody waits on it."""

import threading


class SteppedClock:
    """Waiting moves it on, by exactly as much as was waited for, and takes no time."""

    def __init__(self, machine_time: float = 0.0) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self._machine_time = machine_time

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self._machine_time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def wait(self, condition: threading.Condition, seconds: float) -> bool:
        self.now += seconds
        return False
