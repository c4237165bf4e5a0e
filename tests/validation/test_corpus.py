"""Reading measurements: values in base units, and what is wrong named by line and column."""

from __future__ import annotations

import pytest

from edgesym.errors import ConfigError
from edgesym.validation import read_corpus, shipped_corpus

PUBLISHED = (
    "device,device_detail,framework,model,quant,phase,batch,"
    "prompt_tokens,gen_tokens,metric,value,source_note\n"
)
STEPS = (
    "device,runtime,model,phase,batch,prompt_tokens,cached_tokens,dtype,"
    "median_s,energy_J,peak_bytes\n"
)
PI = "Raspberry Pi 5,,llama.cpp CPU,Llama-3.2-1B,Q4_0,"
H200 = "NVIDIA H200,torch-cudagraph,llama-3.2-1b,"


@pytest.fixture
def corpus(tmp_path):
    def made(text):
        path = tmp_path / "rows.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return made


@pytest.mark.parametrize(
    ("row", "kind", "value", "tokens"),
    [
        ("decode,1,,128,tok_s,11.5,", "decode", 11.5, 1),
        ("prefill,2,512,,s,4,", "prefill", 256.0, 1024),
        ("decode,1,,,GB,1.5,n_ctx 2048", "memory", 1.5e9, 1),
        ("decode,7.97,,,J_per_token,0.5,", "energy", 0.5, 8),
    ],
)
def test_published_rows_are_read_in_base_units(corpus, row, kind, value, tokens):
    (found,) = read_corpus(corpus(PUBLISHED + PI + row + "\n"))
    assert (found.kind, found.value, found.tokens, found.line) == (kind, value, tokens, 2)


def test_a_timed_step_gives_its_speed_its_energy_and_its_memory(corpus):
    found = read_corpus(corpus(STEPS + H200 + "prefill,2,100,0,bf16,0.5,40,1000\n"))
    assert {one.kind: one.value for one in found} == {
        "prefill": 400.0,
        "energy": 0.2,
        "memory": 1000.0,
    }


def test_notes_joules_and_bytes_may_be_left_out(corpus):
    header = "device,framework,model,quant,phase,batch,prompt_tokens,gen_tokens,metric,value\n"
    (found,) = read_corpus(corpus(header + "Pi,llama.cpp,m,Q4_0,decode,1,,128,tok_s,3\n"))
    assert found.value == 3
    header = "device,runtime,model,phase,batch,prompt_tokens,cached_tokens,dtype,median_s\n"
    (found,) = read_corpus(corpus(header + "Pi,torch-eager,m,decode,1,0,9,bf16,0.5\n"))
    assert (found.kind, found.value) == ("decode", 2)


def test_prompts_that_a_source_adds_up_over_the_batch_are_taken_apart(corpus):
    device = "Jetson AGX Thor,llm_inference runtime,TensorRT Edge-LLM 0.9.0,Qwen3-4B,NVFP4,"
    (found,) = read_corpus(corpus(PUBLISHED + device + "prefill,8,470.0,,tok_s,100,\n"))
    assert (found.prompt, found.tokens) == (59, 472)


def test_a_protocol_fills_the_tokens_that_its_rows_leave_open(corpus):
    row = "Samsung S24 Ultra,GPU,LiteRT-LM GPU,Gemma3-1B,int4,{},1,{},{},tok_s,100,\n"
    rows = (("prefill", "", ""), ("decode", "", ""), ("decode", 64, 32))
    found = read_corpus(corpus(PUBLISHED + "".join(row.format(*each) for each in rows)))
    told = [(one.prompt, one.generated) for one in found]
    assert told == [(1024, None), (1024, 256), (64, 32)]


def test_columns_that_nothing_reads_may_stand_beside(corpus):
    header = PUBLISHED.replace("\n", ",weather\n")
    (found,) = read_corpus(corpus(header + PI + "decode,1,,128,tok_s,11.5,,rain\n"))
    assert (found.value, found.labels["weather"]) == (11.5, "rain")


def test_the_steps_that_ship_are_all_read():
    found = read_corpus(shipped_corpus())
    assert sum(1 for one in found if one.kind in ("decode", "prefill")) == 144


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("device,phase\n", "csv:1: lacks the columns"),
        (STEPS.replace(",dtype", "") + "x\n", "lacks the column dtype"),
        (PUBLISHED, "no rows"),
        (
            PUBLISHED + PI + "decode,1,,128,tok_s,11.5 tok/s,\n",
            "csv:2: value = '11.5 tok/s' must be",
        ),
        (PUBLISHED + PI + "decode,1,,128,tok_s,-3,\n", "value = -3 must be a positive number"),
        (PUBLISHED + PI + "decode,1,,128,tok_s,nan,\n", "value = nan must be a finite number"),
        (PUBLISHED + PI + "decode,0,,128,tok_s,3,\n", "batch = 0 must be"),
        (PUBLISHED + PI + "decode,99999999999,,128,tok_s,3,\n", "from 1 to 1000000000"),
        (PUBLISHED + PI + "decode,1,1e12,128,tok_s,3,\n", "tokens up to 1000000000"),
        (PUBLISHED + PI + 'decode,1,,128,tok_s,"3\n', "no CSV after line"),
        (
            PUBLISHED + PI + "train,1,,128,tok_s,3,\n",
            "must be one of decode, prefill",
        ),
        (PUBLISHED + PI + "decode,1,,128,GiB,3,\n", "one of tok_s, s, GB, J_per_token"),
        (PUBLISHED + PI + "decode,1,,128,s,3,\n", "a metric of decode: tok_s, GB, J_per_token"),
        (PUBLISHED + PI + "prefill,1,,,s,3,\n", "prompt_tokens = '' must be"),
        (PUBLISHED + PI + "prefill,1,-5,,tok_s,3,\n", "prompt_tokens = -5 must be"),
        (PUBLISHED + PI + "decode,1,tok_s,3\n", "csv:2: has not as many cells"),
        (STEPS + H200 + "decode,1,0,,bf16,0.01,,\n", "cached_tokens = '' must be"),
        (STEPS + H200 + "decode,1,0,128,bf16,0,,\n", "median_s = 0 must be"),
        (STEPS + H200 + "decode,1,0,128,bf16,0.1,-1,\n", "energy_J = -1 must be"),
        (STEPS.replace("energy_J", "Energy J") + "x\n", "'Energy J', which is read where"),
        (STEPS.replace("dtype", "dtype,dtype") + "x\n", "has the column 'dtype' twice"),
        (PUBLISHED + PI + "decode,1,,128,tok_s,1e400,\n", "value = inf must be a finite number"),
        (PUBLISHED + PI + "decode,,,128,tok_s,3,\n", "batch = '' must be a number of sequences"),
        (PUBLISHED + PI + "decode,1,,128,tok_s,3,\x1b[2J\n", "holds a control character, U+001B"),
    ],
)
def test_what_is_wrong_is_named(corpus, text, says):
    with pytest.raises(ConfigError, match=r"rows\.csv") as raised:
        read_corpus(corpus(text))
    assert says in str(raised.value)


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_corpus(tmp_path / "none.csv")
    (tmp_path / "no.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_corpus(tmp_path / "no.csv")
