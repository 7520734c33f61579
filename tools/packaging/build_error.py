"""What ends a build before anything is compiled."""


class BuildError(SystemExit):
    """Ends the build with a message and no traceback."""
