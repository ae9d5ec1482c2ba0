"""Prompts: the words of a prompt are complete, so the first generated token begins a new word or is punctuation."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from atelier.core.text import END, PAD, UNKNOWN, Tokenizer
from atelier.datasets.formats.corpus import vocabulary
from atelier.families.transformer_lm import network as transformer_lm
from atelier.modalities.text.generate import Prompt, Text, Writer
from atelier.modalities.text.params import UNFILTERED

REVIEWS = ["This movie was a charming, unbelievably naïve little film. I'd watch it again!"] * 20
PROMPT = "This mov"
CONTEXT = 16
CONFIG = {
    "context": CONTEXT,
    "width": 16,
    "depth": 1,
    "heads": 2,
    "hidden": 32,
    "activation": "relu",
    "norm": "rms",
    "norm_position": "pre",
    "positions": "rotary",
    "tied": True,
    "dropout": 0.0,
}


@pytest.fixture(scope="module")
def sub_words(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("sub-words") / "tokenizer.json"
    path.write_text(vocabulary.of_pieces(REVIEWS, 300), encoding="utf-8")
    return Tokenizer(path)


@pytest.fixture(scope="module")
def whole_words(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("words") / "tokenizer.json"
    path.write_text(vocabulary.of_words(["this", "movie", "film", "don't"]), encoding="utf-8")
    return Tokenizer(path)


@pytest.fixture(scope="module")
def writer(sub_words: Tokenizer) -> Writer:
    keras.utils.set_random_seed(5)
    keras.config.set_dtype_policy("float32")
    spec = SimpleNamespace(vocabulary=len(sub_words))
    return Writer(transformer_lm.build(transformer_lm.Config(**CONFIG), spec), 8, CONTEXT)


def generate(writer: Writer, prompt: Prompt, temperature: float, count: int = 48) -> list[Text]:
    return writer.write([prompt.request(seed, temperature, UNFILTERED) for seed in range(count)])


def first_characters(texts: list[Text], tokenizer: Tokenizer) -> set[str]:
    """The first character that each text adds to its prompt."""
    added = ["".join(tokenizer.pieces(text.tokens)[text.prompt :]) for text in texts]
    return {text[0] for text in added if text}


def test_word_starts_are_new_words_punctuation_and_the_end(sub_words: Tokenizer) -> None:
    starts = sub_words.word_starts()
    assert starts.dtype == bool
    assert len(starts) == len(sub_words)
    assert starts[END]
    for text in ("unbelievably", "naïve", "zzyzx", "b2b"):
        first, *others = sub_words.encode(text)
        assert starts[first]
        assert others
        assert not starts[others].any()
    for punctuation in ".,!?-\"'(":
        assert starts[sub_words.encode(f"x{punctuation}")[-1]]


def test_every_whole_word_is_a_word_start(whole_words: Tokenizer) -> None:
    assert whole_words.word_starts().tolist() == [True] * len(whole_words)


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.5])
def test_first_generated_token_does_not_continue_the_last_word(
    writer: Writer, sub_words: Tokenizer, temperature: float
) -> None:
    texts = generate(writer, Prompt.of(PROMPT, sub_words), temperature)
    assert all(sub_words.decode(text.tokens).startswith(PROMPT) for text in texts)
    assert sub_words.word_starts()[[text.tokens[text.prompt] for text in texts]].all()
    characters = first_characters(texts, sub_words)
    assert characters
    assert not any(character.isalnum() for character in characters)
    assert not {PAD, UNKNOWN} & {int(token) for text in texts for token in text.tokens}


def test_later_tokens_are_not_constrained(writer: Writer, sub_words: Tokenizer) -> None:
    texts = generate(writer, Prompt.of(PROMPT, sub_words), 1.5)
    later = np.concatenate([text.words[text.prompt + 1 :] for text in texts])
    assert not sub_words.word_starts()[later].all()


def test_word_of_the_prompt_can_be_continued_on_request(writer: Writer, sub_words: Tokenizer) -> None:
    prompt = Prompt.of(PROMPT, sub_words, continue_word=True)
    assert prompt.first is None
    assert any(character.isalnum() for character in first_characters(generate(writer, prompt, 1.5), sub_words))


@pytest.mark.parametrize("ending", [" ", "  ", "\n"])
def test_space_after_a_prompt_changes_nothing(writer: Writer, sub_words: Tokenizer, ending: str) -> None:
    without, with_space = Prompt.of(PROMPT, sub_words), Prompt.of(PROMPT + ending, sub_words)
    assert without.tokens == with_space.tokens
    for text, other in zip(*(generate(writer, prompt, 1.0, count=8) for prompt in (without, with_space)), strict=True):
        assert text.tokens.tolist() == other.tokens.tolist()


def test_text_without_a_prompt_is_not_constrained_and_does_not_depend_on_constrained_ones(
    writer: Writer, sub_words: Tokenizer
) -> None:
    nothing, prompt = Prompt.of("", sub_words), Prompt.of(PROMPT, sub_words)
    assert (nothing.tokens, nothing.first) == ((), None)
    free = [nothing.request(seed, 1.5, UNFILTERED) for seed in range(24)]
    constrained = [prompt.request(seed, 1.5, UNFILTERED) for seed in range(24)]
    mixed = writer.write([request for pair in zip(free, constrained, strict=True) for request in pair])
    for requests, texts in ((free, mixed[::2]), (constrained, mixed[1::2])):
        for text, other in zip(writer.write(requests), texts, strict=True):
            assert text.tokens.tolist() == other.tokens.tolist()
    assert not sub_words.word_starts()[[text.tokens[0] for text in mixed[::2]]].all()


def test_streamed_prompt_is_constrained_too(writer: Writer, sub_words: Tokenizer) -> None:
    request = Prompt.of(PROMPT, sub_words).request(3, 1.5, UNFILTERED)
    *_, text = writer.stream(request)
    assert text.tokens.tolist() == writer.write([request])[0].tokens.tolist()
    assert sub_words.word_starts()[text.tokens[text.prompt]]
