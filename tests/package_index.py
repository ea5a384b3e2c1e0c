"""A package index on this machine."""

import base64
import contextlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path


@contextlib.contextmanager
def package_index(folder: Path, password: str = "") -> Iterator[str]:
    """Yield the URL of an index that holds `probe` 1.0, and serves it while the context lasts.

    Args:
        folder: where its files go.
        password: what it asks for, of anybody; the URL holds it. Empty: it asks for none.
    """
    (folder / "probe").mkdir()
    with zipfile.ZipFile(folder / "probe" / "probe-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("probe.py", "VERSION = '1.0'\n")
        wheel.writestr("probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n")
        wheel.writestr("probe-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("probe-1.0.dist-info/RECORD", "")
    expected = "Basic " + base64.b64encode(f"user:{password}".encode()).decode()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if not password or self.headers["Authorization"] == expected:
                super().do_GET()
            else:
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
                self.end_headers()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{f'user:{password}@' if password else ''}127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
