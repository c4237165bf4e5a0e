"""What the measurement of a price may contain of other prices, and what is left of it.

The power of a board at full load, divided by its FLOPs per second, is no price of a FLOP:
what the board draws idle, and what it spends on moving bytes, is inside. A row says so with
``contains``, and the share of each is taken off at full load, where a device computes at
U_c P and moves U_m W_m at the same time. So, whatever the dtype,

    p_0 + e_f U_c P + e_b U_m W_m

is the measured power again: prices do not contain one another, and add up to it.
"""

from __future__ import annotations

__all__ = ["SHARES"]

_RATE = "(compute_utilisation * peak)"
_BANDWIDTH = "(memory_utilisation * memory_bandwidth)"

#: Price -> what its measurement may contain -> how much of that is in one unit of it.
SHARES: dict[str, dict[str, str]] = {
    "energy_per_flop": {
        "idle_power": f"idle_power / {_RATE}",
        "energy_per_byte": f"energy_per_byte * {_BANDWIDTH} / {_RATE}",
    },
    "energy_per_byte": {"idle_power": f"idle_power / {_BANDWIDTH}"},
}
