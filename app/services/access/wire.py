"""The line to the identity provider: one exchange, and an end to it after so many seconds, however slowly it talks."""

import http.client

import httpx2

from app.services.patience import cut_after

_MOST = 1 << 20
"""Bytes of an answer; a provider's keys are a few thousand."""


class Exchange(httpx2.BaseTransport):
    """Asks and reads the whole answer, or raises TransportError."""

    def __init__(self, silence_s: float, whole_s: float) -> None:
        """`silence_s`: longest wait for a word; `whole_s`: for everything."""
        self._silence_s = silence_s
        self._whole_s = whole_s

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request, one answer, one connection."""
        connection = self._connection(request.url)
        try:
            with cut_after(self._whole_s, lambda: connection.sock):
                connection.request(
                    request.method, request.url.raw_path.decode("ascii"), request.read(), _headers(request)
                )
                answer = connection.getresponse()
                content = answer.read(_MOST + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise httpx2.TransportError(str(error) or type(error).__name__, request=request) from error
        finally:
            connection.close()
        if len(content) > _MOST or (answer.length or 0) > 0:
            raise httpx2.TransportError("the answer is too long, or was cut off", request=request)
        return httpx2.Response(answer.status, headers=answer.getheaders(), content=content, request=request)

    def _connection(self, url: httpx2.URL) -> http.client.HTTPConnection:
        if url.scheme == "https":
            context = httpx2.create_ssl_context()
            return http.client.HTTPSConnection(url.host, url.port, timeout=self._silence_s, context=context)
        return http.client.HTTPConnection(url.host, url.port, timeout=self._silence_s)


def _headers(request: httpx2.Request) -> dict[str, str]:
    told = {name: value for name, value in request.headers.items() if name not in {"connection", "transfer-encoding"}}
    return told | {"accept-encoding": "identity", "connection": "close"}
