"""Every model card against what PyTorch counts, to the integer, without the corpus.

Source of the numbers: transformers 5.23.0 on the meta device with eager attention, and
torch.utils.flop_counter.FlopCounterMode of torch 2.13.0; of Llama 4, which runs every expert
on every token there, the routed part is taken as tokens x experts per token.
"""

from __future__ import annotations

import pytest

from edgesym.architectures.locate import load
from edgesym.architectures.naming import cards
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.graph.convention import convention
from edgesym.symbols import find
from edgesym.workload import phase
from tests.support import COUNTS, letters, pytorch_counts

# parameters, active, FLOPs of prefill 1 x 128 and 2 x 64 and decode at 128, bf16 cache at 129
TRUTH = {
    name: dict(zip(COUNTS, map(int, numbers), strict=True))
    for name, *numbers in map(
        str.split,
        """\
deepseek-r1-distill-qwen-1.5b 1777088000 1777088000 397972340736 396563054592 3109330944 3698688
gemma-3-1b 999885952 999885952 257681260544 256808845312 2013241344 3434496
llama-2-7b 6738415616 6738415616 1700001742848 1695706775552 13281787904 67633152
llama-2-13b 13015864320 13015864320 3303433830400 3296722944000 25808896000 105676800
llama-2-70b 68976648192 68976648192 17633525104640 17612050268160 137764536320 42270720
llama-3.1-8b 8030261248 8030261248 1929782493184 1925487525888 15076950016 16908288
llama-3.1-70b 70553706496 70553706496 17835388567552 17813913731072 139341594624 42270720
llama-3.1-405b 405853388800 405853388800 103494753189888 103427107454976 808561016832 66576384
llama-3.2-1b 1235814400 1235814400 318498668544 317424926720 2488401920 4227072
llama-3.2-3b 3212749824 3212749824 828056272896 825237700608 6469533696 14794752
llama-4-maverick 400711848960 17184691200 4150431580160 4142378516480 32426229760 25362432
llama-4-scout 107769861120 17172894720 4147411681280 4139358617600 32402636800 25362432
mistral-7b-v0.1 7241732096 7241732096 1828850761728 1824555794432 14288420864 16908288
mistral-7b-v0.3 7248023552 7248023552 1829656068096 1825361100800 14294712320 16908288
tinyllama-1.1b 1100048384 1100048384 267764367360 266287972352 2092089344 2906112
deepseek-v3 671026404352 37552282624 9457769644032 9416833236992 335886827520 9065088
gemma-2-9b 9241705984 9241705984 2376995962880 2371358818304 18570969088 44384256
gemma-3-4b 3880263168 3880263168 997816532992 995534831616 7795720192 17965056
gemma-4-26b-a4b 25233141760 3822530560 987783757824 983086137344 7717634048 29061120
gemma-4-e2b 4628569344 4628569344 589182271488 586363699200 4603330560 2377728
gpt-oss-120b 116829156672 5711982912 1323225317376 1318393479168 10337992704 9437184
gpt-oss-20b 20914757184 4187440704 929870905344 926649679872 7264813056 6291456
gpt2 124439808 124439808 32228179968 31926190080 251819520 4755456
mistral-nemo 12247782400 12247782400 2974264852480 2968896143360 23237099520 21135360
mixtral-8x7b 46702792704 12879925248 3272228208640 3267933241344 25564807168 16908288
olmo-2-13b 13716198400 13716198400 3393024163840 3386313277440 26508820480 105676800
phi-4-mini 3836021760 3836021760 988412903424 985191677952 7722369024 16908288
qwen2.5-1.5b 1543714304 1543714304 397972340736 396563054592 3109330944 3698688
qwen2.5-7b 7615616512 7615616512 1816569839616 1813281505280 14192353280 7397376
qwen3-0.6b 596049920 596049920 156330098688 154451050496 1221558272 14794752
qwen3-30b-a3b 30532122624 3353032704 791549050880 785106599936 6184763392 12681216
qwen3-32b 32762123264 32762123264 8222144462848 8204964593664 64237600768 33816576
qwen3-4b 4022468096 4022468096 1039365308416 1034533470208 8120631296 19021824
qwen3-8b 8190735360 8190735360 1947096580096 1942264741888 15212281856 19021824
""".splitlines(),
    )
}

PYTORCH = convention("pytorch")


def of_phase(name, quantity, phase_name, **run):
    """A quantity of a phase under PyTorch's convention, at a batch and context."""
    model = load(name)
    formula = REGISTRY[quantity].expression(Case(model, phase(phase_name), PYTORCH))
    return evaluate(formula, {**model.values, **{find(k): v for k, v in run.items()}})


def test_every_card_is_held_against_pytorch():
    assert TRUTH.keys() <= cards().keys()
    assert len(TRUTH) >= 15


@pytest.mark.parametrize("name", TRUTH)
def test_a_step_counts_as_pytorch_does(name):
    assert pytorch_counts(load(name)) == TRUTH[name]


@pytest.mark.parametrize("name", TRUTH)
def test_prefill_and_decode_count_as_pytorch_does(name):
    counted = (
        of_phase(name, "parameters", "decode"),
        of_phase(name, "active_parameters", "decode"),
        of_phase(name, "flops", "prefill", batch=1, context=128),
        of_phase(name, "flops", "prefill", batch=2, context=64),
        of_phase(name, "flops", "decode", batch=1, context=129),
        of_phase(name, "kv_cache_bytes", "decode", batch=1, context=129, B_c=2),
    )
    assert dict(zip(COUNTS, counted, strict=True)) == TRUTH[name]


def test_llama_3_1_8b_has_the_figures_that_the_theory_was_drawn_from():
    assert of_phase("llama-3.1-8b", "flops", "decode", batch=1, context=1025) == 15_546_712_064
    prefill = of_phase("llama-3.1-8b", "flops", "prefill", batch=1, context=1024)
    assert prefill == 15_919_296_282_624
    assert of_phase("llama-3.1-8b", "parameters", "step") == 8_030_261_248


@pytest.mark.parametrize("name", TRUTH)
def test_symbols_outside_the_step_are_the_models(name):
    model = load(name)
    formula = REGISTRY["flops"].expression(Case(model, phase("step"), PYTORCH))
    assert formula.free_symbols - model.values.keys() <= set(letters("b T C"))
