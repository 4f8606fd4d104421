/** A store that is changed under a process that has it open: it must continue what the process has seen of it. */
import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openSqliteStore } from "../../../src/platform/store/sqlite.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { entry, useSealedStores } from "./sealed-setup.ts";

const { open, path, withStore } = useSealedStores();

describe("a store that is open", () => {
	const created = (app: string) => JSON.stringify({ type: "app-created", app, code: "A".repeat(43) });
	const deleted = (app: string) => JSON.stringify({ type: "app-deleted", app, code: "A".repeat(43) });

	/** Another process changes the store while this one does not follow. @returns what this one thinks of it then */
	async function after(
		before: (store: Store) => Promise<unknown>,
		change: (store: Store) => Promise<unknown>,
	) {
		let code: string | undefined;
		await withStore(async (store, inner) => {
			await store.append("platform", 0, entry("one"));
			await before(store);
			await change(await open(inner));
			await store.compare();
			code = store.fault?.code;
		});
		return code;
	}

	test("may lose an app that the platform has deleted, also if one of the same name has come since", async () => {
		const app = async (store: Store) => {
			await store.append("platform", 1, created("shop"));
			await store.append("apps/shop/events", 0, entry("1"));
			await store.append("apps/shop/events", 1, entry("2"));
		};
		const remove = async (store: Store) => {
			await store.append("platform", 2, deleted("shop"));
			await store.deleteStreams("apps/shop/");
		};
		expect(await after(app, remove)).toBeUndefined();
		const again = async (store: Store) => {
			await remove(store);
			await store.append("platform", 3, created("shop"));
			await store.append("apps/shop/events", 0, entry("of the next one"));
		};
		rmSync(path(), { recursive: true });
		expect(await after(app, again)).toBeUndefined();
		// Nothing deletes the streams of the app that is there now.
		rmSync(path(), { recursive: true });
		const lost = await after(
			async (store) => {
				await app(store);
				await again(store);
			},
			(store) => store.deleteStreams("apps/shop/"),
		);
		expect(lost).toBe("STORE_ROLLED_BACK");
	});

	test("may lose a stream of claims that others have taken the place of, and no other one", async () => {
		const claims = (store: Store) => store.append("schedule/000000000001", 0, entry("claims"));
		const drop = (store: Store) => store.deleteStreams("schedule/000000000001");
		const next = async (store: Store) => {
			await store.append("schedule/000000000002", 0, entry("kept"));
			await drop(store);
		};
		expect(await after(claims, next)).toBeUndefined();
		rmSync(path(), { recursive: true });
		expect(await after(claims, drop)).toBe("STORE_ROLLED_BACK");
	});

	test("is refused if another history of the same identity is in it, also if its streams are longer", async () => {
		await using here = await openSqliteStore(path());
		let present: Store = here;
		const front = new Proxy(here, {
			get: (_, name) => {
				const value: unknown = Reflect.get(present, name);
				return typeof value === "function" ? value.bind(present) : value;
			},
		});
		const store = await open(front);
		await store.append("platform", 0, entry("one"));
		await using fork = await openSqliteStore(path("fork"));
		const forked = await open(fork);
		await forked.append("platform", 0, entry("one"));
		await store.append("apps/shop/events", 0, entry("here"));
		for (const at of [0, 1]) await forked.append("apps/shop/events", at, entry(`there ${at}`));
		present = fork;
		await expect(store.append("apps/shop/events", 2, entry("mixed"))).rejects.toMatchObject({
			code: "STORE_ROLLED_BACK",
			exit: 7,
		});
		expect(await fork.read("apps/shop/events", 1)).toHaveLength(1);
		present = here;
		expect(await store.append("apps/shop/events", 1, entry("again"))).toMatchObject({ appended: true });
	});

	test("is refused if it is emptied, also for a stream that does not exist yet", async () => {
		await using inner = await openSqliteStore(path());
		const store = await open(inner);
		await store.append("platform", 0, entry("one"));
		await inner.deleteStreams("", { from: await inner.readSeal(), to: "none" });
		const refused = { code: "STORE_EMPTIED", exit: 7 };
		await expect(store.append("platform", 1, entry("two"))).rejects.toMatchObject(refused);
		await expect(store.append("schedule/000000000001", 0, entry("claims"))).rejects.toMatchObject(refused);
		await expect(store.lease("rollouts/shop", "node", 1_000)).rejects.toMatchObject(refused);
		await expect(store.putBlob("0".repeat(32), Uint8Array.of(1))).rejects.toMatchObject(refused);
		expect(await inner.streams("")).toEqual([]);
	});
});
