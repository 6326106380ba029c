"""Where the pages of the patient are."""

from serve.web.area import PagesOfRole

pages = PagesOfRole("patient", __name__, "/my", role="patient")
