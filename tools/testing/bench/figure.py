# SPDX-License-Identifier: GPL-2.0
"""The figure of README: kswapd and the hot file over time, stock beside the series."""
import json
import os
import re
from statistics import median

import arms
from arms import BadInput, LRUS
from project import read, write       # arms has its directory in the path

SVG, README = "tools/testing/demo/runaway.svg", "README.rst"
COLORS = {"stock": "#c0392b", "series": "#2471a3"}
WIDTH, HEIGHT, LEFT, GAP, TOP = 320, 130, 60, 60, 46
HEADROOM = 1.05      # above the last tick
CAPTION = re.compile(r"(?ms)^Figure: .*?\.$")


def shown_of(runs):
    """Those that the figure shows; the arm is stock or series."""
    names = {"stock": "stock", "ours": "series"}
    return [run | {"arm": names[run["arm"]]} for run in runs
            if run["scenario"] in ("runaway", "runaway-after") and run["arm"] in names
            and not run["status"]]


def one(values, words):
    """The value that all runs have."""
    if len(set(values)) != 1:
        raise BadInput(f"the runs differ in their {words}: "
                       f"{', '.join(map(str, sorted(set(values))))}")
    return values[0]


def lines_of(data):
    """(t, kswapd, refaults) of each sample before the hog exits."""
    return [(s["t"], s["kswapd_cpu_pct"], s["refaults"] / s["seconds"])
            for s in data["samples"] if not s["after"]]


def facts_of(runs):
    """All that the figure shows of the runs of a bench, as one object, which the SVG keeps."""
    runs, groups = shown_of(runs), {}
    for run in runs:
        groups.setdefault(f"{run['lru']} {run['arm']}", []).append(lines_of(run["data"]))
    missing = [f"{lru} {arm}" for lru in LRUS for arm in COLORS if f"{lru} {arm}" not in groups]
    if missing:
        raise BadInput(f"there is no run of {missing[0]}: see 'make demo'")
    options = [run["data"]["options"] for run in runs]
    return {
        "base": one([run["base"] for run in runs], "base"),
        "series": one([run["series"] for run in runs if run["arm"] == "series"], "series"),
        "kernel": one([run["data"]["environment"]["kernel"] for run in runs], "kernel"),
        "scale": one([option["scale_factor"] for option in options], "scale factor"),
        "settle": one([option["settle"] for option in options], "settling time"),
        "accelerator": one([run["accelerator"] for run in runs], "accelerator"),
        "runs": one([len(lines) for lines in groups.values()], "number"), "groups": groups}


def caption_of(facts):
    series = arms.series_words(facts["series"], "ours", facts["base"])
    runs = "one run each" if facts["runs"] == 1 else f"{facts['runs']} runs each, thick the median"
    return (f"Figure: kernel {facts['kernel']}, {series}; both LRUs;\n"
            f"vm.watermark_scale_factor {facts['scale']}; {runs}; {facts['accelerator']}.")


def nice(top):
    """A round maximum for an axis."""
    unit = 10 ** max(0, len(str(int(top))) - 1)
    return next(unit * n for n in (1, 2, 4, 6, 8, 10, 20) if unit * n * HEADROOM >= top)


def line(points, color, width, opacity):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (f'<polyline fill="none" stroke="{color}" stroke-width="{width}" '
            f'stroke-opacity="{opacity}" points="{path}"/>')


def text(x, y, words, more=""):
    return f'<text x="{x}" y="{y}" {more}>{words}</text>'


def panel(facts, lru, column, left, top, high):
    """One LRU and one value: a frame, thin lines for runs and a thick one for their median."""
    long = max(s[0] for runs in facts["groups"].values() for run in runs for s in run)
    at = [lambda t: left + WIDTH * t / long, lambda v: top + HEIGHT * (1 - v / high / HEADROOM)]
    out = [f'<rect x="{left}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none" '
           'stroke="#999"/>']
    for part in (0, 0.5, 1):
        out.append(text(left - 6, at[1](high * part) + 4, f"{high * part:g}", 'text-anchor="end"'))
    for t in range(0, int(long) + 1, 5):
        out.append(text(round(at[0](t), 1), top + HEIGHT + 15, t, 'text-anchor="middle"'))
    x = at[0](facts["settle"])
    out.append(f'<path d="M{x:.1f} {top}v{HEIGHT}" stroke="#999" stroke-dasharray="3 3"/>')
    for arm, color in COLORS.items():
        runs = [[(at[0](s[0]), at[1](s[column])) for s in run]
                for run in facts["groups"][f"{lru} {arm}"]]
        out += [line(run, color, 1, 0.45) for run in runs if len(runs) > 1]
        middle = [tuple(median(p[i] for p in points) for i in (0, 1)) for points in zip(*runs)]
        out.append(line(middle, color, 2.5, 1))
    return out


def svg_of(facts):
    wide, tall = LEFT + 2 * WIDTH + GAP + 20, TOP + 2 * HEIGHT + 90
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" width="{wide}" '
           f'height="{tall}" font-family="sans-serif" font-size="12" fill="#222">',
           '<!-- SPDX-License-Identifier: GPL-2.0 -->',
           f'<desc>{json.dumps({k: v for k, v in facts.items() if k != "groups"})}</desc>',
           f'<rect width="{wide}" height="{tall}" fill="#fff"/>']
    for row, (column, words) in enumerate(((1, "kswapd, % of a CPU"), (2, "hot file, refaults/s"))):
        high = nice(max(s[column] for runs in facts["groups"].values()
                        for run in runs for s in run))
        for place, lru in enumerate(LRUS):
            left, top = LEFT + place * (WIDTH + GAP), TOP + row * (HEIGHT + 46)
            out.append(text(left, top - 8, f"{words}, {LRUS[lru]}", 'font-weight="bold"'))
            out += panel(facts, lru, column, left, top, high)
    for place, (arm, color) in enumerate(COLORS.items()):
        x = LEFT + place * 110
        out.append(f'<path d="M{x} 14h24" stroke="{color}" stroke-width="2.5"/>')
        out.append(text(x + 30, 18, arm))
    out.append(text(LEFT + 220, 18, f"dashed: summaries begin ({facts['settle']} s)"))
    out.append(text(wide - 20, tall - 12, "t in seconds", 'text-anchor="end"'))
    words = (f"kernel {facts['kernel']}, series {facts['series']}, scale factor {facts['scale']}, "
             f"n={facts['runs']}, {facts['accelerator']}")
    out.append(text(LEFT, tall - 12, words, 'font-size="11" fill="#555"'))
    return "\n".join(out) + "\n</svg>\n"


def facts_in_svg():
    found = re.search(r"<desc>(.*?)</desc>", read(os.path.join(arms.ROOT, SVG)), re.S)
    if not found:
        raise BadInput(f"{SVG} has no <desc>: write it again")
    return json.loads(found[1])


def captioned(text, facts):
    """The text of README with the caption of these facts."""
    new, count = CAPTION.subn(lambda _: caption_of(facts), text, count=1)
    if not count:
        raise BadInput(f"{README} has no caption that begins with 'Figure: '")
    return new


def with_caption(text):
    """With that of the figure which is there."""
    return captioned(text, facts_in_svg())


def write_figure(facts):
    readme = os.path.join(arms.ROOT, README)
    new = captioned(read(readme), facts)
    write(os.path.join(arms.ROOT, SVG), svg_of(facts))
    write(readme, new)
