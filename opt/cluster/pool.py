"""A pool of actors: who does which piece of work, and what happens when one is lost."""

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from opt.cluster.actor import TaskActor
from opt.cluster.connection import Connection

#: How often a piece of work whose actor was lost is done again, and an actor that ended while it
#: started is started again.
REPEATS = 3
#: Seconds within which a first actor has to be ready where none is.
PATIENCE = 120.0
#: Tasks that each actor keeps; the oldest goes first.
KEPT_TASKS = 8


@dataclass(frozen=True)
class Task:
    """A task as it is sent: the digest of its content, and where Ray keeps the content."""

    key: str
    content: Any


@dataclass(eq=False)
class Job:
    """A task to be done for one item."""

    task: Task
    item: Any
    losses: int = 0
    done: bool = False
    outcome: Any = None
    error: BaseException | None = None

    def result(self) -> Any:
        """Hand over the outcome, which is not kept any longer, or raise what doing it raised."""
        if self.error is not None:
            raise self.error
        outcome, self.outcome = self.outcome, None
        return outcome


@dataclass(eq=False)
class Member:
    """An actor, and the keys of the tasks it keeps, the oldest first."""

    actor: Any
    kept: list[str] = field(default_factory=list)


class Pool:
    """Actors that do jobs, one each at a time.

    A job is lost if its actor's process or machine ends. It is then done again by another, which
    changes nothing because outcomes depend on the item alone.
    """

    def __init__(self, connection: Connection) -> None:
        self._ray, self._actors = connection.ray, connection.actors
        # Actors are replaced here, so that what a new one keeps is known.
        options = {"num_cpus": 1, "num_gpus": connection.gpus_per_actor, "max_restarts": 0}
        self._actor_class = self._ray.remote(**options)(TaskActor)
        self._tasks: dict[str, Task] = {}
        self._waiting: deque[Job] = deque()
        self._idle: list[Member] = []
        self._starting: dict[Any, Member] = {}
        self._busy: dict[Any, tuple[Member, Job]] = {}
        self._failed_starts = 0
        self._fill()

    def task(self, task: Callable[[Any], Any]) -> Task:
        """Return a task as it is sent; one of equal content is stored only once."""
        content = self._ray.cloudpickle.dumps(task)
        key = hashlib.sha256(content).hexdigest()
        if key not in self._tasks:
            if len(self._tasks) == KEPT_TASKS:
                del self._tasks[next(iter(self._tasks))]
            self._tasks[key] = Task(key, self._ray.put(content))
        return self._tasks[key]

    def add(self, jobs: Sequence[Job]) -> None:
        """Have jobs done after those that wait already."""
        self._waiting.extend(jobs)

    def advance(self) -> None:
        """Give waiting jobs to idle actors, then wait until a job is done or an actor has started.

        Raises
        ------
        ConnectionError
            If no actor can be had.
        """
        self._fill()
        while self._waiting and self._idle:
            self._begin(self._idle.pop(), self._waiting.popleft())
        pending = [*self._busy, *self._starting]
        ready, _ = self._ray.wait(pending, timeout=None if self._busy else PATIENCE)
        if not ready:
            raise ConnectionError(
                f"no actor of Ray was ready within {PATIENCE:g} s; {self._room()}"
            )
        for reference in ready:
            if reference in self._starting:
                self._started(reference)
            else:
                self._finish(reference)

    def cancel(self, jobs: Sequence[Job]) -> None:
        """Forget jobs; actors that are at one of them are ended, since work cannot be stopped."""
        unwanted = set(jobs)
        self._waiting = deque(job for job in self._waiting if job not in unwanted)
        for reference, (member, job) in list(self._busy.items()):
            if job in unwanted:
                del self._busy[reference]
                self._end(member)

    def close(self) -> None:
        """End all actors."""
        members = [*self._idle, *self._starting.values(), *(one for one, _ in self._busy.values())]
        self._idle, self._starting, self._busy = [], {}, {}
        for member in members:
            self._end(member)

    def _fill(self) -> None:
        """Start as many actors as are missing."""
        there = len(self._idle) + len(self._starting) + len(self._busy)
        for _ in range(self._actors - there):
            actor = self._actor_class.remote()
            self._starting[actor.ready.remote()] = Member(actor)

    def _begin(self, member: Member, job: Job) -> None:
        key = job.task.key
        sent: Any = None
        forget: tuple[str, ...] = ()
        if key not in member.kept:
            member.kept.append(key)
            sent = job.task.content
            forget = tuple(member.kept[:-KEPT_TASKS])
            member.kept = member.kept[-KEPT_TASKS:]
        reference = member.actor.do.remote(key, job.item, sent, forget)
        self._busy[reference] = member, job

    def _started(self, reference: Any) -> None:
        member = self._starting.pop(reference)
        try:
            self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            self._failed_starts += 1
            if self._failed_starts > REPEATS:
                raise ConnectionError(f"actors of Ray end while they start: {error}") from error
            self._end(member)
        else:
            self._failed_starts = 0
            self._idle.append(member)

    def _finish(self, reference: Any) -> None:
        member, job = self._busy.pop(reference)
        errors = self._ray.exceptions
        try:
            job.outcome = self._ray.get(reference)
        except errors.RayTaskError as error:
            job.error = error.cause
            job.error.__cause__ = error
            # It may be the task itself that could not be read.
            member.kept.remove(job.task.key)
        except (errors.RayActorError, errors.OutOfMemoryError, errors.ObjectLostError) as error:
            self._end(member)
            job.losses += 1
            if job.losses <= REPEATS:
                self._waiting.appendleft(job)
                return
            job.error = ConnectionError(
                f"a piece of work was lost {job.losses} times, each time with the process that did "
                "it; perhaps it needs more memory than there is"
            )
            job.error.__cause__ = error
            job.done = True
            return
        job.done = True
        self._idle.append(member)

    def _end(self, member: Member) -> None:
        self._ray.kill(member.actor)

    def _room(self) -> str:
        free = self._ray.available_resources()
        return f"free are {free.get('CPU', 0.0):g} CPUs and {free.get('GPU', 0.0):g} GPUs"
