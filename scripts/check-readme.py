#!/usr/bin/env python3
"""Runs the commands that documents show, in an empty folder, and compares what they print with what is shown.

    scripts/check-readme.py --program .build/debug/landscape README.md docs/*.md
    scripts/check-readme.py --program .build-examples/debug/OwnModel Examples/README.md

Fenced blocks of two kinds are read:
  console  `$ command` is run, and its standard output must be the lines below it, up to the next `$`. A line of … alone stands for any
           lines, … in a line for any text; numbers may differ by 2 % (other processors add up in another order), times by anything.
  sh       commands of landscape must be understood: each is run where none of its inputs exist, so it must end by saying which one is
           missing (66), or that something else is (69, 73, 75), and never by refusing the options (64). `probe` gets --dry-run.
Commands of other programs are not run.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile

NUMBER = re.compile(r"[−-]?(?:\d+(?: \d{3})+|\d+)(?:\.\d+)?(?:[eE][−+-]?\d+)?")
TIME = re.compile(r"\b\d+(?:\.\d+)? (?:s|ms|min)\b")
TOLERANCE = 0.02


def blocks(text):
    """The fenced blocks with their language and line number."""
    language, lines, start, indent = None, [], 0, 0
    for number, line in enumerate(text.split("\n"), 1):
        fence = re.match(r"( *)```(\w*)$", line)
        if fence and language is None:
            language, lines, start, indent = fence[2], [], number + 1, len(fence[1])
        elif line.strip() == "```":
            yield language, start, [shown[indent:] for shown in lines]
            language = None
        elif language is not None:
            lines.append(line)


def continued(lines):
    """Lines with those that end in a backslash joined, and the number of their first line."""
    result, number = [], 0
    while number < len(lines):
        first, command = number, lines[number]
        while command.endswith("\\") and number + 1 < len(lines):
            number += 1
            command = command[:-1] + " " + lines[number].strip()
        result.append((first, command))
        number += 1
    return result


def value(text):
    return float(text.replace(" ", "").replace("−", "-"))


def same_line(shown, found):
    """Whether a line is as shown: the text to the letter but for spaces, numbers nearly, times whatever they are."""
    def parts(line):
        line = TIME.sub("TIME", line)
        return " ".join(NUMBER.sub("#", line).split()), [value(match) for match in NUMBER.findall(line)]

    if "…" in shown:
        pieces = [re.escape(piece) for piece in " ".join(shown.split()).split("…")]
        return re.fullmatch(".*".join(pieces), " ".join(found.split())) is not None
    (shown_text, shown_values), (found_text, found_values) = parts(shown), parts(found)
    return shown_text == found_text and all(
        abs(a - b) <= TOLERANCE * max(abs(a), abs(b)) for a, b in zip(shown_values, found_values))


def differs(shown, found):
    """The first line shown that was not printed in its place, or None."""
    position, anywhere = 0, False
    for line in shown:
        if line.strip() == "…":
            anywhere = True
            continue
        candidates = range(position, len(found) if anywhere else min(position + 1, len(found)))
        match = next((index for index in candidates if same_line(line, found[index])), None)
        if match is None:
            return line, found[position] if position < len(found) else "(nothing)"
        position, anywhere = match + 1, False
    rest = [line for line in found[position:] if line.strip()]
    return None if anywhere or not rest else ("(nothing)", rest[0])


class Checker:
    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.name = os.path.basename(program)
        self.failures = []
        self.ran = 0

    def run(self, command, folder):
        environment = dict(os.environ, HOME=folder, PATH=os.path.dirname(self.program) + ":" + os.environ["PATH"])
        return subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=600)

    def ours(self, command):
        """The command with our program in place of what the document calls it; None for another program."""
        pattern = r"(?:\./|\.build/release/)?landscape|\$landscape|swift run (?:-c release )?OwnModel"
        match = re.match(rf"({pattern})(?= |$)", command)
        wanted = "OwnModel" if "OwnModel" in command else "landscape"
        return None if not match or wanted != self.name else shlex.quote(self.program) + command[match.end():]

    def fail(self, place, text):
        self.failures.append(f"{place}: {text}")

    def console(self, document, start, lines, folder):
        entries = continued(lines)
        starts = [index for index, (_, line) in enumerate(entries) if line.startswith("$ ")]
        for begin, end in zip(starts, starts[1:] + [len(entries)]):
            number, line = entries[begin]
            place, command = f"{document}:{start + number}", self.ours(line[2:].split("    #")[0].strip())
            if command is None:
                continue
            outcome = self.run(command, folder)
            self.ran += 1
            if outcome.returncode:
                self.fail(place, f"'{line[2:]}' ended with {outcome.returncode}: {outcome.stderr.strip()[-400:]}")
                continue
            difference = differs([shown for _, shown in entries[begin + 1:end]], outcome.stdout.rstrip("\n").split("\n"))
            if difference:
                self.fail(place, f"'{line[2:]}' shows\n    {difference[0]}\n  and prints\n    {difference[1]}")

    def understood(self, document, start, lines):
        for number, line in continued(lines):
            for part in re.split(r"&&|\|(?!\|)|;", line.split("    #")[0]):
                found = re.search(r"(?:\.build/release/|\$)?\blandscape (?:--)?[a-z].*", part)
                # Nothing is written where the document says: only the command is tried.
                command = self.ours(re.sub(r"\s>.*", "", found[0]).strip()) if found else None
                if command is None:
                    continue
                words = command.replace(" ... ", " ").replace(" …", "").split()
                if words[1] == "probe" and "--dry-run" not in words:
                    words.append("--dry-run")
                command = " ".join(words)
                with tempfile.TemporaryDirectory() as folder:
                    outcome = self.run("SLURM_ARRAY_TASK_ID=1; " + command, folder)
                self.ran += 1
                if outcome.returncode not in (0, 66, 69, 73, 75) or "Usage:" in outcome.stderr:
                    self.fail(
                        f"{document}:{start + number}",
                        f"'{part.strip()}' is not understood ({outcome.returncode}): {outcome.stderr.strip()[-400:]}")

    def check(self, document, folder):
        with open(document, encoding="utf-8") as file:
            for language, start, lines in blocks(file.read()):
                if language == "console":
                    self.console(document, start, lines, folder)
                elif language in ("sh", "bash"):
                    self.understood(document, start, lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="landscape, or a program of Examples/")
    parser.add_argument("--folder", help="where to run console blocks; an empty folder when absent")
    parser.add_argument("documents", nargs="+")
    arguments = parser.parse_args()
    checker = Checker(arguments.program)
    for document in arguments.documents:
        with tempfile.TemporaryDirectory() as folder:
            checker.check(document, arguments.folder or folder)
    for failure in checker.failures:
        print(failure, file=sys.stderr)
    print(f"{checker.ran} commands of {len(arguments.documents)} documents run, {len(checker.failures)} not as shown")
    sys.exit(1 if checker.failures or checker.ran == 0 else 0)


if __name__ == "__main__":
    main()
