#!/bin/sh
# The test suite from the virtual environment of the checkout: sh tests/run.sh [pytest arguments]
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$root/jobs/venv.sh"
: "${HYDRA_LAUNCHER:=fork}"
export HYDRA_LAUNCHER
cd "$root"
exec "$python" -m pytest "$@"
