"""The desktop's own dialog to choose a folder, where there is one; it is opened by a process that ends with the server.

That process holds the dialog, which is a program of the desktop, and listens to its input, whose end is the end of the
server, however it came. So neither the server waits for a person, nor does a dialog outlive it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread

_WINDOWS = """
Add-Type -AssemblyName System.Windows.Forms
$dialog = New-Object System.Windows.Forms.FolderBrowserDialog
$dialog.Description = $env:SMEBATCH_TITLE
$dialog.SelectedPath = $env:SMEBATCH_FOLDER
$owner = New-Object System.Windows.Forms.Form -Property @{TopMost = $true}
if ($dialog.ShowDialog($owner) -eq 'OK') {
    [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false
    [Console]::Out.Write($dialog.SelectedPath)
}
"""
_MACOS = """
on run arguments
    set start to POSIX file (item 2 of arguments)
    POSIX path of (choose folder with prompt (item 1 of arguments) default location start)
end run
"""
_TKINTER = """
import os, sys, tkinter, tkinter.filedialog
root = tkinter.Tk()
root.withdraw()
root.attributes("-topmost", True)
chosen = tkinter.filedialog.askdirectory(
    title=os.environ["SMEBATCH_TITLE"], initialdir=os.environ["SMEBATCH_FOLDER"], mustexist=True
)
sys.stdout.buffer.write(os.fsencode(chosen or ""))
"""


def dialog_program(
    title: str, folder: Path, platform: str = sys.platform, environment: Mapping[str, str] = os.environ
) -> list[str] | None:
    """The program that opens a dialog at a folder, and says which was chosen; None where there is no desktop for it.

    ``title`` and ``folder`` stand in its environment as well: see _environment.
    """
    if platform == "win32":
        powershell = shutil.which("powershell", path=environment.get("PATH"))
        return [powershell, "-NoProfile", "-STA", "-Command", _WINDOWS] if powershell else None
    if platform == "darwin":
        osascript = shutil.which("osascript", path=environment.get("PATH"))
        return [osascript, "-e", _MACOS, title, str(folder)] if osascript else None
    if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        return None
    if zenity := shutil.which("zenity", path=environment.get("PATH")):
        return [zenity, "--file-selection", "--directory", f"--title={title}", f"--filename={folder}/"]
    if kdialog := shutil.which("kdialog", path=environment.get("PATH")):
        return [kdialog, "--title", title, "--getexistingdirectory", str(folder)]
    return [sys.executable, "-P", "-c", _TKINTER] if importlib.util.find_spec("_tkinter") else None


class FolderDialog:
    """The dialog of a server: one at a time. Its methods may be called by any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._chosen: Path | None = None

    @property
    def running(self) -> bool:
        """Whether the dialog is open."""
        process = self._process
        return process is not None and process.poll() is None

    @property
    def chosen(self) -> Path | None:
        """What was chosen last; None where nothing was, or the dialog was left without a choice."""
        return self._chosen

    def open(self, program: Sequence[str], title: str, folder: Path) -> None:
        """Open the dialog, unless it is open. Raises OSError where the process cannot be started."""
        with self._lock:
            if self.running:
                return
            self._chosen = None
            self._process = subprocess.Popen(  # noqa: S603  (this very program)
                [sys.executable, "-P", "-c", f"import sys; sys.path[:] = {sys.path!r}; {_CHILD}", *program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(title, folder),
            )
            Thread(target=self._wait, args=(self._process,), daemon=True).start()

    def forget(self) -> None:
        """Forget what was chosen, for it has been used."""
        self._chosen = None

    def stop(self) -> None:
        """Shut the dialog."""
        with self._lock:
            process, self._process = self._process, None
        if process and process.stdin:
            with suppress(OSError):
                process.stdin.close()
            process.wait()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Take in what is chosen."""
        if process.stdout:
            with process.stdout as said:
                answer = os.fsdecode(said.read()).strip("\r\n")
            if answer and Path(answer).is_dir():
                self._chosen = Path(answer)
        process.wait()
        if process.stdin:
            with suppress(OSError):
                process.stdin.close()


def _environment(title: str, folder: Path) -> dict[str, str]:
    return {**os.environ, "SMEBATCH_TITLE": title, "SMEBATCH_FOLDER": str(folder)}


# --- the process that holds the dialog --------------------------------------------------------------------------------

_CHILD = "from smebatch.page.folder_dialog import hold_dialog; hold_dialog(sys.argv[1:])"


def hold_dialog(program: Sequence[str]) -> None:
    """Run the program of the dialog, whose answer goes where this process's does; end both when the input ends."""
    with subprocess.Popen(program, stdin=subprocess.DEVNULL) as dialog:  # noqa: S603  (of dialog_program)

        def listen() -> None:
            while os.read(0, 1):  # sys.stdin would be waited for at the end of this process, and then abort it
                pass
            dialog.kill()

        Thread(target=listen, daemon=True).start()
        dialog.wait()
