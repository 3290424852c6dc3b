# SPDX-License-Identifier: GPL-2.0
"""Files of facts, and the facts of tests that ran or compiled a kernel.

A fact is one line of JSON. Those of tests have "test" and the series that the kernels
had: "series" maps what vmtest kernel was asked for, such as "all" or "2 fixes=2", to the
hash of these patches at that time."""
import json
import os
import subprocess
from datetime import date

from project import Failure, series_of, write


def key_of(fact):
    if "test" in fact:
        return "", fact["test"]
    return fact["scenario"], fact["lru"], fact["scale"], fact["arm"]


def read_facts(path):
    """{key: fact}; a file that is not there has none."""
    facts = {}
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    fact = json.loads(line)
                    facts[key_of(fact)] = fact
                except (ValueError, KeyError, TypeError):
                    raise Failure(f"{path}:{number}: no fact in this line") from None
    except FileNotFoundError:
        pass
    return facts


def write_facts(path, facts):
    write(path, "".join(json.dumps(facts[key], separators=(",", ":")) + "\n"
                        for key in sorted(facts)))


def keep(path, fact):
    """It replaces the older one of the same test or cell."""
    write_facts(path, read_facts(path) | {key_of(fact): fact})


def fact_of(test, result, seconds, load, steps):
    """The fact of a test from the KEY=VALUE lines that vmtest and the test wrote. Several
    values of a key stay side by side."""
    said = {}
    for line in steps:
        key, _, value = line.partition("=")
        if value not in said.setdefault(key, []):
            said[key].append(value)
    series = {words: digest for words, _, digest in
              (value.rpartition(" ") for value in said.pop("series", []))}
    return {"test": test, "base": ", ".join(said.pop("base", [])), "result": result,
            "series": series, **{key: ", ".join(said[key]) for key in sorted(said)},
            "cpus": len(os.sched_getaffinity(0)), "load": load, "seconds": seconds,
            "date": str(date.today())}


def is_present(fact, directory):
    """Does the base have the patches now that the test ran on?"""
    for words, digest in fact["series"].items():
        patches, *more = words.split()
        options = dict(word.split("=", 1) for word in more if "=" in word)
        try:
            if series_of(directory, patches, **options) != digest:
                return False
        except ValueError:
            return False
    return True


def newest(facts, more, directory):
    """One fact for each test: that of the present patches, or else the later one."""
    def rank(fact):
        return is_present(fact, directory), fact["date"]

    return facts | {key: fact for key, fact in more.items()
                    if key not in facts or rank(fact) >= rank(facts[key])}


def take(path, patches):
    """The facts of tests in a file go to those of their bases. Returns how many, by base;
    those of kernels that are of no base are left, under ''."""
    counts, of_base = {}, {}
    for key, fact in read_facts(path).items():
        base = fact["base"]
        if not base or not os.path.isdir(os.path.join(patches, base)):
            base = ""
        counts[base] = counts.get(base, 0) + 1
        of_base.setdefault(base, {})[key] = fact
    of_base.pop("", None)
    for base, more in of_base.items():
        directory = os.path.join(patches, base)
        kept = os.path.join(directory, "facts")
        write_facts(kept, newest(read_facts(kept), more, directory))
    return counts


def shown_result(fact, directory):
    if not is_present(fact, directory):
        return "older"
    return "passed" if fact["result"] == "passed" else fact["result"].upper()


def pad(lines, indent=0):
    """Columns of one width each."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    return [(" " * indent + "  ".join(t.ljust(w) for t, w in zip(line, widths))).rstrip()
            for line in lines]


def row_of(name):
    """(base, row) of a test's name: 'BASE, arm64: boots' is in the row 'boots, arm64'. For a
    test of no base, the first is None or a word that is no base."""
    where, colon, test = name.partition(": ")
    base = where.split(",")[0]
    return (base, test + where[len(base):]) if colon else (None, name)


def rows_there_are(project):
    """The (base, row) of all tests, or None without the program that runs them."""
    program = os.path.join(project.root, "tools", "testing", "check", "check")
    if not os.path.exists(program):
        return None
    env = {k: v for k, v in os.environ.items() if k not in ("CHECK", "FACTS")}
    lists = (subprocess.run([program, "--list", *suite], stdout=subprocess.PIPE, text=True,
                            env=env, check=True).stdout
             for suite in (["--all"], ["--suite", "arm64"], ["--suite", "debug"]))
    return set(map(row_of, "".join(lists).splitlines()))


def status_lines(project, bases):
    """A row for each test of a base, a column for each base; 'older' is of other patches."""
    rows, below, tools = {}, [], {}
    local = read_facts(project.build("check", "facts"))
    for base in bases:
        directory = os.path.join(project.patches, base)
        facts = newest(read_facts(os.path.join(directory, "facts")),
                       {key: fact for key, fact in local.items() if fact.get("base") == base},
                       directory)
        mine = []
        for fact in (fact for fact in facts.values() if "test" in fact):
            result = shown_result(fact, directory)
            where, row = row_of(fact["test"])
            if where != base:
                tools[result] = tools.get(result, 0) + 1
                continue
            rows.setdefault(row, {})[base] = result
            if result == "passed":
                mine.append(fact)
        if mine:
            below.append(f"{base}: {len(mine)} passed, {span([fact['date'] for fact in mine])}; "
                         + "; ".join(f"{key} {one(mine, key)}" for key in
                                     ("kernel", "accelerator", "compiler"))
                         + f"; load {span([round(fact['load'], 1) for fact in mine])}")
    if not rows and not tools:
        return ["No test has run on these patches: 'make check' does."]
    text = []
    if rows:
        there = rows_there_are(project)
        text = pad([["test"] + bases] + [
            [row] + [rows[row].get(base, "-" if there is None or (base, row) in there else "")
                     for base in bases]
            for row in sorted(rows)])
    if tools:
        below.append("tests of the tools, on stock kernels: "
                     + ", ".join(f"{count} {result}" for result, count in sorted(tools.items())))
    return text + [""] * bool(rows) + below


def one(facts, key):
    return ", ".join(sorted({fact[key] for fact in facts if fact.get(key)})) or "none"


def span(values):
    """The lowest and the highest of numbers, or of dates."""
    low, high = (end if isinstance(end, str) else f"{end:g}"
                 for end in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"
