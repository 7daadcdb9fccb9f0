# SPDX-License-Identifier: MIT
"""Loads each text of a page by itself, with GTK's own reader, and tells of every button that says nothing of itself."""

import os
import sys

import gi

gi.require_version("Gtk", "4.0")
from gi.repository import Gtk  # noqa: E402


def words(widget):
    """Everything a person could read on it."""
    said = [widget.get_tooltip_text()]
    if isinstance(widget, Gtk.Label):
        said.append(widget.get_label())
    child = widget.get_first_child()
    while child:
        said.append(words(child))
        child = child.get_next_sibling()
    return " ".join(filter(None, said))


Gtk.init()
# Kept to the end: objects whose builder Python has thrown away crash its collector now and then.
builders = []
for path in sys.argv[1:]:
    builders.append(Gtk.Builder.new_from_file(path))
    objects = builders[-1].get_objects()
    widgets = [o for o in objects if isinstance(o, Gtk.Widget)]
    # What is not to be seen yet gets its words when it is.
    buttons = [o for o in widgets if isinstance(o, Gtk.Button) and o.get_visible()]
    silent = [o.get_buildable_id() for o in buttons if not words(o).strip()]
    print(f"{path}: {len(widgets)} widgets, silent buttons: {silent}")
    if silent or not widgets:
        sys.exit(1)
# No tidying up, for the same reason.
sys.stdout.flush()
os._exit(0)
