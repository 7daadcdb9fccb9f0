# SPDX-License-Identifier: MIT
"""A small window from which a folder can be dragged, as from a file manager: drag.py FOLDER."""

import sys

import gi

gi.require_version("Gtk", "4.0")
from gi.repository import Gdk, Gio, GLib, GObject, Gtk  # noqa: E402

Gtk.init()
files = Gdk.FileList.new_from_list([Gio.File.new_for_path(sys.argv[1])])
source = Gtk.DragSource(actions=Gdk.DragAction.COPY)
source.set_content(Gdk.ContentProvider.new_for_value(GObject.Value(Gdk.FileList, files)))
label = Gtk.Label(label="a folder")
label.add_controller(source)
window = Gtk.Window(title="files", child=label, default_width=200, default_height=100)
window.present()
GLib.MainLoop().run()
