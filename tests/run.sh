#!/bin/sh
# The test suite from the virtual environment of the checkout: sh tests/run.sh [pytest arguments]
# Files of tests are spread over TEST_PROCESSES processes (default 2; 0: in one process, for a debugger).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$root/jobs/venv.sh"
: "${HYDRA_LAUNCHER:=fork}"
export HYDRA_LAUNCHER
cd "$root"
exec "$python" -m pytest --numprocesses "${TEST_PROCESSES:-2}" --dist loadfile "$@"
