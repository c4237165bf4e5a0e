"""Several devices in one ``edgesym estimate``, and one in verbs that look at one."""

from __future__ import annotations

import json

ASKED = ("estimate", "llama-3.2-1b", "--device", "pi5", "--device", "apple-m2")


def test_several_devices_are_put_side_by_side(edgesym):
    ran = edgesym(*ASKED)
    assert ran.code == 0
    assert ran.out.startswith("pi5 against apple-m2\n")
    data = json.loads(edgesym(*ASKED, "--json").out)
    alone = json.loads(edgesym("estimate", "llama-3.2-1b", "--device", "pi5", "--json").out)
    values = data["quantities"]["kv_cache_bytes"]["values"]
    assert values == [alone["kv_cache_bytes"]] * 2
    first, other = data["quantities"]["tokens_per_second"]["values"]
    assert first < other


def test_a_verb_of_one_device_leaves_none_out_in_silence(edgesym):
    asked = ("sensitivity", "llama-3.2-1b", "-q", "time_per_output_token")
    ran = edgesym(*asked, "--device", "pi5", "--device", "apple-m2")
    assert ran.code == 2
    assert "--device pi5 --device apple-m2: one device at a time" in ran.err
