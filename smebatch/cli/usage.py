"""Help and usage errors in the user's language: puts texts into typer's -h, and words its errors.

The commands are declared once, without words: where typer wants the help of a command or an option, it has the code of
a text of help.toml. The texts are put in when help is asked for, in the language of that run (``ctx.obj.words``).

Typer does not export click's classes, so this module recognises an error by the names of its classes and by its
attributes. An error of an unknown kind keeps typer's words behind ours.
"""

from __future__ import annotations

import re
from copy import copy
from typing import Any

from typer.core import TyperCommand, TyperGroup

from smebatch.cli.round_settings import tell_settings, with_settings_options
from smebatch.cli.words import CliWords
from smebatch.issues.notice import Notice
from smebatch.settings.choices import choices, has_choices

_IN_BRACKETS = re.compile(r"\((?!s\))(.*)\)\W*$")
_CHINESE = (
    (re.compile(r"^Usage: ", re.MULTILINE), "用法："),
    (re.compile(r"^Arguments:$", re.MULTILINE), "参数："),
    (re.compile(r"^Options:$", re.MULTILINE), "选项："),
    (re.compile(r"^Commands:$", re.MULTILINE), "命令："),
    (re.compile(r"(?<=[\[ ])required\]"), "必填]"),
    (re.compile(r"\[default:(?=\s)"), "[默认:"),
    (re.compile(r"Show\s+this\s+message\s+and\s+exit\."), "显示本说明"),
    (re.compile(r"\[OPTIONS\]"), "[选项]"),
    (re.compile(r"COMMAND \[ARGS\]\.\.\."), "命令 [参数]..."),
)


class Command(TyperCommand):
    """A command that takes settings (cli.round_settings); its help is in the user's language and names choices."""

    def __init__(self, *args: Any, **declared: Any) -> None:
        super().__init__(*args, **declared)
        self.params = with_settings_options(self.params)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; with -v, after telling its settings."""
        tell_settings(ctx)
        return super().invoke(ctx)

    def get_help(self, ctx: Any) -> str:
        """The text of -h, with the defaults of the program, whatever the settings say."""
        ctx.default_map = None
        return _translated(TyperCommand.get_help(with_texts(self, ctx.obj.words), ctx), ctx.obj.words)


class Group(TyperGroup):
    """Commands whose list is in the user's language."""

    def get_help(self, ctx: Any) -> str:
        """The text of -h."""
        words: CliWords = ctx.obj.words
        group = with_texts(self, words)
        group.commands = {name: _with_help(command, words) for name, command in self.commands.items()}
        return _translated(TyperGroup.get_help(group, ctx), words)


def with_texts(command: Any, words: CliWords) -> Any:
    """A copy of a command in which it and its options have texts in the place of codes."""
    command = _with_help(command, words)
    command.params = [_option_with_help(option, words) for option in command.params]
    return command


def _option_with_help(option: Any, words: CliWords) -> Any:
    name = max(option.opts, key=len).removeprefix("--")
    known = {"known": "、".join(choices(name))} if has_choices(name) else {}
    option = _with_help(option, words, **known)
    if option.param_type_name == "argument":
        option.display_type_rich = _no_type  # DIR and FILE say what is meant; a class of Python's does not
    return option


def _no_type(**_: Any) -> None:
    """What typer prints of a parameter's type."""


def _with_help(command: Any, words: CliWords, **values: object) -> Any:
    """A copy of a command or an option with its help text in the place of the code."""
    command = copy(command)
    command.help = words.help(command.help, **values)
    return command


def _translated(text: str, words: CliWords) -> str:
    """Help with typer's own words translated."""
    for theirs, ours in _CHINESE if words.language == "zh" else ():
        text = theirs.sub(ours, text)
    return text


def usage_problem(error: Any) -> Notice:
    """The notice that says in the user's language what typer's error says."""
    context = getattr(error, "ctx", None)
    values = {"command": context.command_path if context else "smebatch"}
    kinds = {kind.__name__ for kind in type(error).__mro__}
    parameter, option = getattr(error, "param", None), getattr(error, "option_name", "")
    message = " ".join(error.format_message().split())
    if "MissingParameter" in kinds and parameter:
        return Notice("usage.missing", values | {"name": _name(parameter)})
    if "BadParameter" in kinds and parameter:
        return _bad_value(parameter, message, values)
    if "NoSuchOption" in kinds:
        like = "、".join(getattr(error, "possibilities", None) or ())
        return Notice("usage.option_like" if like else "usage.option", values | {"name": option, "like": like})
    if "BadOptionUsage" in kinds:
        return Notice("usage.no_value" if "not take" in message else "usage.needs_value", values | {"name": option})
    if commands := getattr(getattr(context, "command", None), "commands", None):
        return Notice("usage.command", values | {"known": "、".join(commands)})
    if extra := _IN_BRACKETS.search(message):
        return Notice("usage.extra", values | {"extra": extra[1]})
    return Notice("usage.other", values | {"said": message})


def _bad_value(parameter: Any, message: str, values: dict[str, str]) -> Notice:
    kind = getattr(parameter, "type", None)  # where versions of typer that have click beside them keep the range
    least = getattr(parameter, "min", getattr(kind, "min", None))
    named = values | {"name": _name(parameter)}
    if least is not None:
        return Notice("usage.at_least", named | {"least": least})
    return Notice("usage.whole" if "integer" in message else "usage.value", named | {"said": message})


def _name(parameter: Any) -> str:
    """What the user types for an option, or what stands for an argument."""
    if parameter.param_type_name == "option":
        return " / ".join(parameter.opts)
    return str(parameter.metavar or parameter.name)
