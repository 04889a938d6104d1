"""Who answers: the port, services over HTTP, recordings of real models, and the scripted fake."""

from adhere.models.cache import AnswerCache
from adhere.models.limits import Patience, Throttle
from adhere.models.money import Price, PriceList, read_prices
from adhere.models.port import Model, Request, Sampling
from adhere.models.recorded import RecordedModel, read_recordings, recorded_models
from adhere.models.rehearsal import Rehearsal
from adhere.models.scripted import Script, ScriptedModel
from adhere.models.spending import Account, OutOfBudget, Spent, spending

__all__ = [
    "Account", "AnswerCache", "Model", "OutOfBudget", "Patience", "Price", "PriceList",
    "RecordedModel", "Rehearsal", "Request", "Sampling", "Script", "ScriptedModel", "Spent",
    "Throttle", "read_prices", "read_recordings", "recorded_models", "spending",
]  # fmt: skip
