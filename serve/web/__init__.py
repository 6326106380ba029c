"""The pages that people open in a browser, on the views of the API.

`serve.web.page` is how each is made, `serve.web.forms` how a form is read, `serve.web.areas` who
has which. A page asks the API's own views, with `Call.to`, so that rules, access and audit are
those of the API; it reads no table that the API has a view for.
"""
