#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Keeps what benches measured in patches/BASE/facts, and writes the tables from it.

A fact is one line of JSON: the runs of a scenario on one arm with one LRU and one
vm.watermark_scale_factor, and the series that they were measured on. The tables in
README, the cover letter and tools/testing/bench/results are rendered from the facts,
and name the series of their facts if it is not the present one.
"""

import argparse
import fnmatch
import glob
import hashlib
import json
import os
import re
import sys
from statistics import median

import summary

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
STOCK = "none"

# The rows of a table, of those that a scenario has.
ROWS = ("kswapd_cpu_pct", "refaults_per_s", "hopeless_pct", "reset_after_s", "stalls_per_s",
        "mb_read_per_s", "touch_p99_us", "hot_p99_us", "reader_p99_us", "touches_per_s",
        "set_p99_us", "mb_written_per_s", "writer_p99_us", "oom_kills", "hog_killed_after_s",
        "shifter_p99_us")
NAMES = {"ours": "series", "gate": "check only"}
LRUS = {"classic": "classic LRU", "mglru": "MGLRU"}

# The first table that a reader sees: label, scenario, LRU, key. All at scale 10.
FRONT = (
    ("kswapd, % of a CPU, classic LRU", "runaway", "classic", "kswapd_cpu_pct"),
    ("kswapd, % of a CPU, MGLRU", "runaway", "mglru", "kswapd_cpu_pct"),
    ("hot refaults/s, MGLRU", "runaway", "mglru", "refaults_per_s"),
    ("page fault, p99, us, classic LRU", "runaway", "classic", "touch_p99_us"),
    ("hot refaults/s, memory.low, MGLRU", "runaway-low", "mglru", "refaults_per_s"),
    ("hog exits: s until kswapd is back", "strand", "classic", "reset_after_s"),
    ("memory.low on all: read, MB/s", "low", "classic", "mb_read_per_s"),
)
FRONT_SCALE = 10


class BadInput(Exception):
    """Said in one sentence, with exit status 2."""


def path_of(base):
    return os.path.join(ROOT, "patches", base, "facts")


def series_of(base, patches="all"):
    """The first digits of the SHA-256 of the diffs, fixes first."""
    if patches in ("0", STOCK):
        return STOCK
    top = os.path.join(ROOT, "patches", base)
    if not os.path.isdir(top):
        raise BadInput(f"there is no base '{base}' in patches/")
    digest = hashlib.sha256()
    for name in sorted(glob.glob(f"{top}/fixes/0*.patch")) + sorted(glob.glob(f"{top}/0*.patch")):
        with open(name, encoding="utf-8") as file:
            text = file.read()
        digest.update(text[text.index("\ndiff --git "):].encode())
    return digest.hexdigest()[:12]


def key_of(fact):
    return fact["scenario"], fact["lru"], fact["scale"], fact["arm"]


def read_facts(base):
    facts = {}
    try:
        with open(path_of(base), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    fact = json.loads(line)
                    facts[key_of(fact)] = fact
                except (ValueError, KeyError, TypeError):
                    raise BadInput(f"{path_of(base)}:{number}: no fact in this line") from None
    except FileNotFoundError:
        pass
    return facts


def write_facts(base, facts):
    """As a whole, or not at all."""
    part = path_of(base) + ".part"
    with open(part, "w", encoding="utf-8") as file:
        for key in sorted(facts):
            file.write(json.dumps(facts[key], separators=(",", ":")) + "\n")
    os.replace(part, path_of(base))


def values_of(run):
    out = {}
    for key, _, path, factor in summary.metrics_of(run["scenario"]):
        if key in ROWS:
            value = summary.value_of(run, path, factor)
            if value is not None:
                out[key] = "never" if value == float("inf") else float(f"{value:.4g}")
    return out


def add_run(facts, run, series, date):
    """A fact of another series, kernel or configuration is replaced, not averaged."""
    key = run["scenario"], run["lru"], run["scale"], run["arm"]
    same = {"series": series, "config": run["config"],
            "kernel": ((run["data"] or {}).get("environment") or {}).get("kernel", "?")}
    fact = facts.get(key)
    load = float(run["host"]["load_before"].split()[0])
    if fact and run["status"] and same["kernel"] == "?":
        same["kernel"] = fact["kernel"]
    if not fact or any(fact[k] != v for k, v in same.items()):
        fact = facts[key] = {
            "scenario": key[0], "lru": key[1], "scale": key[2], "arm": key[3], **same,
            "accelerator": run["accelerator"], "cpus": run["host"]["cpus"],
            "load": [load, load], "date": date, "runs": 0, "failed": 0, "values": {}}
    fact["runs"] += 1
    fact["failed"] += bool(run["status"])
    fact["load"] = [min(load, fact["load"][0]), max(load, fact["load"][1])]
    fact["date"] = date
    for name, value in values_of(run).items():
        fact["values"].setdefault(name, []).append(value)


def add(base, directory, arms, date):
    files = sorted(glob.glob(os.path.join(directory, "raw", "*.json")), key=os.path.getmtime)
    if not files:
        raise BadInput(f"there is no run in {directory}/raw")
    facts = read_facts(base)
    for name in files:
        with open(name, encoding="utf-8") as file:
            run = json.load(file)
        patches = arms.get(run["arm"], run["patches"])
        if patches not in ("0", "all"):
            raise BadInput(f"arm '{run['arm']}' has patches '{patches}': say --arm {run['arm']}=0 "
                           "for a stock kernel, or =all or a hash for one with the series")
        series = series_of(base, patches)
        add_run(facts, run, series, date)
    write_facts(base, facts)
    print(f"{len(files)} runs are in {os.path.relpath(path_of(base), ROOT)}")


def cell(fact, key, first=None):
    values = [float("inf") if v == "never" else v for v in fact["values"].get(key, [])]
    if not values:
        return "-"
    text = summary.number(median(values))
    if len(values) > 1:
        text += f" ({summary.number(min(values))}-{summary.number(max(values))})"
    if first is not None and fact is not first:
        others = [float("inf") if v == "never" else v for v in first["values"].get(key, [])]
        if others and summary.mann_whitney(values, others) < summary.LEVEL:
            text += " *"
    return text


def pad(lines, indent):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return [(" " * indent + "  ".join(t.ljust(w) for t, w in zip(line, widths))).rstrip()
            for line in lines]


def caption(facts, current):
    """Of which series, kernel and how many runs; says it if a series is not the present one."""
    def span(values):
        low, high = min(values), max(values)
        return f"{low:g}" if low == high else f"{low:g} to {high:g}"

    series = sorted({f["series"] for f in facts} - {STOCK})
    told = [name if name == current else f"{name} (an EARLIER one; now {current})"
            for name in series]
    failed = sum(f["failed"] for f in facts)
    return [f"Kernel {', '.join(sorted({f['kernel'] for f in facts} - {'?'}))}, "
            f"series {', '.join(told) or STOCK}; runs a cell: {span([f['runs'] for f in facts])}; "
            f"load {span([x for f in facts for x in f['load']])}"
            + (f"; {failed} runs failed" if failed else "") + "."]


def rows_of(scenario):
    return [(key, words) for key, words, _, _ in summary.metrics_of(scenario) if key in ROWS]


def table(facts, current, scenario, lru, arms, scales):
    """One scenario: a row for each metric, a column for each arm and scale."""
    columns = [(scale, arm) for scale in scales for arm in arms
               if (scenario, lru, scale, arm) in facts]
    if not columns:
        return ["      (not measured)"]
    cells = {c: facts[(scenario, lru, *c)] for c in columns}
    lines = [[LRUS[lru]] + [f"{scale}, {NAMES.get(arm, arm)}" for scale, arm in columns]]
    for key, words in rows_of(scenario):
        row = [cell(cells[c], key, cells.get((c[0], arms[0]))) for c in columns]
        if any(text != "-" for text in row):
            lines.append([words] + row)
    return pad(lines, 6) + [""] + caption(cells.values(), current)


def overview(facts, current, keys, patterns, arms, scales):
    """Many scenarios: a row for each, LRU and scale, a column for each arm and metric."""
    names = {key: words for metrics in summary.METRICS.values() for key, words, _, _ in metrics}
    rows = sorted({k[:3] for k in facts if k[2] in scales
                   and any(fnmatch.fnmatchcase(k[0], p) for p in patterns)})
    if not rows:
        return ["      (not measured)"]
    lines = [["", "LRU", "scale"] + [NAMES.get(arm, arm) for _ in keys for arm in arms]]
    used = []
    for row in rows:
        mine = [facts.get((*row, arm)) for arm in arms]
        used += [f for f in mine if f]
        lines.append([row[0], row[1], str(row[2])] +
                     [cell(f, key, mine[0]) if f else "-" for key in keys for f in mine])
    heads = "; ".join(names[key] for key in keys)
    return ([f"Columns, for each kernel: {heads}.", ""] + pad(lines, 2) + [""]
            + caption(used, current))


def front(facts):
    lines = [["", "stock", "series"]]
    for label, scenario, lru, key in FRONT:
        mine = [facts.get((scenario, lru, FRONT_SCALE, arm)) for arm in ("stock", "ours")]
        lines.append([label] + [cell(f, key, mine[0]) if f else "-" for f in mine])
    return lines


def front_facts(facts):
    keys = [(s, l, FRONT_SCALE, arm) for _, s, l, _ in FRONT for arm in ("stock", "ours")]
    return [facts[key] for key in keys if key in facts]


MARK = re.compile(r"^\[(table|overview) ([^\]]*)\]$")
END = "[end]"


def block(facts, current, kind, words):
    """What a mark asks for: [table SCENARIO LRU ARM,... SCALE,...], and
    [overview KEY,... PATTERN,... ARM,... SCALE,...]."""
    parts = words.split()
    if len(parts) != 4:
        raise BadInput(f"'[{kind} {words}]': expected four words")
    scales = [int(scale) for scale in parts[3].split(",")]
    if kind == "table":
        return table(facts, current, parts[0], parts[1], parts[2].split(","), scales)
    return overview(facts, current, parts[0].split(","), parts[1].split(","),
                    parts[2].split(","), scales)


def render_marks(text, facts, current):
    out, skip = [], False
    for line in text.split("\n"):
        mark = MARK.match(line)
        if line == END:
            skip = False
        if not skip:
            out.append(line)
        if mark:
            out += block(facts, current, *mark.groups())
            skip = True
    if skip:
        raise BadInput(f"a mark has no {END}")
    return "\n".join(out)


def render_paragraph(text, lines):
    """Replaces the paragraph that has the first row of the table."""
    first = lines[1].strip().split("  ")[0]
    paragraphs = text.split("\n\n")
    found = [i for i, p in enumerate(paragraphs)
             if any(line.strip().startswith(first + "  ") for line in p.split("\n"))]
    if len(found) != 1:
        raise BadInput(f"{len(found)} tables have the row '{first}', expected one")
    paragraphs[found[0]] = "\n".join(lines)
    return "\n\n".join(paragraphs)


def render_caption(text, facts, current):
    """The line that says of which series the table of README is."""
    return re.sub(r"(?m)^Kernel .*series .*\.$", lambda _: caption(facts, current)[0], text,
                  count=1)


def rendered(base):
    """{path: (text now, text as it must be)}"""
    facts, current = read_facts(base), series_of(base)
    out = {}
    for name in ("tools/testing/bench/results", "README", f"patches/{base}/cover-letter"):
        path = os.path.join(ROOT, name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if name.endswith("results"):
            new = render_marks(text, facts, current)
        else:
            new = render_paragraph(text, pad(front(facts), 4 if name == "README" else 2))
            new = render_caption(new, front_facts(facts), current)
        out[name] = text, new
    return out


def render(base, check):
    stale = [name for name, (text, new) in rendered(base).items() if text != new]
    if check:
        for name in stale:
            print(f"{name}: its tables are not those of {os.path.relpath(path_of(base), ROOT)}: "
                  "write them again with 'make tables'")
        return 1 if stale else 0
    for name, (text, new) in rendered(base).items():
        if text != new:
            part = os.path.join(ROOT, name + ".part")
            with open(part, "w", encoding="utf-8") as file:
                file.write(new)
            os.replace(part, os.path.join(ROOT, name))
            print(f"{name}: tables written")
    return 0


def main(argv):
    parser = argparse.ArgumentParser(prog="facts.py", description=__doc__.split("\n", maxsplit=1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("add", help="take the runs of a bench into the facts")
    command.add_argument("directory", metavar="DIR", help="OUT of the bench")
    command.add_argument("--arm", action="append", default=[], metavar="NAME=0|all",
                         help="the patches of an arm whose kernel was built before")
    command.add_argument("--date", required=True, help="of the runs, YYYY-MM-DD")
    commands.add_parser("render", help="write the tables")
    commands.add_parser("check", help="exit with 1 if a table is not as rendered")
    commands.add_parser("series", help="print the hash of the series")
    for command in commands.choices.values():
        command.add_argument("--base", default="mm-new", help="a directory of patches/ (mm-new)")
    options = parser.parse_args(argv)
    try:
        if options.command == "add":
            arms = dict(arm.split("=", 1) for arm in options.arm if "=" in arm)
            add(options.base, options.directory, arms, options.date)
        elif options.command == "series":
            print(series_of(options.base))
        else:
            return render(options.base, options.command == "check")
    except (BadInput, OSError, ValueError) as error:
        print(f"facts.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
