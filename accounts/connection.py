from django.db import connection


def release_connection() -> None:
    """Nobody waits for a provider with a connection in hand. (Not within a transaction, which would be lost.)"""
    if not connection.in_atomic_block:
        connection.close()
