// The examples of docs/api.md, by a client whose types openapi-typescript generates: `node api_examples.ts BASE`.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./quart_notes.ts";

type Note = components["schemas"]["NoteOut"];

const client = createClient<paths>({ baseUrl: process.argv[2] });

function there<T>(answer: { data?: T; error?: unknown }): T {
  assert.ok(answer.data !== undefined, JSON.stringify(answer.error));
  return answer.data;
}

async function notes(): Promise<void> {
  const body = { title: "Buy milk", description: "Two litres." };
  const milk: Note = there(await client.POST("/api/notes", { body }));
  const query = { done: "false", q: "milk litres", limit: 10 } as const;
  const found = there(await client.GET("/api/notes", { params: { query } }));
  assert.deepEqual(found, [milk]);
  const path = { note_id: milk.id };
  const change = { params: { path, header: { "If-Match": '"1"' } } };
  const done = there(await client.PATCH("/api/notes/{note_id}", { ...change, body: { done: true } }));
  assert.deepEqual([done.done, done.version, done.title], [true, 2, "Buy milk"]);
  const stale = await client.PATCH("/api/notes/{note_id}", { ...change, body: { title: "Buy oat milk" } });
  assert.equal(stale.error?.code, "stale_version");
  there(await client.DELETE("/api/notes/{note_id}", { params: { path } }));
  assert.equal((await client.DELETE("/api/notes/{note_id}", { params: { path } })).error?.code, "not_found");
  there(await client.POST("/api/notes/{note_id}/restore", { params: { path } }));
  const several = { ids: [milk.id], change: { pinned: true } };
  const pinned: Note[] = there(await client.POST("/api/notes/bulk", { body: several }));
  assert.deepEqual(pinned.map((note) => note.pinned), [true]);
}

async function person(name: string, nickname: string): Promise<number> {
  const body = { name, nickname, email: `${nickname}@example.org` };
  return there(await client.POST("/api/users", { body })).id;
}

async function rooms(ada: number, grace: number): Promise<void> {
  const room = there(await client.POST("/api/rooms", { body: { name: "Kitchen table" } }));
  const path = { room_id: room.id };
  const body = { author_id: ada, content: "Tea is ready.", client_key: "tea-2026-01-31" };
  const said = there(await client.POST("/api/rooms/{room_id}/messages", { params: { path }, body }));
  const again = there(await client.POST("/api/rooms/{room_id}/messages", { params: { path }, body }));
  assert.equal(again.id, said.id);
  const query = { limit: 50 };
  assert.deepEqual(there(await client.GET("/api/rooms/{room_id}/messages", { params: { path, query } })), [said]);
  const unread = there(await client.GET("/api/users/{user_id}/unread", { params: { path: { user_id: grace } } }));
  assert.deepEqual([unread.find((one) => one.room_id === room.id)?.count], [1]);
}

async function messages(ada: number, grace: number): Promise<void> {
  const body = { author_id: ada, recipient_id: grace, content: "Are you coming?" };
  const said = there(await client.POST("/api/messages", { body }));
  const path = { message_id: said.id };
  assert.deepEqual(there(await client.GET("/api/messages/{message_id}", { params: { path } })), said);
  const nobody = await client.POST("/api/messages", { body: { ...body, recipient_id: 999_999 } });
  assert.deepEqual(nobody.error?.errors.map((one) => one.field), ["recipient_id"]);
}

async function boards(ada: number): Promise<void> {
  const board = there(await client.POST("/api/boards", { body: { name: "Allotment" } }));
  const params = { path: { board_id: board.id } };
  const dig = there(await client.POST("/api/boards/{board_id}/notes", { params, body: { title: "Dig" } }));
  assert.equal(dig.board_id, board.id);
  const theme = { params: { path: { key: "theme" }, query: { person_id: ada } } };
  there(await client.PUT("/api/me/preferences/{key}", { ...theme, body: "dark" }));
  assert.equal(there(await client.GET("/api/me/preferences/{key}", theme)).value, "dark");
}

await notes();
const ada = await person("Ada Lovelace", "ada");
const grace = await person("Grace Hopper", "grace");
await rooms(ada, grace);
await messages(ada, grace);
await boards(ada);
