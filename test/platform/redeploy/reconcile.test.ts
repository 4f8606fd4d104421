import { describe, expect, test, vi } from "vitest";
import { statusesOf } from "../fixtures/client.ts";
import { platform, SHOW, TestApp, useCore } from "./app-fixture.ts";

useCore();

const PICKY = `if (Deno.env.get("MODE") === "bad") throw new Error("MODE is bad");\n${SHOW("MODE")}`;

describe("a start that fails", () => {
	test("leaves the old version serving, and reports the function's own error", async () => {
		const app = await TestApp.open("fails", { MODE: "good" });
		await app.deploy({ picky: PICKY });
		const before = await app.show("picky");
		const [failed] = await app.set({ MODE: "bad" });
		expect(failed).toMatchObject({ function: "picky", status: "failed" });
		expect(failed?.error).toContain("MODE is bad");
		expect(await app.show("picky")).toMatchObject({ state: "live", pid: before?.pid });
		expect((await app.show("picky"))?.error).toContain("MODE is bad");
		expect(await app.fetch("picky")).toBe("good");
		expect(await app.set({ MODE: "better" })).toMatchObject([{ function: "picky", status: "live" }]);
		expect(await app.fetch("picky")).toBe("better");
		expect((await app.show("picky"))?.error).toBeUndefined();
	});

	test("of a new version leaves the earlier version deployed", async () => {
		const app = await TestApp.open("newer", { MODE: "good" });
		await app.deploy({ picky: SHOW("MODE") });
		const before = await app.show("picky");
		const events = await app.deploy({ picky: 'throw new Error("broken build");' });
		expect(statusesOf(events)).toEqual({ picky: "failed" });
		expect(JSON.stringify(events)).toContain("broken build");
		expect(await app.show("picky")).toMatchObject({
			state: "live",
			pid: before?.pid,
			deployment: before?.deployment,
		});
		expect(statusesOf(await app.deploy({ picky: SHOW("MODE") }))).toEqual({ picky: "deployed" });
	});

	test("of the first version is repeated when a secret that it reads changes, and at no other time", async () => {
		const app = await TestApp.open("first", { MODE: "bad" });
		expect(statusesOf(await app.deploy({ picky: PICKY }))).toEqual({ picky: "failed" });
		expect(await app.show("picky")).toMatchObject({ state: "failed", pid: null });
		expect(await app.set({ OTHER: "x" })).toEqual([]);
		expect((await app.show("picky"))?.state).toBe("failed");
		expect(await app.set({ MODE: "good" })).toMatchObject([{ status: "live" }]);
		expect(await app.fetch("picky")).toBe("good");
		expect(platform.core.apps.get("first").state.functions.get("picky")?.error).toBeUndefined();
	});
});

describe("a function's process environment", () => {
	test("contains the secrets that it reads and no others, and no deleted secret", async () => {
		const app = await TestApp.open("least", { MINE: "mine", YOURS: "yours" });
		const all =
			'const mine = Deno.env.get("MINE"); export default () => Response.json([mine ?? null, Object.keys(process.env)]);';
		await app.deploy({ own: `import process from "node:process";\n${all}`, yours: SHOW("YOURS") });
		const names = async () => JSON.parse(await app.fetch("own")) as [string | null, string[]];
		const { dynamic } = (await app.show("own")) ?? { dynamic: [] };
		// The function lists the whole environment, so it gets all secrets.
		expect(dynamic).not.toEqual([]);
		expect(await names()).toEqual(["mine", expect.arrayContaining(["MINE", "YOURS"])]);
		expect(await app.fetch("yours")).toBe("yours");
		const results = await app.set({ YOURS: undefined });
		expect(results.map((result) => result.function).sort()).toEqual(["own", "yours"]);
		expect(results.find((result) => result.function === "own")?.reasons).toContainEqual(
			expect.objectContaining({ name: "YOURS", how: "dynamic" }),
		);
		expect(await app.fetch("yours")).toBe("none");
		expect((await names())[1]).not.toContain("YOURS");
	});

	test("does not change when a record is re-encrypted, or a secret that never existed is deleted", async () => {
		const app = await TestApp.open("tombstone", { MINE: "mine" });
		await app.deploy({ own: SHOW("NEVER") });
		const before = await app.show("own");
		expect(await app.set({ NEVER: undefined })).toEqual([]);
		expect((await app.show("own"))?.pid).toBe(before?.pid);
	});
});

describe("concurrent changes", () => {
	test("lead to the last value with fewer starts than changes", async () => {
		const app = await TestApp.open("burst", { COUNT: "0" });
		await app.deploy({ count: SHOW("COUNT") });
		const starts = vi.spyOn(platform.core.runtime, "start");
		const live = platform.core.apps.get("burst");
		const waiting: Promise<unknown>[] = [];
		for (let count = 1; count <= 8; count++) {
			const change = app.vault.change("burst", app.head, [app.vault.record("COUNT", count + 1, `${count}`)]);
			await live.append(change);
			waiting.push(app.functions.redeploy(change.operation, (result) => expect(result.status).toBe("live")));
		}
		await Promise.all(waiting);
		expect(await app.fetch("count")).toBe("8");
		expect(starts.mock.calls.length).toBeLessThan(8);
		starts.mockRestore();
	});

	test("reach a version that is starting when they arrive", async () => {
		const app = await TestApp.open("race", { KEY: "old", OTHER: "x" });
		await app.deploy({ racer: SHOW("OTHER") });
		const { start } = platform.core.runtime;
		// The change is accepted after the new version has read its secrets, and before it has replaced the
		// old one.
		const starts = vi.spyOn(platform.core.runtime, "start").mockImplementationOnce(async (launch) => {
			await app.set({ KEY: "new" });
			return await start.call(platform.core.runtime, launch);
		});
		expect(statusesOf(await app.deploy({ racer: SHOW("KEY") }))).toEqual({ racer: "deployed" });
		expect(starts.mock.calls.map(([launch]) => launch.environment.get("KEY"))).toEqual(["old", "new"]);
		expect(await app.fetch("racer")).toBe("new");
		starts.mockRestore();
	});
});
