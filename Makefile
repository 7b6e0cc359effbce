# For developers; users need only sh jobs/quickstart.sh and sh tests/run.sh.
# One-time: make dev (puts ruff, mypy and the benchmark tools into .venv).
.PHONY: dev lint type test bench validate
PYTHON := .venv/bin/python
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
RANKS ?= 2

dev:
	sh tests/run.sh --version
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[mpi,test,bench,dev]'

lint:
	$(PYTHON) -m ruff check .

# mypy follows folders, not the package_dir mapping of setup.cfg: give it a tree with the names of the package.
type:
	mkdir -p .typecheck/wellhop
	for room in engine analysis jobs; do ln -sfn ../../$$room .typecheck/wellhop/$$room; done
	MYPYPATH=.typecheck $(PYTHON) -m mypy --strict -p wellhop.engine -p wellhop.analysis -p wellhop.jobs

test:
	sh tests/run.sh

bench:
	$(ONE_THREAD) $(PYTHON) -m pytest tests/benchmarks -o addopts='--strict-markers --import-mode=importlib' -s

# The main job with a quarter of its error bars (hours): the same agreement has to survive.
validate:
	mkdir -p runs
	sed 's/relative_error = 0.02/relative_error = 0.005/' jobs/campaigns/kerr_cat_staircase.toml > runs/validate.toml
	grep -q 'relative_error = 0.005' runs/validate.toml
	$(ONE_THREAD) .venv/bin/mpiexec -n $(RANKS) $(PYTHON) -m wellhop.jobs run runs/validate.toml --output runs/validate
	$(PYTHON) -m wellhop.jobs report runs/validate
