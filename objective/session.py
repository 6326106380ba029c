"""A clinic session: who is to be seen, and when the provider is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from objective.errors import InvalidInput, known_keys, positive_number, whole_number
from objective.interruption import Interruption
from objective.laws import Array
from objective.patients import Patient, PatientType, probability_to_miss
from objective.service_time import ServiceTime
from objective.walk_ins import WalkIns, mean_number

#: Capacity of the engine; a session of this size still fits in memory.
MAX_PATIENTS = 1_000
MAX_INTERVALS = 2_000
#: Longest interval: a day, in minutes.
MAX_INTERVAL_LENGTH = 1_440


@dataclass(frozen=True)
class ClinicSession:
    """One provider's block of intervals in which patients are to be seen.

    Attributes
    ----------
    patients
        Number of patients to book, 1 to 1,000.
    intervals
        Number of intervals, 1 to 2,000.
    interval_length
        Minutes per interval.
    service_time
        Consultation time of a booked patient.
    no_show
        Probability that a booked patient does not come, 0 <= no_show < 1.
    walk_ins
        Patients without an appointment, or None.
    patient_types, order
        Where patients differ: the types by name, and the name of each patient's type in the order
        in which they are booked, (patients,). Both or none.
    interruptions
        Late starts and breakdowns of the provider.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    patients: int
    intervals: int
    interval_length: float
    service_time: ServiceTime
    no_show: float = 0.0
    walk_ins: WalkIns | None = None
    patient_types: Mapping[str, PatientType] | None = None
    order: Sequence[str] | None = None
    interruptions: Sequence[Interruption] = ()

    def __post_init__(self) -> None:
        whole_number("session.patients", self.patients, 1, MAX_PATIENTS)
        whole_number("session.intervals", self.intervals, 1, MAX_INTERVALS)
        length = positive_number("session.interval_length", self.interval_length)
        if length > MAX_INTERVAL_LENGTH:
            allowed = f"at most {MAX_INTERVAL_LENGTH} minutes"
            raise InvalidInput("session.interval_length", self.interval_length, allowed)
        if not isinstance(self.service_time, ServiceTime):
            raise InvalidInput("session.service_time", self.service_time, "a ServiceTime")
        probability_to_miss("session.no_show", self.no_show)
        if self.walk_ins is not None:
            if not isinstance(self.walk_ins, WalkIns):
                raise InvalidInput("session.walk_ins", self.walk_ins, "a WalkIns or None")
            self.walk_ins.count_laws(self.intervals)
        self._check_types()
        self._check_interruptions()

    def _check_types(self) -> None:
        types, order = self.patient_types, self.order
        if types is None and order is None:
            return
        if types is None or order is None:
            given = {"patient_types": types, "order": order}
            raise InvalidInput("session", given, "given both patient_types and order, or neither")
        if not isinstance(types, Mapping) or not types:
            raise InvalidInput("session.patient_types", types, "types by name, at least one")
        for name, kind in types.items():
            if not isinstance(name, str):
                raise InvalidInput("session.patient_types", name, "named by text")
            if not isinstance(kind, PatientType):
                raise InvalidInput(f"session.patient_types.{name}", kind, "a PatientType")
        if isinstance(order, str) or not isinstance(order, Sequence):
            raise InvalidInput("session.order", order, "a list with each patient's type")
        if len(order) != self.patients:
            allowed = f"a list of {self.patients} names, one per patient"
            raise InvalidInput("session.order", f"a list of {len(order)}", allowed)
        for rank, name in enumerate(order):
            if not isinstance(name, str) or name not in types:
                allowed = "one of the patient types: " + ", ".join(types)
                raise InvalidInput(f"session.order[{rank}]", name, allowed)

    def _check_interruptions(self) -> None:
        listed = isinstance(self.interruptions, Sequence)
        if not listed or not all(isinstance(one, Interruption) for one in self.interruptions):
            raise InvalidInput("session.interruptions", self.interruptions, "Interruptions")
        for one in self.interruptions:
            whole_number("interruption.interval", one.interval, 0, self.intervals - 1)

    @property
    def length(self) -> float:
        """Planned length of the session, minutes."""
        return self.intervals * self.interval_length

    @cached_property
    def roster(self) -> tuple[Patient, ...]:
        """The booked patients in their order, (patients,)."""
        if self.patient_types is None or self.order is None:
            return (Patient(self.service_time, self.no_show),) * self.patients
        made = {
            name: kind.patient(self.service_time, self.no_show)
            for name, kind in self.patient_types.items()
        }
        return tuple(made[name] for name in self.order)

    @cached_property
    def kinds(self) -> tuple[int, ...]:
        """What each patient brings, (patients,): the same number for equal law and no-show."""
        found: list[tuple[ServiceTime, float]] = []
        numbers = []
        for patient in self.roster:
            key = (patient.service_time, patient.no_show)
            if key not in found:
                found.append(key)
            numbers.append(found.index(key))
        return tuple(numbers)

    @cached_property
    def kind_patients(self) -> tuple[Patient, ...]:
        """A patient of each of the `kinds`, (kinds,)."""
        first = [self.kinds.index(kind) for kind in range(max(self.kinds) + 1)]
        return tuple(self.roster[rank] for rank in first)

    @property
    def alike(self) -> bool:
        """Whether it does not matter which patient is which."""
        return len(set(self.kinds)) == 1 and len(set(self.waiting_weights.tolist())) == 1

    @cached_property
    def shows(self) -> Array:
        """Probability of each patient to come, (patients,)."""
        return 1.0 - np.array([patient.no_show for patient in self.roster], np.float64)

    @cached_property
    def waiting_weights(self) -> Array:
        """What a minute of each patient's waiting is worth, as a multiple, (patients,)."""
        return np.array([patient.waiting_weight for patient in self.roster], np.float64)

    @cached_property
    def mean_service_times(self) -> Array:
        """Mean consultation time of each patient, (patients,) minutes."""
        means = [patient.service_time.mean for patient in self.kind_patients]
        return np.array([means[kind] for kind in self.kinds], np.float64)

    @cached_property
    def expected_shows(self) -> float:
        """Expected number of booked patients who come."""
        return float(self.shows.sum())

    @cached_property
    def expected_booked_work(self) -> float:
        """Expected consultation time of the booked patients who come, minutes."""
        return float(self.shows @ self.mean_service_times)

    @cached_property
    def expected_interruptions(self) -> Array:
        """Expected length of the interruptions in each interval, (intervals,) minutes."""
        length = np.zeros(self.intervals)
        for one in self.interruptions:
            length[one.interval] += one.mean
        return length

    @cached_property
    def expected_consultations(self) -> float:
        """Expected consultation time of all who come, booked or not, minutes."""
        work = self.expected_booked_work
        if self.walk_ins is not None:
            work += self.expected_walk_ins * self.walk_ins.service_time.mean
        return work

    @cached_property
    def expected_work(self) -> float:
        """Expected time that consultations and interruptions take, minutes."""
        return self.expected_consultations + float(self.expected_interruptions.sum())

    @cached_property
    def expected_walk_ins(self) -> float:
        """Expected number of walk-ins in the session."""
        if self.walk_ins is None:
            return 0.0
        return sum(map(mean_number, self.walk_ins.count_laws(self.intervals)))

    @property
    def priority(self) -> bool:
        """Whether there are walk-ins who go before every booked patient who waits."""
        return self.walk_ins is not None and self.walk_ins.priority

    @property
    def has_unbooked_work(self) -> bool:
        """Whether something else than booked patients may come after the session began."""
        return self.walk_ins is not None or self.has_interruptions_inside

    @property
    def has_interruptions_inside(self) -> bool:
        """Whether the provider may be called away after the session began."""
        return any(one.interval > 0 for one in self.interruptions)

    def first(self, patients: int) -> "ClinicSession":
        """Return the session with only its first patients, at least one."""
        order = self.order if self.order is None else self.order[:patients]
        return replace(self, patients=patients, order=order)

    def lies_on(self, step: float) -> bool:
        """Return whether everything takes whole multiples of the step, so that a grid is exact."""
        laws = [patient.service_time for patient in self.kind_patients]
        laws += [one.work for one in self.interruptions]
        if self.walk_ins is not None:
            laws.append(self.walk_ins.service_time)
        return all(law.distribution.lies_on(step) for law in laws)

    def to_dict(self) -> dict[str, Any]:
        """Return the session as plain names and numbers."""
        types = self.patient_types
        return {
            "patients": int(self.patients),
            "intervals": int(self.intervals),
            "interval_length": float(self.interval_length),
            "service_time": self.service_time.to_dict(),
            "no_show": float(self.no_show),
            "walk_ins": self.walk_ins.to_dict() if self.walk_ins else None,
            "patient_types": types and {name: kind.to_dict() for name, kind in types.items()},
            "order": None if self.order is None else list(self.order),
            "interruptions": [one.to_dict() for one in self.interruptions],
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "ClinicSession":
        """Make the session that `to_dict` described; raise `InvalidInput` for unknown fields."""
        required = ("patients", "intervals", "interval_length", "service_time")
        known = (*required, "no_show", "walk_ins", "patient_types", "order", "interruptions")
        arguments = known_keys("session", description, known, required)
        arguments["service_time"] = ServiceTime.from_dict(arguments["service_time"])
        if arguments.get("walk_ins") is not None:
            arguments["walk_ins"] = WalkIns.from_dict(arguments["walk_ins"])
        types = arguments.get("patient_types")
        if types is not None:
            if not isinstance(types, Mapping):
                raise InvalidInput("session.patient_types", types, "types by name, at least one")
            arguments["patient_types"] = {
                str(name): PatientType.from_dict(kind) for name, kind in types.items()
            }
        interruptions = arguments.get("interruptions")
        if interruptions is not None and not isinstance(interruptions, Sequence):
            raise InvalidInput("session.interruptions", interruptions, "a list of interruptions")
        arguments["interruptions"] = tuple(map(Interruption.from_dict, interruptions or ()))
        return ClinicSession(**arguments)
