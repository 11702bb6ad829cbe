from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's address: the peer's, or the n-th of X-Forwarded-For from the right behind n proxies of ours.

    What a client writes into the header itself stands further left and is never believed. Empty where there is none.
    """
    address: str = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= settings.BEHIND_PROXY:
            address = hops[-settings.BEHIND_PROXY]
    try:
        return str(ip_address(address.strip("[]")))
    except ValueError:
        return ""
