"""Labels of models, and the cards that they name."""

from __future__ import annotations

import pytest

from edgesym.architectures.naming import cards, named_card, words_of

NAMED = """\
llama3.2:1b                                  llama-3.2-1b
Llama-3.2-1B-Instruct-Q4_K_M.gguf            llama-3.2-1b
meta-llama/Meta-Llama-3.1-8B-Instruct        llama-3.1-8b
Llama-3-8B                                   llama-3.1-8b
Llama-3.3-70B                                llama-3.1-70b
llama-2-7b-chat.Q4_0                         llama-2-7b
codellama:34b                                codellama-34b
bartowski/Qwen2.5-0.5B-Instruct-GGUF         qwen2.5-0.5b
Qwen2.5-Coder-7B-Instruct                    qwen2.5-7b
qwen2.5_1.5b                                 qwen2.5-1.5b
qwen3_8b                                     qwen3-8b
qwen2-1_5b-instruct-q4_0.gguf                qwen2-1.5b
phi-4-mini (bartowski, loaded buffers)       phi-4-mini
Mistral-7B-Instruct v0.3 (llamafile)         mistral-7b-v0.3
dots.llm1.inst-UD-Q4_K_XL                    dots.llm1
Hunyuan-A13B-Instruct-UD-Q6_K_XL             hunyuan-a13b
Qwen/Qwen3-30B-A3B-Thinking-2507             qwen3-30b-a3b
Qwen/Qwen3-235B-A22B-Thinking-2507-FP8       qwen3-235b-a22b
Qwen3-32B-Q8_0                               qwen3-32b
Qwen3.5-27B-LLM                              qwen3.5-27b
Qwen3-VL-2B                                  qwen3-1.7b
Qwen2.5-VL-3B-Instruct                       qwen2.5-3b
Gemma3-1B                                    gemma-3-1b
gemma-3-27b-it-UD-Q4_K_XL                    gemma-3-27b
gemma-3-4b-it-qat-q4_0-gguf                  gemma-3-4b
Gemma2-2B                                    gemma-2-2b
gemma3n:e2b                                  gemma-3n-e2b
Gemma-4-E4B                                  gemma-4-e4b
gpt-oss:20b                                  gpt-oss-20b
gpt-oss-120b-F16                             gpt-oss-120b
microsoft/phi-1_5                            phi-1.5
Phi-3-mini-128k-instruct                     phi-3-mini
Phi3-3.8B                                    phi-3-mini
phi4:14b                                     phi-4
SmolLM2 360M                                 smollm2-360m
TinyLLAMA-1.1B                               tinyllama-1.1b
TinyLlama-1.1B-Chat-v1.0                     tinyllama-1.1b
Mistral-7B-Instruct-v0.3                     mistral-7b-v0.3
Mistral Small 3.1 24B                        mistral-small-24b
DeepSeek-R1-Distill-Llama-8B                 llama-3.1-8b
deepseek-r1:1.5b                             deepseek-r1-distill-qwen-1.5b
nvidia/NVIDIA-Nemotron-Nano-9B-v2            nemotron-nano-9b-v2
lfm2.5-1.2b-instruct                         lfm2.5-1.2b
Granite3.1-dense-2B                          granite-3.0-2b
OLMoE-1B-7B-0924                             olmoe-1b-7b
InternVL3-1B                                 qwen2.5-0.5b
MiniCPM-V-2_6                                qwen2-7b
"""


@pytest.mark.parametrize("row", NAMED.splitlines())
def test_a_label_names_its_card(row):
    label, card = row[:45].strip(), row[45:]
    found = named_card(label)
    assert found is not None
    assert (found.card, found.exact) == (card, True)


@pytest.mark.parametrize(
    ("label", "card"),
    [
        ("shisa-v2-llama3.1-8b.i1-Q4_K_M", "llama-3.1-8b"),
        ("Hermes-3-Llama-3.1-8B", "llama-3.1-8b"),
        ("dolphin-2.9.2-qwen2-7b", "qwen2-7b"),
    ],
)
def test_a_tuned_model_has_the_shape_of_the_one_in_its_name(label, card):
    found = named_card(label)
    assert found is not None
    assert (found.card, found.exact) == (card, False)


@pytest.mark.parametrize(
    "label", ["Apple Foundation ~3B", "RWKV7-1.5B", "Qwen2-0.5T", "Some-3B", "", "8b", "llama"]
)
def test_what_no_card_is_called_is_none(label):
    assert named_card(label) is None


def test_no_card_is_taken_for_another():
    for stem, card in cards().items():
        for name in (stem, *card.get("aliases", ()), card["hugging_face"]):
            found = named_card(name)
            assert found is not None, name
            same = {
                words_of(each) for each in (found.card, *cards()[found.card].get("aliases", ()))
            }
            assert found.card == stem or words_of(name) in same


def test_words_are_without_publisher_tuning_date_and_format():
    assert words_of("Qwen/Qwen3-4B-Instruct-2507-GGUF") == ("qwen", "3", "4", "b")
    assert words_of("Gemma-3-1.0B") == words_of("gemma3:1b")
