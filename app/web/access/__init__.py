"""Signing in and out, and the admin's page of keys and people."""

from app.web.access.manage import router as manage
from app.web.access.sign_in import router as sign_in

__all__ = ["manage", "sign_in"]
