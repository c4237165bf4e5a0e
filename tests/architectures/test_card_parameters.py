"""Parameters of cards, as published."""

from __future__ import annotations

import pytest

from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.graph.convention import convention
from edgesym.workload import phase

# The total of the tensors in the repository of each, as its page on the Hugging Face Hub counts.
EXACT = """\
llama-7b 6738415616
llama-13b 13015864320
llama-30b 32528943616
llama-65b 65285660672
codellama-34b 33743970304
codellama-7b 6738546688
codellama-13b 13016028160
smollm2-135m 134515008
smollm2-360m 361821120
smollm2-1.7b 1711376384
smollm-135m 134515008
smollm-360m 361821120
smollm-1.7b 1711376384
smollm3-3b 3075098624
yi-6b 6061035520
yi-9b 8829407232
yi-34b 34388917248
yi-coder-1.5b 1476495360
deepseek-llm-1.3b 1346471936
deepseek-coder-6.7b 6740512768
deepseek-coder-33b 33342991360
deepseek-llm-7b 6910365696
open-llama-3b 3426473600
falcon3-1b 1669408768
mpnet-base 109518527
blenderbot-3b 2696268800
falcon3-3b 3227655168
falcon3-7b 7455550464
falcon3-10b 10305653760
solar-10.7b 10731524096
olmo-1b 1176764416
olmo-7b 6888095744
olmo-2-1b 1484916736
olmo-2-7b 7298617344
olmo-2-32b 32234279936
olmoe-1b-7b 6919161856
qwen1.5-0.5b 463987712
qwen1.5-1.8b 1836828672
qwen1.5-4b 3950369280
qwen1.5-7b 7721324544
qwen1.5-14b 14167290880
qwen1.5-32b 32512218112
qwen1.5-72b 72287920128
qwen2-0.5b 494032768
qwen2-1.5b 1543714304
qwen2-7b 7615616512
qwen2-72b 72706203648
qwen2.5-0.5b 494032768
qwen2.5-3b 3085938688
qwen2.5-14b 14770033664
qwen2.5-32b 32763876352
qwen2.5-72b 72706203648
qwen1.5-moe-a2.7b 14315784192
qwen3-1.7b 1720574976
qwen3-14b 14768307200
qwen3-235b-a22b 235093634560
qwen3-coder-480b-a35b 480154875392
gemma-2b 2506172416
gemma-7b 8537680896
gemma-2-2b 2614341888
gemma-2-27b 27227128320
gemma-3-270m 268098176
gemma-3-12b 11766034176
gemma-3-27b 27009346304
phi-1.5 1418270720
phi-2 2779683840
phi-3-mini 3821079552
phi-3-medium 13960238080
phi-4 14659507200
phi-3.5-moe 41873153344
mistral-7b-v0.2 7241732096
mistral-small-24b 23572403200
mistral-small-22b 22247282688
mistral-large 122610069504
ministral-8b 8019808256
mixtral-8x22b 140630071296
stablelm-3b 2795443200
stablelm-2-1.6b 1644515328
internlm2-1.8b 1889110016
internlm2-7b 7737708544
internlm3-8b 8804241408
minicpm-2b 2724880896
chatglm3-6b 6243584000
glm-4-9b 9399951360
lfm2-350m 354483968
lfm2-700m 742489344
lfm2.5-1.2b 1170340608
lfm2-2.6b 2569272320
nemotron-nano-9b-v2 8888227328
nemotron-3-nano-30b-a3b 31577937344
deepseek-v2-lite 15706484224
aya-expanse-8b 8028033024
mpt-7b 6649286656
pythia-14m 14067712
pythia-70m 70426624
pythia-160m 162322944
pythia-410m 405334016
pythia-1b 1011781632
pythia-1.4b 1414647808
pythia-2.8b 2775208960
pythia-6.9b 6857302016
pythia-12b 11846072320
redpajama-3b 2775864320
gpt2-medium 354823168
gpt2-large 774030080
gpt2-xl 1557611200
opt-125m 125239296
opt-1.3b 1315758080
opt-2.7b 2651596800
opt-6.7b 6658473984
opt-13b 12853473280
opt-30b 29974540288
falcon-7b 6921720704
starcoder2-3b 3030371328
starcoder2-7b 7173923840
exaone-4.0-1.2b 1279391488
ernie-4.5-0.3b 360748032
bitnet-b1.58-2b-4t 2412820480
qwen3-next-80b-a3b 79674391296
seed-oss-36b 36151104512
hunyuan-a13b 80393183232
command-r7b 8028033024
lfm2-8b-a1b 8339929856
stablelm-2-12b 12143185920
"""

# Of models whose text part is counted, or that are published in rounded billions.
ROUNDED = """\
dots.llm1 142.774
bitnet-b1.58-3b 3.43
granite-3.0-2b 2.53
granite-3.3-8b 8.171
granite-3.1-1b-a400m 1.335
granite-3.1-3b-a800m 3.299
qwen3.5-0.8b 0.752
qwen3.5-2b 1.88
qwen3.5-4b 4.205
qwen3.5-9b 8.95
qwen3.5-27b 26.9
qwen3.5-35b-a3b 34.66
qwen3.5-122b-a10b 122
gemma-3n-e2b 4.46
gemma-3n-e4b 6.87
gemma-4-e4b 7.5
gemma-4-31b 30.7
ministral-3-3b 3.429
ministral-3-8b 8.49
ministral-3-14b 13.5
minicpm4-0.5b 0.433
minicpm4-8b 8.19
minicpm3-4b 4.074
glm-4.5-air 106.9
nemotron-nano-12b-v2 12.31
nemotron-3-nano-4b 3.97
telechat2-3b 3.07
hunyuan-0.5b 0.539
hunyuan-1.8b 1.79
minimax-m2 228.7
"""


def parameters(name):
    model = load(name)
    case = Case(model, phase("decode"), convention("pytorch"))
    return evaluate(REGISTRY["parameters"].expression(case), model.values)


@pytest.mark.parametrize("row", EXACT.splitlines())
def test_a_card_has_the_parameters_that_are_published(row):
    name, published = row.split()
    assert parameters(name) == int(published)


@pytest.mark.parametrize("row", ROUNDED.splitlines())
def test_a_card_has_about_the_parameters_of_its_name(row):
    name, billions = row.split()
    assert parameters(name) / 1e9 == pytest.approx(float(billions), rel=0.01)
