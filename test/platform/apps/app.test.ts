/**
 * An app's log in a real store: the data that is stored with the entries, and logs of earlier versions
 * without that data.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { App } from "../../../src/platform/apps/app.ts";
import { openStore } from "../../../src/platform/store/open.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { newTestIdentity, TestVault } from "../fixtures/vault.ts";

const APP = "shop";
const STREAM = `apps/${APP}/changes`;
const identity = newTestIdentity();
const vault = new TestVault().add(identity, "reader", "platform");

let folder: string;
let store: Store;
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "coffer-app-"));
	store = await openStore(`sqlite:${folder}`);
});
afterEach(async () => {
	await store[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

const open = (now: () => number) =>
	App.open({
		context: vault.context(APP),
		lifetime: { id: "0".repeat(32), isEarlier: false },
		store,
		identity,
		now,
	});

function change(app: App, version: number) {
	const { revision, head } = app.state.head;
	const header = revision === 0 ? vault.header : null;
	return vault.change(APP, { revision, head }, [vault.record("A", version, `value ${version}`)], { header });
}

test("entries have their time of arrival, which never decreases and does not affect the heads", async () => {
	const times = [2_000, 1_000, -5];
	const app = await open(() => times.shift() ?? 0);
	for (const version of [1, 2, 3]) await app.append(change(app, version));
	expect((await app.entries(0)).map(({ receivedMs }) => receivedMs)).toEqual([2_000, 1_000, 0]);
	const again = await open(() => 9_000);
	expect(again.state).toEqual(app.state);
	expect(await again.entries(0)).toEqual(await app.entries(0));
});

test("a log without times, from an earlier version, is read and continued with times", async () => {
	const app = await open(() => 1_000);
	for (const version of [1, 2]) await app.append(change(app, version));
	const old = await store.read(STREAM, 0);
	await store.deleteStreams(STREAM);
	for (const { revision, body } of old) {
		const { receivedMs, ...entry } = JSON.parse(body);
		expect(receivedMs).toBe(1_000);
		await store.append(STREAM, revision - 1, JSON.stringify(entry));
	}
	const again = await open(() => 5_000);
	const summaries = app.state.summaries.map((summary) => ({ ...summary, atMs: null }));
	expect({ ...again.state, summaries: again.state.summaries }).toEqual({ ...app.state, summaries });
	await again.append(change(again, 3));
	expect((await again.entries(0)).map(({ receivedMs }) => receivedMs)).toEqual([undefined, undefined, 5_000]);
});
