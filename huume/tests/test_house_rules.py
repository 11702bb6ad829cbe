"""The rules of the house: how long a function may be, what a module may be called, and who may import whom."""

import ast
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("huume", "tenants", "accounts", "bench")
LONGEST_FUNCTION, LONGEST_FILE, MEDIAN = 40, 299, 8
FORBIDDEN_NAMES = {"utils", "helpers", "services"}
Complain = Callable[[str, ast.Module], Iterable[str]]

# Modules that may import nothing of Django, nor anything of ours but one another.
PLAIN = (
    "accounts.oidc.*",
    "tenants.discovery",
    "tenants.issuers",
    "huume.crypto",
    "huume.outbound",
    "huume.connections",
)
KNOW_THE_LIBRARY = ("accounts.backends",)
# What stands on top, with those that may import it.
TOP = {
    "*.views": ("*.urls", "huume.urls*", "huume.admin"),
    "*.views.*": ("*.urls", "huume.urls*", "*.views", "*.views.*"),
    "*.admin": ("huume.urls*", "*admin"),
    "*.forms": ("*.views", "*.views.*", "*admin", "huume.staff.*", "*.forms.*"),
    "*.middleware": (),
    "*.management.commands.*": ("*.management.commands.*",),
    "huume.urls*": (),
    "huume.testing": (),
    "huume.demo*": ("huume.demo*",),
}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of ours by its dotted name, migrations left out."""
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {dotted(path): ast.parse(path.read_text()) for path in found if "migrations" not in path.parts}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def is_test(module: str) -> bool:
    return ".tests." in module or module.startswith(("bench", "huume.testing"))


def any_of(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def imported(tree: ast.Module) -> Iterator[str]:
    """What a module imports, also inside functions: `from a.b import c` as a.b and as a.b.c."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Name and number of lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def long_functions(module: str, tree: ast.Module) -> Iterator[str]:
    yield from (f"{name} has {lines} lines" for name, lines in functions(tree) if lines > LONGEST_FUNCTION)


def is_ours(name: str) -> bool:
    return name.split(".")[0] in ("accounts", "tenants", "huume")


def impure(module: str, tree: ast.Module) -> Iterator[str]:
    if any_of(module, PLAIN) and not is_test(module):
        for name in imported(tree):
            near = any_of(name, PLAIN) or any_of(name.rpartition(".")[0], PLAIN) or name == "accounts.oidc"
            if name.split(".")[0] == "django" or (is_ours(name) and not near):
                yield f"is plain Python and imports {name}"


def against_the_layers(module: str, tree: ast.Module) -> Iterator[str]:
    for name in imported(tree):
        if module.startswith("tenants.") and name.split(".")[0] == "accounts":
            yield f"is of tenants and imports {name}"
        if name.split(".")[0] == "mozilla_django_oidc" and not any_of(module, KNOW_THE_LIBRARY):
            yield f"imports {name}, which is for {', '.join(KNOW_THE_LIBRARY)}"


def from_above(module: str, tree: ast.Module) -> Iterator[str]:
    for name in {name for name in imported(tree) if is_ours(name) and name in modules()}:
        for pattern, allowed in TOP.items():
            if fnmatch(name, pattern) and not any_of(module, (*allowed, pattern)):
                yield f"imports {name}, which stands on top"


BROKEN: list[tuple[Complain, str, str]] = [
    (long_functions, "huume.x", "def f():\n" + "    pass\n" * LONGEST_FUNCTION),
    (impure, "accounts.oidc.keys", "from django.conf import settings"),
    (impure, "tenants.discovery", "def f():\n    from tenants.models import Tenant"),
    (against_the_layers, "tenants.models", "import accounts.models"),
    (against_the_layers, "accounts.models", "from mozilla_django_oidc.auth import OIDCAuthenticationBackend"),
    (from_above, "accounts.models", "from accounts.views import home"),
    (from_above, "huume.middleware", "import huume.urls"),
    (from_above, "accounts.arrive", "from accounts.middleware import GateMiddleware"),
]
RULES: list[Complain] = [long_functions, impure, against_the_layers, from_above]


@pytest.mark.parametrize(("rule", "module", "source"), BROKEN)
def test_rule_sees_what_breaks_it(rule: Complain, module: str, source: str) -> None:
    assert list(rule(module, ast.parse(source)))


@pytest.mark.parametrize("rule", RULES)
def test_rule_holds_everywhere(rule: Complain) -> None:
    complaints = [
        f"{module} {complaint}"
        for module, tree in modules().items()
        for complaint in rule(module, tree)
        if not (is_test(module) and rule in (from_above, against_the_layers))
    ]
    assert not complaints, "\n".join(complaints)


def test_half_of_all_functions_are_short() -> None:
    assert median(lines for tree in modules().values() for _name, lines in functions(tree)) < MEDIAN


def test_no_file_is_long() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    assert not {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE}


def test_no_module_is_a_catch_all() -> None:
    assert not [module for module in modules() if FORBIDDEN_NAMES & set(module.split("."))]
