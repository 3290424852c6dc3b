#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Presets of the bench. 'make demo' makes kswapd run away under both LRUs. First on the
binary kernel of the base as Debian ships it: there the module kswapd-gate stops it. Then
on stock, built from source, beside the series; the trace of one episode and the report of
the tool follow.
'make demo-mglru' has cgroups killed by the OOM killer under MGLRU on stock, with the
aging of MGLRU held up, and shows that none is with the series for MGLRU.

The environment has the options, with BASE=6.12.y and KDIR as for the bench:

  demo    REPEAT=1 SCALE=300 OUT=build/demo; with QUICK=yes the first part alone; with
          FIGURE=yes the runs of the second part become the figure of README
  mglru   REPEAT=3 SCALE=10 OUT=build/demo-mglru ROUNDS=5 CPUS=8 DELAY=20; with DELAY=0
          the kernels are not changed, and kills need more CPUS than the host has, such
          as 24 on two, so that the aging task is often preempted

Exit status: 0 shown, 1 not, or some runs failed, 2 bad input, 4 QUICK=yes and no kernel.
"""

import argparse
import os
import re
import subprocess
import sys

import bench
import figure
from arms import BadInput, LRUS, MIXED_LRUS, ROOT, arms_of, base_fact
from bench import note
from testfacts import pad     # arms has its directory in the path

REPORT = f"{ROOT}/build/kswapd-report"
MIB = 1 << 20
NONE = ["    no episode that ends with a reset was recorded"]


def limit():
    """Per cent of a CPU that a stopped kswapd may use, as the tests have it."""
    with open(f"{ROOT}/tools/testing/vmtest/kswapd-limit", encoding="utf-8") as file:
        return float(file.read())


def cpu_of(known):
    """Per cent of a CPU that kswapd used in a run, by its summary."""
    return known["kswapd_cpu_pct"]["mean"]


def episode_of(lines, node):
    """The last run of failures of the node that a reset ended, and that reset."""
    failures, found = [], NONE
    for line in lines:
        stamp = re.search(r" ([0-9]+\.[0-9]+): mm_vmscan_(\w+): .*\bnid=([0-9]+)( |$)", line)
        if not stamp or int(stamp[3]) != node:
            continue
        if stamp[2] == "kswapd_reclaim_fail":
            failures = ([] if line.endswith(" failures=1") else failures) + [line]
            last = float(stamp[1])
        elif stamp[2] in ("reset_kswapd_failures", "kswapd_clear_hopeless") and failures:
            silence = f"    (silence for {float(stamp[1]) - last:.1f} s)"
            found, failures = [*failures, silence, line], []
    return found


class Demo(bench.Bench):
    """A bench whose scenarios are given; its runs have to show something."""

    defaults = {}   # for what the environment does not say
    given = {}

    def __init__(self, env):
        super().__init__(self.defaults | {k: v for k, v in env.items() if v} | self.given)

    def build_arms(self):
        """All that the verdict is about, or none."""
        wanted = [arm.name for arm in self.arms if arm.base == self.base]
        super().build_arms()
        for name in wanted:
            if name not in [arm.name for arm in self.arms]:
                raise BadInput(f"there is nothing to show without the kernel '{name}', see above")


class Runaway(Demo):
    """kswapd runs away on the first arm, and stops on the second one."""

    defaults = {"REPEAT": "1", "SCALE": "300", "OUT": f"{ROOT}/build/demo"}
    words = ""      # of a verdict that holds

    def judge(self):
        shown = [self.judge_lru(lru) for lru in self.lrus]
        if not all(shown):
            note("the verdict does not hold: see the tables above")
        return all(shown)

    @staticmethod
    def stopped(known, _):
        return cpu_of(known) < limit()

    def judge_lru(self, lru):
        """Pressure was there in all runs, kswapd ran away on the first arm, and stopped."""
        first, second = ([run["data"]["summary"] for run in self.runs
                          if (run["lru"], run["arm"]) == (lru, name)]
                         for name in self.given["ARMS"].split())
        least = min(map(cpu_of, first), default=0)
        shown = (all(known["unbalanced_share"] > 0.5 for known in first + second)
                 and least > 2 * limit()
                 and second and all(self.stopped(known, least) for known in second))
        print(f"\nVerdict, {LRUS[lru]}: " + (self.words if shown else "DOES NOT HOLD"),
              flush=True)
        return shown


class Module(Runaway):
    """On Debian's binary kernel: no kernel is built, so this is the quick part. The hot file
    is smaller than the node's shortfall: a run that reclaims the shortfall by evicting a
    larger one is no failure, also with the module."""

    given = {"ARMS": "debian debian-module", "SCENARIO": "runaway-hot25", "LRU": "classic mglru",
             "FACTS": "no"}
    words = ("kswapd runs away on Debian's kernel; with the module it waits, for most of the time\n"
             "on a node that it has given up")

    @staticmethod
    def stopped(known, first):
        """The limits of the module's own test: under emulation a retry is long, and so are its
        shares of a CPU. The table has them."""
        return cpu_of(known) < first / 2 and known["hopeless_share"] > 0.5

    def __init__(self, env):
        super().__init__(env)
        self.out = self.out / "module"

    def judge(self):
        print("\nBoth columns are one binary kernel: they differ in the module kswapd-gate alone, "
              "not in\nsource, compiler or configuration.")
        return super().judge()


class Series(Runaway):
    """On kernels that are built, without the series and with it."""

    needs = [("trace-cmd", "trace-cmd")]
    given = {"ARMS": "stock ours", "SCENARIO": "runaway-after", "LRU": "classic mglru"}
    words = "kswapd runs away on stock, and stops with the series"
    others = ("module",)

    def __init__(self, env):
        base = bench.base_of(env)
        if not base_fact(base, "gate"):
            raise BadInput(f"BASE: kswapd does not run away on stock {base}")
        super().__init__(env)
        self.figure, self.quick = (env.get(name) or "no" for name in ("FIGURE", "QUICK"))
        for name, value in (("FIGURE", self.figure), ("QUICK", self.quick)):
            if value not in ("yes", "no"):
                raise BadInput(f"{name} takes yes or no, not '{value}'")

    def prepare(self):
        bench.must("make", "-s", "-C", ROOT, "kswapd-report")
        super().prepare()

    def command(self, arm, scenario, words, lru, scale, name):
        return ["--out", name, "--out-size", "256M", "--with", "trace-cmd",
                "--with", f"{ROOT}/build/workload/kswapd_pressure",
                "--", f"{ROOT}/tools/testing/demo/guest", *words.split(),
                "--lru", lru, "--scale-factor", scale, "--json"]

    def trace_of(self, arm):
        """Of its first run with the classic LRU."""
        scenario, scale = next(iter(self.scenarios)), self.scales[0]
        return self.name_of(arm, scenario, "classic", scale, 1) + "/trace.dat"

    def judge(self):
        shown = super().judge()
        print("\nOne episode, as trace-cmd report shows it (series, classic LRU):\n")
        status, text = bench.call(["trace-cmd", "report", "-i", self.trace_of("ours")],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if status:
            note(f"trace-cmd cannot read {self.trace_of('ours')}")
            return False
        print("\n".join(episode_of(text.splitlines(), self.runs[0]["data"]["options"]["node"])))
        print("\nThe traces in kswapd-report (classic LRU):\n", flush=True)
        bench.must(REPORT, "report", "--svg", f"{self.out}/kswapd.svg", self.trace_of("stock"),
                   self.trace_of("ours"))
        facts = figure.facts_of(self.runs)
        (self.out / "runaway.svg").write_text(figure.svg_of(facts))
        note(f"left in {self.out}: runaway.svg, kswapd.svg, raw/*/trace.dat, raw/*/console.log")
        if shown and self.figure == "yes":
            figure.write_figure(facts)
            note(f"README.rst and {figure.SVG} show these runs now")
        return shown


class Mixed(Demo):
    """Cgroups are killed under MGLRU on stock, and none with the series for MGLRU."""

    defaults = {"REPEAT": "3", "SCALE": "10", "OUT": f"{ROOT}/build/demo-mglru", "DELAY": "20"}
    given = {"ARMS": "stock mglru 7.3-stock", "SCENARIO": "mixed", "LRU": "mglru nowalk classic"}

    def __init__(self, env):
        self.stock = "stock"
        if bench.base_of(env) == "7.3.y":
            self.stock = "7.3-stock"
            self.given = self.given | {"ARMS": "mglru 7.3-stock"}
        super().__init__(env)

    def judge(self):
        killed = {}
        for run in self.runs:
            killed.setdefault((run["arm"], run["lru"]), []).append(
                run["data"]["summary"]["oom_kills"] > 0)
        lines = [["", *(MIXED_LRUS[lru] for lru in self.lrus)]]
        for arm in self.arms:
            cells = [killed[arm.name, lru] for lru in self.lrus]
            lines.append([arm.name] + [f"{sum(cell)} of {len(cell)}" for cell in cells])
        known = self.runs[0]["data"]["options"]
        print("\nRuns with an OOM kill: {anon:g} MiB anonymous and {file:g} MiB of file in a cgroup "
              "of {memory:g} MiB".format(anon=known["anon_size"] / MIB, file=known["file_size"] / MIB,
                                        memory=known["memory_max"] / MIB)
              + ", {ROUNDS} rounds a run, {CPUS} CPUs, aging held up by {DELAY} ms\n"
              .format(**self.values))
        print("\n".join(pad(lines, 2)), flush=True)
        shown = (sum(killed[self.stock, "mglru"]) >= 0.8 * len(killed[self.stock, "mglru"])
                 and not any(killed[self.stock, "classic"])
                 and not any(sum((killed["mglru", lru] for lru in self.lrus), [])))
        if not shown:
            note("the verdict does not hold: expected OOM kills on stock with MGLRU in 8 of 10 "
                 "runs, and none with the classic LRU or the series")
        return shown


def demo(env):
    """Both parts. Bad input is that of either, before the first one."""
    series, status = Series(env), 0
    debian = arms_of(series.base).get("debian")
    if debian and bench.fetch(debian.package, debian.base):
        status = bench.run_one(Module(env))
    else:
        note("the part on a binary kernel of Debian is left out: there is none for "
             f"{series.base} here")
        status = 4 if series.quick == "yes" else 0
    return status if series.quick == "yes" else max(status, bench.run_one(series))


PRESETS = {"demo": demo, "mglru": lambda env: bench.run_one(Mixed(env))}


def main(argv):
    parser = argparse.ArgumentParser(prog="demo.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", choices=PRESETS)
    options = parser.parse_args(argv)
    return bench.guard(lambda: PRESETS[options.preset](os.environ))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
