"""The live check: whether people will be able to sign in by a provider, found out before they try.

It reads the provider's documents anew, asks the token endpoint to redeem a code that never was, and asks to begin a
sign-in as a browser without a session would. It takes 20 seconds at most, and fails to authenticate once at most.
"""

from accounts.live_check.lines import CHECKS, Line
from accounts.live_check.runner import run

__all__ = ["CHECKS", "Line", "run"]
