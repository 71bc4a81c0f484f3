"""Connections to one host, used again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict


class OneHost(HTTPAdapter):
    """What `requests` sends with, for requests that all go to one origin.

    The adapter finds the pool of connections anew for each request, by its host, certificates and proxy, and makes a
    response of some forty fields: together as much CPU as the sending itself. Here the pool is looked up once.

    Args:
        connections: how many are kept; further ones are closed after use.
    """

    def __init__(self, connections: int) -> None:
        super().__init__(pool_connections=1, pool_maxsize=connections)
        self._pool: Any = None

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = True,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The answer, as far as its headers: `status_code`, `headers` and `raw`, whose body has not been read.

        Raises:
            urllib3.exceptions.HTTPError: there was no answer, or none to be trusted.
            OSError: the certificates that are to be trusted cannot be read.
        """
        if self._pool is None:
            pool = self.get_connection_with_tls_context(request, verify, proxies, cert)
            self.cert_verify(pool, request.url, verify, cert)  # type: ignore[no-untyped-call]
            self._pool = pool
        connect, read = timeout
        raw = self._pool.urlopen(
            "GET",
            request.path_url,
            headers=request.headers,
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect, read),
        )
        response = requests.Response()
        response.status_code = raw.status
        response.headers = cast("CaseInsensitiveDict[str]", raw.headers)
        response.raw = raw
        return response
