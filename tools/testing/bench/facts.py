#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Keeps the values of benches and the results of tests in patches/BASE/facts, and writes
the tables of values from it.

A fact is one line of JSON: the runs of a scenario on one arm with one LRU and one
vm.watermark_scale_factor, or a test, and the series that it was measured on. The tables in
README.rst, the cover letter and tools/testing/bench/results are rendered from the facts,
and name the series of their facts if it is not the present one.

Runs of the same series on the same kind of machine are added to those of a fact. For a
cell that is to be measured anew, take its lines out of patches/BASE/facts first.
"""

import argparse
import fnmatch
import glob
import math
import os
import re
import sys
import textwrap

import arms
import figure
import summary
from arms import BadInput, LRUS, STOCK, TITLES, series_now, series_words
import testfacts            # arms has its directory in the path
from project import Failure, facts_in, write
from testfacts import pad, span

# The rows of a table, of those that a scenario has.
ROWS = ("kswapd_cpu_pct", "refaults_per_s", "hopeless_pct", "reset_after_s", "stalls_per_s",
        "mb_read_per_s", "touch_p99_us", "hot_p99_us", "reader_p99_us", "touches_per_s",
        "set_p99_us", "mb_written_per_s", "writer_p99_us", "oom_kills", "hog_killed_after_s",
        "shifter_p99_us", "freeze_us")
# The columns of a mail.
MAIL_WIDTH = 72


def read_facts(base):
    return testfacts.read_facts(arms.path_of(base, "facts"))


def bench_facts(base):
    return {key: fact for key, fact in read_facts(base).items() if "test" not in fact}


def values_of(run):
    out = {}
    for key, _, path, factor in summary.metrics_of(run["scenario"]):
        value = summary.value_of(run, path, factor)
        if key in ROWS and value is not None:
            out[key] = "never" if value == math.inf else float(f"{value:.4g}")
    return out


def add_run(facts, run):
    """A fact of another series, kernel, configuration or kind of machine is replaced, not
    averaged."""
    key = testfacts.key_of(run)
    same = {"series": run["series"], "config": run["config"],
            "kernel": ((run["data"] or {}).get("environment") or {}).get("kernel", "?"),
            "accelerator": run["accelerator"], "cpus": run["host"]["cpus"]}
    fact = facts.get(key)
    load = float(run["host"]["load_before"].split()[0])
    for name, unknown in ("kernel", "?"), ("accelerator", "unknown"):
        if fact and run["status"] and same[name] == unknown:
            same[name] = fact[name]
        elif fact and fact[name] == unknown:    # of failed runs, which say nothing of it
            fact[name] = same[name]
    if not fact or any(fact[k] != v for k, v in same.items()):
        fact = facts[key] = {
            "scenario": key[0], "lru": key[1], "scale": key[2], "arm": key[3], **same,
            "load": [load, load], "date": run["date"], "runs": 0, "failed": 0, "values": {}}
    fact["runs"] += 1
    fact["failed"] += bool(run["status"])
    fact["load"] = [min(load, fact["load"][0]), max(load, fact["load"][1])]
    fact["date"] = run["date"]
    for name, value in values_of(run).items():
        fact["values"].setdefault(name, []).append(value)


def series_of_run(run, named):
    """The series that was recorded, or the one that was named for its arm."""
    series = named.get(run["arm"], run["series"])
    if series in ("0", "all"):
        return arms.series_of(run["base"], series)
    if not re.fullmatch(f"{STOCK}|[0-9a-f]{{12}}", series):
        raise BadInput(f"the series of arm '{run['arm']}' is '{series}': say --arm {run['arm']}=0 "
                       "for a stock kernel, or =all or a hash for one with the series")
    return series


def other_machine(fact, run):
    return fact["cpus"] != run["host"]["cpus"] or (
        fact["accelerator"] != run["accelerator"] and
        "unknown" not in (fact["accelerator"], run["accelerator"]))


def drop_older(facts, runs):
    """Kernels are compared by runs at the same time: the first run of a new series in a
    cell drops the older ones of all kernels that run beside it, and the first run on
    another kind of machine those of all kernels."""
    def cell_of(run):
        return run["base"], *testfacts.key_of(run)[:3]

    for run in runs:
        of_base = facts[run["base"]]
        for key in [key for key, fact in of_base.items() if "scenario" in fact
                    and key[:3] == testfacts.key_of(run)[:3] and other_machine(fact, run)]:
            del of_base[key]
    new = set()
    for run in runs:
        fact = facts[run["base"]].get(testfacts.key_of(run))
        if fact and fact["series"] != run["series"]:
            new.add(cell_of(run))
    for run in runs:
        if cell_of(run) in new:
            facts[run["base"]].pop(testfacts.key_of(run), None)


def add(directory, named):
    """Takes each run of a bench, or each fact of a test, into the facts of its base."""
    tests = os.path.join(directory, "facts")
    if os.path.exists(tests):
        for base, count in testfacts.take(tests, os.path.join(arms.ROOT, "patches")).items():
            print(f"{count} facts of tests are in patches/{base}/facts" if base else
                  f"{count} facts of tests stay in {tests}: their kernels are of no base")
        return
    taken = os.path.join(directory, "taken")
    if os.path.exists(taken):
        raise BadInput(f"the runs of {directory} were taken already: twice, they would count twice "
                       f"(without {taken} they can be taken again)")
    runs = summary.load_runs(directory)
    for arm in named:
        if arm not in {run["arm"] for run in runs}:
            raise BadInput(f"--arm: there is no run of '{arm}' in {directory}")
    runs = [run | {"series": series_of_run(run, named)} for run in runs]
    facts = {base: read_facts(base) for base in sorted({run["base"] for run in runs})}
    drop_older(facts, runs)
    for run in runs:
        add_run(facts[run["base"]], run)
    for base, mine in facts.items():
        testfacts.write_facts(arms.path_of(base, "facts"), mine)
        print(f"{sum(run['base'] == base for run in runs)} runs are in patches/{base}/facts")
    write(taken, "")


def numbers(fact, key):
    return [math.inf if v == "never" else v for v in fact["values"].get(key, [])] if fact else []


def cell(fact, key, first):
    """The median, the range, and whether it differs from the first column's."""
    stat = summary.statistics(numbers(fact, key), numbers(first, key))
    text = summary.number(stat["median"])
    if stat["n"] > 1:
        text += f" ({summary.number(stat['min'])}-{summary.number(stat['max'])})"
    return text + " *" if stat["significant"] else text


def age(facts, base):
    """Tells a row or column whose series is not the present one."""
    earlier = any(f and f["series"] not in (STOCK, series_now(f["arm"], base)) for f in facts)
    return " (earlier)" if earlier else ""


def caption(facts, base):
    """Of which series, kernel and how many runs; says it if a series is not the present one.
    Rows can share a fact."""
    facts = list({id(fact): fact for fact in facts}.values())

    def some(words, *values):
        return f"{span(values)} {words}{'' if max(values) == 1 else 's'}"

    told = [series_words(series, arm, base) for series, arm in
            sorted({(f["series"], f["arm"]) for f in facts if f["series"] != STOCK},
                   key=lambda of: (of[1] != "ours", of[0] != series_now("ours", base), of))]
    told = "; ".join(told or [f"series {STOCK}"])
    failed = sum(f["failed"] for f in facts)
    return [f"Kernel {', '.join(sorted({f['kernel'] for f in facts} - {'?'}))}, "
            f"{told}; {some('run', *(f['runs'] - f['failed'] for f in facts))} per cell; "
            f"host load {span([x for f in facts for x in f['load']])}"
            + (f"; {some('more run', failed)} ended early" if failed else "") + "."]


def table(facts, base, scenario, lru, names, scales):
    """One scenario: a row for each metric, a column for each arm and scale."""
    columns = [(scale, arm) for scale in scales for arm in names
               if (scenario, lru, scale, arm) in facts]
    if not columns:
        return ["      (not measured)"]
    cells = {c: facts[(scenario, lru, *c)] for c in columns}
    lines = [[LRUS[lru]] + [f"{c[0]}, {TITLES.get(c[1], c[1])}{age([cells[c]], base)}"
                            for c in columns]]
    for key, words, _, _ in summary.metrics_of(scenario):
        row = [cell(cells[c], key, cells.get((c[0], names[0]))) for c in columns]
        if key in ROWS and any(text != "-" for text in row):
            lines.append([words] + row)
    return pad(lines, 6) + [""] + caption(cells.values(), base)


def overview(facts, base, keys, patterns, names, scales):
    """Many scenarios: a row for each, LRU and scale, a column for each arm and metric."""
    heads = {key: words for metrics in summary.METRICS.values() for key, words, _, _ in metrics}
    for key in keys:
        if key not in ROWS:
            raise BadInput(f"'{key}' is no row of a table")
    rows = sorted({k[:3] for k in facts if k[2] in scales
                   and any(fnmatch.fnmatchcase(k[0], p) for p in patterns)})
    if not rows:
        return ["      (not measured)"]
    lines = [["", "LRU", "scale"] + [TITLES.get(arm, arm) for _ in keys for arm in names]]
    used = []
    for row in rows:
        mine = [facts.get((*row, arm)) for arm in names]
        used += [f for f in mine if f]
        lines.append([row[0] + age(mine, base), row[1], str(row[2])] +
                     [cell(f, key, mine[0]) for key in keys for f in mine])
    return ["From left to right, a column for each kernel: " +
            "; ".join(heads[key] for key in keys) + ".", "",
            *pad(lines, 2), "", *caption(used, base)]


def tables_of(base):
    """{cover-letter or the name of a patch: [(label, scenario, LRU, scale, key, arms)]}, of the
    lines 'table: NAME | LABEL | SCENARIO LRU SCALE KEY [ARM,...]' in patches/BASE/base. Beside
    stock is ours, unless the first line of a table says other arms."""
    tables = {}
    for line in facts_in(arms.path_of(base, "base"), "table"):
        parts = [part.strip() for part in line.split("|")]
        words = parts[-1].split()
        if len(parts) != 3 or len(words) not in (4, 5) or not words[2].isdigit():
            raise BadInput(f"patches/{base}/base: 'table: {line}': expected "
                           "NAME | LABEL | SCENARIO LRU SCALE KEY [ARM,...]")
        names = words[4] if len(words) == 5 else "ours"
        if words[1] not in LRUS or words[3] not in ROWS:
            raise BadInput(f"patches/{base}/base: 'table: {line}': '{words[1]}' is no LRU, or "
                           f"'{words[3]}' no row of a table")
        tables.setdefault(parts[0], []).append(
            (parts[1], *words[:2], int(words[2]), words[3], names))
    return tables


def stock_beside_series(facts, rows):
    """The lines of such a table, and its facts."""
    names = ["stock", *rows[0][-1].split(",")]
    lines, used = [["", *(TITLES.get(name, name) for name in names)]], []
    for label, *cells, key, _ in rows:
        mine = [facts.get((*cells, name)) for name in names]
        lines.append([label] + [cell(f, key, mine[0]) for f in mine])
        used += [f for f in mine if f]
    return lines, used


MARK = re.compile(r"^\[(table|overview) ([^\]]*)\]$")
END = "[end]"


def block(facts, base, kind, words):
    """The table of a mark: [table SCENARIO LRU ARM,... SCALE,...], and
    [overview KEY,... PATTERN,... ARM,... SCALE,...], and perhaps another base."""
    parts = words.split()
    if len(parts) == 5:
        base = parts.pop()
        facts = bench_facts(base)
    if len(parts) != 4:
        raise BadInput(f"'[{kind} {words}]': expected four words, or a base as the fifth")
    scales = [int(scale) for scale in parts[3].split(",")]
    if kind == "table":
        return table(facts, base, parts[0], parts[1], parts[2].split(","), scales)
    return overview(facts, base, parts[0].split(","), parts[1].split(","),
                    parts[2].split(","), scales)


def render_marks(text, facts, base):
    out, skip = [], False
    for line in text.split("\n"):
        mark = MARK.match(line)
        if line == END:
            skip = False
        if not skip:
            out.append(line)
        if mark:
            out += block(facts, base, *mark.groups())
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


def render_text(text, facts, base, rows, mail):
    """Replaces the table of stock beside the series, and its caption, 'Kernel 1.2, ...'.
    Neither has a mark, which a mail would show."""
    lines, used = stock_beside_series(facts, rows)
    text = render_paragraph(text, pad(lines, 2 if mail else 4))
    if not used:
        raise BadInput(f"nothing of the table with the row '{rows[0][0]}' was measured")
    [words] = caption(used, base)
    if any(cell.endswith(" *") for line in lines for cell in line):
        words = f"{words[:-1]}; * p < {summary.LEVEL:g}."
    if mail:
        words = textwrap.fill(words, MAIL_WIDTH, break_on_hyphens=False)
    text, count = re.subn(r"(?ms)^Kernel \d[\w.-]*, .*?\.$", lambda _: words, text, count=1)
    if not count:
        raise BadInput(f"the table with the row '{rows[0][0]}' has no caption that begins with "
                       "'Kernel 1.2, '")
    return text


def renderings(base):
    """(path, function that writes its tables) of each file. A patch has the same table on
    all bases."""
    facts = bench_facts(base)
    yield "tools/testing/bench/results", lambda text: render_marks(text, facts, base)
    for name, rows in tables_of(base).items():
        def render_rows(text, mail=True, rows=rows):
            return render_text(text, facts, base, rows, mail)

        def render_patch(text, render_rows=render_rows):
            message, mark, rest = text.partition("\n---\n")
            return render_rows(message) + mark + rest

        if name == "cover-letter":
            yield "README.rst", lambda text, render_rows=render_rows: figure.with_caption(
                render_rows(text, mail=False))
            yield f"patches/{base}/cover-letter", render_rows
            continue
        kind, patch = os.path.split(name)
        paths = [path for path in sorted(glob.glob("patches/*/" + kind, root_dir=arms.ROOT))
                 for path in glob.glob(os.path.join(path, f"????-{patch}.patch"),
                                       root_dir=arms.ROOT)]
        if not paths:
            raise BadInput(f"patches/{base}/base: table: there is no patch '{name}'")
        for path in paths:
            yield path, render_patch


def rendered(base):
    """{path: (text now, text as it must be)}"""
    out = {}
    for name, render_file in renderings(base):
        with open(os.path.join(arms.ROOT, name), encoding="utf-8") as file:
            text = file.read()
        try:
            out[name] = text, render_file(text)
        except BadInput as error:
            raise BadInput(f"{name}: {error}") from None
    return out


def render(base, check):
    stale = {name: new for name, (text, new) in rendered(base).items() if text != new}
    for name, new in stale.items():
        if check:
            print(f"{name}: its tables are not those of patches/{base}/facts: "
                  "write them again with 'make tables'")
        else:
            write(os.path.join(arms.ROOT, name), new)
            print(f"{name}: tables written")
    return int(check and bool(stale))


def main(argv):
    parser = argparse.ArgumentParser(prog="facts.py", description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "add", help="take runs of a bench or facts of tests into patches/BASE/facts")
    command.add_argument("directory", metavar="DIR",
                         help="OUT of the bench; build/check for the tests of make check")
    command.add_argument("--arm", action="append", default=[], metavar="NAME=0|all|HASH",
                         help="the series of an arm whose kernel was built before")
    of_base = argparse.ArgumentParser(add_help=False)
    of_base.add_argument("--base", default="mm-new", help="a directory of patches/ (mm-new)")
    for name, words in (("render", "write the tables"), ("series", "print the hash of the series"),
                        ("check", "exit with 1 if a table is not as rendered")):
        commands.add_parser(name, help=words, parents=[of_base])
    options = parser.parse_args(argv)
    try:
        if options.command == "add":
            for arm in options.arm:
                if "=" not in arm:
                    raise BadInput(f"--arm takes NAME=0, NAME=all or NAME=HASH, not '{arm}'")
            add(options.directory, dict(arm.split("=", 1) for arm in options.arm))
        elif options.command == "series":
            print(arms.series_of(options.base))
        else:
            return render(options.base, options.command == "check")
    except (BadInput, Failure, OSError, ValueError) as error:
        print(f"facts.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
