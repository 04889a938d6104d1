"""Who answers: the port, services over HTTP, recordings of real models, and the scripted fake."""

from adhere.models.limits import Patience, Throttle
from adhere.models.port import Model, Request
from adhere.models.recorded import RecordedModel, read_recordings, recorded_models
from adhere.models.scripted import Script, ScriptedModel

__all__ = [
    "Model", "Patience", "RecordedModel", "Request", "Script", "ScriptedModel", "Throttle",
    "read_recordings", "recorded_models",
]  # fmt: skip
