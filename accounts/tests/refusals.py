"""What every refused sign-in looks like."""

from typing import Any

from accounts.models import Identity, Session, User


def nobody_got_in() -> bool:
    return not (User.objects.exists() or Identity.objects.exists() or Session.objects.exists())


def expect_refusal(answer: Any) -> None:
    assert answer.status_code in {400, 403, 502}, answer.status_code
    assert b"<h1" in answer.content
    assert nobody_got_in()
