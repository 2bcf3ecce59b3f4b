"""The index: what is found, in which order, and when it is made anew."""

from __future__ import annotations

import shutil
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.browse.catalogue import Catalogue
from assist2resp.browse.index import place_beside
from assist2resp.browse.wording import excerpt_of, question_of
from assist2resp.errors import InputFileError, UsageError
from assist2resp.export.verify import verify
from tests.browse.scenes import MARKUP, indexed


@pytest.fixture
def catalogue(shelf_and_index):
    found = Catalogue(*shelf_and_index)
    yield found
    found.close()


FOUND = {
    "a word": ("chart", {"thread_a", "thread_b"}),
    "any case": ("CHART", {"thread_a", "thread_b"}),
    "all words": ("chart older", {"thread_b"}),
    "a phrase": ('"older chart"', {"thread_b"}),
    "no such phrase": ('"chart older"', set()),
    "a beginning": ("char*", {"thread_a", "thread_b"}),
    "no whole word": ("char", set()),
    "without": ("chart -older", {"thread_a"}),
    "without accents": ("cafe", {"thread_a"}),
    "with accents": ("Café", {"thread_a"}),
    "a language without spaces": ("返品", {"thread_a"}),
    "in another order": ("品返", set()),
    "arguments of a call": ("zebra", {"thread_a"}),
    "output of a call": ("shipped", {"thread_a"}),
    "code that is left out": ("quagga", {"thread_a"}),
    "metadata": ("okapi", {"thread_a"}),
    "markup is words": ("onerror", {"thread_a"}),
    "the end of a long text": ("long", {"thread_c"}),
    "an id": ("thread_b", {"thread_b"}),
    "only unwanted words": ("-chart", set()),
    "signs": ("!!! --- \" ' *", set()),
    "the language of the index": ("chart OR NEAR(older)", set()),
}


@pytest.mark.parametrize(("asked", "expected"), FOUND.values(), ids=FOUND)
def test_search(asked, expected, catalogue):
    results = catalogue.search(question_of(asked), 0, 10)
    assert {result.thread.id for result in results.results} == expected
    assert results.threads == len(expected)


def test_the_latest_come_first_and_in_pages(catalogue):
    assert [thread.id for thread in catalogue.threads(0, 10)] == ["thread_c", "thread_a", "thread_b"]
    assert [thread.id for thread in catalogue.threads(1, 1)] == ["thread_a"]
    first = catalogue.search(question_of("chart"), 0, 1)
    assert [result.thread.id for result in first.results] == ["thread_a"]
    assert (first.threads, first.texts) == (2, 2)
    assert [each.thread.id for each in catalogue.search(question_of("chart"), 1, 1).results] == ["thread_b"]


def test_a_hit_leads_to_its_place(catalogue):
    for asked, anchor in (("chart -older", "m0"), ("quagga", "x0"), ("okapi", "about"), ("zebra", "m2")):
        [result] = catalogue.search(question_of(asked), 0, 1).results
        assert anchor in {hit.anchor for hit in result.hits}, asked


@given(st.text(max_size=60))
def test_nothing_that_is_asked_breaks_the_search(shelf_and_index, asked):
    catalogue = Catalogue(*shelf_and_index)
    try:
        assert catalogue.search(question_of(asked), 0, 1).threads <= 3
    finally:
        catalogue.close()


@given(st.text(max_size=400), st.lists(st.text(min_size=1, max_size=5), max_size=3))
def test_an_excerpt_is_of_the_text(text, terms):
    parts = excerpt_of(text, tuple(terms)).parts
    said = "".join(parts).removeprefix("… ").removesuffix(" …")
    assert said in " ".join(text.split())
    assert all(part.lower() in {term.lower() for term in terms} for part in parts[1::2])


def test_it_lies_beside_the_archive_and_is_private(kept, shelf_and_index):
    _, index = shelf_and_index
    assert index.parent == kept.parent
    assert stat.S_IMODE(index.stat().st_mode) == 0o600
    assert verify(kept).damages == ()


def test_it_is_made_anew_when_the_archive_changes(kept, tmp_path):
    folder = shutil.copytree(kept, tmp_path / "kept")
    shelf, index = indexed(folder)
    made = index.stat().st_mtime_ns
    assert indexed(folder)[1].stat().st_mtime_ns == made
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"messages"', '"messagez"'))
    shelf_now, _ = indexed(folder)
    assert shelf_now.edition != shelf.edition
    assert index.stat().st_mtime_ns != made


def test_another_file_is_never_written_over(kept, tmp_path):
    folder = shutil.copytree(kept, tmp_path / "kept")
    place_beside(folder).write_text("mine, and longer than the head of a database would be" * 40)
    with pytest.raises(UsageError, match="is no index"):
        indexed(folder)


def test_a_damaged_line_is_named(kept, tmp_path):
    folder = shutil.copytree(kept, tmp_path / "kept")
    part = folder / "conversations" / "part-00001.jsonl"
    part.write_bytes(part.read_bytes().replace(b'{"thread_id":"thread_b"', b'{"thread_id":"thread_b'))
    with pytest.raises(InputFileError, match=r"part-00001\.jsonl:2: is damaged"):
        indexed(folder)


def test_titles_are_what_the_user_said_first(catalogue):
    [result] = catalogue.search(question_of("okapi"), 0, 1).results
    assert result.thread.title == f"A chart, please. {MARKUP}"[:140]
