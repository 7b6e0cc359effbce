# Sourced by jobs/quickstart.sh and tests/run.sh with $root set: makes $root/.venv once and sets $python to its
# interpreter. Plain POSIX sh, no compiler: every dependency comes as a wheel, MPI included.
# PYTHON=/path/to/python3 chooses the interpreter.

fail() {
    printf 'wellhop: error: %s\n' "$1" >&2
    exit 2
}

# Settings of the caller's own Python would mix its packages into ours.
unset PYTHONPATH PYTHONHOME
PYTHONNOUSERSITE=1
export PYTHONNOUSERSITE

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" || fail "PYTHON=$PYTHON: allowed is a Python >= 3.11"
        printf '%s\n' "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11 python3.14; do
        if is_new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "no Python >= 3.11 found; install one (Debian, Ubuntu: apt install python3 python3-venv) or set PYTHON"
}

make_venv() {
    base=$(find_python) || exit $?
    if ! "$base" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        version=$("$base" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
        fail "$base has no venv; install it (Debian, Ubuntu: apt install python3-venv, or $version-venv) and repeat"
    fi
    if [ -e "$root/.venv" ]; then
        [ -f "$root/.venv/pyvenv.cfg" ] || fail "$root/.venv is not a virtual environment; move it away and repeat"
        rm -rf "$root/.venv"
    fi
    printf 'wellhop: making a virtual environment in %s\n' "$root/.venv" >&2
    "$base" -m venv "$root/.venv" || fail "could not make the virtual environment $root/.venv"
}

prepare_venv() {
    python=$root/.venv/bin/python
    stamp=$root/.venv/wellhop-installed
    # A moved checkout has wrong paths inside its environment, an upgraded system Python may leave a dead link.
    wanted="$root $(cat "$root/setup.cfg" "$root/pyproject.toml" | cksum)"
    found=$(cat "$stamp" 2>/dev/null) || found=
    if [ "$found" = "$wanted" ] && is_new_enough "$python"; then
        return
    fi
    case $found in
        "$root "*) is_new_enough "$python" || make_venv ;;
        *) make_venv ;;
    esac
    printf 'wellhop: installing wellhop and its dependencies (once, a minute or two)\n' >&2
    "$python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: -e "$root[mpi,test]" ||
        fail "the installation failed; the lines above say why (no network? no wheels for this Python: set PYTHON)"
    printf '%s\n' "$wanted" >"$stamp"
}

prepare_venv

# One thread for each rank or test process: the linear algebra here is small, and threads would fight over the cores.
OPENBLAS_NUM_THREADS=1
OMP_NUM_THREADS=1
MKL_NUM_THREADS=1
export OPENBLAS_NUM_THREADS OMP_NUM_THREADS MKL_NUM_THREADS
