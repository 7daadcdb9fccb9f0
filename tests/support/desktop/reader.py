# SPDX-License-Identifier: MIT
"""Reads and uses windows as a screen reader does: one JSON order a line in, one JSON answer a line out.

  {"do": "titles", "pid": P}                      the titles of that program's windows
  {"do": "things", "pid": P}                      everything in them: role, name, parent, focusable, pressed, ...
  {"do": "click", "pid": P, "name": N}            presses what is called N; answers whether there was such a thing
  {"do": "type", "pid": P, "name": N, "text": T}  types into it
  {"do": "focus", "pid": P}                       where the keyboard is: its name, and the names of what it is in
  {"do": "order", "bus": B, "path": A, "action": N, "value": V}  gives one of the window's orders, with a text or null
  {"do": "watch", "bus": B, "path": A}            starts asking the main loop, over and over, whether it is there
  {"do": "longest", "bus": B}                     the longest it was not, in ms, since then
"""

import json
import sys
import threading
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib  # noqa: E402

Atspi.init()
WATCHES = {}


def below(node):
    """A widget and everything in it."""
    yield node
    for at in range(node.get_child_count()):
        child = node.get_child_at_index(at)
        if child is not None:
            yield from below(child)


def program(pid):
    desktop = Atspi.get_desktop(0)
    for at in range(desktop.get_child_count()):
        found = desktop.get_child_at_index(at)
        if found is not None and found.get_process_id() == pid:
            return found
    return None


def widgets(pid):
    """Of all windows; the newest first, since a question comes before what it is about."""
    found = program(pid)
    windows = [found.get_child_at_index(at) for at in range(found.get_child_count())] if found is not None else []
    for window in reversed([window for window in windows if window is not None]):
        yield from below(window)


def thing(node):
    states = node.get_state_set()
    parent = node.get_parent()
    return {
        "role": node.get_role_name(),
        "name": node.get_name(),
        "parent": parent.get_role_name() if parent is not None else "",
        "focusable": states.contains(Atspi.StateType.FOCUSABLE),
        "pressed": states.contains(Atspi.StateType.PRESSED),
        "sensitive": states.contains(Atspi.StateType.SENSITIVE),
        "showing": states.contains(Atspi.StateType.SHOWING),
    }


def titles(order):
    found = program(order["pid"])
    if found is None:
        return []
    windows = [found.get_child_at_index(at) for at in range(found.get_child_count())]
    return [window.get_name() for window in windows if window is not None]


def things(order):
    return [thing(node) for node in widgets(order["pid"])]


def click(order):
    for node in widgets(order["pid"]):
        if node.get_name() != order["name"] or node.get_role_name() == "label":
            continue
        action = node.get_action_iface()
        if action is not None and action.get_n_actions() > 0:
            return action.do_action(0)
    return False


def type_text(order):
    for node in widgets(order["pid"]):
        if node.get_name() == order["name"] and node.get_role_name() == "text":
            return node.get_editable_text_iface().set_text_contents(order["text"])
    return False


def focus(order):
    for node in widgets(order["pid"]):
        if node.get_state_set().contains(Atspi.StateType.FOCUSED) and node.get_role_name() not in ("frame", "dialog"):
            names = []
            while node is not None and node.get_role_name() not in ("frame", "application"):
                names.append(node.get_name())
                node = node.get_parent()
            return names
    return []


def give_order(order):
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    value = [] if order["value"] is None else [GLib.Variant("s", order["value"])]
    what = GLib.Variant("(sava{sv})", (order["action"], value, {}))
    bus.call_sync(order["bus"], order["path"], "org.gtk.Actions", "Activate", what, None,
                  Gio.DBusCallFlags.NONE, 10000, None)
    return True


def watch(order):
    longest = WATCHES[order["bus"]] = [0.0]
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)

    def ask():
        while True:
            began = time.monotonic()
            try:
                bus.call_sync(order["bus"], order["path"], "org.gtk.Actions", "List", None, None,
                              Gio.DBusCallFlags.NONE, 10000, None)
            except GLib.Error:
                return
            longest[0] = max(longest[0], (time.monotonic() - began) * 1000)
            time.sleep(0.01)

    threading.Thread(target=ask, daemon=True).start()
    return True


def longest(order):
    return WATCHES.get(order["bus"], [0.0])[0]


ORDERS = {"titles": titles, "things": things, "click": click, "type": type_text, "focus": focus, "order": give_order,
          "watch": watch, "longest": longest}

for line in sys.stdin:
    order = json.loads(line)
    try:
        answer = ORDERS[order["do"]](order)
    except GLib.Error as why:
        # A widget that goes while it is looked at is looked at again.
        answer = {"again": str(why)}
    print(json.dumps(answer), flush=True)
