# SPDX-License-Identifier: GPL-2.0
"""Patches as text: parts, a form without line numbers, renames, places of hunks."""
import difflib
import hashlib
import re
import sys

HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$")
# git's FORMAT_PATCH_NAME_MAX, less what surrounds the subject in the file name
SLUG_MAX = 64 - len("0001-") - len(".patch") - 1


class BadPatch(Exception):
    """The text is not a patch as git format-patch writes it."""


class Hunk:
    """A hunk: its first line in the file, the text behind the @@, its lines."""

    def __init__(self, start, context, lines):
        self.start, self.context, self.lines = start, context, lines

    def old(self):
        return [line[1:] for line in self.lines if line[0] in " -"]

    def new(self):
        return [line[1:] for line in self.lines if line[0] in " +"]

    def reversed(self):
        swap = str.maketrans("+-", "-+")
        return Hunk(self.start, self.context,
                    [line[0].translate(swap) + line[1:] for line in self.lines])

    def text(self, start, shift):
        """With its numbers, for a file in which it starts at a line, counted from 1."""
        old, new = len(self.old()), len(self.new())
        return [f"@@ -{start},{old} +{start + shift},{new} @@{self.context}"] + self.lines


class FileDiff:
    """The hunks of one file, and its path."""

    def __init__(self, path):
        self.path, self.hunks = path, []


def take_hunk(lines, at, hunks):
    """Read the hunk at lines[at] into hunks; return the line behind it."""
    numbers = HUNK.match(lines[at])
    if numbers:
        old, new = int(numbers[2] or 1), int(numbers[4] or 1)
        start, context = int(numbers[1]), numbers[5]
    else:
        # The form without numbers ends with the next hunk or file.
        old = new = None
        start, context = 1, lines[at][2:]
    body = []
    at += 1
    while at < len(lines):
        line = lines[at]
        if numbers and old <= 0 and new <= 0 and not line.startswith("\\"):
            break
        if not numbers and (not line or line[0] not in " +-\\"):
            break
        kind = line[:1] or " "
        if kind not in " +-\\":
            raise BadPatch(f"line {at + 1} is not a line of a hunk: {line}")
        if numbers:
            old -= kind in " -"
            new -= kind in " +"
        body.append(line or " ")
        at += 1
    if numbers and (old or new):
        raise BadPatch("its last hunk is cut short")
    hunks.append(Hunk(start, context, body))
    return at


def take_diffs(lines):
    """The diffs in lines; a signature behind the last hunk is left."""
    files, at = [], 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("diff --git "):
            path = re.match(r"diff --git a/(\S+) b/(\S+)$", line)
            if not path or path[1] != path[2]:
                raise BadPatch(f"it does more than edit a file: {line}")
            files.append(FileDiff(path[1]))
        elif line.startswith("@@") and files:
            at = take_hunk(lines, at, files[-1].hunks)
            continue
        elif files and not files[-1].hunks and \
                not re.match(r"index |--- a/|\+\+\+ b/", line):
            raise BadPatch(f"it does more than edit lines of {files[-1].path}: {line}")
        at += 1
    return files


def digest_of(texts):
    """The hash of the diffs of patches, without line numbers and blob names, and without
    documents: no measurement depends on them."""
    digest = hashlib.sha256()
    for text in texts:
        document = False
        for line in text[text.index("\ndiff --git ") + 1:].splitlines():
            if line.startswith("diff --git "):
                document = line.startswith("diff --git a/Documentation/")
            if not document and not line.startswith("index "):
                digest.update(re.sub(r"^@@ -\S+ \+\S+ @@", "@@", line).encode() + b"\n")
    return digest.hexdigest()


class Patch:
    """A mail: header lines, subject, message, diffs."""

    def __init__(self, headers, subject, message, files):
        self.headers, self.subject = headers, subject
        self.message, self.files = message, files

    @classmethod
    def parse(cls, text):
        lines = text.split("\n")
        diff = next((i for i, line in enumerate(lines) if line.startswith("diff --git ")),
                    None)
        if diff is None or not lines[0].startswith("From "):
            raise BadPatch("it has no 'From ' line or no diff")
        try:
            blank = lines.index("")
            stat = diff - 1 - lines[:diff][::-1].index("---")
        except ValueError:
            raise BadPatch("it has no empty line or no '---' above the diff") from None
        headers, subject = [], None
        for line in lines[:blank]:
            if line.startswith("Subject: "):
                subject = line[len("Subject: "):]
            elif line[:1] in " \t" and headers and headers[-1] is None:
                subject += " " + line.strip()
                continue
            else:
                headers.append(line)
                continue
            headers.append(None)
        if subject is None:
            raise BadPatch("it has no Subject:")
        headers = [line for line in headers if line is not None]
        subject = re.sub(r"^\[[^]]*\]\s*", "", subject)
        return cls(headers, subject, lines[blank + 1:stat], take_diffs(lines[diff:]))

    def normal(self):
        """Lines that do not change if only line numbers and other patches do."""
        lines = [f"Subject: {self.subject}", ""] + self.message + ["---"]
        for file in self.files:
            lines += [f"diff --git a/{file.path} b/{file.path}", f"--- a/{file.path}",
                      f"+++ b/{file.path}"]
            for hunk in file.hunks:
                lines += [f"@@{hunk.context}"] + hunk.lines
        return lines

    def from_normal(self, lines):
        """The patch that normal lines make; headers and line numbers are those of self."""
        try:
            stat = lines.index("---")
        except ValueError:
            raise BadPatch("it has no '---' above the diff") from None
        if not lines[0].startswith("Subject: ") or lines[1]:
            raise BadPatch("it does not begin with a Subject: and an empty line")
        patch = Patch(self.headers, lines[0][len("Subject: "):], lines[2:stat],
                      take_diffs(lines[stat + 1:]))
        starts = {}
        for file in self.files:
            for hunk in file.hunks:
                starts.setdefault((file.path, tuple(hunk.lines)), hunk.start)
        for file in patch.files:
            last = 1
            for hunk in file.hunks:
                last = starts.get((file.path, tuple(hunk.lines)), last)
                hunk.start = last
        return patch

    def renamed(self, renames):
        """The patch with identifiers renamed, in the message and in the diffs."""
        if not renames:
            return self
        return self.from_normal([rename(line, renames) for line in self.normal()])


def rename(line, renames):
    for old, new in renames:
        if old.endswith("*"):
            line = re.sub(rf"\b{re.escape(old[:-1])}(?=\w)", new[:-1], line)
        else:
            line = re.sub(rf"\b{re.escape(old)}\b", new, line)
    return line


def slug(subject):
    """The file name that git makes of a subject."""
    name = re.sub(r"[^A-Za-z0-9._]+", "-", subject).strip("-")
    name = re.sub(r"\.{2,}", ".", name).rstrip(".-")
    return name[:SLUG_MAX]


def near(lines, block, at, low, high):
    """The place of block in lines[low:high] that is nearest to at, or None."""
    best = None
    for start in range(low, high - len(block) + 1):
        if lines[start] == block[0] and lines[start:start + len(block)] == block and \
                (best is None or abs(start - at) < abs(best - at)):
            best = start
    return best


def alike(lines, block, at, low, high):
    """The part (start, end) of lines[low:high] that block resembles most."""
    votes, where = {}, {}
    for i in range(low, high):
        where.setdefault(lines[i], []).append(i)
    for i, line in enumerate(block):
        for place in where.get(line, ()):
            # A line that is everywhere says little.
            weight = 1 / len(where[line])
            for shift in range(-2, 3):
                key = place - i + shift
                votes[key] = votes.get(key, 0) + weight / (1 + abs(shift))
    if not votes:
        at = min(max(at, low), high)
        return at, at
    start = max(votes, key=lambda key: (votes[key], -abs(key - at)))
    first, last = max(low, start - 4), min(high, start + len(block) + 4)
    blocks = [b for b in difflib.SequenceMatcher(
        None, block, lines[first:last], autojunk=False).get_matching_blocks() if b.size]
    if not blocks:
        return first, first
    return first + blocks[0].b, first + blocks[-1].b + blocks[-1].size


def places(lines, hunks):
    """The parts of lines that the old sides of hunks stand for, in order."""
    found, low, shift = [None] * len(hunks), 0, 0
    for i, hunk in enumerate(hunks):
        old = hunk.old()
        at = near(lines, old, hunk.start - 1 + shift, low, len(lines)) if old else None
        if at is not None:
            found[i] = (at, at + len(old))
            low, shift = at + len(old), at - hunk.start + 1
    low, shift = 0, 0
    for i, hunk in enumerate(hunks):
        if not found[i]:
            high = next((p[0] for p in found[i + 1:] if p), len(lines))
            found[i] = alike(lines, hunk.old(), hunk.start - 1 + shift, low, high)
        low = found[i][1]
        shift = found[i][0] - hunk.start + 1
    return found


def ancestor(lines, hunks):
    """Lines to which hunks apply exactly, and the line that each starts at.

    If a hunk does not fit, its own old side stands in for the part that resembles it most.
    A three-way merge from there keeps the changes of the tree near the hunk."""
    made, starts, end = [], [], 0
    for hunk, (start, stop) in zip(hunks, places(lines, hunks)):
        made += lines[end:start]
        starts.append(len(made) + 1)
        made += hunk.old()
        end = stop
    return made + lines[end:], starts


def applied(lines, hunks, starts):
    """Lines after hunks that apply to them exactly."""
    made, end = [], 0
    for hunk, start in zip(hunks, starts):
        made += lines[end:start - 1] + hunk.new()
        end = start - 1 + len(hunk.old())
    return made + lines[end:]


def diff_text(hunks, starts):
    """The lines of hunks with their numbers."""
    lines, shift = [], 0
    for hunk, start in zip(hunks, starts):
        lines += hunk.text(start, shift)
        shift += len(hunk.new()) - len(hunk.old())
    return lines


if __name__ == "__main__":
    # The hash of patches in the facts of a test, as project.series_of() has it.
    texts = [open(name, encoding="utf-8").read() for name in sys.argv[1:]]
    print(digest_of(texts)[:12] if texts else "none")
