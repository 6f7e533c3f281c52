"""What runs the batches of rows: this process, Ray or Spark; an engine, a file."""

from runner.engines.base import LOCAL, Engine, EngineFailed, Work, insist_on, lacking, run

__all__ = ["LOCAL", "Engine", "EngineFailed", "Work", "insist_on", "lacking", "run"]
