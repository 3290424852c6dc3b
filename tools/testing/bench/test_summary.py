# SPDX-License-Identifier: GPL-2.0
"""The statistics of summary.py, against values that are known otherwise."""

import contextlib
import io
import json
import math
import os
import subprocess
import tempfile
import unittest
from itertools import permutations

import summary


def u_of(a, b):
    """Pairs in which a is ahead; half of those with a tie."""
    return sum((x > y) + (x == y) / 2 for x in a for y in b)


def exact_p(a, b):
    """By counting all orders of all values, and by U instead of ranks."""
    both = a + b
    mean = len(a) * len(b) / 2
    off = abs(u_of(a, b) - mean)
    orders = list(permutations(both))
    far = sum(abs(u_of(o[:len(a)], o[len(a):]) - mean) >= off - 1e-9 for o in orders)
    return far / len(orders)


class MannWhitney(unittest.TestCase):
    def test_values_of_tables(self):
        """Two of C(n + m, n) orders are as far apart as can be."""
        self.assertAlmostEqual(summary.mann_whitney([1, 2, 3], [4, 5, 6]), 2 / 20)
        self.assertAlmostEqual(summary.mann_whitney([1, 2, 3, 4], [5, 6, 7, 8]), 2 / 70)
        self.assertAlmostEqual(summary.mann_whitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), 2 / 252)
        # U = 1 of 25, so 1 + 1 orders on each side
        self.assertAlmostEqual(summary.mann_whitney([1, 2, 3, 4, 6], [5, 7, 8, 9, 10]), 4 / 252)

    def test_against_all_orders(self):
        for a, b in (([1, 4, 2], [3, 6, 5, 7]), ([1, 1, 2], [2, 3, 3]), ([0, 0, 0], [0, 0, 1]),
                     ([1, 2, 2, 2], [2, 2, 3]), ([5, 5], [5, 1, 5, 9]), ([1], [2])):
            with self.subTest(a=a, b=b):
                self.assertAlmostEqual(summary.mann_whitney(a, b), exact_p(a, b))

    def test_equal_values_say_nothing(self):
        self.assertEqual(summary.mann_whitney([7] * 5, [7] * 5), 1)
        self.assertEqual(summary.mann_whitney([7] * 50, [7] * 50), 1)

    def test_either_order(self):
        a, b = [1, 3, 3, 8], [2, 3, 9, 9, 9]
        self.assertAlmostEqual(summary.mann_whitney(a, b), summary.mann_whitney(b, a))

    def test_never_is_larger_than_all(self):
        never = [math.inf] * 4
        self.assertAlmostEqual(summary.mann_whitney(never, [1, 2, 3, 4]), 2 / 70)
        self.assertEqual(summary.mann_whitney(never, never), 1)

    def test_approximation_is_near(self):
        """Just below and above the number of orders up to which it is exact."""
        a, b = [i + 0.5 for i in range(0, 20, 2)], list(range(6, 16))
        exact = summary.mann_whitney(a, b)
        most = summary.MOST_ORDERS
        try:
            summary.MOST_ORDERS = 0
            self.assertAlmostEqual(summary.mann_whitney(a, b), exact, delta=0.05)
        finally:
            summary.MOST_ORDERS = most

    def test_approximation_by_hand(self):
        """Forty values, none of one side among the other's: U = 0 of 400."""
        spread = math.sqrt(20 * 20 * 41 / 12)
        self.assertAlmostEqual(summary.mann_whitney(list(range(20)), list(range(20, 40))),
                               math.erfc(200 / spread / math.sqrt(2)))


class Values(unittest.TestCase):
    def run_with(self, values, status=0):
        return {"status": status, "data": {"summary": values}}

    def test_never(self):
        run = self.run_with({"reset_after_s": None, "stalls_per_s": None})
        self.assertEqual(summary.value_of(run, ("reset_after_s",), 1), math.inf)
        self.assertIsNone(summary.value_of(run, ("stalls_per_s",), 1))

    def test_latency_that_nothing_has(self):
        run = self.run_with({"latency_us": {"touch": None, "hot": {"p99": 12, "max": 99}}})
        self.assertIsNone(summary.value_of(run, ("latency_us", "touch", "p99"), 1))
        self.assertEqual(summary.value_of(run, ("latency_us", "hot", "p99"), 1), 12)

    def test_failed_run(self):
        self.assertIsNone(summary.value_of(self.run_with({"stalls_per_s": 3}, 1),
                                           ("stalls_per_s",), 1))

    def test_significance(self):
        known = summary.statistics([1, 2, 3, 4, None], [5, 6, 7, 8])
        self.assertEqual((known["n"], known["median"], known["significant"]), (4, 2.5, True))
        self.assertFalse(summary.statistics([1, 2, 3], [4, 5, 6])["significant"])
        self.assertIsNone(summary.statistics([], [1])["p"])


class Cells(unittest.TestCase):
    def test_scale_is_a_cell_of_its_own(self):
        runs = [{"scenario": "stream", "lru": "classic", "scale": scale, "arm": "stock", "status": 0,
                 "data": {"summary": {"stalls_per_s": scale}}} for scale in (10, 10, 300)]
        result = summary.collect(runs, ["stock"])
        self.assertEqual(list(result), [("stream", "classic", 10), ("stream", "classic", 300)])
        self.assertEqual(result["stream", "classic", 10]["stalls_per_s"]["stock"]["values"], [10, 10])

    def test_metrics_have_names_of_their_own(self):
        for scenario, metrics in summary.METRICS.items():
            with self.subTest(scenario=scenario):
                keys = [key for key, *_ in metrics]
                self.assertEqual(len(keys), len(set(keys)))

    def test_files_of_known_runs(self):
        """Of two times four runs the ranks tell apart what does not overlap (p = 2/70) and
        nothing that does; a failed run counts as such, and not as a number."""
        runs = [("ours", 5, 1, 100000)]
        for i in range(1, 5):
            runs += [("stock", i, 0, 100 + i), ("gate", i, 0, 200 + i), ("ours", i, 0, 99 + i * i)]
        with tempfile.TemporaryDirectory() as out:
            os.mkdir(f"{out}/raw")
            for arm, number, status, stalls in runs:
                with open(f"{out}/raw/stream-classic-10-{arm}-{number}.json", "w") as file:
                    json.dump({"arm": arm, "base": "b", "patches": "0", "series": "none",
                               "scenario": "stream", "lru": "classic", "scale": 10,
                               "round": number, "status": status, "config": "c",
                               "accelerator": "software emulation",
                               "host": {"cpu": "p", "cpus": 2, "load_before": "0.5 0.4 0.3"},
                               "data": {"environment": {"kernel": "1.0"}, "summary": {
                                   "hopeless_share": 0, "stalls_per_s": stalls,
                                   "mb_read_per_s": 100, "kswapd_scan_share": None,
                                   "pageoutrun_per_s": 1, "kswapd_cpu_pct": {"mean": 10}}}}, file)
            with contextlib.redirect_stdout(io.StringIO()) as said:
                summary.put_together(out, ["stock", "gate", "ours"])
            with open(f"{out}/table.txt") as table, open(f"{out}/bench.json") as data, \
                    open(f"{out}/bench.csv") as csv:
                text, result, lines = table.read(), json.load(data), csv.read()
            subprocess.run(["gnuplot", f"{out}/stream.gp"], check=True)
            with open(f"{out}/stream.svg") as picture:
                self.assertIn("<svg", picture.read())
        self.assertEqual(said.getvalue(), text)
        self.assertIn("software emulation", text)
        for words in (r"stream, classic LRU, scale 10, 4 runs", r"102 \[101..104\]",
                      r"202 \( *\+97.6%\)\* \[201..204\]", r"106 \( *\+2.9%\)  \[100..115\]",
                      r"ours: 1 failed \(1\)", r"gate: 1.0, b with 0 patches, series none, "):
            self.assertRegex(text, words)
        gate = result["results"][0]["metrics"]["stalls_per_s"]["gate"]
        self.assertEqual(round(gate["p"] * 70), 2)
        self.assertEqual(lines.count("stalls_per_s"), 13)


if __name__ == "__main__":
    unittest.main()
