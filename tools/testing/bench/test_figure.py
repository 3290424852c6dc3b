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
from test_facts import Tree


def data_of(lru, cpu, scale=10):
    samples = [{"t": t, "seconds": 1, "kswapd_cpu_pct": cpu, "refaults": 10 * cpu,
                "after": t == 4} for t in (1, 2, 3, 4)]
    return {"environment": {"lru": lru, "kernel": "6.1"},
            "options": {"scale_factor": scale, "settle": 1}, "samples": samples}


class Figure(Tree):
    def setUp(self):
        super().setUp()
        for of, name, value in ((figure, "ROOT", self.dir.name), (figure, "SVG", "f.svg"),
                                (arms, "series_of", lambda base, *_: self.series)):
            patch = mock.patch.object(of, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.series = "0123456789ab"
        self.write("README.rst", "T\n\nFigure: .\n\nEnd.\n")

    def bench(self, rounds=2, **more):
        for number in range(1, rounds + 1):
            for lru in figure.LRUS:
                for arm, cpu in (("stock", 90 + number), ("ours", number), ("gate", 50)):
                    self.write(f"out/raw/runaway-{lru}-10-{arm}-{number}.json", json.dumps({
                        "base": "b", "arm": arm, "scenario": "runaway", "status": 0, "lru": lru,
                        "series": "none" if arm == "stock" else "0123456789ab",
                        "accelerator": "emulation", "data": data_of(lru, cpu, **more)}))

    def run_tool(self, *argv):
        return self.said(figure.main, *argv)

    def write_figure(self):
        self.assertEqual(self.run_tool("write", self.path("out")), (0, "", ""))

    def test_bench(self):
        self.bench()
        self.write_figure()
        self.assertIn("kernel 6.1, series 0123456789ab; both LRUs;\nvm.watermark_scale_factor 10; "
                      "2 runs each, thick the median; emulation.\n", self.read("README.rst"))
        lines = xml.fromstring(self.read("f.svg")).findall("{*}polyline")
        # A line for each run and one for their median; the last sample is left out.
        self.assertEqual(len(lines), 2 * 2 * 2 * 3)
        self.assertEqual({len(line.get("points").split()) for line in lines}, {3})
        self.assertEqual(self.run_tool("check")[0], 0)

    def test_one_round(self):
        self.bench(rounds=1)
        self.write_figure()
        self.assertIn("one run each", self.read("README.rst"))
        self.assertEqual(len(xml.fromstring(self.read("f.svg")).findall("{*}polyline")), 8)

    def test_another_series(self):
        self.bench()
        self.write_figure()
        self.series = "ba9876543210"
        status, out, _ = self.run_tool("check")
        self.assertEqual(status, 1)
        self.assertIn("make tables", out)
        self.assertEqual(self.run_tool("caption")[0], 0)
        self.assertIn("series 0123456789ab, an EARLIER one (now ba9876543210)",
                      self.read("README.rst"))
        self.assertEqual(self.run_tool("check")[0], 0)

    def test_bad_input(self):
        empty = self.path("empty")
        for argv, words in ((("write", empty), "there is no run in"), (("check",), "f.svg")):
            with self.subTest(argv=argv):
                status, out, err = self.run_tool(*argv)
                self.assertEqual((status, out), (2, ""))
                self.assertIn(words, err)
        self.bench()
        os.remove(self.path("out/raw/runaway-mglru-10-ours-1.json"))
        self.assertIn("differ in their number", self.run_tool("write", self.path("out"))[2])
        self.assertEqual(self.read("README.rst"), "T\n\nFigure: .\n\nEnd.\n")


if __name__ == "__main__":
    unittest.main()
