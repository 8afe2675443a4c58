"""A network as a table: sizes, parameters, multiply-adds, memory; without torch."""

from modelspec.report.summary.optimizers import OPTIMIZERS, TrainingMemory
from modelspec.report.summary.rows import Row, build_rows
from modelspec.report.summary.summary import FORMATS, Summary

__all__ = ["FORMATS", "OPTIMIZERS", "Row", "Summary", "TrainingMemory", "build_rows"]
