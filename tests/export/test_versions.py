"""Archives of every version open for ever: one of each lies in `fixtures/archives`, never to be changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assist2resp.export.source import Settings
from assist2resp.export.verify import repair, verify
from assist2resp.load.plan import plan_of
from assist2resp.load.reading import Choice, read_jobs
from tests.export.scenes import exported, snapshot

ARCHIVES = Path(__file__).parents[2] / "fixtures" / "archives"


@pytest.fixture(params=sorted(path.name for path in ARCHIVES.iterdir()))
def old(request):
    return ARCHIVES / request.param


def test_it_is_sound(old):
    verdict = verify(old)
    assert verdict.damages == ()
    assert verdict.manifest.converted["conversations"] == 8


def test_its_conversions_are_still_made_alike(old, tmp_path):
    exported("archive", Settings(inputs=(old,)), tmp_path / "again")
    assert snapshot(tmp_path / "again") | {"manifest.json": ""} == snapshot(old) | {"manifest.json": ""}


def test_it_can_be_mended(old, tmp_path):
    broken = shutil.copytree(old, tmp_path / "broken")
    (broken / "conversations/part-00001.jsonl").write_text("")
    repair(broken, verify(broken))
    assert snapshot(broken) | {"manifest.json": ""} == snapshot(old) | {"manifest.json": ""}


def test_it_can_be_loaded(old):
    plans = [plan_of(job.record()) for job in read_jobs(old, Choice())]
    assert len(plans) == 8
    assert sum(len(plan.items) for plan in plans) == 41
