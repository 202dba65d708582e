"""What this product remembers. No HTTP, no vendor call, no words for people."""

from batches.models.background import CallMinute, Lease, LeasePurpose, Purpose, Walk
from batches.models.batches import SeenBatch, StatusChange
from batches.models.exports import ExportLease
from batches.models.keys import ApiKey, FingerprintSecret, Mode
from batches.models.operations import Operation, OperationEvent, PostAnswer, State, Verb
from batches.models.preferences import Preferences, Theme
from batches.models.readings import StoredReading
from batches.models.samples import ProjectQuarter, Sample, SampleDay

__all__ = [
    "ApiKey",
    "CallMinute",
    "ExportLease",
    "FingerprintSecret",
    "Lease",
    "LeasePurpose",
    "Mode",
    "Operation",
    "OperationEvent",
    "PostAnswer",
    "Preferences",
    "ProjectQuarter",
    "Purpose",
    "Sample",
    "SampleDay",
    "SeenBatch",
    "State",
    "StatusChange",
    "StoredReading",
    "Theme",
    "Verb",
    "Walk",
]
