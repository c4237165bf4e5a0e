"""Where the shipped devices stand is read off their lines; parsing the files says the same."""

from edgesym.data import shipped, stems
from edgesym.devices.library import FOLDER, device_names, nicknames


def test_every_device_is_found_with_its_aliases():
    parsed = {}
    for stem in stems(FOLDER):
        table = shipped(FOLDER, stem)
        for name, own in table.get("devices", {stem: table}).items():
            parsed[name] = tuple(own.get("aliases", ()))
    assert {name: nicknames(name) for name in device_names()} == parsed
