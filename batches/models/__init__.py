"""The tables. What may enter: fields, choices, indexes, and properties of one row.

No vendor call, no HTTP and no query over several rows: these are services. Start with `operations`.
"""

from batches.models.attention import (
    Alarm,
    AlarmCheck,
    AlarmKind,
    BatchNote,
    Dismissal,
    ProjectSetting,
)
from batches.models.batches import SeenBatch, StatusChange
from batches.models.bulks import Bulk, BulkRow, BulkState, PlanGroup
from batches.models.callbacks import CallbackAddress
from batches.models.estimates import Estimate, FinishedBatch, OpenCells, Rhythm
from batches.models.keys import ApiKey, FingerprintSecret, Mode
from batches.models.leases import ExportLease, Lease, LeasePurpose
from batches.models.notices import (
    Channel,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Follow,
    Notice,
    NoticeKind,
    NoticeSetting,
    Scope,
)
from batches.models.operations import Operation, OperationEvent, PostAnswer, State, Verb
from batches.models.preferences import Preferences, Theme
from batches.models.readings import CallMinute, CallUse, StoredReading, Walk, WalkPurpose
from batches.models.record import RecordCheck, RecordHead, RecordSeal
from batches.models.samples import ProjectQuarter, Sample, SampleDay
from batches.models.saved_views import SavedView
from batches.models.selections import SelectedBatch, Selection
from batches.models.tokens import PersonalToken, TokenScope
from batches.models.watching import Sweep, Watch, WatchGap

__all__ = [
    "Alarm",
    "AlarmCheck",
    "AlarmKind",
    "ApiKey",
    "BatchNote",
    "Bulk",
    "BulkRow",
    "BulkState",
    "CallMinute",
    "CallUse",
    "CallbackAddress",
    "Channel",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "Dismissal",
    "Estimate",
    "ExportLease",
    "FingerprintSecret",
    "FinishedBatch",
    "Follow",
    "Lease",
    "LeasePurpose",
    "Mode",
    "Notice",
    "NoticeKind",
    "NoticeSetting",
    "OpenCells",
    "Operation",
    "OperationEvent",
    "PersonalToken",
    "PlanGroup",
    "PostAnswer",
    "Preferences",
    "ProjectQuarter",
    "ProjectSetting",
    "RecordCheck",
    "RecordHead",
    "RecordSeal",
    "Rhythm",
    "Sample",
    "SampleDay",
    "SavedView",
    "Scope",
    "SeenBatch",
    "SelectedBatch",
    "Selection",
    "State",
    "StatusChange",
    "StoredReading",
    "Sweep",
    "Theme",
    "TokenScope",
    "Verb",
    "Walk",
    "WalkPurpose",
    "Watch",
    "WatchGap",
]
