# SPDX-License-Identifier: GPL-2.0
"""Tests of demo.py: runs of an artificial vmtest, and their verdicts."""

import os
import unittest
from unittest import mock

import bench
import demo
import test_bench

VMTEST = r"""#!/bin/sh
here=${0%/*} cpu=90 hopeless=0
[ "$1" = run ] || echo "$*" >>"$here/kernels"
case $* in
fetch-kernel*) [ ! -e "$here/offline" ] || exit 1; echo "$here/linux-image-$(cat "$here/release")"; exit ;;
*" --mglru all"*) echo "$here/ours"; exit ;;
"kernel --base b --patches 0"*) echo "$here/stock"; exit ;;
"kernel "*) echo "$here/ours"; exit ;;
"run --kernel $here/ours"* | *"/kswapd_gate.ko "*)
	cpu=$(cat "$here/cpu" 2>/dev/null || echo 1) hopeless=$(cat "$here/hopeless" 2>/dev/null || echo 0.9) ;;
esac
echo "$*" >>"$here/calls"
echo "vmtest: passed (after 2 s, emulation, console c)" >&2
case $cpu$* in
*/mglru/guest*)
	kills=0
	case $cpu$* in
	*"guest classic"*) ;;
	90*) kills=1 ;;
	esac
	cat <<END
{"environment": {"kernel": "6.1"}, "result": {"oom_kills": $kills, "rounds": 2, "file_left": null},
 "options": {"anon_size": 209715200, "file_size": 134217728, "memory_max": 268435456},
 "rounds": [{"seconds": 1, "refaults": 5}, {"seconds": 2, "refaults": 6}]}
END
	exit ;;
esac
cat <<END
{"environment": {"kernel": "6.1"}, "options": {"node": 1, "scale_factor": 300, "settle": 1},
 "samples": [{"t": 1, "seconds": 1, "kswapd_cpu_pct": $cpu, "refaults": 5, "after": false}],
 "summary": {"kswapd_cpu_pct": {"mean": $cpu}, "unbalanced_share": 0.9,
 "hopeless_share": $hopeless}}
END
"""
TRACE_CMD = r"""#!/bin/sh
cat <<END
cpus=4
 kswapd0-53 [000] 1.5: mm_vmscan_kswapd_reclaim_fail: nid=0 failures=1
 kswapd1-54 [000] 1.6: mm_vmscan_kswapd_reclaim_fail: nid=1 failures=1
 kswapd1-54 [000] 1.7: mm_vmscan_kswapd_reclaim_fail: nid=1 failures=2
 hog-99 [001] 2.9: mm_vmscan_reset_kswapd_failures: nid=1 reason=DIRECT
 hog-99 [001] 2.9: mm_vmscan_reset_kswapd_failures: nid=0 reason=PCP
 kswapd1-54 [000] 3.5: mm_vmscan_kswapd_reclaim_fail: nid=1 failures=1
END
"""
ENV = {name: "" for name in ("REPEAT", "SCALE", "FACTS", "FIGURE", "QUICK", "KDIR", "ROUNDS", "CPUS", "DELAY")
       } | {"BASE": "b", "LRU": "x"}


class Preset(test_bench.Fake):
    def setUp(self):
        super().setUp()
        bench.fetch.cache_clear()
        os.makedirs(self.path("linux-image-6.12.1/lib/modules/6.12.1/build"))
        self.write("release", "6.12.1")
        self.write("patches/b/base", self.read("patches/b/base") +
                   "kernel: 6.12\npackage: linux-image-6.12\n")
        for name, text in (("vmtest", VMTEST), ("bin/trace-cmd", TRACE_CMD),
                           ("report", '#!/bin/sh\necho "$@" >"${0%/*}/reported"\n')):
            self.write(name, text)
            os.chmod(self.path(name), 0o755)
        for patch in (mock.patch.object(bench, "must", self.must),
                      mock.patch.object(demo, "REPORT", self.path("report")),
                      mock.patch.object(os, "uname", lambda: mock.Mock(machine="x86_64"))):
            patch.start()
            self.addCleanup(patch.stop)

    def must(self, *command):
        if command[0] != "make":
            self.assertEqual(bench.call(command)[0], 0)

    def demo(self, preset="demo", **env):
        path = self.path("bin") + ":" + os.environ["PATH"]
        with mock.patch.dict(os.environ, {"OUT": self.path("out"), "PATH": path} | ENV | env):
            return self.said(demo.main, preset)


class Runaway(Preset):
    def test_the_quick_part(self):
        status, out, err = self.demo(QUICK="yes")
        self.assertEqual(status, 0, err)
        for lru in ("classic LRU", "MGLRU"):
            self.assertIn(f"Verdict, {lru}: kswapd runs away on Debian's kernel; with the module it waits", out)
        self.assertIn("they differ in the module kswapd-gate alone", out)
        self.assertRegex(out, r"debian-module: 6.1, b with 0 patches, series none, module [0-9a-f]{12},")
        self.assertEqual(self.read("kernels"), "fetch-kernel --headers linux-image-6.12\n")
        runs = self.read("calls").splitlines()
        self.assertEqual(["insmod /vmtest/kswapd_gate.ko && exec" in run for run in runs],
                         [False, True] * 2)
        self.assertRegex(runs[1], "--kernel .*/linux-image-6.12.1 .* --with .*/kswapd_gate.ko "
                         "-- sh -c .* runaway .* --lru classic")
        self.assertTrue(os.path.exists(self.path("out/module/table.txt")))

    def test_the_quick_part_does_not_hold(self):
        for cpu, hopeless, status in (("44", "0.6", 0), ("46", "0.6", 1), ("44", "0.4", 1)):
            with self.subTest(cpu=cpu, hopeless=hopeless):
                self.write("cpu", cpu)
                self.write("hopeless", hopeless)
                ended, out, _ = self.demo(QUICK="yes")
                self.assertEqual(ended, status)
                self.assertEqual("Verdict, MGLRU: DOES NOT HOLD" in out, bool(status))

    def test_no_binary_kernel(self):
        base, words = self.read("patches/b/base"), "is left out: there is none for b here"
        for offline, release, text in ((True, "6.12.1", base), (False, "6.1.1", base),
                                       (False, "6.12.1", base.replace("package", "x"))):
            with self.subTest(offline=offline, release=release):
                self.write("patches/b/base", text)
                self.write("release", release)
                if offline:
                    self.write("offline", "")
                bench.fetch.cache_clear()
                status, out, err = self.demo(QUICK="yes")
                self.assertEqual((status, out), (4, ""))
                self.assertIn(words, err)
                status, out, err = self.demo()
                self.assertEqual(status, 0)
                self.assertIn(words, err)
                self.assertNotIn("Debian", out)
                if offline:
                    os.unlink(self.path("offline"))

    def test_a_whole_demo(self):
        status, out, err = self.demo()
        self.assertEqual(status, 0, err)
        self.assertIn("Verdict, MGLRU: kswapd runs away on Debian's kernel", out)
        for lru in ("classic LRU", "MGLRU"):
            self.assertIn(f"Verdict, {lru}: kswapd runs away on stock, and stops", out)
        self.assertRegex(out, r"nid=1 failures=1\n.*failures=2\n    \(silence for 1.2 s\)\n.*DIRECT\n\n")
        self.assertRegex(self.read("reported"),
                         "report --svg .*/kswapd.svg .*-stock-1/trace.dat .*-ours-1/trace.dat")
        self.assertIn("<svg", self.read("out/runaway.svg"))
        self.assertRegex(self.read("calls"), "--out .*/raw/runaway-after-mglru-300-ours-1 .* -- "
                         ".*/demo/guest runaway .* --lru mglru --scale-factor 300 --json\n")

    def test_a_verdict_that_does_not_hold(self):
        self.write("cpu", "6")
        status, out, err = self.demo()
        self.assertEqual(status, 1)
        self.assertIn("Verdict, MGLRU: DOES NOT HOLD", out)
        self.assertIn("the verdict does not hold: see the tables above", err)
        with mock.patch.object(demo.figure, "write_figure") as written:
            self.assertEqual(self.demo(FIGURE="yes")[0], 1)
        written.assert_not_called()

    def test_bad_input(self):
        self.write("patches/7.3.y/base", "kernel: 7.3\n")
        self.write("Makefile", "VERSION = 5\nPATCHLEVEL = 4\n")
        for env, words in (({"BASE": "no"}, "there is no base 'no'"),
                           ({"BASE": "7.3.y"}, "does not run away on stock 7.3.y"),
                           ({"BASE": "", "KDIR": self.dir.name}, "is a 5.4 tree"),
                           ({"FIGURE": "new"}, "FIGURE takes yes or no"),
                           ({"QUICK": "1"}, "QUICK takes yes or no"),
                           ({"REPEAT": "x"}, "REPEAT takes")):
            with self.subTest(env=env):
                status, _, err = self.demo(**env)
                self.assertEqual((status, err.count("\n")), (2, 1))
                self.assertIn(words, err)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_the_base_is_that_of_the_tree(self):
        self.write("patches/7.3.y/base", "kernel: 7.3\ngate: 1\n")
        self.write("Makefile", "VERSION = 7\nPATCHLEVEL = 3\n")
        with mock.patch.dict(os.environ, ENV | {"BASE": "", "KDIR": self.dir.name}):
            self.assertEqual(bench.base_of_kdir(), "7.3.y")

    def test_the_bench_takes_the_kernel(self):
        for env, words in (({"SCENARIO": "mixed"}, "mixed is not for kernels with a module"),
                           ({"FACTS": "yes"}, "the series of debian-module is not known")):
            with self.subTest(env=env):
                status, _, err = self.bench(**{"ARMS": "debian-module"} | env)
                self.assertEqual((status, err.count("\n")), (2, 1))
                self.assertIn(words, err)
        self.assertEqual(self.bench(ARMS="debian", REPEAT="1")[0], 0)
        self.assertNotIn("insmod", self.read("calls"))

    def test_no_episode(self):
        self.assertEqual(demo.episode_of(["x-1 [000] 1.5: mm_vmscan_kswapd_reclaim_fail: "
                                          "nid=1 failures=1"], 1), demo.NONE)


class Mixed(Preset):
    def setUp(self):
        super().setUp()
        os.makedirs(self.path("patches/b/mglru"))
        self.write("patches/b/mglru/series", "")

    def test_a_whole_demo(self):
        status, out, err = self.demo("mglru", REPEAT="2", ROUNDS="2")
        self.assertEqual(status, 0, err)
        for arm, *cells in (("stock", 2, 2, 0), ("mglru", 0, 0, 0), ("7.3-stock", 0, 0, 0)):
            self.assertRegex(out, rf"\n  {arm} +" + " +".join(f"{cell} of 2" for cell in cells))
        self.assertIn("200 MiB anonymous and 128 MiB of file in a cgroup of 256 MiB, 2 rounds a run, "
                      "8 CPUs, aging held up by 20 ms", out)
        self.assertRegex(out, r"s a round +1.5 \[1.5..1.5\]")
        self.assertIn("series none, edited", out)
        calls = self.read("calls")
        self.assertRegex(calls, "--nodes 1 --cpus 8 --memory 1G .*/mglru/guest nowalk 10 2 20\n")
        self.assertRegex(self.read("kernels"), "--patches 0 --mglru all --edit .*/widen.patch\n")

    def test_without_stock(self):
        self.write("vmtest", VMTEST.replace('echo "$here/stock"; exit', "exit 4"))
        status, _, err = self.demo("mglru")
        self.assertEqual(status, 2)
        self.assertIn("nothing to show without the kernel 'stock'", err)

    def test_on_a_base_that_has_the_gate(self):
        self.write("patches/7.3.y/base", "kernel: 7.3\n")
        self.write("patches/7.3.y/mglru/series", "")
        self.write("vmtest", VMTEST.replace("--base b", "--base 7.3.y"))
        self.assertIn("\n  7.3-stock ", self.demo("mglru", BASE="7.3.y", REPEAT="1")[1])

    def test_without_a_delay(self):
        self.write("cpu", "90")
        status, out, err = self.demo("mglru", REPEAT="1", DELAY="0")
        self.assertEqual(status, 1)
        self.assertIn("expected OOM kills on stock with MGLRU", err)
        self.assertIn("series none, config", out)
        self.assertNotIn("--edit", self.read("kernels"))

    def test_bad_input(self):
        self.write("patches/7.3.y/base", "kernel: 7.3\n")
        for env, words in (({"ROUNDS": "x"}, "ROUNDS takes a number"),
                           ({"FACTS": "yes"}, "DELAY changes the kernels"),
                           ({"BASE": "7.3.y"}, "7.3.y has no series for MGLRU")):
            with self.subTest(env=env):
                status, _, err = self.demo("mglru", **env)
                self.assertEqual((status, err.count("\n")), (2, 1))
                self.assertIn(words, err)


if __name__ == "__main__":
    unittest.main()
