# SPDX-License-Identifier: GPL-2.0
"""The kernels that a bench compares, and the hash of the series that each one has."""

import os
import sys
from dataclasses import dataclass

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "scripts", "stacklib"))
import project                    # noqa: E402, after its path
from project import facts_in      # noqa: E402

STOCK, UNKNOWN = "none", "unknown"
NAMES = ("stock", "fixes", "gate", "ours", "mglru", "7.3-stock", "7.3-ours", "debian",
         "debian-module")
# Only where they are named.
EXTRA = ("fixes", "mglru", "debian", "debian-module")
TITLES = {"ours": "series", "gate": "check only", "fixes": "fixes only"}
LRUS = {"classic": "classic LRU", "mglru": "MGLRU"}
MIXED_LRUS = LRUS | {"nowalk": "MGLRU, no walk"}     # of the scenario mixed
MODULE = os.path.join(ROOT, "build", "kswapd-gate", "kswapd_gate.ko")


class BadInput(Exception):
    """Said in one sentence, with exit status 2."""


def path_of(base, name):
    return os.path.join(ROOT, "patches", base, name)


def base_fact(base, key):
    """The first value of a key in patches/BASE/base, or nothing."""
    path = path_of(base, "base")
    return ((facts_in(path, key) if os.path.exists(path) else []) or [""])[0]


def directory_of(base):
    if not os.path.isdir(path_of(base, "")):
        raise BadInput(f"there is no base '{base}' in patches/")
    return path_of(base, "")


def series_of(base, patches="all", fixes="all", mglru="0"):
    """The first digits of the hash of the diffs, fixes first: all, or the first so many."""
    return project.series_of(directory_of(base), patches, fixes, mglru)


@dataclass
class Arm:
    """A kernel: a base with patches, as vmtest kernel takes them, an image, or a package."""
    name: str
    base: str
    patches: str = "all"
    fixes: str = "all"
    mglru: str = "0"
    kernel: str = ""
    edit: str = ""      # a patch for a kernel that is changed for a test
    package: str = ""   # Debian's
    module: str = ""    # one that the guest loads
    built: str = ""     # the series at that time

    @property
    def series(self):
        """At present."""
        return (UNKNOWN if self.patches == UNKNOWN else
                series_of(self.base, self.patches, self.fixes, self.mglru))


def arms_of(base):
    """{name: arm}, in the order of the columns."""
    arms = [Arm("mglru", base, "0", mglru="all"),
            Arm("7.3-stock", "7.3.y", "0"), Arm("7.3-ours", "7.3.y")]
    if base != "7.3.y":
        arms += [Arm("stock", base, "0"), Arm("fixes", base, "fixes"), Arm("ours", base)]
    gate = base_fact(base, "gate")
    if gate:
        arms.append(Arm("gate", base, gate, base_fact(base, "gate-fixes") or "0"))
    package = base_fact(base, "package")
    if package and os.uname().machine == "x86_64":
        arms += [Arm("debian", base, "0", package=package),
                 Arm("debian-module", base, "0", package=package, module=MODULE)]
    return {arm.name: arm for arm in sorted(arms, key=lambda arm: NAMES.index(arm.name))}


def series_now(arm, base):
    return arms_of(base).get(arm, Arm(arm, base)).series


def series_words(series, arm, base):
    """Which patches the arm had, with their hash, and whether they are not the present ones.
    checkpatch takes a hash in a message for a commit if a space or bracket follows."""
    now = series_now(arm, base)
    return (f"{TITLES.get(arm, arm)} {series}"
            + (f", an EARLIER one (now {now})" if series != now else ""))
