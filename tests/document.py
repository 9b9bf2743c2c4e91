"""The OpenAPI document of the service: it takes a second to write, so all tests that read it share it."""

from app.main import create_app
from app.settings import Settings

DOCUMENT = create_app(Settings()).openapi()
