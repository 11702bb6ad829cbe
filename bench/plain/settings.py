"""Plain Django without tenants."""

from bench.common_settings import *  # noqa: F403
from bench.common_settings import database

ROOT_URLCONF = "bench.plain.urls"
DATABASES = {"default": database("bench_plain")}
