"""Notes which files legacy code reads, writes and lists while it runs, and the lines of the script that do it.

Python imports this module by itself where this folder is on its path. It stays on the machine where code is imported,
and never comes into a generated repository. It runs on every Python from 3.8.

Each line of the trace is a JSON object: `event`, `path` or `text`, and `lines`, those of the script from the outermost
call to call to the innermost. What imports and libraries read for themselves is left out.

Legacy code that wants to write outside of its folder is told that it may not, as far as Python hears of it.
"""

from __future__ import annotations

import atexit
import errno
import os
import sys
from json import dumps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType

# What reads code to run it, or to show it beside a warning.
READERS_OF_CODE = tuple(os.path.join(os.path.dirname(os.__file__), name) for name in ("linecache.py", "runpy.py"))
# Code that asks again after every fault would do so for ever once nothing more is typed.
MOST_PROMPTS = 1000
RUNTIME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


class Tracer:
    """Appends to the trace what the audit events of this process say."""

    def __init__(self, trace: str, script: str, folder: str) -> None:
        """Open the trace.

        Args:
            trace: The file to append to. Processes that are forked from this one append to it, too.
            script: The file name of the script whose lines are noted.
            folder: The script's working folder, seen from the root of its files.
        """
        self._trace = os.open(trace, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._script = script
        self._depth = 0 if folder == "." else len(folder.split("/"))
        self._root = ""
        self._untouched: dict[str, int] | None = None
        self._noted: set[str] = set()
        self._kinds: dict[str, str] = {}
        self._prompts = 0
        self._libraries = tuple(
            os.path.join(os.path.realpath(folder), "")
            for folder in (sys.prefix, sys.base_prefix, os.path.dirname(os.__file__))
        )
        own = [os.environ[name] for name in ("HOME", "MPLCONFIGDIR", "TMPDIR")]
        self._writable = (*(os.path.join(os.path.realpath(folder), "") for folder in own), *self._libraries, "/dev/")
        self._notes: dict[str, Callable[..., None]] = {
            "builtins.input": self._prompt,
            "open": self._open,
            "os.chdir": self._change,
            "os.listdir": self._list,
            "os.remove": self._remove,
            "os.rename": self._rename,
            "os.scandir": self._list,
            "os.system": self._start,
            "socket.connect": self._connect,
            "socket.getaddrinfo": self._look_up,
            "sqlite3.connect": self._connect_database,
            "subprocess.Popen": self._start,
            "urllib.Request": self._request,
        }

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note an audit event."""
        note = self._notes.get(event)
        if note is not None:
            note(*arguments)

    def fault(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        """Note the exception that ends the process, and show it as ever."""
        lines = []
        step = traceback
        while step is not None:
            if self._kind(step.tb_frame.f_code.co_filename) == "script":
                lines.append(step.tb_lineno)
            step = step.tb_next
        path = getattr(error, "filename", None)
        self._write(event="error", type=kind.__name__, text=str(error), lines=lines, path=_text(path) if path else "")
        sys.__excepthook__(kind, error, traceback)

    def end(self) -> None:
        """Note which files of the user's own were imported."""
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None)
            if path and self._kind(path) == "legacy":
                self._write(event="module", path=os.path.abspath(path), module=name, lines=[])

    def _open(self, path: Any, mode: str | None, flags: int) -> None:
        if isinstance(path, int):
            return
        if mode is None:
            mode = "r" if not flags & (os.O_WRONLY | os.O_RDWR) else "w" if flags & os.O_TRUNC else "a"
        event = "write" if set(mode) & set("wx") else "update" if set(mode) & set("a+") else "read"
        self._note(event, path)

    def _list(self, path: Any) -> None:
        if not isinstance(path, int):
            self._note("list", "." if path is None else path)

    def _change(self, path: Any) -> None:
        if isinstance(path, int) or self._note("chdir", path) == "legacy":
            return
        if self._root:
            if not self._is_inside(path):
                self._look_for_touched()
            return
        self._root = os.path.abspath(_text(path))
        for _ in range(self._depth):
            self._root = os.path.dirname(self._root)
        self._write(event="root", path=self._root, lines=[])
        self._forget_reading()

    def _remove(self, path: Any, *_: Any) -> None:
        self._note("remove", path)

    def _rename(self, source: Any, target: Any, *_: Any) -> None:
        if self._note("remove", source) == "runtime" and self._is_inside(source):
            # The step takes what the script left: its times of access say nothing about the script from here on.
            self._look_for_touched()
        self._note("write", target)

    def _connect_database(self, database: Any) -> None:
        name = _text(database)
        if name.startswith("file:"):
            name = name[len("file:") :].split("?")[0]
        if name and name != ":memory:":
            self._note("update", name)

    def _start(self, command: Any, arguments: Any = None, *_: Any) -> None:
        words = command if arguments is None else arguments
        self._say("process", _text(words) if isinstance(words, (str, bytes)) else " ".join(map(_text, words)))

    def _look_up(self, host: Any, *_: Any) -> None:
        self._say("connect", _text(host or ""))

    def _connect(self, _: Any, address: Any) -> None:
        self._say("connect", _text(address[0] if isinstance(address, tuple) else address))

    def _request(self, url: str, *_: Any) -> None:
        self._say("connect", url)

    def _prompt(self, prompt: Any) -> None:
        self._say("prompt", str(prompt))
        self._prompts += 1
        if self._prompts > MOST_PROMPTS:
            _, lines = self._actor()
            self._write(event="error", type="EndlessPrompts", text="", lines=lines, path="")
            os._exit(1)

    def _is_inside(self, path: Any) -> bool:
        return os.path.join(os.path.abspath(_text(path)), "").startswith(os.path.join(self._root, ""))

    def _note(self, event: str, path: Any) -> str:
        """Note what legacy code does to a path; return who does it.

        Raises:
            PermissionError: It would change what is not its own.
        """
        actor, lines = self._actor()
        if actor == "legacy":
            path = os.path.abspath(_text(path))
            real = os.path.realpath(path)
            if not real.startswith(self._libraries):
                self._write(event=event, path=path, lines=lines)
            # A temporary file without a name is opened by the name of its folder.
            if event in ("write", "update", "remove") and not os.path.join(real, "").startswith(self._writable):
                raise PermissionError(errno.EACCES, "outside of the folder of the script", path)
        return actor

    def _say(self, event: str, text: str) -> None:
        actor, lines = self._actor()
        if actor == "legacy":
            self._write(event=event, text=text, lines=lines)

    def _actor(self) -> tuple[str, list[int]]:
        """Return whose code acts, `legacy`, `import` or `runtime`, and the lines of the script that are at work."""
        actor = ""
        lines = []
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  the documented way, nearly
        while frame is not None:
            name = frame.f_code.co_filename
            kind = self._kind(name)
            if not actor and kind in ("import", "runtime") and name != __file__:
                return kind, []
            if kind == "runtime" and name != __file__:
                break
            if kind in ("script", "legacy"):
                actor = "legacy"
            if kind == "script":
                lines.append(frame.f_lineno)
            frame = frame.f_back
        return actor, lines[::-1]

    def _kind(self, name: str) -> str:
        """Return whose code a file is: `script`, `legacy` beside it, `library`, `import` machinery, or `runtime`."""
        if name not in self._kinds:
            path = os.path.realpath(name)
            folder = os.path.dirname(path)
            if name.startswith(("<frozen importlib", "<frozen runpy")) or name in READERS_OF_CODE:
                kind = "import"
            elif name.startswith("<"):
                kind = "library"
            elif path.startswith(RUNTIME + os.sep) or os.path.basename(folder) == "handover":
                kind = "runtime"
            elif path.startswith(self._libraries):
                kind = "library"
            else:
                kind = "script" if os.path.basename(path) == self._script else "legacy"
            self._kinds[name] = kind
        return self._kinds[name]

    def _files(self) -> Iterator[tuple[str, os.stat_result]]:
        for folder, _, names in os.walk(self._root):
            for name in names:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                # A link leads to a file of others, whose times must stay as they are.
                if status.st_nlink == 1 and not os.path.islink(path):
                    yield path, status

    def _forget_reading(self) -> None:
        """Make visible what libraries in C read: they tell no audit event, but the file's time of access tells."""
        self._untouched = {}
        for path, status in self._files():
            os.utime(path, ns=(0, status.st_mtime_ns))
            self._untouched[path] = status.st_mtime_ns

    def _look_for_touched(self) -> None:
        untouched, self._untouched = self._untouched, None
        if untouched:
            for path, status in self._files():
                if untouched.get(path) == status.st_mtime_ns and status.st_atime_ns > 0:
                    self._write(event="touch", path=path, lines=[])

    def _write(self, **note: Any) -> None:
        line = dumps(note) + "\n"
        if line not in self._noted:
            self._noted.add(line)
            os.write(self._trace, line.encode("ascii"))


def _text(value: Any) -> str:
    return os.fsdecode(value) if isinstance(value, (bytes, os.PathLike)) else str(value)


def _begin() -> None:
    trace = os.environ.pop("SAGELIFT_TRACE", None)
    if trace is None:
        return
    tracer = Tracer(trace, os.environ.pop("SAGELIFT_SCRIPT"), os.environ.pop("SAGELIFT_FOLDER"))
    sys.excepthook = tracer.fault
    atexit.register(tracer.end)
    sys.addaudithook(tracer.hook)


_begin()
