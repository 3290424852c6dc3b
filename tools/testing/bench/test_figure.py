#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of figure.py, on artificial runs."""
import json
import os
import unittest
import xml.etree.ElementTree as xml
from unittest import mock

import arms
import figure
import summary
from test_facts import Tree


def data_of(lru, cpu, scale=10):
    samples = [{"t": t, "seconds": 1, "kswapd_cpu_pct": cpu, "refaults": 10 * cpu,
                "after": t == 4} for t in (1, 2, 3, 4)]
    return {"environment": {"lru": lru, "kernel": "6.1"},
            "options": {"scale_factor": scale, "settle": 1}, "samples": samples}


class Figure(Tree):
    def setUp(self):
        super().setUp()
        patch = mock.patch.object(arms, "series_of", lambda base, *_: "0123456789ab")
        patch.start()
        self.addCleanup(patch.stop)

    def bench(self, rounds=2, **more):
        for number in range(1, rounds + 1):
            for lru in figure.LRUS:
                for arm, cpu in (("stock", 90 + number), ("ours", number), ("gate", 50)):
                    self.write(f"out/raw/runaway-{lru}-10-{arm}-{number}.json", json.dumps({
                        "base": "b", "arm": arm, "scenario": "runaway", "status": 0, "lru": lru,
                        "series": "none" if arm == "stock" else "0123456789ab",
                        "accelerator": "emulation", "data": data_of(lru, cpu, **more)}))

    def write_figure(self):
        """The lines of the figure."""
        figure.write_figure(figure.facts_of(summary.load_runs(self.path("out"))))
        return xml.fromstring(self.read(figure.SVG)).findall("{*}polyline")

    def test_bench(self):
        self.bench()
        lines = self.write_figure()
        self.assertIn("kernel 6.1, series 0123456789ab; both LRUs;\nvm.watermark_scale_factor 10; "
                      "2 runs each, thick the median; emulation.\n", self.read("README.rst"))
        # A line for each run and one for their median; the last sample is left out.
        self.assertEqual(len(lines), 2 * 2 * 2 * 3)
        self.assertEqual({len(line.get("points").split()) for line in lines}, {3})
        self.assertEqual(figure.with_caption(self.read("README.rst")), self.read("README.rst"))

    def test_one_round(self):
        self.bench(rounds=1)
        self.assertEqual(len(self.write_figure()), 8)
        self.assertIn("one run each", self.read("README.rst"))

    def test_bad_input(self):
        self.bench()
        os.remove(self.path("out/raw/runaway-mglru-10-ours-1.json"))
        before = self.read("README.rst")
        with self.assertRaisesRegex(arms.BadInput, "differ in their number"):
            self.write_figure()
        self.assertEqual(self.read("README.rst"), before)


if __name__ == "__main__":
    unittest.main()
