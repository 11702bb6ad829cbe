"""The product with two bench pages more, and nothing else changed."""

from huume.settings import *  # noqa: F403
from huume.settings import BASE_DIR, TEMPLATES

ROOT_URLCONF = "bench.ours_urls"
TEMPLATES[0]["DIRS"].append(BASE_DIR / "bench" / "templates")
