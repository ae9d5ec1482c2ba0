"""The small project to report on and the browser, which the tests of `field` use as well."""

from report_browser import browsed, chromium, opened, unchanged
from report_project import built, html, project

__all__ = ["browsed", "built", "chromium", "html", "opened", "project", "unchanged"]
