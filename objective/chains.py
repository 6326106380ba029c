"""Which chain follows a session, and what is not defined at all."""

import math
from typing import Literal

import torch

from objective.chain import Chain
from objective.errors import InvalidInput, positive_number
from objective.penalties import Mean, Penalty
from objective.queue_length import QueueLengthChain
from objective.session import ClinicSession
from objective.workload import WorkloadChain

ChainName = Literal["queue_length", "workload"]


def check_defined(session: ClinicSession, idle: str, waiting_penalty: Penalty) -> None:
    """Raise `InvalidInput` for a combination that has no agreed or no computable meaning."""
    if idle == "makespan" and session.walk_ins is not None:
        raise InvalidInput("idle", idle, "'session' where there are walk-ins")
    if idle == "makespan" and session.interruptions:
        raise InvalidInput("idle", idle, "'session' where there are interruptions")
    if not session.priority:
        return
    if not isinstance(waiting_penalty, Mean):
        # Only the expected wait is linear in the work found; the rest of its law is not.
        allowed = "Mean() where walk-ins have priority"
        raise InvalidInput("waiting_penalty", waiting_penalty, allowed)
    if session.has_interruptions_inside:
        allowed = "none after interval 0 where walk-ins have priority"
        raise InvalidInput("session.interruptions", session.interruptions, allowed)


def chain_name(session: ClinicSession, wanted: ChainName | None) -> ChainName:
    """Return the chain to follow a session with; raise `InvalidInput` if the one wanted cannot."""
    laws = [patient.service_time for patient in session.kind_patients]
    one_exponential = all(law.law == "exponential" and law == laws[0] for law in laws)
    exact = one_exponential and session.walk_ins is None and not session.interruptions
    name: ChainName = wanted or ("queue_length" if exact else "workload")
    if name not in ("queue_length", "workload"):
        raise InvalidInput("chain", wanted, "'queue_length' or 'workload'")
    if name == "queue_length" and not exact:
        allowed = (
            "'workload' unless consultations are exponential of one mean, without walk-ins and "
            "interruptions"
        )
        raise InvalidInput("chain", wanted, allowed)
    return name


def make_chain(
    session: ClinicSession, step: float | None, dtype: torch.dtype, device: torch.device
) -> Chain:
    """Return the workload chain on a grid of ``step`` minutes, without one the queue length's."""
    if step is None:
        return QueueLengthChain(session, dtype, device)
    return WorkloadChain(session, step, dtype, device)


def grid_step(session: ClinicSession, step: float | None) -> float:
    """Return the width of the workload grid: as asked for, the laws' own, or at most a minute."""
    if step is not None:
        return positive_number("step", step)
    laws = [patient.service_time for patient in session.kind_patients]
    if session.walk_ins is not None:
        laws.append(session.walk_ins.service_time)
    laws += [one.work for one in session.interruptions]
    own = [law.lattice_step for law in laws if law.lattice_step is not None]
    return min(own) if own else session.interval_length / math.ceil(session.interval_length)
