"""`make demo`: what a newcomer gets, what it says when it cannot start, and that it leaves nothing behind."""

import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from accounts.tests.fake_provider import ACME_PEOPLE, GLOBEX_PEOPLE
from huume.demo_state import DemoError, State, load_state
from huume.tests.children import children_of, wait_for
from huume.tests.running_demo import Browser, RunningDemo, free_port, gone, processes_of

ALICE, BOB, CAROL, DAN = (person.subject for person in ACME_PEOPLE)
MALLORY = GLOBEX_PEOPLE[0].subject


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    running = RunningDemo(tmp_path_factory.mktemp("demo"), free_port(), free_port())
    with closing(running):
        yield running.wait()


def refusal(folder: Path, port: int, provider_port: int) -> str:
    """The one line that a demo says instead of starting."""
    refused = RunningDemo(folder, port, provider_port)
    with closing(refused):
        status, said = refused.end()
    assert status == 1, said
    assert "Traceback" not in said
    return said.strip().splitlines()[-1]


# One worker: all of it is against one running demo.
pytestmark = pytest.mark.xdist_group("demo")


def test_second_copy_is_told_where_the_first_one_is(demo: RunningDemo) -> None:
    said = refusal(demo.folder, free_port(), free_port())
    assert said == f"The demo is already running at http://localhost:{demo.port}. Stop that one first, with Ctrl-C."


@pytest.mark.parametrize("name", ["PORT", "PROVIDER_PORT"])
def test_port_in_use_is_named_with_the_way_around_it(tmp_path: Path, name: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        ports = (taken, free_port()) if name == "PORT" else (free_port(), taken)
        said = refusal(tmp_path, *ports)
    assert said.startswith(f"Port {taken} is in use by another program.")
    assert f"make demo {name}=" in said


def test_port_that_is_none_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, 70000, 9000) == "PORT is '70000'. It must be a number from 1 to 65535."


def test_damaged_state_says_what_to_delete(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text('{"password"')
    with pytest.raises(DemoError, match="is damaged"):
        load_state(tmp_path)


def test_state_of_an_older_demo_still_serves(tmp_path: Path) -> None:
    """It knew of two tenants, and the third has no secret to be kept."""
    older = asdict(State()) | {"client_secrets": {"acme": "of-acme", "globex": "of-globex"}}
    (tmp_path / "demo.json").write_text(json.dumps(older))
    assert asdict(load_state(tmp_path)) == older


def test_secrets_are_random_kept_and_closed_to_others(tmp_path: Path) -> None:
    state = load_state(tmp_path)
    assert load_state(tmp_path) == state
    (tmp_path / "other").mkdir()
    other = load_state(tmp_path / "other")
    assert other.password != state.password
    assert other.encryption_key != state.encryption_key
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600


def test_guide_says_what_to_open_and_whom_to_be(demo: RunningDemo) -> None:
    for name in ("Alice", "Bob", "Carol", "Dan", "Mallory"):
        assert name in demo.said
    for address in ("localhost", "acme.localhost", "globex.localhost"):
        assert f"http://{address}:{demo.port}" in demo.said
    assert f"password {json.loads((demo.folder / 'demo.json').read_text())['password']}" in demo.said


def ada(demo: RunningDemo) -> Browser:
    """Signed in with the password that the demo prints."""
    browser, address = Browser(), f"http://localhost:{demo.port}/admin/login/"
    browser.open(address)
    password = load_state(demo.folder).password
    token = browser.cookies[f"localhost:{demo.port}"]["csrf"]
    form = {"username": "ada@huume.example", "password": password, "csrfmiddlewaretoken": token}
    status, location, page = browser.open(f"{address}?next=/admin/", form)
    assert (status, location) == (302, "/admin/"), page
    return browser


def test_account_manager_signs_in_with_the_password_it_prints(demo: RunningDemo) -> None:
    assert ada(demo).open(f"http://localhost:{demo.port}/admin/")[0] == 200


def test_customer_that_waits_is_on_the_board_that_the_guide_names(demo: RunningDemo) -> None:
    address = f"http://localhost:{demo.port}/admin/readiness/"
    assert address in demo.said
    board = ada(demo).open(address)[2]
    (row,) = (row for row in board.split("<tr") if "Harbour Housing" in row)
    assert "Send the link" in row


def test_directory_has_the_console_that_the_guide_names_and_says_its_domain(demo: RunningDemo) -> None:
    console = re.search(r"http://(localhost:\d+)/console/ .*Okta domain: (\S+)", demo.said)
    assert console, demo.said
    assert console[1] == console[2]
    assert "Create App Integration" in Browser().open(f"http://{console[1]}/console/")[2]


def test_mail_is_shown_on_the_page_that_the_guide_names(demo: RunningDemo) -> None:
    address = f"http://localhost:{demo.port}"
    assert f"Mail: {address}/outbox/" in demo.said
    assert "No mail yet" in Browser().open(f"{address}/outbox/")[2]
    demo.queue_mail("ada@huume.example", f"{address}/admin/?from=mail")
    (page,) = wait_for(lambda: [page for page in [Browser().open(f"{address}/outbox/")[2]] if "<article" in page])
    assert "To ada@huume.example" in page
    assert f'href="{address}/admin/?from=mail"' in page
    assert "ada@huume.example" not in demo.said.partition("Ctrl-C")[2] + (demo.folder / "demo.log").read_text()


def test_worker_that_ends_is_followed_by_another_one(demo: RunningDemo) -> None:
    (first,) = wait_for(lambda: children_of(demo.process.pid, "db_worker"))
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: [worker for worker in children_of(demo.process.pid, "db_worker") if worker != first])


@pytest.mark.parametrize(
    ("tenant", "subject", "status", "text"),
    [
        ("acme", ALICE, 200, "alice.reed@acme.example"),
        ("acme", BOB, 200, "bob.lund@acme.example"),
        ("acme", CAROL, 200, "waiting for access"),
        ("globex", MALLORY, 200, "mallory.crane@globex.example"),
    ],
)
def test_person_of_the_guide_signs_in(demo: RunningDemo, tenant: str, subject: str, status: int, text: str) -> None:
    browser, address = Browser(), f"http://{tenant}.localhost:{demo.port}"
    assert browser.sign_in(address, subject)[0] == 302
    answer = browser.open(f"{address}/")
    assert answer[0] == status
    assert text.casefold() in answer[2].casefold()
    assert browser.open(f"{address}/people/")[0] == (200 if subject in (ALICE, MALLORY) else 403)


def test_somebody_not_assigned_is_refused(demo: RunningDemo) -> None:
    status, _, page = Browser().sign_in(f"http://acme.localhost:{demo.port}", DAN)
    assert status in (400, 403)
    assert "assigned" in page


def test_killed_and_started_again_it_has_its_data_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    ports = free_port(), free_port()
    address, browser = f"http://acme.localhost:{ports[0]}", Browser()
    with closing(RunningDemo(tmp_path, *ports)) as first:
        first.wait()
        browser.sign_in(address, BOB)
        first.process.kill()
        first.end()
    with closing(RunningDemo(tmp_path, *ports)) as second:
        second.wait()
        assert "bob.lund@acme.example" in browser.open(f"{address}/")[2]
        assert len(processes_of(tmp_path)) > 4
        with socket.create_connection(("127.0.0.1", ports[0])) as slow:
            # A request whose body never comes keeps a thread busy.
            head = f"POST /oidc/okta/initiate/ HTTP/1.1\r\nHost: acme.localhost:{ports[0]}\r\n"
            form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\n"
            slow.sendall((head + form).encode())
            second.process.send_signal(signal.SIGINT)
            status, said = second.end()
    assert (status, said.strip().splitlines()[-1]) == (0, "Stopped.")
    assert gone(tmp_path)
