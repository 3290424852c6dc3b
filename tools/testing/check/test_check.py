#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of check, in a copy of its part of the project, with tests of their own; the
argument is a kernel tree, with the KTAP parser."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
from test_selftests import selftests, soon    # noqa: E402, after that line

ROOT = selftests.REPO
PARTS = ("tools/testing/check/check", "tools/testing/check/lib.sh", "tools/testing/vmtest",
         "tools/testing/bench", "scripts/stacklib")

SOME = """
good() { echo fine; }
skips() { echo first; skip "no events: #7"; }
bad() { seq 30; false; echo not reached; }
# The shell must not ignore the failure of a command that is not the last.
inner() { false; echo not reached; }
outer() { inner; echo not reached; }
substitution() { local a; a=$(false; echo not reached); echo "$a"; }
check "good" good
check "skips" skips
check "bad" bad
check_all "long" good
check_suite debug "debugs" good
check "in a function" outer
check "in a substitution" substitution
check "in a pipe" eval 'false | true'
check "unset" eval 'echo "$unset"'
check "input" eval '! read -r a && [ "$PWD" = "$repo" ]'
check "arguments" expect 0 "[it's] [\\$HOME *] []" printf '[%s] ' "it's" '$HOME *' ''
"""

HANGS = """
stays() { echo $BASHPID >$repo/pids; (sleep 1000 & echo $! >>$repo/pids; wait); }
check "good" fact base=b "series=0 none"
check "hangs" with_dir stays
check "never" true
"""


class Runner(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = directory.name
        for part in PARTS:
            copy = shutil.copytree if os.path.isdir(f"{ROOT}/{part}") else shutil.copy
            os.makedirs(os.path.dirname(self.path(part)), exist_ok=True)
            copy(f"{ROOT}/{part}", self.path(part))
        for name in ("tools/testing/check/tests.d", "patches/b", "tmp"):
            os.makedirs(self.path(name))
        self.write("patches/b/base", "")
        self.name_tests(SOME)

    def path(self, name):
        return os.path.join(self.root, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def name_tests(self, text):
        self.write("tools/testing/check/tests.d/1.sh", text)

    def start(self, *argv, **env):
        env = {"CHECK": "", "FACTS": "", "TMPDIR": self.path("tmp")} | env
        return subprocess.Popen(
            [self.path("tools/testing/check/check"), *argv], env=os.environ | env, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end(self, check):
        """(status, output, errors)"""
        output, errors = check.communicate(timeout=60)
        self.assertFalse(os.path.exists(self.path("build/check/steps")))
        return check.returncode, re.sub(r"\b\d+ s\b", "N s", output), errors

    def call(self, *argv, **env):
        return self.end(self.start(*argv, **env))

    def test_results(self):
        status, output, errors = self.call()
        self.assertEqual((status, errors), (1, ""))
        logs = self.path("build/check")
        numbers = "".join(f"# {number}\n" for number in range(11, 31))
        unset = f"# {self.path('tools/testing/check/lib.sh')}: line N: unset: unbound variable\n"
        output = re.sub(r"line \d+", "line N", output)
        self.assertEqual(output, (
            "KTAP version 1\n1..9\nok 1 good # N s\nok 2 skips # SKIP no events: #7\n"
            f"not ok 3 bad # status 1 after N s, log {logs}/3.log\n{numbers}"
            f"not ok 4 in a function # status 1 after N s, log {logs}/4.log\n"
            f"not ok 5 in a substitution # status 1 after N s, log {logs}/5.log\n"
            f"not ok 6 in a pipe # status 1 after N s, log {logs}/6.log\n"
            f"not ok 7 unset # status 1 after N s, log {logs}/7.log\n{unset}"
            "ok 8 input # N s\nok 9 arguments # N s\n"
            "# Totals: pass:3 fail:5 xfail:0 xpass:0 skip:1 error:0\n"
            "3 passed, 5 failed, 1 skipped\n"))
        self.assertEqual(self.read("build/check/2.log"), "first\nno events: #7\n")
        parsed = selftests.read_program(selftests.load_kunit(TREE), "check", output.split("\n"))
        self.assertEqual([row[2] for row in parsed], "pass skip fail fail fail fail fail pass "
                         "pass".split())

    def test_choice(self):
        for argv, words, names in (
                (["--list", "a "], "", "in a function,in a substitution,in a pipe"),
                (["--list"], "a s", "in a substitution"), (["--list", "oo"], "a s", "good"),
                (["--all", "--list", "o"], "", "good,long,in a function,in a substitution"),
                (["--suite", "debug", "--list"], "", "debugs")):
            with self.subTest(argv):
                self.assertEqual(self.call(*argv, CHECK=words),
                                 (0, names.replace(",", "\n") + "\n", ""))
        self.assertEqual(self.call("long", "--all")[:2], (0, "KTAP version 1\n1..1\nok 1 long "
                         "# N s\n# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:0 error:0\n"
                         "1 passed, 0 failed, 0 skipped\n"))
        status, output, _ = self.call("--help", "--nothing")
        self.assertEqual((status, output.splitlines()[0][:12]), (0, "usage: check"))

    def test_bad_input(self):
        for argv, facts, words in (
                (["--frobnicate"], "", "--frobnicate"), (["a", "b"], "", "b"),
                (["--suite"], "", "--suite"), (["--suite", "arm"], "", "arm64"),
                (["nothing"], "", "no test has 'nothing' in its name"),
                ([], "maybe", "FACTS takes yes or no, not 'maybe'")):
            with self.subTest(argv):
                status, output, errors = self.call(*argv, FACTS=facts)
                self.assertEqual((status, output), (2, ""))
                self.assertRegex(errors, rf"^check: .*{words}.*\n$")
        self.name_tests("no_such_command")
        status, _, errors = self.call()
        self.assertEqual(status, 2)
        self.assertRegex(errors, "1.sh: line 1: no_such_command: .*\ncheck: cannot read .*above\n")

    def test_facts(self):
        self.name_tests('told() { fact base=b "series=0 none"; }\n'
                   'check "b: told" told\ncheck "not told" true\n')
        self.assertEqual(self.call()[0], 0)
        self.assertIn('"result":"passed"', self.read("build/check/facts"))
        self.assertFalse(os.path.exists(self.path("patches/b/facts")))
        self.assertIn("1 facts of tests are in patches/b/facts", self.call(FACTS="yes")[1])
        self.assertIn('"test":"b: told"', self.read("patches/b/facts"))

    def test_long(self):
        """A test that runs for long is named, and a process that it leaves behind ends."""
        name = "tools/testing/check/check"
        self.write(name, self.read(name).replace("\nEVERY = 60\n", "\nEVERY = 0.5\n"))
        self.name_tests('leaves() { sleep 1000 & echo $! >pids; sleep 1.5; }\ncheck "leaves" leaves\n')
        status, _, errors = self.call()
        self.assertEqual(status, 0)
        self.assertRegex(errors, "^check: test 1, 'leaves', runs for \\d s, log .*/1.log\n")
        self.assertTrue(self.all_ended())

    def all_ended(self):
        return not any(os.path.exists(f"/proc/{pid}") for pid in self.read("pids").split())

    def hang(self, **env):
        self.name_tests(HANGS)
        self.write("pids", "")
        check = self.start(**env)
        while self.read("pids").count("\n") < 2:
            self.assertIsNone(check.poll())
            time.sleep(0.1)
        return check

    def test_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                check = self.hang(FACTS="yes")
                check.send_signal(number)
                status, output, _ = self.end(check)
                self.assertTrue(self.all_ended())
                self.assertEqual(os.listdir(self.path("tmp")), [])
                self.assertEqual(status, 128 + number)
                self.assertIn("ok 1 good # N s\nBail out! interrupted in test 2, 'hangs', log ",
                              output)
                self.assertIn("\n1 passed, 0 failed, 0 skipped\n", output)
                self.assertIn('"test":"good"', self.read("patches/b/facts"))

    def test_two_runs(self):
        """The second one is refused, and the first one goes on."""
        check = self.hang()
        second = self.start()
        output, errors = second.communicate(timeout=60)
        self.assertEqual((second.returncode, output), (2, ""))
        self.assertRegex(errors, "^check: another run of check is at work in .*/build/check: .*\n$")
        self.assertTrue(os.path.exists(self.path("build/check/steps")))
        check.terminate()
        self.assertIn("ok 1 good # N s\nBail out! interrupted in test 2", self.end(check)[1])
        self.name_tests(SOME)
        self.assertEqual(self.call("good")[0], 0)

    def test_killed(self):
        check = self.hang()
        check.kill()
        check.communicate()
        self.assertTrue(soon(self.all_ended), "the test goes on")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: test_check.py TREE")
    TREE = sys.argv.pop()
    # A process in the background ignores some.
    for known in (signal.SIGINT, signal.SIGHUP):
        signal.signal(known, signal.SIG_DFL)
    unittest.main()
