"""Airflow's REST interface, as far as Mandje uses it."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, Self

import httpx

from mandje.errors import MandjeError

PATIENCE_SECONDS = 60.0


class Login(httpx.Auth):
    """Log in with name and password; again when the token has run out."""

    requires_response_body = True

    def __init__(self, user: str, password: str) -> None:
        self._body = {"username": user, "password": password}
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with the token; log in for one where there is none, or it is accepted no more."""
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            granted = yield httpx.Request(
                "POST", request.url.copy_with(raw_path=b"/auth/token"), json=self._body
            )
            self._token = granted.json().get("access_token", "")
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request


class Rest:
    """Calls to one server; close it after use, or use it in a `with`."""

    def __init__(self, address: str, user: str, password: str) -> None:
        self._client = httpx.Client(base_url=f"{address}/api/v2", auth=Login(user, password), timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        """One call; a question to a busy server is asked again for a minute, an order is not given twice.

        Raises:
            MandjeError: the server is gone.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._client.request(method, path, **options)
            except httpx.TransportError as fault:
                is_gone = isinstance(fault, httpx.ConnectError)
                if is_gone or method != "GET" or time.monotonic() > deadline:
                    raise MandjeError(
                        "Airflow does not answer",
                        found=f"{method} {path}: {type(fault).__name__}",
                        next_step="stop it with `mandje down SHOP` and start again",
                    ) from None

    def get(self, path: str) -> dict[str, Any]:
        """The JSON answer to a GET.

        Raises:
            MandjeError: any answer but a good one.
        """
        answer = self.call("GET", path)
        if answer.is_error:
            raise unexpected(answer)
        body: dict[str, Any] = answer.json()
        return body


def unexpected(answer: httpx.Response) -> MandjeError:
    """An error for an answer that should not come."""
    return MandjeError(
        "Airflow refused a request",
        found=f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:200]}",
        next_step="look into the api-server's log under .airflow/logs of the shop",
    )
