"""What the app stores."""

from casework.models.task import Absence, ClosedBy, Task, TaskEvent, TaskStatus, What

__all__ = ["Absence", "ClosedBy", "Task", "TaskEvent", "TaskStatus", "What"]
