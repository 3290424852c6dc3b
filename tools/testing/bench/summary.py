# SPDX-License-Identifier: GPL-2.0
"""Puts the runs of a bench together: table.txt, bench.csv, bench.json, and the
data and scripts for gnuplot."""

import csv
import glob
import json
import math
import os
from itertools import combinations
from statistics import mean, median

from arms import BadInput
from testfacts import pad     # arms has its directory in the path

# (key, words, path in a run's summary, factor)
CPU = ("kswapd_cpu_pct", "kswapd, % of a CPU", ("kswapd_cpu_pct", "mean"), 1)
HOPELESS = ("hopeless_pct", "node hopeless, % of samples", ("hopeless_share",), 100)
SHARE = ("kswapd_scan_pct", "kswapd's part of scanning, %", ("kswapd_scan_share",), 100)


def as_is(key, words):
    """One that the summary has under the same name."""
    return (key, words, (key,), 1)


def latency(kind, words, part):
    """A latency of the tasks of a kind, in microseconds."""
    end = {"median": "median", "p99": "p99", "max": "longest"}[part]
    return (f"{kind}_{part}_us", f"{words}, {end}, us", ("latency_us", kind, part), 1)


def tail(kind, words):
    return [latency(kind, words, part) for part in ("p99", "max")]


def refaults(words):
    return as_is("refaults_per_s", f"refaults{words}/s")


STALLS = as_is("stalls_per_s", "direct reclaim stalls/s")
READ = as_is("mb_read_per_s", "read, MB/s")
READER = tail("reader", "a read")
WORST = ("reader_worst_p99_us", "p99 of the slowest reader, us",
         ("latency_us", "reader", "worst_p99"), 1)
KILLS = as_is("oom_kills", "killed by the OOM killer")
HOG_KILLED = ("hog_killed_after_s", "s until the hog was killed", ("oom_killed_after_s", "hog"), 1)
RUNS = ("runs_per_s", "kswapd runs/s", ("pageoutrun_per_s",), 1)

METRICS = {
    "runaway": [
        CPU, refaults(" of the hot file"),
        ("major_faults_per_s", "major faults of it/s", ("hot_major_faults_per_s",), 1),
        HOPELESS, STALLS, READ, *tail("touch", "a page fault of touch"),
        *tail("hot", "a pass over the hot file"),
    ],
    "restart": [
        as_is("reset_after_s", "s until not hopeless"),
        ("work_scan_pct", "kswapd's part of scanning after 2 s, %",
         ("work_kswapd_scan_share",), 100),
        ("work_hopeless_pct", "node hopeless after 2 s, %", ("work_hopeless_share",), 100),
        STALLS, READ, CPU, *READER, WORST,
    ],
    "hog-stream": [
        READ, STALLS, latency("reader", "a read of 128 KiB", "median"), *READER, CPU, HOPELESS,
    ],
    "near-oom": [KILLS, HOG_KILLED, CPU, refaults(" of the hot file"), STALLS, HOPELESS],
    "desktop": [
        HOG_KILLED,
        ("freeze_us", "longest pass over the hot file, us", ("latency_us", "hot", "max"), 1),
        latency("hot", "a pass over the hot file", "p99"), *tail("touch", "a page fault of touch"),
        refaults(" of the hot file"), STALLS, HOPELESS,
    ],
    "oscillate": [
        CPU, RUNS, as_is("oscillations_per_s", "hopeless to healthy/s"), KILLS, STALLS, HOPELESS,
    ],
    "job": [
        ("job_s", "the job, s in the mean", ("job_mean_s",), 1), CPU, refaults(""), STALLS,
        HOPELESS,
    ],
    "stream": [HOPELESS, STALLS, READ, SHARE, CPU, RUNS, *READER, WORST],
    "write": [
        HOPELESS, STALLS, as_is("mb_written_per_s", "written, MB/s"), READ,
        *tail("writer", "a write of 128 KiB"), *READER, SHARE, CPU,
    ],
    "anon": [
        HOPELESS, STALLS, as_is("touches_per_s", "touches of the set/s"),
        refaults(" of the set"), *tail("set", "a touch of it"), SHARE, CPU,
    ],
    "oom": [
        KILLS, as_is("oom_kills_above_min", "of them with free pages above min"), HOG_KILLED,
        as_is("shifts_per_s", "shifts from CPU to CPU/s"), *tail("shifter", "a shift"), HOPELESS,
    ],
}
METRICS["mixed"] = [
    KILLS, as_is("rounds", "rounds"), as_is("file_left_mib", "file left at the kill, MiB"),
    as_is("refaults_per_round", "refaults a round"), as_is("seconds_per_round", "s a round"),
]
# Another command, the same questions.
METRICS["reads"] = METRICS["job"]
METRICS["low"] = METRICS["random"] = METRICS["stream"]


def read_scenarios():
    """{name: (options of vmtest run, arguments of kswapd_pressure)}"""
    with open(os.path.join(os.path.dirname(__file__), "scenarios"), encoding="utf-8") as file:
        rows = [line.split("|") for line in file if line[0] not in "#\n"]
    return {name.strip(): (options.split(), words.strip()) for name, options, words in rows}


def metrics_of(scenario):
    """By the name before the options that it names: 'hog-stream' of 'hog-stream-free'."""
    for name, metrics in METRICS.items():
        if f"{scenario}-".startswith(f"{name}-"):
            return metrics
    raise BadInput(f"there are no metrics for scenario '{scenario}'")


# Nothing there means that it did not happen.
NEVER = [("reset_after_s",), ("oom_killed_after_s", "hog")]

# A two-sided test at this level, pair by pair, without a correction for their
# number.
LEVEL = 0.05
MOST_ORDERS = 200000


def midranks(values):
    """Ranks from 1, the mean of them for equal values."""
    order = sorted(values)
    return [order.index(v) + (order.count(v) + 1) / 2 for v in values]


def mann_whitney(a, b):
    """Two-sided p of the rank sum: exact, also with ties, while that is few
    orders; by the normal approximation otherwise."""
    n, m = len(a), len(b)
    ranks = midranks(a + b)
    mean = n * (n + m + 1) / 2
    off = abs(sum(ranks[:n]) - mean)
    if math.comb(n + m, n) <= MOST_ORDERS:
        sums = [sum(c) for c in combinations(ranks, n)]
        return sum(abs(s - mean) >= off - 1e-9 for s in sums) / len(sums)
    spread = math.sqrt(sum((r - (n + m + 1) / 2) ** 2 for r in ranks)
                       * n * m / ((n + m) * (n + m - 1)))
    return math.erfc(off / spread / math.sqrt(2)) if spread else 1.0


def summary_of_mix(data):
    """Of file_anon_mix_pressure, which has none."""
    rounds, result = data["rounds"], data["result"]
    left = result.get("file_left")
    return {"oom_kills": result["oom_kills"], "rounds": result["rounds"],
            "file_left_mib": None if left is None else left / (1 << 20)} | {
                f"{key}_per_round": mean([r[key] for r in rounds]) if rounds else None
                for key in ("refaults", "seconds")}


def value_of(run, path, factor):
    """A number, inf if the event never happened, None if it was not measured."""
    data = run["data"]
    if run["status"] or not data or not data.get("summary"):
        return None
    value = data["summary"]
    for key in path:
        value = value.get(key) if value is not None else None
    if value is None:
        return math.inf if path in NEVER else None
    return value * factor


def number(value):
    if value is None:
        return "-"
    if math.isinf(value):
        return "never"
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"


def change(value, base):
    if value is None or base is None or math.isinf(base):
        return "-%"
    if math.isinf(value) or not base:
        return "0.0%" if value == base else "+inf%"
    return f"{(value - base) / base * 100:+.1f}%"


def cell(stat, base):
    if stat["n"] == 0:
        return "-"
    spread = f"[{number(stat['min'])}..{number(stat['max'])}]"
    if stat is base:
        return f"{number(stat['median'])} {spread}"
    mark = "*" if stat["significant"] else " "
    return f"{number(stat['median'])} ({change(stat['median'], base['median']):>8}){mark} {spread}"


def statistics(values, base_values):
    known = [v for v in values if v is not None]
    stat = {"n": len(known), "values": known, "median": None, "min": None, "max": None,
            "p": None, "significant": False}
    if known:
        stat.update(median=median(known), min=min(known), max=max(known))
    if known and base_values:
        stat["p"] = mann_whitney(known, base_values)
        stat["significant"] = stat["p"] < LEVEL
    return stat


def cell_of(run):
    """Runs are compared with those of the same scenario, LRU and vm.watermark_scale_factor."""
    return run["scenario"], run["lru"], run["scale"]


def collect(runs, arms):
    """{(scenario, lru, scale): {metric: {arm: statistics}}}, in the order of the runs."""
    result = {}
    for run in runs:
        result.setdefault(cell_of(run), {})
    for (scenario, lru, scale), rows in result.items():
        for key, _, path, factor in metrics_of(scenario):
            rows[key] = {}
            base = None
            for arm in arms:
                values = [value_of(r, path, factor) for r in runs
                          if (*cell_of(r), r["arm"]) == (scenario, lru, scale, arm)]
                rows[key][arm] = statistics(values, base)
                if arm == arms[0]:
                    base = rows[key][arm]["values"]
    return result


def one(items):
    """The one value that all have, or all of them."""
    return ", ".join(sorted(set(items)))


def failures(runs, key, arms):
    said = []
    for arm in arms:
        bad = [r for r in runs if r["status"] and
               (*cell_of(r), r["arm"]) == (*key, arm)]
        if bad:
            said.append(f"{arm}: {len(bad)} failed ({bad[0]['status']})")
    return "; ".join(said)


def header(runs, arms):
    loads = [float(r["host"]["load_before"].split()[0]) for r in runs]
    yield f"Accelerator: {one(r['accelerator'] for r in runs)}. Host: " \
          f"{one(r['host']['cpu'] for r in runs)}, {one(str(r['host']['cpus']) for r in runs)} " \
          f"CPUs, load before the runs {min(loads)} to {max(loads)}."
    if any("emulation" in r["accelerator"] for r in runs):
        yield "Emulated processors: compare the columns, do not take the numbers for a machine's."
    for arm in arms:
        mine = [r for r in runs if r["arm"] == arm]
        release = one(r["data"]["environment"]["kernel"] for r in mine
                      if r["data"] and "environment" in r["data"])
        yield f"{arm}: {release or '?'}, {one(r['base'] for r in mine)} with " \
              f"{one(r['patches'] for r in mine)} patches, " \
              f"series {one(r['series'] for r in mine)}, config {one(r['config'] for r in mine)}"
    yield f"Median (change against {arms[0]}) [lowest..highest]; * is p < {LEVEL} against it"
    yield "in a two-sided Mann-Whitney test, each pair by itself."


def table(runs, arms, result):
    yield from header(runs, arms)
    for (scenario, lru, scale), rows in result.items():
        count = max(stat["n"] for stats in rows.values() for stat in stats.values())
        lines = [[f"{scenario}, {lru} LRU, scale {scale}, {count} runs"] + list(arms)]
        for key, words, _, _ in metrics_of(scenario):
            stats = rows[key]
            lines.append(["  " + words] + [cell(stats[arm], stats[arms[0]]) for arm in arms])
        yield ""
        yield from pad(lines)
        bad = failures(runs, (scenario, lru, scale), arms)
        if bad:
            yield "  runs that failed: " + bad


def write_csv(path, runs):
    with open(path, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["scenario", "lru", "scale", "arm", "base", "patches", "series", "release",
                         "config", "round", "status", "accelerator", "load", "metric", "value"])
        for run in runs:
            environment = (run["data"] or {}).get("environment", {})
            for key, _, path_, factor in metrics_of(run["scenario"]):
                value = value_of(run, path_, factor)
                writer.writerow([run["scenario"], run["lru"], run["scale"], run["arm"], run["base"],
                                 run["patches"], run["series"], environment.get("kernel", ""),
                                 run["config"], run["round"], run["status"], run["accelerator"],
                                 run["host"]["load_before"].split()[0], key,
                                 "" if value is None else value])


def plain(value):
    """JSON has no infinity."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return "never" if isinstance(value, float) and math.isinf(value) else value


def write_json(path, runs, arms, result):
    with open(path, "w") as out:
        json.dump(plain({
            "version": 1, "baseline": arms[0], "arms": arms, "level": LEVEL,
            "results": [{"scenario": s, "lru": l, "scale": scale, "metrics": rows}
                        for (s, l, scale), rows in result.items()],
            "runs": [{k: v for k, v in run.items() if k != "data"} |
                     {"environment": (run["data"] or {}).get("environment"),
                      "summary": (run["data"] or {}).get("summary")} for run in runs],
        }), out, indent=1)
        out.write("\n")


def write_plots(out, runs, arms, result):
    """One picture a scenario: a dot for each run, a line for the median."""
    label = one(r["accelerator"] for r in runs)
    ticks = ", ".join(f'"{arm}" {i}' for i, arm in enumerate(arms))
    for scenario in dict.fromkeys(s for s, _, _ in result):
        columns = [(l, scale) for s, l, scale in result if s == scenario]
        metrics = metrics_of(scenario)[:4]
        script = [f"set terminal svg size {480 * len(columns)},{230 * len(metrics)} "
                  'font "sans,11" background "white"',
                  f'set output "{out}/{scenario}.svg"', "set grid ytics", "unset key",
                  f"set xrange [-0.5:{len(arms) - 0.5}]", f"set xtics ({ticks})",
                  f'set multiplot layout {len(metrics)},{len(columns)} title "{scenario}, {label}"']
        for key, words, _, _ in metrics:
            for lru, scale in columns:
                stats = result[(scenario, lru, scale)][key]
                dots = [(i, v) for i, arm in enumerate(arms) for v in stats[arm]["values"]
                        if not math.isinf(v)]
                lines = [(i, stats[arm]["median"]) for i, arm in enumerate(arms)
                         if stats[arm]["n"] and not math.isinf(stats[arm]["median"])]
                script += [f'set title "{lru} LRU, scale {scale}"', f'set ylabel "{words}"']
                if not dots or not lines:
                    script += ["set yrange [0:1]", "plot -1"]
                    continue
                script += ["set yrange [0:1<*]", "$dots << E"]
                script += [f"{x} {y}" for x, y in dots]
                script += ["E", "$medians << E"]
                script += [f"{x} {y}" for x, y in lines]
                script += ["E", "plot $medians using 1:2:(0.3) with xerrorbars pt 0 lw 3 "
                           'lc rgb "#2471a3", $dots using 1:2 with points pt 7 ps 0.5 '
                           'lc rgb "#c0392b"']
        with open(f"{out}/{scenario}.gp", "w") as file:
            file.write("\n".join(script + ["unset multiplot", ""]))


def load_runs(out):
    """Those in OUT/raw, in their order."""
    runs = []
    for path in sorted(glob.glob(os.path.join(out, "raw", "*.json")), key=os.path.getmtime):
        with open(path, encoding="utf-8") as file:
            try:
                runs.append(json.load(file))
            except ValueError:
                raise BadInput(f"{path} is no run of a bench: it is not JSON") from None
    if not runs:
        raise BadInput(f"there is no run in {out}/raw")
    return runs


def put_together(out, arms):
    """Writes all files but the pictures, and prints the table. The arms are in the order
    of the columns, the baseline first. Returns the runs."""
    runs = load_runs(out)
    result = collect(runs, arms)
    text = "\n".join(table(runs, arms, result)) + "\n"
    with open(os.path.join(out, "table.txt"), "w") as file:
        file.write(text)
    write_csv(os.path.join(out, "bench.csv"), runs)
    write_json(os.path.join(out, "bench.json"), runs, arms, result)
    write_plots(out, runs, arms, result)
    print(text, end="", flush=True)
    return runs
