"""Columns whose names say that they would tell who a patient is; a history has none of them."""

#: Names in lower case, letters only.
IDENTIFYING = frozenset(
    [
        "name",
        "names",
        "surname",
        "firstname",
        "lastname",
        "givenname",
        "familyname",
        "fullname",
        "patientname",
        "initials",
        "email",
        "emailaddress",
        "mail",
        "phone",
        "phonenumber",
        "telephone",
        "mobile",
        "address",
        "street",
        "postaladdress",
        "born",
        "bornon",
        "birthdate",
        "birthday",
        "dateofbirth",
        "dob",
        "ssn",
        "bsn",
        "nhsnumber",
        "nationalid",
    ]
)


def identifying(column: str) -> bool:
    """Return whether a column would tell who a patient is, as far as its name says so."""
    return "".join(letter for letter in column.lower() if letter.isalpha()) in IDENTIFYING
