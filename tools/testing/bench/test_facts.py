# SPDX-License-Identifier: GPL-2.0
"""Tests of facts.py, on artificial runs."""

import contextlib
import glob
import io
import json
import os
import shutil
import tempfile
import types
import unittest

import arms
import facts
import figure
import testfacts


def run(arm="ours", cpu=1.0, status=0, scenario="runaway", series="all"):
    series = arms.series_of("b", series) if series in ("0", "all") else series
    return {"scenario": scenario, "lru": "classic", "scale": 10, "arm": arm, "base": "b",
            "series": series, "date": "2026-01-02", "config": "c",
            "status": status, "accelerator": "software emulation",
            "host": {"cpus": 2, "load_before": "1.5 1 1"},
            "data": {"environment": {"kernel": "6.19.0"}, "summary": {
                "kswapd_cpu_pct": {"mean": cpu}, "stalls_per_s": 2.0}}}


class Tree(unittest.TestCase):
    """A tree with one base and one patch."""

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        root, arms.ROOT = arms.ROOT, self.dir.name
        self.addCleanup(setattr, arms, "ROOT", root)
        self.patch("one")
        self.write("README.rst", "T\n\nFigure: .\n\n    x   stock  series\n    "
                   "load   -  -\n\nKernel 1, series 0.\n")
        self.write(figure.SVG, "<desc>" + json.dumps({
            "base": "b", "series": arms.series_of("b"), "kernel": "1.2", "scale": 10,
            "runs": 1, "accelerator": "KVM"}) + "</desc>")
        self.write("patches/b/cover-letter", "T\n\nKernel 1, series\n0.\n\n  x  stock  series\n  "
                   "load  -  -\n\nend\n")
        self.write("patches/b/base", "table: cover-letter | load | runaway classic 10 "
                   "kswapd_cpu_pct\n")
        self.write("tools/testing/bench/results",
                   "[table runaway classic stock,ours 10]\nold\n[end]\ntext\n")

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def write_patch(self, name, text):
        """With the list of its set."""
        self.write(name, text)
        directory = os.path.dirname(name)
        names = sorted(glob.glob("*.patch", root_dir=self.path(directory)))
        self.write(f"{directory}/series", "".join(name + "\n" for name in names))

    def patch(self, line):
        self.write_patch("patches/b/0001-x.patch", f"From: a\n\ndiff --git a/x b/x\n+{line}\n")

    def raw(self, runs):
        shutil.rmtree(self.path("out"), ignore_errors=True)
        for i, one in enumerate(runs):
            self.write(f"out/raw/{i}.json", json.dumps(one))
        return self.path("out")

    @staticmethod
    def said(main, *words):
        """The status of a program, and its output."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main(words)
            except SystemExit as end:
                status = end.code
        return status, out.getvalue(), err.getvalue()

    def call(self, *words):
        return self.said(facts.main, *words)

    def add(self, *runs):
        return self.call("add", self.raw(runs))


class Facts(Tree):
    def test_runs_of_one_series_are_one_fact(self):
        self.add(run(cpu=1.0), run(cpu=3.0))
        fact = facts.read_facts("b")[("runaway", "classic", 10, "ours")]
        self.assertEqual(fact["values"]["kswapd_cpu_pct"], [1.0, 3.0])
        self.assertEqual(fact["runs"], 2)
        self.assertEqual(fact["series"], arms.series_of("b"))

    def test_another_series_replaces(self):
        self.add(run(cpu=1.0))
        self.patch("two")
        self.add(run(cpu=5.0))
        fact = facts.read_facts("b")[("runaway", "classic", 10, "ours")]
        self.assertEqual(fact["values"]["kswapd_cpu_pct"], [5.0])

    def test_another_machine_replaces(self):
        for other in {"accelerator": "KVM"}, {"host": {"cpus": 64, "load_before": "1 1 1"}}:
            with self.subTest(other):
                self.add(run(cpu=40.0), run("stock", series="0", cpu=50.0))
                self.add(run(cpu=99.0) | other)
                fact = facts.read_facts("b")[("runaway", "classic", 10, "ours")]
                self.assertEqual(fact["values"]["kswapd_cpu_pct"], [99.0])
                self.assertNotIn(("runaway", "classic", 10, "stock"), facts.read_facts("b"))
                os.unlink(self.path("patches/b/facts"))

    def test_another_series_drops_the_stock_runs_of_earlier_ones(self):
        stock = ("runaway", "classic", 10, "stock")
        self.add(run(cpu=1.0), run("stock", series="0", cpu=50.0))
        self.patch("two")
        self.add(run("stock", series="0", cpu=70.0), run(cpu=5.0))
        self.assertEqual(facts.read_facts("b")[stock]["values"]["kswapd_cpu_pct"], [70.0])
        self.add(run("stock", series="0", cpu=80.0), run(cpu=5.0))
        self.assertEqual(facts.read_facts("b")[stock]["runs"], 2)

    def test_a_failed_run_has_no_values(self):
        self.add(run(status=1))
        fact = facts.read_facts("b")[("runaway", "classic", 10, "ours")]
        self.assertEqual((fact["failed"], fact["values"]), (1, {}))

    def test_a_failed_run_counts_in_any_order(self):
        for name, first in (("fails first", (1, 0, 0)), ("fails later", (0, 1, 0))):
            with self.subTest(name):
                self.add(*(run(status=status) | ({"data": None} if status else {})
                           for status in first))
                fact = facts.read_facts("b")[("runaway", "classic", 10, "ours")]
                self.assertEqual((fact["runs"], fact["failed"]), (3, 1))
                self.assertNotEqual(fact["kernel"], "?")
                os.unlink(self.path("patches/b/facts"))

    def test_no_run_counts_twice(self):
        self.assertEqual(self.add(run(cpu=1.0))[0], 0)
        status, _, err = self.call("add", self.path("out"))
        self.assertEqual((status, err.count("\n")), (2, 1))
        self.assertIn("taken already", err)
        fact = facts.read_facts("b")[("runaway", "classic", 10, "ours")]
        self.assertEqual(fact["runs"], 1)

    def test_bad_input(self):
        self.raw([run()])
        for words, said in ((("--arm", "ours"), "--arm takes NAME=0"),
                            (("--arm", "mine=0"), "no run of 'mine'")):
            status, _, err = self.call("add", self.path("out"), *words)
            self.assertEqual((status, err.count("\n")), (2, 1))
            self.assertIn(said, err)
        self.write("out/raw/0.json", '{"half')
        status, _, err = self.call("add", self.path("out"))
        self.assertEqual((status, err.count("\n")), (2, 1))
        self.assertIn("it is not JSON", err)

    def test_stock_belongs_to_no_series(self):
        self.add(run("stock", series="0"))
        self.assertEqual(facts.read_facts("b")[("runaway", "classic", 10, "stock")]["series"],
                         arms.STOCK)

    def test_unknown_patches_are_asked_for(self):
        status, _, err = self.add(run(series="unknown"))
        self.assertEqual(status, 2)
        self.assertIn("say --arm ours=0", err)
        self.assertFalse(os.path.exists(self.path("patches/b/facts")))
        self.assertEqual(self.call("add", self.path("out"), "--arm", "ours=0123456789ab")[0], 0)
        self.assertIn('"series":"0123456789ab"', self.read("patches/b/facts"))

    def test_each_run_goes_to_its_base(self):
        os.makedirs(self.path("patches/c"))
        self.add(run(), run(series="0") | {"base": "c"})
        self.assertEqual([len(facts.read_facts(base)) for base in "bc"], [1, 1])

    def test_a_broken_line_is_named(self):
        self.write("patches/b/facts", "{}\n")
        status, _, err = self.call("render", "--base", "b")
        self.assertEqual(status, 2)
        self.assertIn("facts:1: no fact in this line", err)

    def test_an_unknown_scenario(self):
        status, _, err = self.add(run(scenario="frob-1node"))
        self.assertEqual(status, 2)
        self.assertIn("there are no metrics for scenario 'frob-1node'", err)
        self.assertFalse(os.path.exists(self.path("patches/b/facts")))

    def test_no_runs(self):
        status, _, err = self.call("add", self.dir.name)
        self.assertEqual(status, 2)
        self.assertIn("there is no run in", err)


class TestFacts(Tree):
    """Of tests that ran or compiled a kernel."""

    def ran(self, name="b: boots", result="passed", steps=""):
        steps = steps or f"base=b\nseries=all {arms.series_of('b')}\n"
        testfacts.keep(self.path("check/facts"),
                       testfacts.fact_of(name, result, 9, 1.5, steps.splitlines()))

    def taken(self, name="b: boots"):
        self.call("add", self.path("check"))
        return facts.read_facts("b").get(("", name))

    def present(self):
        return testfacts.is_present(self.taken(), self.path("patches/b"))

    def project(self):
        return types.SimpleNamespace(
            root=self.path(""), bases=lambda: ["b", "c"], patches=self.path("patches"),
            build=lambda *parts: self.path(os.path.join("build", *parts)))

    def test_steps_become_a_fact(self):
        self.ran(steps="base=b\nseries=0 none\nlru=classic\nbase=b\nlru=mglru\n"
                 "series=2 fixes=1 0123456789ab\n")
        fact = self.taken()
        self.assertEqual((fact["base"], fact["result"], fact["lru"], fact["seconds"]),
                         ("b", "passed", "classic, mglru", 9))
        self.assertEqual(fact["series"], {"0": "none", "2 fixes=1": "0123456789ab"})

    def status(self):
        project = self.project()
        return "\n".join(testfacts.status_lines(project, project.bases())) + "\n"

    def test_the_newest_stays(self):
        self.ran()
        self.ran(result="failed")
        self.assertEqual(self.taken()["result"], "failed")
        self.assertEqual(self.read("patches/b/facts").count("\n"), 1)

    def test_a_fact_of_older_patches_replaces_none_of_the_present_ones(self):
        self.ran()
        old = self.read("check/facts")
        self.patch("two")
        self.ran(result="failed")
        self.taken()
        self.write("check/facts", old)
        self.assertEqual(self.taken()["result"], "failed")
        self.write("build/check/facts", old)
        self.assertRegex(self.status(), "boots +FAILED")

    def test_a_fact_is_present_until_a_diff_changes(self):
        self.ran()
        self.assertTrue(self.present())
        self.patch("two")
        self.assertFalse(self.present())

    def test_a_stock_kernel_is_always_present(self):
        self.ran(steps="base=b\nseries=0 none\n")
        self.patch("two")
        self.assertTrue(self.present())

    def test_values_stay_beside_them(self):
        self.add(run())
        self.ran()
        self.assertIsNotNone(self.taken())
        self.add(run())
        self.assertEqual(len(facts.read_facts("b")), 2)
        self.assertEqual(len(facts.bench_facts("b")), 1)

    def test_a_kernel_of_no_base_stays_where_it_is(self):
        self.ran(steps="kernel=6.1.0-cloud\n")
        _, out, _ = self.call("add", self.path("check"))
        self.assertIn("are of no base", out)
        self.assertFalse(os.path.exists(self.path("patches/b/facts")))

    def test_the_table_of_status(self):
        self.assertIn("No test has run", self.status())
        self.ran()
        self.ran("b: stops", "failed")
        self.ran("b: waits", "skipped")
        self.ran("vmtest: a tool", steps="base=b\nseries=0 none\n")
        self.taken()
        text = self.status()
        for row in (r"boots +passed +-", r"stops +FAILED +-", r"waits +SKIPPED +-",
                    "b: 1 passed", "tests of the tools, on stock kernels: 1 passed"):
            self.assertRegex(text, row)
        self.patch("two")
        self.assertRegex(self.status(), r"boots +older")
        # With a list of all tests, a base that has no such test is told from one that did not run.
        program = self.path("tools/testing/check/check")
        self.write("tools/testing/check/check", "#!/bin/sh\necho 'c: stops'\n")
        os.chmod(program, 0o755)
        text = self.status()
        self.assertRegex(text, r"stops +older +-\n")
        self.assertRegex(text, r"boots +older *\n")


class Tables(Tree):
    def test_rendered_tables_pass_the_check(self):
        self.add(run("stock", 30.0, series="0"), run("ours", 0.5))
        self.assertEqual(self.call("check", "--base", "b")[0], 1)
        self.assertEqual(self.call("render", "--base", "b")[0], 0)
        self.assertEqual(self.call("check", "--base", "b")[0], 0)
        for name in ("README.rst", "patches/b/cover-letter", "tools/testing/bench/results"):
            self.assertRegex(self.read(name), r"30\.0 +0\.50")
            self.assertNotIn("p <", self.read(name))
        self.assertIn("\nFigure: kernel 1.2, series " + arms.series_of("b") + "; both LRUs;\n",
                      self.read("README.rst"))
        self.assertIn("\n[end]\ntext\n", self.read("tools/testing/bench/results"))
        self.assertNotIn("old", self.read("tools/testing/bench/results"))

    def test_another_series_is_said(self):
        self.add(run("stock", 30.0, series="0"), run("ours", 0.5))
        self.call("render", "--base", "b")
        self.patch("two")
        status, out, _ = self.call("check", "--base", "b")
        self.assertEqual(status, 1)
        self.assertIn("make tables", out)
        self.call("render", "--base", "b")
        self.assertIn(", an EARLIER one (now " + arms.series_of("b"),
                      self.read("tools/testing/bench/results"))
        # Of the table, and of the figure.
        self.assertEqual(self.read("README.rst").count("an EARLIER one"), 2)
        self.assertIn("10, series (earlier)", self.read("tools/testing/bench/results"))
        self.write("tools/testing/bench/results",
                   "[overview kswapd_cpu_pct runaway stock,ours 10]\n[end]\n")
        self.call("render", "--base", "b")
        self.assertIn("  runaway (earlier)  ", self.read("tools/testing/bench/results"))

    def test_the_prefix_of_gate_is_no_earlier_series(self):
        self.write("patches/b/base", self.read("patches/b/base") + "gate: 1\n")
        self.write_patch("patches/b/fixes/0001-f.patch", "From: a\n\ndiff --git a/f b/f\n+f\n")
        gate = arms.arms_of("b")["gate"].series
        self.write("tools/testing/bench/results", "[table runaway classic gate,ours 10]\n[end]\n")
        self.add(run("gate", series=gate), run())
        self.call("render", "--base", "b")
        self.assertIn(f"check only {gate}", self.read("tools/testing/bench/results"))
        self.assertNotIn("EARLIER", self.read("tools/testing/bench/results"))

    def test_significance(self):
        self.add(*[run("stock", 30.0 + i, series="0") for i in range(5)],
                 *[run("ours", 0.5 + i) for i in range(5)])
        self.call("render", "--base", "b")
        for name in ("README.rst", "patches/b/cover-letter", "tools/testing/bench/results"):
            self.assertIn("2.5 (0.50-4.5) *", self.read(name))
        for name in ("README.rst", "patches/b/cover-letter"):
            self.assertRegex(self.read(name), r"(?s)\nKernel .*;\s\*\sp\s<\s0\.05\.\n")

    def test_overview(self):
        self.add(run("stock", 30.0, series="0"), run("ours", 0.5),
                 run("ours", 0.7, scenario="runaway-tmpfs"))
        self.write("tools/testing/bench/results",
                   "[overview kswapd_cpu_pct,stalls_per_s runaway* stock,ours 10]\n[end]\n")
        self.call("render", "--base", "b")
        text = self.read("tools/testing/bench/results")
        self.assertRegex(text, r"runaway +classic +10 +30\.0 +0\.50 +2\.0 +2\.0")
        self.assertRegex(text, r"runaway-tmpfs +classic +10 +- +0\.70 +- +2\.0")

    def test_another_base(self):
        self.write_patch("patches/c/0001-x.patch", "From: a\n\ndiff --git a/x b/x\n+c\n")
        self.add(run("stock", 30.0, series="0"), run("stock", 9.0, series="0") | {"base": "c"})
        self.write("tools/testing/bench/results", "[table runaway classic stock 10 c]\n[end]\n")
        self.call("render", "--base", "b")
        self.assertRegex(self.read("tools/testing/bench/results"), r"CPU +9\.0\n")
        self.assertRegex(self.read("README.rst"), "load +30\\.0")

    def test_a_patch_has_the_same_table_on_all_bases(self):
        self.write("patches/b/base", self.read("patches/b/base")
                   + "table: fixes/a-b | a hog: kswapd | runaway classic 10 kswapd_cpu_pct\n")
        mail = ("From: x\nSubject: a b\n\nText.\n\n  x  stock  series\n  a hog: kswapd  1  2\n\n"
                "Kernel 1, series 0;\nruns a cell: 1.\n\nMore.\n---\n a | 1\n\n"
                "diff --git a/x b/x\n+  a hog: kswapd  1\n")
        for name in ("patches/b/fixes/0001-a-b.patch", "patches/c/fixes/0003-a-b.patch"):
            self.write_patch(name, mail)
        self.add(run("stock", 30.0, series="0"), run("ours", 0.5))
        before = arms.series_of("b")
        self.call("render", "--base", "b")
        texts = [self.read(name) for name in ("patches/b/fixes/0001-a-b.patch",
                                              "patches/c/fixes/0003-a-b.patch")]
        self.assertEqual(*texts)
        self.assertRegex(texts[0], r"\n  a hog: kswapd  30\.0   0\.50\n\nKernel 6\.19\.0, series")
        self.assertRegex(texts[0], r"1\.5\.\n\nMore\.\n---\n")
        self.assertLess(max(map(len, texts[0].split("\n"))), 73)
        self.assertEqual(texts[0].split("\n---\n")[1], mail.split("\n---\n")[1])
        self.assertEqual(arms.series_of("b"), before)
        self.assertEqual(self.call("check", "--base", "b")[0], 0)
        # checkpatch takes none of the hashes for a commit.
        self.patch("two")
        self.call("render", "--base", "b")
        text = self.read("patches/b/fixes/0001-a-b.patch")
        self.assertRegex(text, r"EARLIER\s+one")
        self.assertNotRegex(text, r"(?m)(?:\s|^)[0-9a-f]{12,40}(?:[\s\"'(\[]|$)")

    def test_several_arms(self):
        self.add(run("stock", 40, series="0"), run("gate", 7), run())
        self.write("patches/b/base", "gate: 1\ntable: cover-letter | load | runaway classic 10 "
                   "kswapd_cpu_pct gate,ours\n")
        self.call("render", "--base", "b")
        self.assertRegex(self.read("patches/b/cover-letter"),
                         r" stock +check only +series\n +load +40\S* +7\S* +1\S*\n")

    def test_mistakes_of_tables(self):
        self.add(run())
        for line, words in (("table: x | y", "expected NAME | LABEL"),
                            ("table: z | y | runaway classic 10 kswapd_cpu_pct", "no patch 'z'"),
                            ("table: cover-letter | y | runaway classic 10 kswapd_cpu_pct",
                             "0 tables have the row 'y'")):
            self.write("patches/b/base", line + "\n")
            status, _, err = self.call("render", "--base", "b")
            self.assertEqual(status, 2)
            self.assertIn(words, err)

    def test_a_mark_without_an_end(self):
        self.write("tools/testing/bench/results", "[table runaway classic ours 10]\n")
        status, _, err = self.call("render", "--base", "b")
        self.assertEqual(status, 2)
        self.assertIn("has no [end]", err)


if __name__ == "__main__":
    unittest.main()
