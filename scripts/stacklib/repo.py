# SPDX-License-Identifier: GPL-2.0
"""A git repository with files of a kernel tree and one commit a patch."""
import os
import re
import shutil
import stat
import subprocess

from patchtext import ancestor, applied, diff_text
from project import Failure, read

AUTHOR = ("kswapd-failures project", "kswapd-failures@project.invalid")
START = "2026-01-01T00:00:00+0000"
# The commit between the fixes and the series, in a work tree to edit.
MARK = "end of fixes: the series follows"
# Files of git, each while an operation has not ended.
UNDER_WAY = (("rebase-apply", "git am or rebase"), ("rebase-merge", "git rebase"),
             ("MERGE_HEAD", "git merge"), ("CHERRY_PICK_HEAD", "git cherry-pick"),
             ("REVERT_HEAD", "git revert"), ("BISECT_START", "git bisect"))
# The caller's settings change neither commits nor files.
PINNED = ("am.threeWay=true", "am.keepcr=false", "apply.whitespace=nowarn",
          "apply.ignoreWhitespace=no", "mailinfo.scissors=false", "gc.auto=0",
          "core.fileMode=true", "core.autocrlf=false", "commit.gpgSign=false",
          "core.compression=0", "core.fsync=none",
          "diff.algorithm=default", "merge.conflictStyle=diff3", "advice.detachedHead=false")


def clean_env():
    """The environment without variables that point git elsewhere."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith("GIT_") or k in ("GIT_EXEC_PATH", "GIT_TRACE")}
    env.update(LC_ALL="C", GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1",
               GIT_COMMITTER_NAME=AUTHOR[0], GIT_COMMITTER_EMAIL=AUTHOR[1],
               GIT_COMMITTER_DATE=START)
    return env


class Conflict(Exception):
    """A patch that git am cannot put on the tree; the conflict is in the work tree."""


class Repo:
    """The repository in a directory."""

    def __init__(self, path):
        self.path = path

    def git(self, *args, stdin=None, check=True, env=None):
        settings = [word for pin in PINNED for word in ("-c", pin)]
        run = subprocess.run(["git", *settings, *args], cwd=self.path, input=stdin,
                             env={**clean_env(), **(env or {})}, text=True, check=False,
                             encoding="utf-8", stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE,
                             **({} if stdin is not None else {"stdin": subprocess.DEVNULL}))
        if check and run.returncode:
            raise Failure(f"git {' '.join(args[:2])} failed in {self.path}: "
                          f"{(run.stderr or run.stdout).strip().splitlines()[-1:]}")
        return run.stdout if check else run

    @classmethod
    def create(cls, path, tree, names):
        """A new repository with files and directories of a tree, as its first commit."""
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        for name in names:
            copy(os.path.join(tree, name), os.path.join(path, name))
        repo = cls(path)
        repo.git("init", "-q", "--template=", "-b", "stack")
        with open(os.path.join(path, ".git", "config"), "a", encoding="utf-8") as f:
            f.write(f"[user]\n\tname = {AUTHOR[0]}\n\temail = {AUTHOR[1]}\n"
                    "[merge]\n\tconflictStyle = diff3\n")
        repo.git("add", "-A", "-f")
        repo.commit("base", "--allow-empty")
        repo.git("tag", "base")
        return repo

    def commit(self, message, *options):
        self.git("commit", "-q", "--no-verify", *options, "-m", message,
                 env={"GIT_AUTHOR_DATE": START})

    def head(self):
        return self.git("rev-parse", "HEAD").strip()

    def log(self, since):
        """(commit, subject) of the commits after since, the first one first."""
        lines = self.git("log", "--reverse", "--format=%H %s", f"{since}..HEAD")
        return [tuple(line.split(" ", 1)) for line in lines.splitlines()]

    def am(self, patch):
        """Commit a patch, by a three-way merge from files that it does apply to."""
        text = patch.headers + [f"Subject: {patch.subject}", ""] + patch.message + ["---", ""]
        for file in patch.files:
            path = os.path.join(self.path, file.path)
            if not os.path.isfile(path):
                raise Failure(f"the kernel tree has no {file.path}")
            ours = read(path).split("\n")
            old, starts = ancestor(ours, file.hunks)
            new = applied(old, file.hunks, starts)
            mode = "100755" if os.access(path, os.X_OK) else "100644"
            # git merges no file of a patch in which one has no index line.
            text += [f"diff --git a/{file.path} b/{file.path}",
                     f"index {self.blob(old)}..{self.blob(new)} {mode}"]
            text += [f"--- a/{file.path}", f"+++ b/{file.path}"] + diff_text(file.hunks, starts)
        before = self.head()
        run = self.git("am", "-q", "--3way", stdin="\n".join(text) + "\n", check=False)
        if run.returncode:
            raise Conflict(run.stderr + run.stdout)
        if self.head() == before:
            raise Conflict("the tree has all of it already")

    def blob(self, lines):
        return self.git("hash-object", "-w", "--stdin", stdin="\n".join(lines)).strip()

    def am_exact(self, text):
        """Commit a mail as it is; says why it does not apply, or nothing."""
        run = self.git("am", "-q", "--no-3way", stdin=text, check=False)
        if run.returncode:
            self.git("am", "--abort", check=False)
            why = re.findall(r"^error: (.*)$", run.stderr, re.M)
            return why[0] if why else run.stderr.strip()
        return None

    def under_way(self):
        """The operation that git has not ended, or nothing."""
        for name, what in UNDER_WAY:
            if os.path.exists(os.path.join(self.path, ".git", name)):
                return what
        return None

    def changes(self):
        return self.git("status", "--porcelain", "--untracked-files=no").strip()

    def format(self, since, until):
        """The patch files of since..until, by name."""
        out = os.path.join(self.path, ".git", "formatted")
        shutil.rmtree(out, ignore_errors=True)
        self.git("format-patch", "-q", "--zero-commit", "--no-signature", "--abbrev=7",
                 "--no-renames", "-o", out, f"{since}..{until}")
        made = {}
        for name in sorted(os.listdir(out)) if os.path.isdir(out) else ():
            lines = read(os.path.join(out, name)).split("\n")
            # A commit without a change gives an empty file.
            if len(lines) > 1:
                # The commits in a work tree may be of any user.
                lines[1] = f"From: {AUTHOR[0]} <{AUTHOR[1]}>"
                made[name] = "\n".join(lines)
        return made


def copy(source, target):
    """A file or a directory of a kernel tree, to be written to; links stay links."""
    if not os.path.lexists(source):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.isdir(source) and not os.path.islink(source):
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True,
                        copy_function=copy_file,
                        ignore=shutil.ignore_patterns("*.o", "*.cmd", "*.ko", "generated"))
    else:
        copy_file(source, target)


def copy_file(source, target):
    shutil.copy(source, target, follow_symlinks=False)
    if not os.path.islink(target):
        os.chmod(target, os.stat(target).st_mode | stat.S_IRUSR | stat.S_IWUSR)
