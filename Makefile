# Needs make, a POSIX shell and Python 3.11 or later; everything else is installed into .venv.
.POSIX:
.SUFFIXES:
.PHONY: help install demo serve test check bench

PYTHONS = $(PYTHON) python3.13 python3.12 python3.11 python3
PIP = .venv/bin/python -m pip --disable-pip-version-check --no-input install
# pip's warnings are of interest only where it fails.
PIP_LOG = .venv/pip.log
PROGRESS = while read -r word name rest; do \
	case $$word in Collecting) echo "  $$name" ;; failed) cat $(PIP_LOG) >&2; exit 1 ;; esac; done
# The least that a production environment names, for `check --deploy`.
PRODUCTION = DEBUG=false BASE_DOMAIN=huume.example OIDC_ALLOW_LOCAL_PROVIDERS=false STAFF_SECOND_FACTOR=true \
	DATABASE_URL= HUUME_DATA_DIR=.data/check HUUME_DURABLE=false \
	SECRET_KEY="`.venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(50))'`" \
	ENCRYPTION_KEYS="`.venv/bin/python manage.py generate_key`"

help:
	@echo "make demo     try it: http://localhost:8000/admin/, http://acme.localhost:8000"
	@echo "make serve    run it for production, from the environment (.env.example)"
	@echo "make check    style, types, rules of the house"
	@echo "make test     every test, with a browser"
	@echo "make bench    speed, side by side with the stock parts"
	@echo "make install  only make .venv"

install: .venv/installed

demo: .venv/installed
	@exec env PORT="$(PORT)" PROVIDER_PORT="$(PROVIDER_PORT)" .venv/bin/python -m huume.demo

serve: .venv/installed
	@exec .venv/bin/python -m huume.serve

test: .venv/installed-dev
	@CHROMIUM="`.venv/bin/python -m huume.tests.browser`" && export CHROMIUM && \
	.venv/bin/python -m pytest -n auto --maxprocesses 8 $(ARGS)

check: .venv/installed-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	$(PRODUCTION) .venv/bin/mypy --strict .
	$(PRODUCTION) .venv/bin/python manage.py check --deploy --fail-level WARNING
	$(PRODUCTION) .venv/bin/python manage.py makemigrations --check --dry-run
	.venv/bin/python -m pytest -q huume/tests/test_house_rules.py huume/tests/test_hazards.py

bench: .venv/installed-dev
	@.venv/bin/python -m bench $(ARGS)

# Stamps of what was installed last. An interrupted installation leaves none, so it is taken up again.
.venv/installed: .venv/bin/python requirements.txt
	@$(PIP) --help >/dev/null 2>&1 || { echo "The environment in .venv is broken. Delete it, and run make again." >&2; exit 1; }
	@echo "Installing what requirements.txt names:"
	@{ $(PIP) -r requirements.txt 2>$(PIP_LOG) || echo failed; } | $(PROGRESS)
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	@echo "Installing what requirements-dev.txt names:"
	@{ $(PIP) -r requirements-dev.txt 2>$(PIP_LOG) || echo failed; } | $(PROGRESS)
	@touch $@

.venv/bin/python:
	@old=; for python in $(PYTHONS); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
		old=$$python; \
		"$$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || continue; \
		echo "Making .venv with $$python"; \
		rm -rf .venv; "$$python" -m venv .venv && exit 0; rm -rf .venv; \
	done; \
	if [ "$$old" ]; then \
		echo "$$old cannot make virtual environments. On Debian and Ubuntu: apt-get install $$old-venv" >&2; \
	else \
		echo "Python 3.11 or later is needed and was not found. Name one with: make PYTHON=/path/to/python3" >&2; \
	fi; exit 1
