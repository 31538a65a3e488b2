"""What the app stores."""

from casework.models.evidence import (
    Evidence,
    EvidenceHold,
    EvidenceLink,
    EvidenceUpload,
    EvidenceUploadPart,
    Source,
    UploadStatus,
)
from casework.models.note import Note
from casework.models.task import Absence, ClosedBy, Task, TaskEvent, TaskStatus, What

__all__ = [
    "Absence",
    "ClosedBy",
    "Evidence",
    "EvidenceHold",
    "EvidenceLink",
    "EvidenceUpload",
    "EvidenceUploadPart",
    "Note",
    "Source",
    "Task",
    "TaskEvent",
    "TaskStatus",
    "UploadStatus",
    "What",
]
