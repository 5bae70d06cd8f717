"""Exercises that were made for one student: fetched and checked by their own server."""

from __future__ import annotations

from learnflow_ext.contracts.grades import FileSet
from learnflow_ext.service.handlers.base import ApiHandler


class StandingHandler(ApiHandler):
    """`GET api/practice/{name}`: whether it can be had, or a teacher looks at it first, or refused it."""

    async def get(self, name: str) -> None:
        self.answer(await self.parts.practices.standing(self.person, name))


class FilesHandler(ApiHandler):
    """`GET api/practice/{name}/files`: without solution and hidden tests."""

    async def get(self, name: str) -> None:
        self.answer(await self.parts.practices.files(self.person, name))


class CheckHandler(ApiHandler):
    """`POST api/practice/{name}/checks`."""

    async def post(self, name: str) -> None:
        self.answer(await self.parts.practices.check(self.person, name, self.body(FileSet)))
