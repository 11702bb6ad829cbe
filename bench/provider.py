"""The local providers, in a process of their own: `python -m bench.provider`, told what to do on standard input.

Each line is a JSON object, answered by one: {"clients": [...]} once, to start; then {"delay": seconds} or {"calls": 1},
which says how many calls and connections each provider saw since it was last asked.
"""

import json
import sys
from typing import Any

from accounts.tests.fake_provider import FakeProvider, huume_client

# Name: whether the ID token is as thin as Okta's (name and email alone).
KINDS = {"two": True, "one": False, "okta": True}
CALLED_BY_US = ("discovery", "token", "jwks", "userinfo", "myaccount")


def start(hosts: dict[str, str]) -> dict[str, FakeProvider]:
    """A provider of each kind that knows the product's clients; the first knows the stock project's too."""
    providers = {name: FakeProvider(thin=thin, auto_person="alice").start() for name, thin in KINDS.items()}
    for name, provider in providers.items():
        client = huume_client("acme", host=hosts["ours"], slug=name)
        provider.add_client(client)
        stock = huume_client("stock", host=hosts["stock"])
        stock.redirect_uris = [f"http://{hosts['stock']}/oidc/callback/"]
        provider.add_client(stock)
    return providers


_last_connection: dict[str, int] = {}


def seen(provider: FakeProvider) -> dict[str, int]:
    """Connections are numbered as they come, so those above the last one seen are new."""
    calls = [call for name in CALLED_BY_US for call in provider.calls_to(name)]
    counts = {name: len(provider.calls_to(name)) for name in CALLED_BY_US}
    last = _last_connection.get(provider.address, 0)
    new = {call.connection for call in calls if call.connection > last}
    _last_connection[provider.address] = max((call.connection for call in provider.calls), default=last)
    provider.calls.clear()
    return {**counts, "calls": len(calls), "new_connections": len(new)}


def obey(told: dict[str, Any], providers: dict[str, FakeProvider]) -> Any:
    if "hosts" in told:
        providers.update(start(told["hosts"]))
        return {name: provider.address for name, provider in providers.items()}
    if "delay" in told:
        for provider in providers.values():
            provider.delay = told["delay"]
    return {name: seen(provider) for name, provider in providers.items()}


def main() -> None:
    providers: dict[str, FakeProvider] = {}
    for line in sys.stdin:
        print(json.dumps(obey(json.loads(line), providers)), flush=True)
    for provider in providers.values():
        provider.stop()


if __name__ == "__main__":
    main()
