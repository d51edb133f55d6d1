"""The door for WSGI servers."""

from app import create_app

application = create_app()
