"""What gunicorn itself has to say, in the form of our own lines (huume.logs) and without the query of any address."""

import json
import logging
import re
from datetime import UTC, datetime

from gunicorn.config import Config
from gunicorn.glogging import Logger

from huume.logs import without_links

QUERY = re.compile(r"\?[^\s\"']+")


class Lines(Logger):  # type: ignore[misc]  # the library is untyped
    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(LineFormatter())


class LineFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        said = {name: QUERY.sub("?…", words) for name, words in line.items()}
        return without_links(json.dumps(said, ensure_ascii=False))
