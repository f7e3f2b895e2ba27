"""The options --settings and -v of every command: smebatch.toml gives the defaults, -v tells what is used.

A command takes a setting by naming a parameter as its key in [round] is named: ``batch``, ``region`` and so on. What is
typed wins over the file, the file over the default that the command declares.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smebatch.cli.options import DEFAULT_BATCH
from smebatch.common.target import Target
from smebatch.issues.notice import Notice
from smebatch.settings.loader import load_settings
from smebatch.settings.model import Tier

if TYPE_CHECKING:
    from smebatch.cli.terminal import Terminal
    from smebatch.settings.model import Settings

_SETTINGS, _VERBOSE = "smebatch.settings", "smebatch.verbose"  # where the context of a command keeps them
_KEYS = ("folder", "out", "batch", "edition", "roster", "region", "phase", "kind")  # those that options can have
_SOURCES = {"COMMANDLINE": "settings.from_option", "DEFAULT_MAP": "settings.from_file"}


def _load(context: typer.Context, path: str | None) -> None:
    """Load the settings, and make them the defaults of this run. Raises SettingsError, OSError."""
    settings = context.meta[_SETTINGS] = load_settings(Path(path) if path else None, Path())
    context.default_map = {
        key: [*map(str, value)] if isinstance(value, tuple) else str(value)
        for key, value in _defaults(settings, {parameter.name for parameter in context.command.params}).items()
        if value
    }


def _defaults(settings: Settings, parameters: set[str | None]) -> dict[str, Any]:
    """The values of [round] that options can have. The batch is the one that ``run`` makes, unless another is named."""
    values = settings.round._asdict()
    values["folder"] = values.pop("folders")
    if settings.round.out and not settings.round.batch and "out" not in parameters:
        values["batch"] = settings.round.out / DEFAULT_BATCH
    return {key: values[key] for key in _KEYS}


def _keep_verbose(context: typer.Context, verbose: bool) -> None:
    context.meta[_VERBOSE] = verbose


_SettingsOption = Annotated[
    Path | None,
    typer.Option("--settings", metavar="FILE", help="opt.settings", is_eager=True, expose_value=False, callback=_load),
]
_VerboseOption = Annotated[
    bool, typer.Option("-v", "--verbose", help="opt.verbose", expose_value=False, callback=_keep_verbose)
]


def _declare(settings_file: _SettingsOption = None, verbose: _VerboseOption = False) -> None:
    """Declare the two options for typer, which makes them from a function's parameters; this is never called."""


def with_settings_options(parameters: list[Any]) -> list[Any]:
    """The parameters of a command and, behind them, the two options, but for those it declares itself."""
    own = {name for parameter in parameters for name in parameter.opts}
    return [*parameters, *(option for option in _OPTIONS if own.isdisjoint(option.opts))]


def _declared_options() -> list[Any]:
    app = typer.Typer(add_completion=False)
    app.command()(_declare)
    return list(typer.main.get_command(app).params)


_OPTIONS = _declared_options()


# --- what is used, and told with -v -----------------------------------------------------------------------------------


def use_settings(context: typer.Context, *names: str, defaults: Mapping[str, object] | None = None) -> Settings:
    """The settings of this run, for a command that uses some that no option has; -v tells the ones named.

    ``names``: those it uses, as ``bureau.phone`` and ``round.deadline``. ``defaults``: by name, what the command takes
    where the file is silent.
    """
    settings: Settings = context.meta[_SETTINGS]
    if context.meta[_VERBOSE]:
        for name in names:
            value, default = attrgetter(name)(settings), (defaults or {}).get(name)
            _tell(context, name, value or default, "settings.from_file" if value else "settings.from_default")
    return settings


def tell_settings(context: typer.Context) -> None:
    """With -v, say on stderr which settings file is used, and where the value of each option comes from."""
    if not context.meta[_VERBOSE]:
        return
    settings: Settings | None = context.meta.get(_SETTINGS)
    terminal: Terminal = context.obj
    if settings is None or settings.path is None:
        terminal.warn("settings.without")
    else:
        terminal.warn("settings.file", path=settings.path)
    for parameter in context.command.params:
        if parameter.name in _KEYS:
            name = parameter.metavar if parameter.param_type_name == "argument" else max(parameter.opts, key=len)
            source = context.get_parameter_source(parameter.name)
            code = _SOURCES.get(source.name if source else "", "settings.from_default")
            _tell(context, str(name), _used(context, parameter.name), code)


def _used(context: typer.Context, name: str) -> Any:
    """The value of an option; ``run`` puts its batch into the folder that it writes."""
    value = context.params[name]
    return context.params["out"] / DEFAULT_BATCH if name == "batch" and value is None else value


def _tell(context: typer.Context, name: str, value: Any, source: str) -> None:
    terminal: Terminal = context.obj
    values = value if isinstance(value, list | tuple) else [value or ""]
    texts = [each.name if isinstance(each, Tier | Target) else str(each) for each in values]
    terminal.warn(
        "settings.used", name=name, value="、".join(texts) or Notice("settings.nothing"), source=Notice(source)
    )
