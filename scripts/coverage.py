"""Prints which share of each module's lines the tests ran, and fails where it is below the floor.

`make test` builds with coverage and leaves the profiles of the test runner and of every process it started in
.build/coverage; processes that were killed leave none.
"""
import argparse
import collections
import glob
import json
import pathlib
import shutil
import subprocess
import sys

# Two points or so below what the tests reach without the data sets, so that code without tests shows. Only ever raise them.
FLOORS = {
    "Archive": 88, "Checkpoints": 92, "Configuration": 93, "Figures": 94, "Forecasters": 90, "Krylov": 96,
    "Landscape": 92, "LandscapeTool": 89, "Networks": 96, "Reports": 94, "Smoothing": 92, "Tensor": 94,
    "TimeSeries": 94, "Training": 95,
}

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--profiles", default=".build/coverage", help="folder of the .profraw files")
parser.add_argument("--products", default=".build/debug", help="folder of the programs")
parser.add_argument("--files", metavar="MODULE", help="list the files of a module as well")
parser.add_argument("--json", metavar="FILE", help="write the figures there")
arguments = parser.parse_args()



def tool(name):
    """The tool that belongs to the Swift toolchain: the formats of profiles differ between versions of LLVM."""
    swift = shutil.which("swift")
    beside = pathlib.Path(swift).resolve().with_name(name) if swift else pathlib.Path(name)
    return str(beside) if beside.exists() else name


root = pathlib.Path(__file__).resolve().parent.parent
profiles = sorted(glob.glob(f"{arguments.profiles}/*.profraw"))
if not profiles:
    sys.exit(f"coverage: no profiles in {arguments.profiles}; run `make test`")
products = pathlib.Path(arguments.products)
objects = [products / "landscapePackageTests.xctest", products / "landscape", products / "ArchiveWriterHelper"]
merged = pathlib.Path(arguments.profiles) / "all.profdata"
# Threads count without locks, so that a few counters are wrong, and warned of; whether a line ran is not in doubt.
merging = subprocess.run(
    [tool("llvm-profdata"), "merge", "-sparse", "--failure-mode=all", "-o", merged, *profiles], capture_output=True, text=True)
if merging.returncode:
    sys.exit(merging.stderr)
command = [tool("llvm-cov"), "export", "-summary-only", "-instr-profile", str(merged), str(objects[0])]
for other in objects[1:]:
    if other.exists():
        command += ["-object", str(other)]
report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

modules = collections.defaultdict(lambda: [0, 0])
files = {}
for file in report["data"][0]["files"]:
    path = pathlib.Path(file["filename"])
    if not path.is_relative_to(root / "Sources"):
        continue
    module = path.relative_to(root / "Sources").parts[0]
    lines = file["summary"]["lines"]
    modules[module][0] += lines["covered"]
    modules[module][1] += lines["count"]
    files[path.relative_to(root)] = (module, lines["covered"], lines["count"])

missing = sorted(set(FLOORS) - set(modules))
below = []
print(f"{'module':16}{'lines':>8}{'covered':>10}{'floor':>8}")
for module, (covered, count) in sorted(modules.items()):
    share = 100 * covered / max(1, count)
    floor = FLOORS.get(module, 0)
    print(f"{module:16}{count:8}{share:9.1f} %{floor:6} %{'   below the floor' if share < floor else ''}")
    if share < floor:
        below.append(module)
    if module == arguments.files:
        for path, (_, some, all_lines) in sorted(files.items(), key=lambda item: item[1][1] / max(1, item[1][2])):
            if files[path][0] == module:
                print(f"  {100 * some / max(1, all_lines):5.1f} %  {all_lines:5}  {path}")
if arguments.json:
    pathlib.Path(arguments.json).write_text(
        json.dumps({module: {"covered": c, "lines": n} for module, (c, n) in sorted(modules.items())}, indent=1) + "\n")
if below or missing:
    names = ", ".join(below + missing)
    sys.exit(f"coverage: below the floor: {names}. Test what is new, see --files MODULE")
