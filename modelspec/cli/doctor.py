"""`modelspec doctor`: versions, devices, and what stands in the way."""

from __future__ import annotations

import argparse

from modelspec.cli.console import Console

NAME = "doctor"
SUMMARY = "show versions and devices, find a broken installation"
DESCRIPTION = "Show versions and devices, and look for a broken installation."
TAKES_SPECS = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own."""


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.api.installation import describe_installation, find_problems

    for name, value in describe_installation():
        console.say(f"{name:<12} {value}")
    problems = list(find_problems())
    for problem in problems:
        console.put(f"problem: {problem}\n")
    if not problems:
        console.say("no problems found")
    return 1 if problems else 0
