"""The look and behaviour of every page: see README.md in this folder."""

from shared.ui.form import Form, form_of
from shared.ui.rendering import Chrome, Link, Pages, StaffBar

__all__ = ["Chrome", "Form", "Link", "Pages", "StaffBar", "form_of"]
