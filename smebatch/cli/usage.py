"""How the program is used, in the user's language: what typer says of it, in -h and of a command that it cannot take.

Typer keeps click's classes to itself; so what went wrong is known by the names of an error's classes and by what it
carries, and an error of a kind not known here keeps typer's words behind ours.
"""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup

from smebatch.cli.messages import language, say
from smebatch.issues.notice import Notice

_IN_BRACKETS = re.compile(r"\((?!s\))(.*)\)\W*$")
_FIELDS = {"phase": "phase", "kind": "assessment_kind"}  # options that take one of the choices of a field
_HELP = (
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


def choices(option: str) -> tuple[str, ...]:
    """The values that --phase and --kind know."""
    from smebatch.standard.loader import enterprise_fields

    return next(field.choices for field in enterprise_fields() if field.key == _FIELDS[option])


class Command(TyperCommand):
    """A command whose help is in the user's language, and names the values an option knows."""

    def get_help(self, ctx: Any) -> str:
        """The text of -h."""
        for param in self.params:
            if param.name in _FIELDS:
                vars(param)["help"] = say(f"opt.{param.name}", known="、".join(choices(param.name)))
        return _in_our_words(super().get_help(ctx))


class Group(TyperGroup):
    """Commands whose list is in the user's language."""

    def get_help(self, ctx: Any) -> str:
        """The text of -h."""
        return _in_our_words(super().get_help(ctx))


def _in_our_words(text: str) -> str:
    if language() == "zh":
        for theirs, ours in _HELP:
            text = theirs.sub(ours, text)
    return text


def usage_problem(error: Any) -> Notice:
    """What is wrong with a command, by typer's own error."""
    context = getattr(error, "ctx", None)
    values = {"command": context.command_path if context else "smebatch"}
    kinds = {kind.__name__ for kind in type(error).__mro__}
    parameter, option = getattr(error, "param", None), getattr(error, "option_name", "")
    said = " ".join(error.format_message().split())
    if "MissingParameter" in kinds and parameter:
        return Notice("usage.missing", values | {"name": _name(parameter)})
    if "BadParameter" in kinds and parameter:
        return _bad_value(parameter, said, values)
    if "NoSuchOption" in kinds:
        like = "、".join(getattr(error, "possibilities", None) or ())
        return Notice("usage.option_like" if like else "usage.option", values | {"name": option, "like": like})
    if "BadOptionUsage" in kinds:
        return Notice("usage.no_value" if "not take" in said else "usage.needs_value", values | {"name": option})
    if commands := getattr(getattr(context, "command", None), "commands", None):
        return Notice("usage.command", values | {"known": "、".join(commands)})
    if extra := _IN_BRACKETS.search(said):
        return Notice("usage.extra", values | {"extra": extra[1]})
    return Notice("usage.other", values | {"said": said})


def _bad_value(parameter: Any, said: str, values: dict[str, str]) -> Notice:
    kind = getattr(parameter, "type", None)  # where versions of typer that have click beside them keep the range
    least = getattr(parameter, "min", getattr(kind, "min", None))
    named = values | {"name": _name(parameter)}
    if least is not None:
        return Notice("usage.at_least", named | {"least": least})
    return Notice("usage.whole" if "integer" in said else "usage.value", named | {"said": said})


def _name(parameter: Any) -> str:
    """What the user types for an option, or what stands for an argument."""
    if parameter.param_type_name == "option":
        return " / ".join(parameter.opts)
    return str(parameter.metavar or parameter.name)
