"""Writes that are sent again: the same answer, and nothing done twice."""

import threading
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Body, Response
from fastapi.responses import JSONResponse
from httpx2 import Response as Answer

from api.asking import SignedIn
from api.problems import Refusal
from api.service import TheService
from api.writing import IdempotencyKey, Order, do_once
from stores.operational.idempotency import Attempt, Known
from tests.api.calling import Served, problem_of, served
from tests.hub.sharing.asking import Hub

router = APIRouter(prefix="/v1")
WRITTEN: list[tuple[str, str]] = []
GO = threading.Event()
STARTED = threading.Event()


@router.post("/written")
def write(
    service: TheService, caller: SignedIn, key: IdempotencyKey, word: Annotated[str, Body(max_length=20)]
) -> Response:
    """Writes a word down, once; some words go wrong."""

    def writing(attempt: Attempt) -> Response:
        found = [number for number, (reference, _) in enumerate(WRITTEN, 1) if reference == attempt.reference]
        if attempt.known is Known.CUT_OFF and found:
            return JSONResponse({"number": found[0]}, status_code=201)
        if word == "refused":
            raise Refusal("conflict")
        WRITTEN.append((attempt.reference, word))
        if word == "slow":
            STARTED.set()
            GO.wait(30)
        if word == "breaks once":
            raise KeyError(word)
        return JSONResponse({"number": len(WRITTEN)}, status_code=201)

    return do_once(service, Order(caller.name, key, word.encode()), writing)


@pytest.fixture
def writing(shared_hub: Hub) -> Iterator[Served]:
    WRITTEN.clear()
    with served(shared_hub, router, points_at_once=100_000) as it:
        yield it


def post(api: Served, key: str, word: str, name: str = "education") -> Answer:
    headers = {"Authorization": f"Bearer {api.token_of(name)}", "Idempotency-Key": key}
    return api.client.post("/v1/written", json=word, headers=headers)


def test_the_same_write_again_has_the_same_answer(writing: Served) -> None:
    first, again = post(writing, "test-same", "word"), post(writing, "test-same", "word")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert first.headers["content-type"] == again.headers["content-type"] == "application/json"
    assert (first.headers.get("idempotency-replayed"), again.headers.get("idempotency-replayed")) == (None, "true")
    assert len(WRITTEN) == 1


def test_a_key_is_for_one_write_of_one_caller(writing: Served) -> None:
    post(writing, "test-one-1", "word")
    assert problem_of(post(writing, "test-one-1", "other")) == "key-used-otherwise"
    assert post(writing, "test-one-1", "other", "wang").status_code == 201
    assert [word for _, word in WRITTEN] == ["word", "other"]


def test_a_write_that_is_under_way_is_not_begun_again(writing: Served) -> None:
    GO.clear()
    STARTED.clear()
    answers: list[Answer] = []
    first = threading.Thread(target=lambda: answers.append(post(writing, "test-slow", "slow")))
    first.start()
    assert STARTED.wait(30)
    again = post(writing, "test-slow", "slow")
    GO.set()
    first.join()
    assert (problem_of(again), again.headers["retry-after"]) == ("in-progress", "1")
    assert post(writing, "test-slow", "slow").content == answers[0].content
    assert len(WRITTEN) == 1


def test_what_was_refused_may_be_tried_again(writing: Served) -> None:
    assert problem_of(post(writing, "test-refused", "refused")) == "conflict"
    assert post(writing, "test-refused", "word").status_code == 201


def test_a_write_that_broke_off_is_found_again_and_not_done_twice(writing: Served) -> None:
    assert problem_of(post(writing, "test-broken", "breaks once")) == "broken"
    assert post(writing, "test-broken", "breaks once").json() == {"number": 1}
    assert len(WRITTEN) == 1


@pytest.mark.parametrize("key", ["", "short", "a" * 129, "with space"])
def test_a_write_needs_a_key_that_is_one(writing: Served, key: str) -> None:
    assert problem_of(post(writing, key, "word")) == "invalid-input"
