"""Which open seat to offer a new patient, by what one more patient there costs everybody."""

from opt.recommend.importance import Importance
from opt.recommend.open_session import OpenSession
from opt.recommend.ranking import RankedSeat, Recommendation, recommend
from opt.recommend.request import Request

__all__ = ["Importance", "OpenSession", "RankedSeat", "Recommendation", "Request", "recommend"]
