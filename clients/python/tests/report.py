"""
Runs the tests of this folder and says in one line of JSON for each of them how it went:
`{"id", "outcome": "passed" | "failed" | "skipped", "why"}`. With `--list` it only names them: `{"id"}`.
"""

import json
import sys
import unittest
from pathlib import Path


class Report(unittest.TestResult):
    """One line for each test; one that fails in several sub-tests has all of them in `why`."""

    def __init__(self):
        super().__init__()
        self._problems = []
        self._skipped = None

    def startTest(self, test):
        super().startTest(test)
        self._problems, self._skipped = [], None

    def addError(self, test, error):
        super().addError(test, error)
        self._add(test, error)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._add(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self._add(subtest, error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._skipped = reason

    def stopTest(self, test):
        super().stopTest(test)
        if self._problems:
            say(id=test.id(), outcome="failed", why="\n".join(self._problems))
        elif self._skipped is not None:
            say(id=test.id(), outcome="skipped", why=self._skipped)
        else:
            say(id=test.id(), outcome="passed", why="")

    def _add(self, test, error):
        text = f"{test}\n{self._exc_info_to_string(error, test)}"
        if isinstance(test, unittest.TestCase):
            self._problems.append(text)
        else:
            # setUpClass or a module that cannot be imported: no test of it has started.
            say(id=str(test), outcome="failed", why=text)


def say(**fields):
    print(json.dumps(fields), flush=True)


def tests_in(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_in(test)
        else:
            yield test


suite = unittest.defaultTestLoader.discover(str(Path(__file__).parent))
if "--list" in sys.argv:
    for each in tests_in(suite):
        say(id=each.id())
else:
    suite.run(Report())
