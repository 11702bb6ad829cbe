"""Moments as people say them."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.views.moments import waiting_for, when


def test_today_and_yesterday_are_said_as_that() -> None:
    noon = timezone.localtime().replace(hour=12, minute=5)
    assert when(noon) == "Today 12:05"
    assert when(noon - timedelta(days=1)) == "Yesterday 12:05"


def test_other_days_are_written_out_as_the_clock_on_the_wall_was() -> None:
    assert when(datetime.fromisoformat("2026-07-01T23:30:00+00:00")) == "2 July 2026, 00:30"


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=5), "Waiting since just now"),
        (timedelta(hours=3, minutes=20), "Waiting 3\xa0hours"),
        (timedelta(days=1, hours=1), "Waiting 1\xa0day"),
    ],
)
def test_a_wait_is_told_in_its_largest_unit(ago: timedelta, words: str) -> None:
    assert waiting_for(timezone.now() - ago) == words
