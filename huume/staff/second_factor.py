"""The second factor of Huume's own staff: an authenticator app (RFC 6238) and recovery codes, by django-otp."""

import logging
import math
import re
from base64 import b32encode
from typing import Any

import segno
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp import login as otp_login
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10
PENDING = "pending_authenticator"
APP_CODE = re.compile(r"[0-9]{6}")
logger = logging.getLogger(__name__)


class CodeRefused(Exception):
    """str() is a sentence for the person who typed the code."""


def is_passed(request: HttpRequest) -> bool:
    """Whether this session has shown a second factor, or none is asked for."""
    return not settings.STAFF_SECOND_FACTOR or bool(request.user.is_verified())  # type: ignore[union-attr]  # by django-otp


def is_enrolled(user: AbstractBaseUser) -> bool:
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def plain(typed: str) -> str:
    """A code without the spaces and hyphens that make it readable."""
    return re.sub(r"[\s-]", "", typed).lower()


def check(user: AbstractBaseUser, typed: str) -> Any:
    """The device that accepts the code: six digits are the app's, anything else a recovery code. Raises CodeRefused.

    A code is good once: the app's for its time step, a recovery code for ever (django-otp).
    """
    code = plain(typed)
    model = TOTPDevice if APP_CODE.fullmatch(code) else StaticDevice
    # The row stays locked while the code is compared, and a failure that slows the next try down is committed.
    with transaction.atomic():
        device = model.objects.select_for_update().filter(user=user, confirmed=True).first()
        refusal = _refusal(device, code)
    if refusal:
        logger.warning("second factor refused", extra={"user": user.pk})
        raise CodeRefused(refusal)
    return device


def _refusal(device: Any, code: str) -> str:
    wrong = _("That code is not right, or it has been used. Wait for the next one in your app, or use a recovery code.")
    if device is None:
        return wrong
    allowed, reason = device.verify_is_allowed()
    if not allowed:
        return _slow_down((reason or {}).get("locked_until"))
    return "" if device.verify_token(code) else wrong


def _slow_down(until: Any) -> str:
    seconds = max(1, math.ceil((until - timezone.now()).total_seconds())) if until else 1
    return ngettext(
        "Too many wrong codes. Try again in %(seconds)d second.",
        "Too many wrong codes. Try again in %(seconds)d seconds.",
        seconds,
    ) % {"seconds": seconds}


def pending_device(request: HttpRequest) -> TOTPDevice:
    """The authenticator that this session is setting up. It counts for nothing until `enrol`.

    One for each session: a seed that another session of the same password has seen is never the one set up here.
    """
    waiting = TOTPDevice.objects.filter(user_id=request.user.pk, confirmed=False)
    device: TOTPDevice | None = waiting.filter(pk=request.session.get(PENDING)).first()
    if device is None:
        device = TOTPDevice.objects.create(user_id=request.user.pk, confirmed=False, name="Authenticator app")
        request.session[PENDING] = device.pk
    return device


def enrol(user: AbstractBaseUser, pending: TOTPDevice, typed: str) -> tuple[TOTPDevice, list[str]]:
    """The pending authenticator, proven by a code, takes the place of any other. New recovery codes come with it."""
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False, pk=pending.pk).first()
        refusal = _refusal(device, plain(typed))
        if not refusal:
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
            codes = new_recovery_codes(user)
    if refusal:
        raise CodeRefused(refusal)
    logger.info("second factor set up", extra={"user": user.pk})
    return device, codes


def new_recovery_codes(user: AbstractBaseUser) -> list[str]:
    """Ten new codes, as they are shown; the former ones are good for nothing from now on."""
    with transaction.atomic():
        device, _made = StaticDevice.objects.get_or_create(user=user, defaults={"name": "Recovery codes"})
        device.token_set.all().delete()
        codes = [StaticToken.random_token() for _each in range(RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    logger.info("recovery codes made", extra={"user": user.pk})
    return [f"{code[:4]}-{code[4:]}" for code in codes]


def recovery_codes_left(user: AbstractBaseUser) -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


def pass_with(request: HttpRequest, device: Any) -> None:
    """The session has shown its second factor: from here on under a new key."""
    otp_login(request, device)
    request.session.cycle_key()


def forget(user: AbstractBaseUser) -> None:
    """No authenticator, no recovery codes: the next sign-in sets a new one up."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def qr_code(device: TOTPDevice) -> str:
    """A data URI of the enrolment address, drawn here: the secret is shown to no service of anybody's."""
    return str(segno.make(device.config_url, error="m").svg_data_uri(scale=5, border=4, dark="#000", light="#fff"))


def secret_text(device: TOTPDevice) -> str:
    secret = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
