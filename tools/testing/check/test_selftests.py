#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of selftests; the argument is a kernel tree, with the KTAP parser."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import signal
import sys
import tempfile
import time
import unittest
from unittest import mock

sys.dont_write_bytecode = True
TOOL = os.path.join(os.path.dirname(os.path.realpath(__file__)), "selftests")
loader = importlib.machinery.SourceFileLoader("selftests", TOOL)
selftests = importlib.util.module_from_spec(importlib.util.spec_from_loader("selftests", loader))
loader.exec_module(selftests)

HEAD = "TAP version 13\n"
NOTHING = ("guest", "-", "lost", "no test ran")


def soon(condition):
    """Is it true within 30 s?"""
    for _ in range(300):
        if condition():
            return True
        time.sleep(0.1)
    return False


class Ktap(unittest.TestCase):
    def setUp(self):
        self.kunit = selftests.load_kunit(TREE)

    def read(self, text, status=0):
        return selftests.read_ktap(self.kunit, text, status)

    def says(self, text, *results):
        """A program with that output gives these results."""
        self.assertEqual(self.read(f"# PROGRAM t\n{text}# END t 1\n"), list(results))

    def test_outcomes(self):
        self.says(HEAD + "1..4\n# Starting 4 tests from 2 test cases.\n"
                  "#  RUN           f.v.good ...\n"
                  "# t.c:67:good:MB: actual 1\n#            OK  f.v.good\nok 1 f.v.good\n"
                  "# t.c:67:bad:MB: actual 1\n# t.c:67:bad:CPU: actual 9, allowed 1\n"
                  "# t.c:67:bad:Expected 0 (0) != 1\n# t.c:68:bad:node: actual 9\n"
                  "# t.c:68:bad:Expected 0 (0) != 2\nnot ok 2 f.v.bad\n"
                  "# f.v.slow: Test terminated by timeout\nnot ok 3 f.v.slow # unknown\n"
                  "ok 4 f.w.none # SKIP no events: #7\r\n# Totals: pass:1 fail:2\n",
                  ("f.good", "v", "pass", ""), ("f.bad", "v", "fail", "CPU: actual 9, allowed 1"),
                  ("f.slow", "v", "fail", "timed out"), ("f.none", "w", "skip", "no events: #7"))

    def test_skip_without_name(self):
        self.says(HEAD + "1..2\n#  RUN           f.v.a ...\nok 1 # SKIP 2 nodes: #7\n"
                  "#  RUN           f.w.a ...\nok 2 f.w.a\n",
                  ("f.a", "v", "skip", "2 nodes: #7"), ("f.a", "w", "pass", ""))

    def test_first_judgement(self):
        self.says(HEAD + "1..1\n# t.c:9:bad:Expected 0 (0) != 1\nnot ok 1 f.v.bad\n",
                  ("f.bad", "v", "fail", "Expected 0 (0) != 1"))

    def test_plan(self):
        good = ("f.a", "v", "pass", "")
        for text, results in (
                ("1..3\nok 1 f.v.a\n", [good, "2 of 3 tests gave no result"]),
                ("1..3\n", ["3 of 3 tests gave no result"]),
                ("1..1\nok 1 f.v.a\nnot ok 2 f.v.b\n", [good, "2 results of 1 tests"]),
                ("1..2\nok 1 f.v.a\nok 1 f.v.a\n",
                 [good, good, "the numbers of its tests are not in order"]),
                ("ok 1 f.v.a\n", [good, "no plan"]),
                ("1..0 # SKIP not here\n", ["no plan"]),
                ("", ["no plan"])):
            with self.subTest(text):
                self.says(HEAD + text, *(result if result == good else ("t", "-", "lost", result)
                                         for result in results))
        self.says("sh: t: not found\n", ("t", "-", "lost", "no plan"))
        self.says("1..1\nok 1 f.v.a\n", ("t", "-", "lost", "no version of KTAP"))
        self.says(HEAD + "1..0\n", NOTHING)

    def test_nested(self):
        nest = ("KTAP version 1\n1..2\n    KTAP version 1\n    # Subtest: f.v.a\n    1..2\n"
                "    ok 1 x\n    ok 2 y\nok 1 f.v.a\nok 2 f.v.b\n")
        good, other = ("f.a", "v", "pass", ""), ("f.b", "v", "pass", "")
        self.says(nest, good, other)
        self.says(nest.replace("\nok 1 f", "\nnot ok 1 f"), ("f.a", "v", "fail", ""), other)
        self.says(nest.replace("ok 2 y", "not ok 2 y"), ("f.a", "v", "fail", ""), other)
        self.says(nest.replace("ok 2 y", "ok 2 y # SKIP"), good, other)
        lost = ("f.a", "v", "lost", "its own tests gave no result")
        self.says(nest.replace("    ok 2 y\n", ""), lost, other)
        self.says(nest[:nest.index("    ok 2 y")], lost,
                  ("t", "-", "lost", "1 of 2 tests gave no result"))

    def test_guest(self):
        whole = f"# PROGRAM t\n{HEAD}1..2\nok 1 f.v.a\nok 2 f.v.b\n# END t 0\n# PROGRAM u\n"
        good = [("f.a", "v", "pass", ""), ("f.b", "v", "pass", "")]
        dead = ("guest", "-", "lost", "vmtest ended with status 125")
        self.assertEqual(self.read(whole + HEAD + "1..0\n# END u 0\n"), good)
        self.assertEqual(self.read(whole, 125), good + [("u", "-", "lost", "no plan"), dead])
        # Wherever the output is cut, a test that did not end is not taken for one that did.
        for end in range(len(whole)):
            results = self.read(whole[:end], 125)
            self.assertEqual(results[-1], dead)
            ended = [result for result in results if result[2] != "lost"]
            self.assertEqual(ended, good[:whole[:end].count("\n", whole.index("1..2\n") + 5)])
        self.assertEqual(self.read(""), [("guest", "-", "lost", "no output")])

    def test_no_parser(self):
        with tempfile.TemporaryDirectory() as tree:
            with self.assertRaisesRegex(selftests.BadInput, "has no .*kunit_parser.py"):
                selftests.load_kunit(tree)


class Table(unittest.TestCase):
    def table(self, without, *results, passes=()):
        rows = [(result + " ").split(" ")[:5] for result in results]
        return selftests.table_of([("b", *row[:3], "v", *row[3:]) for row in rows], without,
                                  passes)

    def test_cells(self):
        self.assertEqual(
            self.table("stock", "stock 2 f.a fail", "stock 2 f.a pass", "stock 2 f.b skip why",
                       "series 2 f.a pass", "series 4 f.b pass", "series 4 f.b pass"),
            ("       b           b           b         \n"
             "       stock       series      series    \n"
             "nodes  2           2           4         \n"
             "f.a v  FAIL 1/2    pass                  \n"
             "f.b v  skip 1                  pass 2/2  \n"
             "skip 1: why\nnot tried on stock b: f.b\n", True))
        self.assertIn("not tried on series b: f.a\n",
                      self.table("stock", "series 2 f.a skip why", "series 4 f.a skip why")[0])

    def test_passes_on_stock(self):
        rows = "stock 2 f.a pass", "series 2 f.a pass"
        self.assertFalse(self.table("stock", *rows, passes={("c", "a"), ("b", "b")})[1])
        text, good = self.table("stock", *rows, passes={("b", "a")})
        self.assertTrue(good)
        self.assertIn("passes on stock b too: f.a\n", text)
        self.assertNotIn("passes on series", text)
        self.assertNotIn("passes", self.table("stock", "stock 2 f.a lost", passes={("b", "a")})[0])

    def test_only_the_core_is_judged(self):
        rows = [(f"f.{selftests.CORE[0]}", "v", "skip", "why"), ("f.other", "v", "skip", "why"),
                ("f.other", "v", "fail", "why"), ("t", "-", "lost", "no plan")]
        self.assertEqual(selftests.judged(mock.Mock(only="core"), rows), [rows[0], *rows[2:]])
        self.assertEqual(selftests.judged(mock.Mock(only=None), rows), rows)

    def test_core(self):
        options = mock.Mock(only="core", kernel=["stock", "series"], base=["b"])
        good = [("b", "series", "2", f"f.{test}", "v", "pass", "") for test in selftests.CORE]
        self.assertEqual(selftests.core_not_run(options, good), [])
        first = selftests.CORE[0]
        for row in (), ("b", "series", "2", f"f.{first}", "v", "skip", "why"), (
                "b", "stock", "2", f"f.{first}", "v", "pass", ""):
            with self.subTest(row):
                self.assertEqual(selftests.core_not_run(options, good[1:] + [row] * bool(row)),
                                 [f"{first} on the series of b"])
        options.kernel = ["gate"]
        self.assertEqual(selftests.core_not_run(options, []), [])

    def test_verdict(self):
        for without, results, wrong in (
                ("stock", ["series 2 f.a fail why"], "b series, topology 2: f.a v: fail: why"),
                ("stock", ["gate 2 f.a lost why"], "b gate, topology 2: f.a v: lost: why"),
                ("stock", ["stock 2 f.a pass"], "wrong: cannot be seen to fail on stock b: f.a"),
                ("gate", ["gate 2 f.a pass"], "wrong: cannot be seen to fail on gate b: f.a"),
                ("stock", ["stock 2 f.a pass", "stock 4 f.a fail"], ""),
                ("stock", ["series 2 f.a skip why", "series 4 f.a pass"], ""),
                ("stock", ["stock 2 f.a fail", "series 2 f.a skip why", "series 2 f.b skip why"],
                 "wrong: no test ran on series of b"),
                ("gate", ["stock 2 f.a pass"], "")):
            with self.subTest(results):
                text, good = self.table(without, *results)
                self.assertEqual(good, not wrong)
                self.assertIn(wrong, text)


FAKE = f"""#!/bin/sh
# As if vmtest: the kernels are their number of patches.
case "$1 $4" in
"kernel --source") echo "$FAKE_TREE" ;;
kernel*) echo "$5" ;;
run*) printf '# PROGRAM t\\n{HEAD}1..1\\n'
	if [ "$3" = 0 ]; then echo "$FAKE_STOCK"; else echo ok 1 f.v.a; fi
	echo '# END t' ;;
esac
exit $FAKE_STATUS
"""


class Program(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.out = directory.name

    def read(self, name):
        with open(os.path.join(self.out, name), encoding="utf-8") as file:
            return file.read()

    def test_script_and_topology(self):
        options = selftests.options_of(["--core", "--filter", "-fx", "--scale", "10",
                                        "--config", "c", "--out", self.out])
        script = selftests.guest_script(options, ["t"])
        self.assertIn("export KSWAPD_TEST_SCALE=10\nexport KSWAPD_TEST_ONLY='memory", script)
        self.assertIn("'\necho '# PROGRAM t'; t -fx; echo", script)
        for scale, topology, words in (
                (None, "1", "--nodes 1 --memory 750M"), (None, "4", "--nodes 4 --memory 2000M"),
                ("100", "memoryless", "--nodes 2 --memoryless 1 --memory 1000M"),
                ("99", "2", "--nodes 2 --memory 2048M")):
            options.scale = scale
            self.assertEqual(selftests.topology_options(options, topology), words.split())

    def test_statuses(self):
        vmtest = os.path.join(self.out, "vmtest")
        with open(vmtest, "w", encoding="utf-8") as file:
            file.write(FAKE)
        os.chmod(vmtest, 0o755)
        for stock, fails, status in (("not ok 1 f.v.a", 0, 0), ("ok 1 f.v.a", 0, 1),
                                     ("not ok 1 f.v.a", 4, 4)):
            with (mock.patch.object(selftests, "VMTEST", vmtest),
                  mock.patch.object(selftests, "build_tests", return_value="tests"),
                  mock.patch.dict(os.environ, FAKE_TREE=TREE, FAKE_STOCK=stock,
                                  FAKE_STATUS=str(fails)),
                  contextlib.redirect_stdout(io.StringIO()) as said):
                try:
                    ended = selftests.main(["--base", "6.12.y", "--out", self.out])
                except SystemExit as error:
                    ended = error.code
            self.assertEqual(ended, status)
            if status == 4:
                continue
            self.assertEqual(said.getvalue(), self.read("table.txt"))
            self.assertRegex(self.read("results.tsv"), "^6.12.y\tstock\t2\tf.a\tv\t.*\n"
                             "6.12.y\tseries\t2\tf.a\tv\tpass\t\n$")
            self.assertIn("# END t", self.read("6.12.y/series-2-1/ktap"))

    def test_killed(self):
        """A killed program takes its step with it."""
        log = os.path.join(self.out, "log")
        pid = os.fork()
        if not pid:
            selftests.run("step", "a step", log, "sh", "-c", "echo $$; exec sleep 60")
            os._exit(0)
        while not (os.path.exists(log) and self.read("log").endswith("\n")):
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        step = f"/proc/{self.read('log').strip()}"
        self.assertTrue(soon(lambda: not os.path.exists(step)), "the step goes on")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: test_selftests.py TREE")
    TREE = sys.argv.pop()
    unittest.main()
