# SPDX-License-Identifier: GPL-2.0
"""Tests of bench.py: bad input, and runs of an artificial vmtest."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import unittest
from unittest import mock

import arms
import bench
import facts
import summary
from test_facts import Tree

# Kernels are built for all bases but 7.3.y, and "broken" does not build. A file beside
# the program says how runs of a kernel end.
VMTEST = r"""#!/bin/sh
here=${0%/*}
echo "$*" >>"$here/calls"
case $* in
"kernel --base 7.3.y "*) exit 4 ;;
"kernel --base b --patches 0"*) echo "$here/stock" ;;
"kernel --base b"*) [ ! -e "$here/broken" ] || exit 1; echo "$here/ours" ;;
"run --kernel $here/ours"*) how=$(cat "$here/how" 2>/dev/null || :) ;;
esac
case $1$how in
runfail) echo '{"half'; echo "vmtest: panicked: x (after 2 s, KVM, console c)" >&2; exit 126 ;;
runwait)
	trap 'touch "$here/ended"; exit 143' TERM
	touch "$here/started"
	while :; do sleep 0.1; done
	;;
run*)
	echo '{"environment": {"kernel": "6.1"}, "summary": {"stalls_per_s": 5}}'
	echo "vmtest: passed (after 2 s, software emulation, console c)" >&2
	;;
esac
"""
ENV = {"BASE": "b", "ARMS": "stock ours", "SCENARIO": "stream", "LRU": "classic", "SCALE": "10",
       "REPEAT": "2", "FACTS": "", "KDIR": ""}


class Fake(Tree):
    def setUp(self):
        super().setUp()
        os.makedirs(self.path("patches/7.3.y"))
        self.write("patches/b/base", "gate: 1\ngate-fixes: 0\nrunaway: --high 9m\n")
        self.write("vmtest", VMTEST)
        os.chmod(self.path("vmtest"), 0o755)
        for patch in (mock.patch.object(bench, "VMTEST", self.path("vmtest")),
                      mock.patch.object(bench, "build_workload", lambda: None)):
            patch.start()
            self.addCleanup(patch.stop)

    def bench(self, *args, **env):
        with mock.patch.dict(os.environ, {"OUT": self.path("out")} | ENV | env):
            return self.said(bench.main, *args)

    def runs(self):
        return [json.loads(self.read("out/raw/" + name))
                for name in sorted(os.listdir(self.path("out/raw"))) if name.endswith(".json")]


class Input(Fake):
    def test_bad_input(self):
        self.write("patches/c/base", "kernel: 5.4\n")
        for env, words in (({"BASE": "2.4"}, "there is no base '2.4'"),
                           ({"SCENARIO": "frobnicate"}, "'frobnicate' is none of"),
                           ({"SCENARIO": "stream runaway-frob"}, "'runaway-frob' is none of"),
                           ({"LRU": "new"}, "LRU takes"), ({"LRU": "nowalk"}, "LRU takes"),
                           ({"DELAY": "20"}, "DELAY changes the kernels"),
                           ({"SCALE": "10 0"}, "SCALE takes"),
                           ({"SCALE": "3001"}, "SCALE takes"), ({"REPEAT": "0"}, "REPEAT takes"),
                           ({"ARMS": "kernel:x"}, "kernel: takes NAME=PATH"),
                           ({"ARMS": "kernel:x=/none"}, "cannot read the kernel"),
                           ({"ARMS": "kernel:x=/dev/null kernel:x=/dev/null"}, "two arms"),
                           ({"ARMS": "mine"}, "ARMS: 'mine' is none of"),
                           ({"ARMS": "mglru"}, "b has no series for MGLRU"),
                           ({"ARMS": "stock debian"}, "no binary kernel of Debian for b"),
                           ({"ARMS": "7.3-ours"}, "no kernel is left to run"),
                           ({"BASE": "c", "ARMS": "gate"}, "no 'gate' for c, but "),
                           ({"LRU": " "}, "LRU takes different words"),
                           ({"SCENARIO": " "}, "SCENARIO takes different words"),
                           ({"SCALE": "10 10"}, "SCALE takes different words"),
                           ({"KDIR": "/none"}, "KDIR: /none is no kernel tree"),
                           ({"FACTS": "maybe"}, "FACTS takes yes or no"),
                           ({"FACTS": "yes", "ARMS": "kernel:x=/dev/null"}, "--arm x=HASH")):
            with self.subTest(env=env):
                status, _, err = self.bench(**env)
                self.assertEqual(status, 2)
                self.assertIn(words, err)
                self.assertEqual(err.count("\n"), 1 + err.count("SKIP: 7.3-ours"))
        self.assertIn("unknown argument 'runaway'", self.bench("runaway")[2])
        self.assertFalse(os.path.exists(self.path("out")))

    def test_scenarios(self):
        self.assertEqual(list(bench.choose_scenarios(["low-*", "low*"])), ["low-1node", "low"])
        options, words = bench.choose_scenarios(["low-1*-2cpus"])["low-1node-2cpus"]
        self.assertEqual(options[-2:], ["--cpus", "2"])
        self.assertEqual(words, summary.read_scenarios()["low-1node"][1])
        self.assertEqual(bench.choose_scenarios(["all"]), summary.read_scenarios())
        unknown = {"runaway": ([], ""), "frob-1": ([], "")}
        with mock.patch.object(summary, "read_scenarios", lambda: unknown), \
                self.assertRaisesRegex(arms.BadInput, "no metrics for scenario 'frob-1'$"):
            bench.choose_scenarios(["all"])

    def test_arms_and_turns(self):
        with mock.patch.dict(os.environ, ENV | {"ARMS": ""}):
            plan = bench.Bench(os.environ)
        names = [arm.name for arm in plan.arms]
        self.assertEqual(names, ["stock", "gate", "ours", "7.3-stock", "7.3-ours"])
        self.assertEqual([cell[0].name for cell in plan.cells()], names + names[1:] + names[:1])

    def test_gate_is_a_prefix(self):
        known = arms.arms_of("b")
        self.write_patch("patches/b/fixes/0001-f.patch", "From: a\n\ndiff --git a/f b/f\n+f\n")
        gate = known["gate"].series
        self.assertNotEqual(gate, known["ours"].series)
        self.write_patch("patches/b/0002-y.patch", "From: a\n\ndiff --git a/y b/y\n+y\n")
        self.assertEqual(known["gate"].series, gate)
        self.assertEqual(known["stock"].series, arms.STOCK)


class Runs(Fake):
    def test_a_whole_bench(self):
        status, out, err = self.bench(SCENARIO="stream runaway", ARMS="stock ours 7.3-ours")
        self.assertEqual(status, 0, err)
        self.assertIn("SKIP: 7.3-ours: its kernel cannot be had", err)
        self.assertIn("run 1 of 8: round 1, stream, classic, scale 10, stock\n", err)
        self.assertIn("run 8 of 8: round 2, runaway, classic, scale 10, stock, about 1 min", err)
        self.assertIn("stream, classic LRU, scale 10, 2 runs", out)
        self.assertEqual({(run["arm"], run["series"]) for run in self.runs()},
                         {("stock", arms.STOCK), ("ours", arms.series_of("b"))})
        self.assertRegex(self.runs()[0]["date"], r"^\d{4}-\d\d-\d\d$")
        self.assertEqual(self.runs()[0]["accelerator"], "software emulation")
        self.assertEqual(sorted(os.listdir(self.path("out"))), [
            "bench.csv", "bench.json", "raw", "runaway.gp", "runaway.svg", "stream.gp",
            "stream.svg", "table.txt"])
        self.assertRegex(self.read("calls"), "--timeout 900 --disk .*/out/disk --disk-size 512M "
                         "--with .*/kswapd_pressure -- sh -c exec kswapd_pressure runaway "
                         "--seconds 27 --settle 12 --high 9m --lru classic --scale-factor 10 "
                         "--json 2>/dev/console\n")

    def test_a_failed_run_is_a_result(self):
        self.write("how", "fail")
        status, out, err = self.bench()
        self.assertEqual(status, 1)
        self.assertRegex(err, r"status 126: vmtest: panicked: .* \(log: .*-ours-1.log\)")
        self.assertIn("2 runs failed: see the logs", err)
        self.assertIn("ours: 2 failed (126)", out)
        self.assertEqual((self.runs()[0]["data"], self.runs()[0]["accelerator"]), (None, "KVM"))

    def test_a_kernel_that_does_not_build(self):
        self.write("broken", "")
        self.assertEqual(self.bench()[0], 1)
        self.assertNotIn("run ", self.read("calls"))

    def test_runs_become_facts(self):
        self.assertEqual(self.bench(FACTS="yes", ARMS="stock gate ours")[0], 0)
        known = facts.read_facts("b")
        self.assertEqual([fact["series"] for fact in known.values()],
                         [arms.arms_of("b")[key[3]].series for key in known])
        self.assertEqual(self.bench(FACTS="yes")[0], 0)
        self.assertEqual({fact["runs"] for fact in facts.read_facts("b").values()}, {2, 4})

    def test_two_at_once(self):
        """The second one would remove the runs of the first."""
        os.makedirs(self.path("out"))
        held = os.open(self.path("out"), os.O_RDONLY)
        self.addCleanup(os.close, held)
        fcntl.flock(held, fcntl.LOCK_EX)
        status, _, err = self.bench()
        self.assertEqual((status, err), (2, "bench: OUT: another bench is at work in "
                                         f"{self.path('out')}\n"))
        self.assertFalse(os.path.exists(self.path("calls")))
        self.assertTrue(os.path.exists(self.path("out")))

    def test_a_directory_of_something_else(self):
        self.write("out/bench.py", "")
        status, _, err = self.bench()
        self.assertEqual((status, err.count("\n")), (2, 1))
        self.assertIn("something else, such as bench.py", err)
        self.assertEqual(os.listdir(self.path("out")), ["bench.py"])

    def test_a_broken_line_of_facts(self):
        self.write("patches/b/facts", "{}\n")
        status, _, err = self.bench(FACTS="yes")
        self.assertEqual(status, 2)
        self.assertIn("facts:1: no fact in this line", err)
        self.assertNotIn("Traceback", err)

    def test_an_interrupt_ends_the_guest(self):
        """The bench is stopped in its second run: the first one is there, with its table."""
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number=number):
                self.write("how", "wait")
                # A shell that starts programs in the background has them ignore SIGINT.
                program = ("import signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
                           "sys.path.insert(0, sys.argv[1]); import arms, bench; "
                           "arms.ROOT = sys.argv[2]; bench.VMTEST = sys.argv[2] + '/vmtest'; "
                           "bench.build_workload = lambda: None; sys.exit(bench.main([]))")
                with subprocess.Popen(
                        [sys.executable, "-B", "-c", program, bench.HERE, self.dir.name],
                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                        env=os.environ | ENV | {"OUT": self.path("out")}) as process:
                    for _ in range(300):
                        if os.path.exists(self.path("started")) or process.poll() is not None:
                            break
                        time.sleep(0.1)
                    process.send_signal(number)
                    try:
                        _, err = process.communicate(timeout=30)
                    except subprocess.TimeoutExpired:
                        process.terminate()
                        raise
                self.assertEqual(process.returncode, 128 + number, err)
                self.assertIn("left in", err)
                os.unlink(self.path("started"))
                os.unlink(self.path("ended"))
                self.assertEqual([run["arm"] for run in self.runs()], ["stock"])
                self.assertIn("stream, classic LRU, scale 10, 1 runs", self.read("out/table.txt"))
                self.assertFalse([name for name in os.listdir(self.path("out")) if "part" in name])


if __name__ == "__main__":
    unittest.main()
