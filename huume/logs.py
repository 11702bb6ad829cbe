"""Log lines as JSON, each with the tenant and the request's id; line breaks cannot forge a second line."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from tenants.schemas import current_schema

# Set by huume.middleware for the time of a request; its answer carries it as X-Request-Id.
request_id: ContextVar[str] = ContextVar("request_id", default="")
# Of a setup or an emergency link: whoever reads the log must not get in by it.
LINK = re.compile(r"(/(?:setup|emergency)/)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request", "server_time", "socket"}


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "tenant": current_schema(),
            "request": request_id.get(),
            "message": record.getMessage(),
        }
        line |= {name: str(value) for name, value in vars(record).items() if name not in PLAIN}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return without_links(json.dumps(line))


def without_links(text: str) -> str:
    return LINK.sub(r"\1...", text)
