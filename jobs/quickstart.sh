#!/bin/sh
# The main job from nothing: sh jobs/quickstart.sh
# Makes .venv (once), measures the Kerr-cat switching staircase on two ranks, writes the report, prints the pulls.
# Repeating it continues a stopped run. Settings: PYTHON (interpreter), WELLHOP_RANKS (2), WELLHOP_MPIEXEC (the mpiexec
# of the embedded MPI; set it, with mpi4py of the same MPI in .venv, to use the MPI of a cluster).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$root/jobs/venv.sh"

campaign=jobs/campaigns/kerr_cat_staircase.toml
folder=runs/kerr_cat_staircase
ranks=${WELLHOP_RANKS:-2}
cd "$root"

# Only local processes are needed: fork them, and talk over the loopback where there is no other interface.
: "${HYDRA_LAUNCHER:=fork}"
export HYDRA_LAUNCHER
mpiexec=${WELLHOP_MPIEXEC:-$root/.venv/bin/mpiexec}
probe='from mpi4py import MPI; import sys; sys.exit(MPI.COMM_WORLD.Get_size() != int(sys.argv[1]))'

wellhop() {
    "$python" -m wellhop.jobs "$@"
}

measure() {
    if "$mpiexec" -n "$ranks" "$python" -c "$probe" "$ranks" >/dev/null 2>&1; then
        "$mpiexec" -n "$ranks" "$python" -m wellhop.jobs "$@"
    else
        printf 'wellhop: %s -n %s does not work here; going on with one process\n' "$mpiexec" "$ranks" >&2
        wellhop "$@"
    fi
}

if [ -f "$folder/manifest.json" ]; then
    measure resume "$folder" --campaign "$campaign" || {
        code=$?
        if [ "$code" -eq 2 ]; then
            printf 'wellhop: to start anew, move %s away and repeat\n' "$root/$folder" >&2
        fi
        exit "$code"
    }
else
    measure run "$campaign" --output "$folder"
fi
wellhop report "$folder"
