"""Models that see, as a user meets them: what is counted, and images in the prompt."""

import json
from pathlib import Path

import pytest

TRUTH = json.loads(
    (Path(__file__).parent.parent / "data" / "towers.json").read_text(encoding="utf-8")
)


@pytest.fixture
def config(tmp_path):
    """The path of a config whose counts are known, by its name."""

    def written(name):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(TRUTH[name]["config"]), encoding="utf-8")
        return path

    return written


PI = ("--device", "raspberry-pi-5")


def test_what_is_counted_is_said_by_every_verb(edgesym, config):
    path = config("qwen3_vl")
    for verb, *options in (
        ("estimate", *PI, "--no-cache"),
        ("derive",),
        ("table",),
        ("crossover", *PI),
        ("sensitivity", *PI, "-q", "time_to_first_token"),
        ("compare", "llama-3.2-1b", *PI),
        ("solve", *PI, "--for", "context", "--such-that", "memory_footprint <= 4GiB"),
    ):
        ran = edgesym(verb, path, *options)
        assert ran.code == 0, ran.err
        text = " ".join(ran.out.split())
        assert "text and vision tower" in text or "text and vision" in text, verb


def test_the_text_part_alone_is_counted_where_it_is_asked_for(edgesym, config):
    path, truth = config("gemma3"), TRUTH["gemma3"]
    whole = json.loads(edgesym("estimate", path, *PI, "--no-cache", "--format", "json").out)
    text = edgesym("estimate", path, *PI, "--no-cache", "--text-only", "--format", "json")
    assert whole["parameters"] == truth["parameters"]
    assert json.loads(text.out)["parameters"] == truth["text"]
    assert json.loads(text.out)["counted"] == "text alone"


def test_images_enter_the_prompt_and_the_first_token(edgesym, config):
    path = config("qwen3_vl")

    def estimate(*options):
        ran = edgesym("estimate", path, *PI, "--no-cache", "--format", "json", *options)
        assert ran.code == 0, ran.err
        return json.loads(ran.out)

    none = estimate()
    two = estimate("--images", "2", "--image-size", "48x36")
    assert two["context"] == none["context"] + 2 * 12
    assert two["time_to_first_token_s"] > none["time_to_first_token_s"]
    assert two["parameters"] == none["parameters"]
    assert two["counted"].endswith("2 images of 48x36 pixels (12 tokens each) in the prompt")
    assert estimate("--images", "0", "--image-size", "48x36")["flops"] == none["flops"]


def test_it_can_be_asked_how_many_images_fit(edgesym, config):
    sizes = ("--images", "1", "--image-size", "48x36")
    asked = ("--for", "images", "--such-that", "kv_cache_bytes <= 1MiB", "--format", "json")
    ran = edgesym("solve", config("qwen3_vl"), *PI, *sizes, *asked)
    assert ran.code == 0, ran.err
    # a layer keeps 2 x 2 heads x 16 x 2 bytes of a token: 8192 fit, 256 of them text
    assert json.loads(ran.out)["answer"] == (8192 - 256) // 12


def test_the_forms_of_a_prompt_with_images_say_what_an_image_is(edgesym, config):
    ran = edgesym("derive", config("qwen2_5_vl"), "--phase", "prefill", "--images", "-q", "flops")
    assert ran.code == 0, ran.err
    text = " ".join(ran.out.split())
    assert "image_tokens [tokens] = t_i" in text
    assert "images in the prompt" in text


WRONG = [
    ("qwen3_vl", ("--images", "1"), "takes images of any size; give theirs, in pixels"),
    (
        "gemma3",
        ("--images", "1", "--image-size", "9x9"),
        "brings every image, or crop of one, to 42",
    ),
    ("internvl", ("--images", "1"), "give how many an image is, the whole of it among them"),
    ("gemma3", ("--images", "1", "--image-crops", "4"), "does not cut images"),
    ("gemma3", ("--image-size", "9x9"), "give how many with images"),
    ("gemma3", ("--images", "1", "--image-size", "9"), "'9' is no size of an image"),
    ("gemma3", ("--images", "-1"), "images"),
    ("gemma3", ("--images", "1", "--text-only"), "counts text alone, and sees no images"),
    ("gemma3", ("--audio-seconds", "3"), "hears no audio"),
    ("gemma3", ("--images", "1", "--context", "999"), "give the tokens of text with prompt"),
]


@pytest.mark.parametrize(("name", "options", "says"), WRONG)
def test_what_says_nothing_of_an_image_is_refused(edgesym, config, name, options, says):
    ran = edgesym("estimate", config(name), *PI, "--no-cache", *options)
    assert ran.code == 2
    assert says in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def test_a_model_of_text_sees_nothing(edgesym):
    ran = edgesym("estimate", "llama-3.2-1b", *PI, "--no-cache", "--images", "1")
    assert ran.code == 2
    assert "llama-3.2-1b sees no images; leave them out" in ran.err


def test_tools_that_quantise_leave_a_tower_alone(edgesym, config):
    path = config("llava-clip")

    def stored(weights):
        options = ("--weights", weights, "--no-cache", "--format", "json", "--runtime", "fused")
        ran = edgesym("estimate", path, *PI, *options)
        assert ran.code == 0, ran.err
        return json.loads(ran.out)["counted"]

    assert stored("int8") == stored("w8a8") == stored("bf16")
    assert stored("q8_0") != stored("bf16") != stored("bnb_8bit")
