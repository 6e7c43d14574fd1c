#!/usr/bin/env python3
"""Fails every system call of a scan once, in every way, and looks at what comes out of it.

A run fails the N-th call of one kind with one error; N goes up until there is no such call. strace
does that, and counts for each thread by itself, so a run may fail one call in each of several
threads, of the supervisor's and the explorer's; there is one worker, which makes all calls below
the root but the first look at it. What was failed is read from strace's record, with its path.
There are two passes:

  tree      only calls on what lies below the root count: one fault a run, in the worker
  process   all calls count, from the dynamic loader's first on, of both processes

The whole of it is 4,344 faults with both listers, in four minutes on two processors that others
used as well.

What must hold of every run, whatever was failed: it ends, it does not panic, and it says nothing
wrong. In particular:

  a call on the tree      The number of files is that of the tree less what lies behind this call,
                          no more and no less. The path is named on standard error, the line of the
                          root says that it is a lower bound (`partial`, or `failed` of the root
                          itself), the exit code is 1, or 2 if nothing of the root could be read.
                          Nothing is missing after EINTR, which is tried again, and after close.
                          What has vanished (ENOENT) is missing without a word. A tag of a cache
                          that cannot be read is none: what it stands in is counted.
                          The portable lister is not told by the standard library to try again after
                          EINTR, and that a closedir fails is a panic there; both are named and the
                          numbers lower bounds. It opens each subdirectory twice, and does not care
                          what the first time brings.
  another call            With the exit codes 0 and 1 the numbers are right all the same. Otherwise
                          the program says why it ends, and prints no number.
  a call of the loader    Before the first line of the program: the same, but for the words, and
                          the loader may be killed by its own fault. So may a thread that Rust's
                          runtime cannot give its 12 KiB for a stack of signals: it says so, and
                          aborts the process.

  tests/sweep.py PROGRAM [--every N] [--calls LIST] [--errors LIST] [--listers LIST]

Exit codes: 0 all of this held, 1 it did not, 77 there is no strace that works here.
"""

import argparse
import collections
import concurrent.futures
import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile

CALLS = ["openat", "getdents64", "statx", "close", "read", "write", "mmap", "clone3"]
ERRORS = ["EIO", "EACCES", "ENOENT", "ENOTDIR", "ELOOP", "ESTALE", "EMFILE", "ENFILE", "ENOMEM",
          "EINTR", "ENAMETOOLONG", "ENOTSUP"]
# Calls that are ever made on what lies below the root; the last one on tags of caches.
ON_TREES = ["openat", "getdents64", "statx", "close", "read"]
TAG = "CACHEDIR.TAG"
# Seconds until a run counts as hung.
PATIENCE = 60
# Where statx must not be failed for so many names, a directory takes more than one buffer.
WIDE = 300

ENTERED = re.compile(r"^(\d+) +(\w+)\((.*)$")


class Finding(Exception):
    """What did not hold."""


def build(root, wide):
    """Makes the tree; the files below each directory, by its path."""
    def file(name, content="x"):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as out:
            out.write(content)

    for name in ["1", "a/2", "a/b/3", "a/b/c/4", "d/5", "d/e/6", "cache/7"]:
        file(name)
    file("cache/" + TAG, "Signature: 8a477f597d28d172789f06886806bc55")
    os.link(os.path.join(root, "1"), os.path.join(root, "d/link"))
    os.makedirs(os.path.join(root, "empty"))
    os.symlink("a", os.path.join(root, "d/symlink"))
    os.mkfifo(os.path.join(root, "d/fifo"))
    for number in range(WIDE if wide else 0):
        file(f"wide/{number:0>250}")
    return {path: files for path, _, files in os.walk(root)}


class Sweep:
    """The tree, the program, and what has come out so far."""

    def __init__(self, program, lister, place, wide):
        self.program, self.lister, self.place = program, lister, place
        self.root = os.path.join(place, "root")
        self.tree = build(self.root, wide)
        self.cache = os.path.join(self.root, "cache")

    def below(self, directory):
        """How many files there are below a directory that is entered."""
        inside = [path for path in self.tree if path == directory or path.startswith(directory + "/")]
        skipped = set() if directory == self.cache else {self.cache}
        return sum(len(self.tree[path]) for path in inside if path not in skipped)

    def run(self, call, error, number, on_tree):
        """One run. Returns what it was, or None where there was no N-th call; a finding is raised."""
        with tempfile.TemporaryDirectory(dir=self.place) as home:
            record = os.path.join(home, "record")
            command = ["strace", "-f", "-y", "-s", "4096", "-o", record, "-e", f"trace={call},execve,poll", "-e",
                       f"inject={call}:error={getattr(errno, error)}:when={number}"]
            for directory in self.tree if on_tree else []:
                command += ["-P", directory]
            # A name by which the first look at the root is not counted among the worker's calls.
            command += [self.program, "--plain", "--exclude-caches", "-t", "1", "--lister", self.lister, "root"]
            environment = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}
            try:
                done = subprocess.run(command, cwd=self.place, env=environment, timeout=PATIENCE,
                                      stdin=subprocess.DEVNULL, capture_output=True, check=False)
            except subprocess.TimeoutExpired as hung:
                raise Finding("it hangs") from hung
            with open(record, encoding="utf-8", errors="replace") as lines:
                hits, read = self.hits(call, lines)
        if not hits:
            return None
        out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
        try:
            return self.judge(call, error, hits, read, done.returncode, out, err)
        except Finding as finding:
            told = "".join(f"\n    failed: {hit}" for hit in hits)
            raise Finding(f"{finding}; code {done.returncode}{told}\n    out: {out!r}\n    err: {err!r}") from None

    def hits(self, call, lines):
        """The paths of the calls that were failed, "loader" for those of the loader; and how many
        entries had been read before of each directory."""
        hits, read, begun, loading = [], collections.Counter(), {}, set()
        opened = collections.Counter()
        for line in lines:
            entered = ENTERED.match(line)
            thread = line.split()[0]
            if entered and entered[2] == "execve":
                loading.add(thread)
            elif entered and entered[2] == "poll":
                # The first thing that Rust's runtime does.
                loading.discard(thread)
            if entered and entered[2] == call:
                begun[thread] = "loader" if thread in loading else self.path(entered[3])
            elif "resumed>" not in line:
                continue
            path = begun.get(thread)
            if path in self.tree and call == "openat":
                opened[path] += 1
            if "(INJECTED)" in line:
                twice = self.lister == "portable" and path != self.root and opened[path] == 1
                hits.append("opened for nothing" if twice else path)
            elif (entries := re.search(r"/\* (\d+) entries \*/", line)) and not hits:
                read[path] += int(entries[1])
        return hits, read

    def path(self, arguments):
        """The path that a call is made on, as far as the record tells."""
        at = re.match(r"(?:AT_FDCWD|\d+)<([^>]*)>", arguments)
        name = re.match(r'[^"]*?(?:>|AT_FDCWD), "([^"]*)"', arguments) or re.match(r'()', arguments)
        if not at:
            return "?"
        return os.path.normpath(os.path.join(at[1], name[1]))

    def judge(self, call, error, hits, read, code, out, err):
        if "failed to allocate an alternative stack" in err:
            return "aborted by the runtime"
        if self.lister == "portable" and "unexpected error during closedir" in err and code in (1, 2):
            return "panic of the standard library listed"
        if "panicked" in err or "broke in worker" in err:
            raise Finding("it panics")
        below = [hit for hit in hits if hit == self.root or hit.startswith(self.root + "/")]
        line = re.fullmatch(r" *(\d+) files .* (complete|partial|failed|stopped) .*\n", out)
        if code not in (0, 1) and (len(below) < len(hits) or below == [self.root]) and (call == "write" or not line):
            if not err and "loader" not in hits and call != "write":
                raise Finding("it ends without a word")
            return "ended with a message" if err else "ended by the loader"
        if not line:
            raise Finding("no number")
        expected, missed = self.below(self.root), []
        for hit in set(below):
            missing, is_said = self.effect(call, error, hit, read)
            expected -= missing
            missed += [hit] if is_said else []
        if int(line[1]) != expected:
            raise Finding(f"{line[1]} files instead of {expected}")
        for hit in missed:
            if f"spelunk: {hit}: " not in err:
                raise Finding(f"{hit} is not named")
        wanted = ("complete", 0)
        if self.root in missed:
            wanted = ("failed", 1 if expected else 2)
        elif missed:
            wanted = ("partial", 1)
        if (line[2], code) != wanted:
            raise Finding(f"{line[2]}, not {wanted}")
        return "failure listed" if missed else "numbers right"

    def effect(self, call, error, path, read):
        """How many files are missing after a failed call on `path`, and whether that is said."""
        is_portable = self.lister == "portable"
        tried_again = not is_portable or os.path.basename(path) == TAG and call != "statx"
        if call == "close" or error == "EINTR" and tried_again:
            return 0, False
        if os.path.basename(path) == TAG and os.path.dirname(path) != self.cache:
            return 0, False
        if path == os.path.join(self.cache, TAG):
            return -self.below(self.cache), False
        # The C library takes ENOENT of a listing for its end.
        says = error != "ENOENT" or path == self.root and not (is_portable and call == "getdents64")
        if path not in self.tree:
            return 1, says
        if path == self.cache:
            return 0, says
        if call != "getdents64":
            return self.below(path), says
        # What was read before is kept; the two dots come first.
        before = read[path]
        if before:
            inside = len(self.tree[path]) + sum(os.path.dirname(below) == path for below in self.tree)
            return (0 if before - 2 == inside else len(self.tree[path]) - (before - 2)), says
        return self.below(path), says


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("program")
    options.add_argument("--every", type=int, default=1, help="only each so many-th run")
    for name, values in [("calls", CALLS), ("errors", ERRORS), ("listers", ["linux", "portable"])]:
        options.add_argument(f"--{name}", type=lambda text: text.split(","), default=values)
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options = options.parse_args()
    program = os.path.abspath(options.program)
    if not shutil.which("strace") or subprocess.run(
            ["strace", "-f", "-qq", "-e", "inject=close:error=EIO:when=9999", "true"], check=False,
            capture_output=True).returncode:
        print("SKIPPED sweep: there is no strace here that may trace", file=sys.stderr)
        return 77

    counts, findings, runs = collections.Counter(), [], 0

    def series(sweep, call, error, on_tree, first):
        """Runs with N going up until there is no such call."""
        results, number = [], first
        while True:
            try:
                result = sweep.run(call, error, number, on_tree)
                if result is None:
                    return results
                results.append((result, None))
            except Finding as finding:
                what = f"{sweep.lister} {call} {error} {number} {'tree' if on_tree else 'process'}"
                results.append(("finding", f"{what}: {finding}"))
                if len([found for _, found in results if found]) >= 5:
                    return results
            number += options.every

    with tempfile.TemporaryDirectory() as place, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        place = os.path.realpath(place)
        series_of = []
        for lister in options.listers:
            sweeps = []
            for wide in (False, True):
                at = os.path.join(place, f"{lister}-{wide}")
                os.mkdir(at)
                sweeps.append(Sweep(program, lister, at, wide))
            for on_tree in (True, False):
                for call in options.calls:
                    if on_tree and call not in ON_TREES:
                        continue
                    for error in options.errors:
                        first = 1 + len(series_of) % options.every
                        sweep = sweeps[call == "getdents64"]
                        series_of.append(((on_tree, call), pool.submit(series, sweep, call, error, on_tree, first)))
        table = collections.defaultdict(collections.Counter)
        for key, future in series_of:
            for result, finding in future.result():
                table[key][result] += 1
                counts[result] += 1
                runs += 1
                if finding:
                    findings.append(finding)
                    print(finding, file=sys.stderr, flush=True)
    for (on_tree, call), results in table.items():
        told = ", ".join(f"{count} {result}" for result, count in sorted(results.items()))
        print(f"{'tree' if on_tree else 'process':8} {call:11} {sum(results.values()):6}: {told}")
    told = ", ".join(f"{count} {result}" for result, count in sorted(counts.items()))
    print(f"{runs} faults injected: {told}")
    return 1 if findings or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
