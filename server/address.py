"""Where browsers find this server: the origin of the base domain, and of each tenant below it."""


class Address:
    """Known from the settings; where the system chooses the port, when the server listens."""

    def __init__(self, url: str) -> None:
        """Begin with this origin, such as `http://localhost:8000`."""
        self.url = url

    def port_is(self, port: int) -> None:
        """Take the port that the system has chosen."""
        if self.url.endswith(":0"):
            self.url = f"{self.url.removesuffix(':0')}:{port}"

    def of(self, slug: str) -> str:
        """A tenant's origin."""
        scheme, _, host = self.url.partition("://")
        return f"{scheme}://{slug}.{host}"
