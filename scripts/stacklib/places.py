# SPDX-License-Identifier: GPL-2.0
"""The places of new lines: in sorted lists, in MAINTAINERS, and of a hunk in a file."""
import re


def best_place(keys, new):
    """How many of the keys come before a new one. The kernel's lists are not sorted
    everywhere, so the place is the one that leaves the fewest pairs in wrong order."""
    wrong = [sum(key >= new for key in keys[:i]) + sum(key < new for key in keys[i:])
             for i in range(len(keys) + 1)]
    return wrong.index(min(wrong))


def registered(lines, start, pattern, new):
    """Lines with a new one among those that match the pattern, below the last that matches
    start, which is - for the whole file. None if no line matches."""
    items = []
    for at, line in enumerate(lines):
        if start != "-" and re.search(start, line):
            items = []
        elif re.search(pattern, line):
            items.append(at)
    if not items:
        return None
    keys = [lines[at] for at in items]
    if new in keys:
        return lines
    count = best_place(keys, new)
    at = items[count - 1] + 1 if count else items[0]
    return lines[:at] + [new] + lines[at:]


def sortable(title):
    """The order of scripts/parse-maintainers.pl."""
    return "ZZZZZZ" if title.upper() == "THE REST" else title.upper()


def with_entries(lines, entries):
    """The lines of MAINTAINERS with entries, title: lines; they replace those of the same
    title. None if there is no list of entries."""
    first = lines.index("Maintainers List") if "Maintainers List" in lines else len(lines)
    heads = [i for i in range(first + 1, len(lines) - 1) if not lines[i - 1]
             and re.match(r"\S", lines[i]) and re.match(r"[A-Z]:\s", lines[i + 1])]
    kept = [i for i in heads if lines[i] not in entries]
    if not kept:
        return None
    keys, before = [sortable(lines[i]) for i in kept], {}
    for title in sorted(entries, key=sortable):
        at = (kept + [len(lines)])[best_place(keys, sortable(title))]
        before.setdefault(at, []).append(entries[title])
    made, skipping = [], False
    for i, line in enumerate(lines):
        for entry in before.get(i, ()):
            made += entry + [""]
        skipping = skipping or (i in heads and i not in kept)
        if not skipping:
            made.append(line)
        skipping = skipping and line != ""
    for entry in before.get(len(lines), ()):
        made += [""] + entry
    return made


def located(lines, old, start):
    """The line number at which old lines of a hunk first differ from a file, at the place
    that fits them best. Empty lines and lone braces are everywhere and prove little."""
    def score(at):
        return sum(4 if len("".join(want.split())) > 3 else 1
                   for want, line in zip(old, lines[at:at + len(old)]) if want == line)

    place = max(range(len(lines)), key=lambda at: (score(at), -abs(at + 1 - start)), default=0)
    if not lines or score(place) < 4:
        return max(1, min(start, len(lines)))
    same = 0
    while same < len(old) - 1 and place + same < len(lines) and old[same] == lines[place + same]:
        same += 1
    return place + same + 1
