"""Where the pages of the provider are."""

from serve.web.area import PagesOfRole

pages = PagesOfRole("provider", __name__, "/provider", role="provider")
