"""Patients and accounts of a made-up practice."""

import re
import secrets
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.auth.passwords import hash_password
from serve.imports.patients import SYSTEM
from serve.models import (
    Patient,
    PatientIdentifier,
    Practice,
    Preference,
    Provider,
    User,
    UserRole,
)
from serve.models.people import ROLES

GIVEN = (
    "Ada", "Amir", "Beatriz", "Chen", "Daan", "Elif", "Femke", "Goran", "Hana", "Ines", "Jonas",
    "Kofi", "Lotte", "Milan", "Noor", "Olga", "Pavel", "Rosa", "Sven", "Tariq", "Uma", "Yara",
)  # fmt: skip
FAMILY = (
    "Abbas", "Bakker", "Costa", "Demir", "Eriksen", "Fischer", "Garcia", "Hansen", "Ivanov",
    "Jansen", "Kaya", "Larsen", "Mulder", "Novak", "Osei", "Petrov", "Rossi", "Smit", "Tanaka",
    "Visser", "Weber", "Yilmaz",
)  # fmt: skip
#: So many patients of the history are known by name too.
PATIENTS = 300
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
TIMES = (["08:00", "12:00"], ["12:00", "17:00"])


def make_patients(
    session: Session,
    practice: Practice,
    providers: Sequence[Provider],
    visits: pd.DataFrame,
    today: date,
    generator: np.random.Generator,
) -> list[Patient]:
    """Add the patients who come most often in a history, some of them with preferences."""
    most = visits["patient_id"].value_counts(sort=True).index[:PATIENTS]
    about = visits.drop_duplicates("patient_id").set_index("patient_id").loc[most]
    patients = []
    for number, (known, row) in enumerate(about.iterrows()):
        name = f"{generator.choice(GIVEN)} {generator.choice(FAMILY)}"
        patient = Patient(
            practice_id=practice.id,
            name=name,
            born_on=today - timedelta(days=int(365.25 * int(row["age"]) + generator.integers(365))),
            email=f"patient{number}@patients.example",
            area=str(row["area"]),
            attributes={"sex": str(row["sex"]), "reminder": bool(row["reminder"])},
        )
        patient.identifiers = [
            PatientIdentifier(practice_id=practice.id, system=SYSTEM, value=str(known))
        ]
        patients.append(patient)
    session.add_all(patients)
    session.flush()
    session.add_all(
        Preference(
            patient_id=patient.id,
            providers=[str(providers[int(generator.integers(len(providers)))].id)],
            weekdays=sorted(generator.choice(WEEKDAYS, 2, replace=False), key=WEEKDAYS.index),
            times=[TIMES[int(generator.integers(2))]],
        )
        for patient in patients
        if generator.random() < 0.4
    )
    session.flush()
    return patients


def make_accounts(
    session: Session, practice: Practice, provider: Provider, patient: Patient
) -> dict[str, str]:
    """Add an account for each role; return their addresses with their passwords."""
    place = re.sub(r"[^a-z0-9]+", "-", practice.name.lower()).strip("-") or "demo"
    passwords = {}
    for role in ROLES:
        email = f"{role}@{place}.example"
        if session.scalar(select(User.id).where(User.email == email)) is not None:
            raise InvalidInput("--practice", "the name", "one that looks less like another's")
        # Nobody but whoever made the practice knows it, whatever the seed.
        passwords[email] = secrets.token_urlsafe(15)
        user = User(
            practice_id=practice.id,
            email=email,
            name=f"Demo {role.replace('_', ' ')}",
            password_hash=hash_password(passwords[email]),
            provider_id=provider.id if role == "provider" else None,
        )
        user.roles = [UserRole(role=role)]
        session.add(user)
        session.flush()
        if role == "patient":
            patient.user_id = user.id
    return passwords
