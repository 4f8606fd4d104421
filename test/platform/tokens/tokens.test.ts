import { describe, expect, test } from "vitest";
import { createToken } from "../../../src/platform/tokens/token-text.ts";
import { parseToken } from "../../../src/protocol/token.ts";
import { BOUND, fingerprint, NOW, SCOPES, useTokenStore } from "./token-store.ts";

const tokenStore = useTokenStore();
const { appendRaw, open, openApps, stored } = tokenStore;

describe("createToken", () => {
	test("returns a different token each time, which names the platform", () => {
		const tokens = Array.from({ length: 50 }, () => createToken({ fingerprint }));
		for (const key of ["token", "id", "hash"] as const) {
			expect(new Set(tokens.map((each) => each[key])).size).toBe(50);
		}
		for (const { token } of tokens) expect(parseToken(token)).toEqual({ fingerprint });
	});
});

describe("the registry of tokens", () => {
	test("accepts a token that it made, also after a restart, and does not store the token", async () => {
		const registry = await open();
		const { token, id } = await registry.create({ scopes: ["sync", "read", "sync"] }, NOW);
		const principal = { id, scopes: ["read", "sync"], app: undefined };
		expect(registry.authenticate(token, NOW)).toEqual(principal);
		expect((await open()).authenticate(token, NOW)).toEqual(principal);
		const secret = token.split(".")[1] as string;
		expect((await stored()).join()).not.toContain(secret);
		expect(JSON.stringify(registry.list())).not.toContain(secret);
		expect(registry.list()).toEqual([
			{ id, scopes: ["read", "sync"], app: undefined, expiresAtMs: undefined, createdAtMs: NOW },
		]);
	});

	test("refuses every other token: another secret, another platform's, a changed or malformed one", async () => {
		const registry = await open();
		const { token } = await registry.create({ scopes: ["admin"] }, NOW);
		const other = createToken({ fingerprint: "A".repeat(22) }).token;
		const stranger = createToken({ fingerprint }).token;
		const swapped = `coffer_${"A".repeat(22)}.${token.split(".")[1]}`;
		for (const wrong of [
			"",
			other,
			stranger,
			swapped,
			`${token}A`,
			token.slice(0, -1),
			token.toUpperCase(),
			"\ud800",
		]) {
			expect(registry.authenticate(wrong, NOW)).toBeUndefined();
		}
	});

	test("accepts a token until it expires", async () => {
		const registry = await open();
		const { token } = await registry.create({ scopes: ["read"], expiresAtMs: NOW + 1000 }, NOW);
		expect(registry.authenticate(token, NOW + 999)).toBeDefined();
		expect(registry.authenticate(token, NOW + 1000)).toBeUndefined();
	});

	test("refuses a revoked token at once, after a restart and on other nodes", async () => {
		const registry = await open();
		const elsewhere = await open();
		const { token, id } = await registry.create({ scopes: ["read"] }, NOW);
		const other = await registry.create({ scopes: ["read"] }, NOW);
		await elsewhere.catchUp();
		expect(elsewhere.authenticate(other.token, NOW)).toBeDefined();
		expect(elsewhere.authenticate(token, NOW)).toBeDefined();
		await registry.revoke(id, NOW);
		expect(registry.authenticate(token, NOW)).toBeUndefined();
		await elsewhere.catchUp();
		expect(elsewhere.authenticate(token, NOW)).toBeUndefined();
		expect((await open()).authenticate(token, NOW)).toBeUndefined();
		expect(elsewhere.authenticate(other.token, NOW)).toBeDefined();
		await expect(registry.revoke(id, NOW)).rejects.toMatchObject({ code: "TOKEN_NOT_FOUND", exit: 4 });
	});

	test("shares its stream: it ignores other events, and all concurrent appends are stored", async () => {
		await (await openApps(await open())).create("shop", BOUND);
		const [a, b] = [await open(), await open()];
		const made = await Promise.all(
			Array.from({ length: 20 }, (_, n) => (n % 2 ? a : b).create({ scopes: ["read"] }, NOW + n)),
		);
		const ids = new Set(made.map((token) => token.id));
		const registry = await open();
		expect(new Set(registry.list().map((token) => token.id))).toEqual(ids);
		for (const { token } of made) expect(registry.authenticate(token, NOW)).toBeDefined();
		expect(await stored()).toHaveLength(21);
	});
});

describe("the permissions of a token", () => {
	test("are its scopes; admin includes all of them", async () => {
		const registry = await open();
		for (const held of SCOPES) {
			const { token } = await registry.create({ scopes: [held] }, NOW);
			const principal = registry.authenticate(token, NOW);
			if (principal === undefined) throw new Error("not authenticated");
			const allowed = SCOPES.filter((scope) => registry.authorise(principal, scope, "shop"));
			expect(allowed).toEqual(held === "admin" ? SCOPES : [held]);
			expect(registry.authorise(principal, held, undefined)).toBe(true);
		}
	});

	test("are limited to its app if it is bound to one, also for admin", async () => {
		const registry = await open();
		const { token } = await registry.create({ scopes: ["admin"], app: "shop" }, NOW);
		const principal = registry.authenticate(token, NOW);
		if (principal === undefined) throw new Error("not authenticated");
		expect(registry.authorise(principal, "deploy", "shop")).toBe(true);
		for (const app of ["blog", "shop2", "Shop", "", undefined]) {
			expect(registry.authorise(principal, "read", app)).toBe(false);
		}
	});
});

describe("the registry", () => {
	test("makes no token whose time is over, and finds none that does not exist", async () => {
		const registry = await open();
		for (const expiresAtMs of [NOW - 1, NOW])
			await expect(registry.create({ scopes: ["read"], expiresAtMs }, NOW)).rejects.toMatchObject({
				code: "TOKEN_EXPIRED_ALREADY",
				exit: 2,
			});
		expect(registry.list()).toEqual([]);
		expect(registry.find("tok_0000000000000000")).toBeUndefined();
		const { id } = await registry.create({ scopes: ["read"], expiresAtMs: NOW + 1 }, NOW);
		expect(registry.find(id)).toMatchObject({ id, scopes: ["read"], expiresAtMs: NOW + 1 });
	});

	test("has an administrator if a valid token allows everything on every app", async () => {
		const registry = await open();
		expect(registry.hasAdministrator(NOW)).toBe(false);
		await registry.create({ scopes: ["admin"], app: "shop" }, NOW);
		await registry.create({ scopes: ["deploy", "read", "sync"] }, NOW);
		await registry.create({ scopes: ["admin"], expiresAtMs: NOW + 1 }, NOW);
		expect(registry.hasAdministrator(NOW)).toBe(true);
		expect(registry.hasAdministrator(NOW + 1)).toBe(false);
	});

	test("keeps the tokens of an app that is linked again, and of other apps that are made without a token", async () => {
		const registry = await open();
		const apps = await openApps(registry);
		const grants = ["shop", "blog"].map((app) => registry.create({ scopes: ["read"], app }, NOW));
		const made = await Promise.all(grants);
		const all = await registry.create({ scopes: ["read"] }, NOW);
		await apps.create("shop", { vaultId: "", environment: "" });
		await apps.create("shop", BOUND);
		expect(registry.list().map(({ app }) => app)).toEqual(["shop", "blog", undefined]);
		expect(registry.list().map(({ id }) => id)).toEqual([...made.map(({ id }) => id), all.id]);
	});
});

describe("an attacker who can write to the store, without the identity", () => {
	test("cannot change a token's event", async () => {
		const { token } = await (await open()).create(
			{ scopes: ["read"], app: "shop", expiresAtMs: NOW + 1 },
			NOW,
		);
		const [body] = await stored();
		const event = JSON.parse(body as string);
		const other = createToken({ fingerprint });
		const edits = [
			{ scopes: ["admin"] },
			{ scopes: ["admin", "read"] },
			{ app: null },
			{ app: "blog" },
			{ expiresAtMs: null },
			{ hash: other.hash },
			{ id: other.id },
			{ createdAtMs: 0 },
			{ code: "A".repeat(43) },
			{ code: undefined },
			{ mac: event.code },
			{ code: undefined, mac: event.code },
			{ extra: 1 },
			{ type: "token-revoked" },
			{ type: "token-other" },
		];
		for (const edit of edits) {
			await tokenStore.store.deleteStreams("platform");
			await appendRaw(JSON.stringify({ ...event, ...edit }));
			await expect(open()).rejects.toMatchObject({ code: "EVENT_FORGED", exit: 7 });
		}
		await tokenStore.store.deleteStreams("platform");
		await appendRaw(JSON.stringify(event));
		expect((await open()).authenticate(token, NOW)).toBeDefined();
	});

	test("cannot add another platform's events, or invalid ones", async () => {
		const stranger = await open(new Uint8Array(32).fill(8));
		await stranger.create({ scopes: ["admin"] }, NOW);
		await expect(open()).rejects.toMatchObject({ code: "EVENT_FORGED" });
		await tokenStore.store.deleteStreams("platform");
		await appendRaw("{");
		await expect(open()).rejects.toMatchObject({ code: "EVENT_FORGED" });
	});
});
