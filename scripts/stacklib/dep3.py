# SPDX-License-Identifier: GPL-2.0
"""The fixes and the series of a base as a quilt queue with DEP-3 headers."""
import email.utils
import os
import re

from project import read

QUEUE = "kswapd-failures"


def origin(base, file):
    """The commit that a backport is of, which the base names with the patch."""
    for fact in base.facts("upstream"):
        match = re.match(r"([0-9a-f]+) \(([^ ,)]+)", fact)
        if match and os.path.join(os.path.dirname(file), os.path.basename(file)[:4]) == match[2]:
            return f"backport, commit:{match[1]}"
    return "vendor"


def with_headers(base, file):
    """The text of a patch under DEP-3 headers."""
    patch, text = base.patch(file), read(base.path(file))
    mail = dict(line.split(": ", 1) for line in patch.headers if ": " in line)
    update = email.utils.parsedate_to_datetime(mail["Date"])
    return "\n".join([
        f"From: {mail['From']}", f"Date: {mail['Date']}", f"Subject: {patch.subject}",
        f"Origin: {origin(base, file)}", "Forwarded: no", f"Last-Update: {update:%Y-%m-%d}", "",
        *patch.message, "---", text[text.index("\ndiff --git ") + 1:]])


def queue_of(base):
    """{path: text} of the directory."""
    made = {f"{QUEUE}/{file}": with_headers(base, file) for file in base.all_files()}
    made["series"] = "".join(name + "\n" for name in made)
    return made
