"""Invitations to a board: the page names its creator and the board, and leads to it."""

import re
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.browser.access import PASSWORD, Member, fresh, known_as

olga, ada = known_as("olga"), known_as("ada")


class Invitation(NamedTuple):
    """An invitation, and its board."""

    link: str
    board: int
    name: str


@pytest.fixture
def invitation(olga: Member) -> Invitation:
    board = olga.board(name := fresh("Garden club "))
    olga.note(board, "Plant the beans")
    made = olga.rest.post("/api/invitations", json={"board_id": board, "role": "editor"}).json()
    return Invitation(made["link"], board, name)


def expect_invited(page: Page, invitation: Invitation) -> None:
    expect(page.locator("h1")).to_have_text(f"Olga invites you to {invitation.name}")
    expect(page.locator("body")).not_to_contain_text("Plant the beans")


def expect_on_the_board(page: Page, invitation: Invitation, nickname: str) -> None:
    expect(page).to_have_url(re.compile(f"/front/boards/{invitation.board}/notes$"))
    expect(page.locator(".desk-board")).to_contain_text(invitation.name)
    expect(page.locator(".note", has_text="Plant the beans")).to_be_visible()
    expect(page.locator(".me-button")).to_have_accessible_name(f"You are {nickname}")


def test_a_new_user_registers_and_is_on_the_board(windows, invitation):
    page = windows()
    page.goto(invitation.link)
    expect_invited(page, invitation)
    expect(page.get_by_role("link", name="I have an account")).to_be_visible()
    nickname = fresh("new")

    page.get_by_label("Name", exact=True).fill("Newman")
    page.get_by_label("Nickname").fill(nickname)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()

    expect_on_the_board(page, invitation, nickname)


def test_a_signed_in_user_joins_with_one_button(ada, invitation):
    page = ada.window()
    page.goto(invitation.link)
    expect_invited(page, invitation)
    expect(page.locator("main :is(button, input, a)")).to_have_count(1)

    page.get_by_role("button", name=f"Join {invitation.name}").click()

    expect_on_the_board(page, invitation, "ada")


def test_a_user_with_an_account_signs_in_and_then_joins(windows, ada, invitation):
    page = windows()
    page.goto(invitation.link)
    expect_invited(page, invitation)

    page.get_by_role("link", name="I have an account").click()
    page.get_by_label("Nickname").fill(ada.nickname)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect_invited(page, invitation)
    page.get_by_role("button", name=f"Join {invitation.name}").click()

    expect_on_the_board(page, invitation, "ada")
