/** Sessions of the web console: who gets one, what it may do, and when it ends. */
import { beforeEach, describe, expect, test } from "vitest";
import { ConsoleSessions } from "../../../src/platform/console/sessions.ts";
import type { TokenInfo } from "../../../src/platform/tokens/tokens.ts";

const KEY = new Uint8Array(32).fill(7);
const TOKEN: TokenInfo = {
	id: "tok_0123456789abcdef",
	scopes: ["read"],
	app: "shop",
	expiresAtMs: undefined,
	createdAtMs: 0,
};
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let nowMs: number;
let tokens: Map<string, TokenInfo>;
let leases: Map<string, string>;
beforeEach(() => {
	nowMs = 1_800_000_000_000;
	tokens = new Map([[TOKEN.id, TOKEN]]);
	leases = new Map();
});

/** A node of the platform. All nodes have one store. */
function node(stateKey = KEY): ConsoleSessions {
	return new ConsoleSessions({
		stateKey,
		store: {
			lease: async (name, holder) => {
				const held = leases.get(name) ?? holder;
				leases.set(name, held);
				return held === holder;
			},
		},
		tokens: { find: (id) => tokens.get(id) },
		now: () => nowMs,
	});
}

const refused = { code: "CONSOLE_CODE_INVALID", exit: 3 };

describe("a code", () => {
	test("opens one session, on any node, and only once", async () => {
		const { code, path } = node().createCode(TOKEN);
		expect(path).toBe(`/console/#code=${code}`);
		const { cookie, proof } = await node().open(code);
		expect(node().find(cookie, proof)).toMatchObject({ id: TOKEN.id, scopes: ["read"], app: "shop" });
		await expect(node().open(code)).rejects.toMatchObject(refused);
	});

	test("opens one session if several browsers send it at the same time", async () => {
		const { code } = node().createCode(TOKEN);
		const opened = await Promise.allSettled([1, 2, 3, 4].map(() => node().open(code)));
		expect(opened.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
	});

	test("is not valid after a minute, for a revoked token, of another platform, or changed", async () => {
		const { code } = node().createCode(TOKEN);
		nowMs += MINUTE_MS;
		await expect(node().open(code)).rejects.toMatchObject(refused);
		nowMs -= MINUTE_MS;
		await expect(node(new Uint8Array(32)).open(code)).rejects.toMatchObject(refused);
		const parts = code.split(".");
		const later = [parts[0], String(nowMs + HOUR_MS), ...parts.slice(2)].join(".");
		for (const text of [later, "", ".", "a.b", code.slice(0, -1), `${code}.x`, `x.${code}`])
			await expect(node().open(text), text).rejects.toMatchObject(refused);
		tokens.clear();
		await expect(node().open(code)).rejects.toMatchObject(refused);
	});
});

describe("a session", () => {
	test("needs both of its parts, from the same session", async () => {
		const sessions = node();
		const one = await sessions.open(sessions.createCode(TOKEN).code);
		const two = await sessions.open(sessions.createCode(TOKEN).code);
		expect(sessions.find(one.cookie, one.proof)).toBeDefined();
		const { code } = sessions.createCode(TOKEN);
		for (const [cookie, proof] of [
			[one.cookie, two.proof],
			[one.cookie, ""],
			["", one.proof],
			[code, one.proof],
			[`${one.cookie}x`, one.proof],
		] as const)
			expect(sessions.find(cookie, proof)).toBeUndefined();
	});

	test("ends after 12 hours, and with its token", async () => {
		const sessions = node();
		const { cookie, expiresAtMs, proof } = await sessions.open(sessions.createCode(TOKEN).code);
		expect(expiresAtMs).toBe(nowMs + 12 * HOUR_MS);
		nowMs = expiresAtMs - 1;
		expect(sessions.find(cookie, proof)).toMatchObject({ sessionEndsAtMs: expiresAtMs });
		nowMs = expiresAtMs;
		expect(sessions.find(cookie, proof)).toBeUndefined();
		nowMs = expiresAtMs - 1;
		tokens.set(TOKEN.id, { ...TOKEN, expiresAtMs: nowMs + 1 });
		expect(sessions.find(cookie, proof)).toBeDefined();
		tokens.delete(TOKEN.id);
		expect(sessions.find(cookie, proof)).toBeUndefined();
	});

	test("does not outlive a token that expires earlier", async () => {
		tokens.set(TOKEN.id, { ...TOKEN, expiresAtMs: nowMs + HOUR_MS });
		const sessions = node();
		const { expiresAtMs } = await sessions.open(sessions.createCode(TOKEN).code);
		expect(expiresAtMs).toBe(nowMs + HOUR_MS);
	});
});
