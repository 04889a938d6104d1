"""Who answers: the port, recordings of real models, and the scripted fake."""

from adhere.models.port import Model, Request
from adhere.models.recorded import RecordedModel, read_recordings, recorded_models
from adhere.models.scripted import Script, ScriptedModel

__all__ = [
    "Model", "RecordedModel", "Request", "Script", "ScriptedModel", "read_recordings",
    "recorded_models",
]  # fmt: skip
