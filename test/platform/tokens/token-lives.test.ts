import { describe, expect, test } from "vitest";
import { TestClock } from "../fixtures/core.ts";
import { BOUND, NOW, SCOPES, useTokenStore } from "./token-store.ts";

const tokenStore = useTokenStore();
const { appendRaw, open, openApps, stored } = tokenStore;

describe("a token", () => {
	test("of a deleted app loses its access with the entry that deletes the app, also after a restart", async () => {
		const registry = await open();
		const apps = await openApps(registry);
		const early = await registry.create({ scopes: ["sync"], app: "shop" }, NOW);
		await apps.create("shop", BOUND);
		const [shop, blog, all] = [
			await registry.create({ scopes: ["admin"], app: "shop" }, NOW),
			await registry.create({ scopes: ["admin"], app: "blog" }, NOW),
			await registry.create({ scopes: ["admin"] }, NOW),
		];
		await apps.delete("shop");
		await apps.create("shop", { ...BOUND, vaultId: "another" });
		const later = await registry.create({ scopes: ["read"], app: "shop" }, NOW);
		for (const each of [registry, await open()]) {
			expect(each.list().map(({ id }) => id)).toEqual([blog.id, all.id, later.id]);
			for (const { token } of [early, shop]) expect(each.authenticate(token, NOW)).toBeUndefined();
		}
	});

	test("is reported once when it is revoked, and when it expires", async () => {
		const registry = await open();
		const clock = new TestClock();
		const reported: string[] = [];
		const watch = async (name: string, expiresAtMs?: number) => {
			const { token, id } = await registry.create({ scopes: ["read"], expiresAtMs }, clock.now());
			const principal = registry.authenticate(token, clock.now());
			if (principal === undefined) throw new Error("It is not known.");
			return { id, principal, release: registry.onInvalid(principal, clock, () => reported.push(name)) };
		};
		const revoked = await watch("revoked");
		const expiring = await watch("expiring", clock.now() + 1_000);
		const far = await watch("far", clock.now() + 2 ** 33);
		const released = await watch("released", clock.now() + 1_000);
		released.release();
		expect(clock.tasks.map(({ delayMs }) => delayMs)).toEqual([1_000, 2 ** 31 - 1]);
		await registry.revoke(revoked.id, NOW);
		expect(reported).toEqual(["revoked"]);
		clock.atMs += 1_000;
		for (const { task } of clock.tasks.splice(0)) task();
		expect(reported).toEqual(["revoked", "expiring"]);
		expect(clock.tasks.map(({ delayMs }) => delayMs)).toEqual([2 ** 31 - 1]);
		await registry.revoke(expiring.id, NOW);
		await registry.revoke(far.id, NOW);
		expect(reported).toEqual(["revoked", "expiring", "far"]);
		expect(clock.tasks).toEqual([]);
		registry.onInvalid(revoked.principal, clock, () => reported.push("at once"));
		expect(reported.at(-1)).toBe("at once");
	});
});

describe("a token for the Base44 CLI", () => {
	const grant = { scopes: ["base44"] as const };

	test("has that CLI's form, and is bound to the app that its first use creates, also after a restart", async () => {
		const registry = await open();
		const apps = await openApps(registry);
		const { token, id } = await registry.create(grant, NOW);
		expect(token).toMatch(/^b44k_[\w-]{43}$/);
		expect((await stored()).join()).not.toContain(token.slice(5));
		const principal = registry.authenticate(token, NOW);
		if (principal === undefined) throw new Error("It is not known.");
		expect(SCOPES.filter((scope) => registry.authorise(principal, scope, "shop"))).toEqual([]);
		const uses = ["shop", "other"].map((app) => apps.findOrCreateFor(app, principal));
		expect((await Promise.allSettled(uses)).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
		expect((await apps.findOrCreateFor("shop", principal)).created).toBe(false);
		for (const again of [registry, await open()]) expect(again.find(id)?.app).toBe("shop");
		await expect((await openApps(registry)).findOrCreateFor("other", principal)).rejects.toMatchObject({
			code: "TOKEN_SCOPE",
			exit: 3,
		});
		await apps.delete("shop");
		for (const again of [registry, await open()]) expect(again.authenticate(token, NOW)).toBeUndefined();
	});

	test("is never bound to an existing app, linked or not", async () => {
		const registry = await open();
		const apps = await openApps(registry);
		await apps.create("linked", BOUND);
		const [one, two] = [await registry.create(grant, NOW), await registry.create(grant, NOW)];
		await apps.findOrCreateFor("another", { id: two.id, app: undefined });
		for (const app of ["linked", "another"]) {
			const taken = apps.findOrCreateFor(app, { id: one.id, app: undefined });
			await expect(taken).rejects.toMatchObject({ code: "APP_NOT_YOURS", exit: 3 });
		}
		expect(registry.find(one.id)?.app).toBeUndefined();
		await apps.findOrCreateFor("own", { id: one.id, app: undefined });
		expect(registry.find(one.id)?.app).toBe("own");
	});

	test("that was made for an app may use it, also if it is linked; binding a token requires the platform's key", async () => {
		const registry = await open();
		const apps = await openApps(registry);
		await apps.create("shop", BOUND);
		const { id } = await registry.create({ ...grant, app: "shop" }, NOW);
		expect((await apps.findOrCreateFor("shop", { id, app: "shop" })).created).toBe(false);
		await expect(apps.findOrCreateFor("other", { id, app: "shop" })).rejects.toMatchObject({
			code: "TOKEN_SCOPE",
		});
		const mac = "A".repeat(43);
		await appendRaw(JSON.stringify({ type: "token-bound", id, app: "other", boundAtMs: NOW, mac }));
		await expect(open()).rejects.toMatchObject({ code: "EVENT_FORGED", exit: 7 });
	});
});
