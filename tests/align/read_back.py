# SPDX-License-Identifier: MIT
"""Reads a time line with OpenTimelineIO's adapters; prints its clips as JSON, all times in seconds."""
import json
import sys
from fractions import Fraction
from xml.etree import ElementTree

import opentimelineio as otio


def tracks_of(thing):
    if isinstance(thing, otio.schema.SerializableCollection):
        return [track for timeline in thing for track in tracks_of(timeline)]
    return list(thing.tracks)


def clips_of(path):
    found = []
    # An EDL does not say how many pictures a second has.
    rate = {"rate": 30} if path.endswith(".edl") else {}
    for track in tracks_of(otio.adapters.read_from_file(path, **rate)):
        # An EDL's tracks begin with their first clip and say when that is.
        shift = -track.source_range.start_time.to_seconds() if track.source_range else 0.0
        for clip in track:
            if not isinstance(clip, otio.schema.Clip):
                continue
            place, source = clip.range_in_parent(), clip.source_range
            media = getattr(clip.media_reference, "available_range", None)
            speed = 1.0
            for effect in clip.effects:
                speed *= effect.time_scalar
            start = source.start_time.to_seconds() - (media.start_time.to_seconds() if media else 0.0)
            found.append({
                "kind": track.kind, "name": clip.name, "at": place.start_time.to_seconds() + shift,
                "source": start, "speed": speed,
                "url": getattr(clip.media_reference, "target_url", None),
            })
    return found


def seconds(text):
    return float(Fraction(text.rstrip("s")))


def maps_of(path):
    """The pieces that the time maps of an FCPXML tell."""
    found = []
    for clip in ElementTree.parse(path).iter("asset-clip"):
        points = [(seconds(p.get("time")), seconds(p.get("value"))) for p in clip.iter("timept")]
        for (time, value), (time_after, value_after) in zip(points, points[1:]):
            found.append({
                "kind": "Audio" if clip.get("lane").startswith("-") else "Video", "name": clip.get("name"),
                "at": seconds(clip.get("offset")) + time, "source": value,
                "speed": (value_after - value) / (time_after - time), "url": None,
            })
    return found


json.dump({path: clips_of(path) for path in sys.argv[1:]}
          | {path + " maps": maps_of(path) for path in sys.argv[1:] if path.endswith(".fcpxml")}, sys.stdout)
