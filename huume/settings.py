"""Settings, all of them from the environment (docs/operations.md, .env.example)."""

import base64
import hashlib
import sys
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

DEBUG: bool = env.bool("DEBUG", default=False)
BASE_DOMAIN: str = env.str("BASE_DOMAIN", default="localhost:8000").strip().lower()
BASE_HOST = BASE_DOMAIN.partition(":")[0]
LOCAL = BASE_HOST == "localhost"
SCHEME = "http" if LOCAL else "https"
HUUME_DATA_DIR = Path(env.str("HUUME_DATA_DIR", default=str(BASE_DIR / ".data")))
KEYLESS_COMMANDS = {"generate_key", "help", "--help", "version", "--version"}
KEYLESS = Path(sys.argv[0]).name == "manage.py" and (len(sys.argv) < 2 or sys.argv[1] in KEYLESS_COMMANDS)


def required(name: str) -> str:
    """A secret of the environment: never defaulted, except that printing a key needs none."""
    value = env.str(name, default="")
    if not value and not (DEBUG or KEYLESS):
        raise ImproperlyConfigured(f"{name} is not set. It is required when DEBUG is false: see .env.example.")
    return value or base64.urlsafe_b64encode(hashlib.sha256(f"DEBUG {name}".encode()).digest()).decode()


SECRET_KEY = required("SECRET_KEY")
ENCRYPTION_KEYS: list[str] = [key.strip() for key in required("ENCRYPTION_KEYS").split(",") if key.strip()]
BEHIND_PROXY: int = env.int("BEHIND_PROXY", default=0)
SIGN_IN_RATE: int = env.int("SIGN_IN_RATE", default=300)
STAFF_SECOND_FACTOR: bool = env.bool("STAFF_SECOND_FACTOR", default=True)
OIDC_ALLOW_LOCAL_PROVIDERS: bool = env.bool("OIDC_ALLOW_LOCAL_PROVIDERS", default=False)

# Only the register of tenants and the queue are public; a missing table of a tenant can fall through to nothing.
SHARED_APPS = ["tenants", "django_tenants", "django_tasks_db"]
TENANT_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.admin",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "accounts",
]
INSTALLED_APPS = [
    "huume",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.admin",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "tenants",
    "django_tenants",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "accounts",
]
TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_LIMIT_SET_CALLS = True
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
STAFF_SCHEMA = "staff"

MIDDLEWARE = [
    "huume.content_policy.PolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "huume.middleware.TenantMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "huume.middleware.TransportSecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
    "accounts.middleware.GateMiddleware",
]
ROOT_URLCONF = "huume.urls"
STAFF_URLCONF = "huume.urls_staff"
WSGI_APPLICATION = "huume.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "huume.context.portal",
            ]
        },
    }
]


def database() -> dict[str, Any]:
    """The database of DATABASE_URL; where it is unset, the embedded PostgreSQL, started or joined."""
    if env.str("DATABASE_URL", default=""):
        config: dict[str, Any] = env.db("DATABASE_URL")
    else:
        from huume import postgres

        server = postgres.ensure_running(HUUME_DATA_DIR, durable=env.bool("HUUME_DURABLE", default=True))
        config = {"NAME": server.name, "USER": server.user, "HOST": server.socket_folder, "PORT": str(server.port)}
    largest = env.int("DATABASE_POOL", default=16)
    pool = {"min_size": 1, "max_size": largest, "timeout": 10} if largest else False
    config["OPTIONS"] = {**config.get("OPTIONS", {}), "pool": pool}
    return {**config, "ENGINE": "huume.database", "CONN_HEALTH_CHECKS": True}


DATABASES = {} if KEYLESS else {"default": database()}
CACHE_CONFIG = env.cache("CACHE_URL", default="locmemcache://")
if CACHE_CONFIG["BACKEND"].endswith("LocMemCache"):
    # Counters by address share it with the providers' keys: 300, Django's own, are soon pushed out.
    CACHE_CONFIG["OPTIONS"] = {"MAX_ENTRIES": 10_000, **CACHE_CONFIG.get("OPTIONS", {})}
CACHES = {"default": {**CACHE_CONFIG, "KEY_FUNCTION": "huume.cache.tenant_key"}}
EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10  # seconds, for each answer of the mail server
# Every mail into a file instead, for the page /outbox/ of `make demo`.
DEMO_OUTBOX: bool = env.bool("HUUME_OUTBOX", default=False)
if DEMO_OUTBOX:
    EMAIL_BACKEND = "huume.demo_outbox.Backend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Huume <no-reply@{BASE_HOST}>")

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.StaffBackend",
    "accounts.backends.TenantOIDCBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"

SESSION_ENGINE = "accounts.sessions"
SESSION_LIFETIME_SECONDS = 12 * 3600
SESSION_IDLE_SECONDS = 3600
STAFF_SESSION_SECONDS = 8 * 3600
PREFIX = "" if LOCAL else "__Host-"
SESSION_COOKIE_NAME = f"{PREFIX}session"
CSRF_COOKIE_NAME = f"{PREFIX}csrf"
ATTEMPT_COOKIE_NAME = f"{PREFIX}attempt"
SETUP_LINK_COOKIE_NAME = f"{PREFIX}setup-link"
SETUP_COOKIE_NAME = f"{PREFIX}setup"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOCAL
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "huume.refusals.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Hosts are checked against the register, exactly, before anything else (huume.middleware).
ALLOWED_HOSTS = ["*"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = not LOCAL
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 0 if LOCAL else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not LOCAL
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: [] for feature in ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10

AXES_HANDLER = "accounts.staff_throttle.StaffPasswordHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["ip_address", "username"]]
AXES_CLIENT_IP_CALLABLE = "huume.client_address.client_address"
AXES_LOCKOUT_TEMPLATE = "admin/locked_out.html"
AXES_NEVER_LOCKOUT_GET = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
OTP_TOTP_ISSUER = "Huume"

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
# `make serve` collects them, hashed and compressed; before that they are served from where they lie.
COLLECTING = sys.argv[1:2] == ["collectstatic"]
COLLECTED = (COLLECTING or (STATIC_ROOT / "staticfiles.json").is_file()) and not DEBUG
WHITENOISE_USE_FINDERS = not COLLECTED
STATICFILES_BACKEND = "django.contrib.staticfiles.storage.StaticFilesStorage"
if COLLECTED:
    STATICFILES_BACKEND = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": STATICFILES_BACKEND},
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "huume.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.request": {"level": "ERROR"},
        "axes": {"level": "WARNING"},
        "requests_hardened": {"level": "ERROR"},
    },
}
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # email is not unique on purpose: an identity is the key
]
