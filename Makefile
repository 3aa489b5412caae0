# What there is to do here: `make` alone lists it. Only Python 3.11+ need be installed; PYTHON=... chooses which.

ARGS ?=
setup = @sh scripts/setup.sh
# One BLAS thread a process: several processes with several threads each fight for the cores.
python_env = env OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
uv_lock = uv pip compile --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-header -q $(ARGS)

.PHONY: help run test accuracy sweep bench faults fuzz lint types contracts check lock outdated

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: ## Set up and serve on 127.0.0.1:8000; UPTO_PORT and the like change it
	$(setup) run
	@exec .venv/bin/upto serve

test: ## Set up and run the tests; ARGS="-k axes" narrows them
	$(setup) dev
	@exec $(python_env) .venv/bin/pytest -p no:benchmark --ignore=tests/benchmarks -n auto --maxprocesses=8 $(ARGS)

accuracy: ## Set up and measure how many right answers are refused and wrong ones accepted; ARGS="--cases 20000" for less
	$(setup) dev
	@exec $(python_env) .venv/bin/python -m tests.accuracy --cases 250000 --jobs 2 $(ARGS)

sweep: ## Set up and grade on drawn data: N=1000 draws the data of both assignments that come with the service 1000 times
	$(setup) dev
	@exec $(python_env) .venv/bin/python -m tests.accuracy.drawn --draws $(N) --jobs 2 $(ARGS)

bench: ## Set up and measure the speed: of checking, and of the service under load beside the barest one; ARGS="--quick" for less
	$(setup) dev
	@$(python_env) .venv/bin/pytest -p no:randomly --benchmark-only tests/benchmarks
	@exec $(python_env) .venv/bin/python -m tests.benchmarks.load $(ARGS)

faults: ## Set up and break things under load; N=50 kills the server 50 times
	$(setup) dev
	@exec env N=$(or $(N),50) $(python_env) .venv/bin/pytest -p no:benchmark -p no:randomly -n 0 tests/faults $(ARGS)

fuzz: ## Set up and try hostile inputs on every part; N=1000000 is how many, ARGS="--seed 2" other ones
	$(setup) dev
	@exec $(python_env) .venv/bin/python -m tests.fuzz --inputs $(or $(N),1000000) --jobs 2 $(ARGS)

lint: ## Check style and formatting
	$(setup) dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check

types: ## Check the types
	$(setup) dev
	.venv/bin/mypy

contracts: ## Check which part may import which
	$(setup) dev
	.venv/bin/lint-imports

check: ## All that has to pass before a change is handed in
	.ci/run

lock: ## Resolve both locks anew with uv; ARGS=--upgrade takes newer versions
	@command -v uv >/dev/null || { echo "make lock: uv resolves the locks, and it is not on the PATH; 'pip install uv' in an environment of its own brings it." >&2; exit 1; }
	$(uv_lock) --extra build -o requirements.lock pyproject.toml
	$(uv_lock) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

outdated: ## List the locked dependencies that have newer releases, as uv finds them; nothing is changed
	$(setup) run
	@exec .venv/bin/python -m scripts.outdated $(ARGS)
