from urllib.parse import urlsplit


def origin(url: str) -> str:
    """Scheme, host and port of an address, "" for none (RFC 6454 section 6.1)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
