"""Columns whose names say that they would tell who a patient is; a history has none of them."""

#: Names in lower case, letters only.
IDENTIFYING = {
    "name", "names", "surname", "firstname", "lastname", "givenname", "familyname", "fullname",
    "patientname", "initials", "email", "emailaddress", "mail", "phone", "phonenumber",
    "telephone", "mobile", "address", "street", "postaladdress", "born", "bornon", "birthdate",
    "birthday", "dateofbirth", "dob", "ssn", "bsn", "nhsnumber", "nationalid",
}  # fmt: skip

#: What a name of a column that tells something of one patient, or in free words, has in it, in the
#: languages of clinics that use Bailey; a practice names its columns as it likes.
PARTS = (
    "name", "naam", "nombre", "birth", "geboorte", "geburt", "naissance", "mail", "phone",
    "telefo", "mobiel", "handy", "address", "adres", "street", "straat", "strasse",
    "socialsecurity",
    "bsn", "nhsnumber", "patientno", "patientnr", "remark", "comment", "opmerking", "bemerkung",
    "diagnos", "freetext",
)  # fmt: skip


def identifying(column: str) -> bool:
    """Return whether a column would tell who a patient is, as far as its name says so."""
    letters = "".join(letter for letter in column.lower() if letter.isalpha())
    return letters in IDENTIFYING or any(part in letters for part in PARTS)
