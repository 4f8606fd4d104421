/** The secrets that a platform keeps for an app outside any vault, in a real store. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { App } from "../../../src/platform/apps/app.ts";
import { deleteLocal, localNames, setLocal } from "../../../src/platform/apps/local-secrets.ts";
import { changedSince, openEnvironment } from "../../../src/platform/redeploy/starts/function-environment.ts";
import { openStore } from "../../../src/platform/store/open.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import type { Reads } from "../../../src/references/evidence/reference.ts";
import { newTestIdentity, TestVault } from "../fixtures/vault.ts";

const APP = "shop";
const identity = newTestIdentity();
const vault = new TestVault().add(identity, "reader", "platform");
const BY = { id: "tok_0000000000000000", atMs: 1_000 };
const ALL: Reads = { references: [], dynamic: [{ file: "a.ts", line: 1, why: "any" }] };

let folder: string;
let store: Store;
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "coffer-local-"));
	store = await openStore(`sqlite:${folder}`);
});
afterEach(async () => {
	await store[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

const LIFE = { id: "0".repeat(32), isEarlier: false };
const open = (by = identity) =>
	App.open({ context: vault.context(APP), lifetime: LIFE, store, identity: by, now: () => 2_000 });
const values = (app: App) =>
	Object.fromEntries(openEnvironment(app.state, ALL, identity, app.local, new WeakSet()));
const entries = (...pairs: [string, string][]) => new Map(pairs);

function appended(app: App, version: number, value: string | undefined) {
	const { revision, head } = app.state.head;
	const header = revision === 0 ? vault.header : null;
	const change = vault.change(APP, { revision, head }, [vault.record("A", version, value)], { header });
	return app.append(change);
}

describe("secrets that only the platform has", () => {
	test("survive a restart, are sealed in the store, and change no revision", async () => {
		const app = await open();
		const changed = await setLocal(app, entries(["A", "first value"], ["B", "b"]), BY);
		expect(changed.map(({ name }) => name)).toEqual(["A", "B"]);
		await setLocal(app, entries(["A", "second value"]), BY);
		const again = await open();
		expect([values(again), again.state.head.revision]).toEqual([{ A: "second value", B: "b" }, 0]);
		expect([...again.state.local.values()].map(({ by, atMs }) => [by, atMs])).toContainEqual([BY.id, 1_000]);
		const bodies = (await store.read(`apps/${APP}/events`, 0)).map(({ body }) => body).join("\n");
		expect(bodies).not.toMatch(/first value|second value/);
	});

	test("and those of the vault change at the same moments when the streams are read again", async () => {
		const app = await open();
		await appended(app, 1, "a");
		await setLocal(app, entries(["B", "b"]), BY);
		const { moment } = app.state;
		await appended(app, 2, "a2");
		const { state } = await open();
		const hasChanged = (name: string) =>
			changedSince(
				state,
				{ references: [{ name, file: "a.ts", line: 1, how: "static" }], dynamic: [] },
				moment,
			);
		// A process that was started at that moment has the present value of B, and not of A.
		expect([hasChanged("A"), hasChanged("B")]).toEqual([true, false]);
		expect(state.moment).toEqual(app.state.moment);
	});

	test("are not changed by the same value, nor by a refused value", async () => {
		const app = await open();
		await setLocal(app, entries(["A", "a"]), BY);
		const { moment } = app.state;
		expect(await setLocal(app, entries(["A", "a"]), BY)).toEqual([]);
		await expect(setLocal(app, entries(["NEW", "x"], ["DENO_DIR", "y"]), BY)).rejects.toMatchObject({
			exit: 2,
		});
		await expect(setLocal(app, entries(["NEW", "x".repeat(70_000)]), BY)).rejects.toMatchObject({
			code: "VALUE_TOO_LARGE",
		});
		expect([values(app), app.state.moment]).toEqual([{ A: "a" }, moment]);
	});

	test("have increasing versions, also after a deletion, and a deleted name is not listed", async () => {
		const app = await open();
		await setLocal(app, entries(["A", "a"]), BY);
		expect(await deleteLocal(app, "A", BY)).toEqual([{ name: "A", kind: "deleted" }]);
		await expect(deleteLocal(app, "A", BY)).rejects.toMatchObject({ code: "SECRET_NOT_FOUND", exit: 4 });
		expect([localNames(app.state), values(app)]).toEqual([[], {}]);
		await setLocal(app, entries(["A", "anew"]), BY);
		expect([app.state.local.get("A")?.record.version, values(await open())]).toEqual([3, { A: "anew" }]);
	});

	test("are replaced permanently by secrets of the vault, and cannot have their names", async () => {
		const app = await open();
		await setLocal(app, entries(["A", "the platform's"], ["B", "b"]), BY);
		await appended(app, 1, "the vault's");
		expect([values(app), localNames(app.state)]).toEqual([{ A: "the vault's", B: "b" }, ["B"]]);
		await expect(setLocal(app, entries(["B", "c"], ["A", "x"]), BY)).rejects.toMatchObject({
			code: "SECRET_IN_VAULT",
			exit: 5,
		});
		await expect(deleteLocal(app, "A", BY)).rejects.toMatchObject({ code: "SECRET_IN_VAULT" });
		await appended(app, 2, undefined);
		expect(values(app)).toEqual({ B: "b" });
		expect(values(await open())).toEqual({ B: "b" });
	});

	test("are replaced permanently also if the platform stops right after it received the secrets of the vault", async () => {
		// A platform that does not know of the other's secret removes nothing, like one that was killed
		// before it could.
		const [stopped, other] = [await open(), await open()];
		await setLocal(other, entries(["A", "the platform's"]), BY);
		await appended(stopped, 1, "the vault's");
		const app = await open();
		expect(values(app)).toEqual({ A: "the vault's" });
		await appended(app, 2, undefined);
		expect(values(await open())).toEqual({});
	});

	test("cannot be decrypted with another identity or under another app's name", async () => {
		const app = await open();
		await setLocal(app, entries(["A", "a"]), BY);
		await expect(open(newTestIdentity())).rejects.toMatchObject({ code: "EVENT_FORGED", exit: 7 });
		const other = await App.open({
			lifetime: LIFE,
			context: vault.context("other"),
			store,
			identity,
			now: () => 2_000,
		});
		const record = app.state.local.get("A")?.record;
		expect(record && (() => other.local.open(record))).toThrow();
	});
});
