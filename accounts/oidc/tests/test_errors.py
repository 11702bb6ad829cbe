"""The tree of refusals and its reason codes."""

import copy
import pickle
import re

import pytest

from accounts.oidc import errors
from accounts.oidc.errors import ALL_CODES, ProviderUnreachable, SignInError, TokenRefused, UnknownKey

CLASSES = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, SignInError)]


def test_a_code_of_another_class_is_refused() -> None:
    with pytest.raises(ValueError, match="no reason code of TokenRefused"):
        TokenRefused("provider_too_late")


@pytest.mark.parametrize("code", ALL_CODES)
def test_a_code_is_a_short_name_of_one_class(code: str) -> None:
    assert re.fullmatch(r"[a-z_]{5,40}", code)
    assert sum(code in family.codes for family in CLASSES) == 1


@pytest.mark.parametrize(("code", "status"), ALL_CODES.items())
def test_a_status_is_502_only_for_our_own_calls(code: str, status: int) -> None:
    of_ours = code in ProviderUnreachable.codes or code in {"client_refused", "token_request_refused"}
    assert status in ({502} if of_ours else {400, 403})


def test_an_error_keeps_its_parts() -> None:
    error = UnknownKey(detail="not one of 3 keys")
    for same in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 (our own bytes)
        assert (same.code, same.status, same.detail) == ("token_key_unknown", 403, "not one of 3 keys")
        assert str(same) == "token_key_unknown: not one of 3 keys"
