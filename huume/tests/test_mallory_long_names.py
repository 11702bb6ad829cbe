"""A name that nobody has is refused at the staff's sign-in, however long it is."""

import pytest

from huume.testing import ClientFor
from huume.tests.staff_desk import show_password
from tenants.models import Tenant


@pytest.mark.parametrize("length", [254, 255, 256, 5_000])
def test_a_long_name_is_refused_in_words(staff: Tenant, client_for: ClientFor, length: int) -> None:
    answer = show_password(client_for(staff), "x" * length)
    assert answer.status_code == 200
    assert answer.context["form"].errors
