from typing import Any, cast

from django.http import HttpRequest

from huume.client_address import client_address
from tenants.actor import Actor


def staff_actor(request: HttpRequest) -> Actor:
    """The account manager of a request to the staff host."""
    user = cast(Any, request.user)
    return Actor("staff", key=str(user.pk), name=user.email or user.username, ip_address=client_address(request))
