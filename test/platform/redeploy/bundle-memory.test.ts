/** What the platform keeps in memory while a deployed function waits for its start. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import { AppFunctions } from "../../../src/platform/redeploy/reconcile.ts";
import { statusesOf } from "../fixtures/client.ts";
import { client, platform, SHOW, TestApp, useCore } from "./app-fixture.ts";

useCore();

/** Native objects release other objects only when they are collected themselves, so one round is not enough. */
async function collectGarbage(): Promise<void> {
	setFlagsFromString("--expose-gc");
	const collect = runInNewContext("gc") as () => void;
	setFlagsFromString("--no-expose-gc");
	for (let round = 0; round < 4; round++) {
		// A reference is strong until the end of the task in which it was made.
		await new Promise((resolve) => setImmediate(resolve));
		collect();
	}
}

/**
 * Records each built bundle. A spy of Vitest would keep the bundles in memory. @returns a function that ends
 * the recording
 */
function noteBundles(built: WeakRef<Uint8Array>[]): () => void {
	const builder = platform.builder as { build: typeof platform.builder.build };
	const { build } = builder;
	builder.build = async (prepared) => {
		const bundle = await build(prepared);
		built.push(new WeakRef(bundle.code), new WeakRef(bundle.sourceMap));
		return bundle;
	};
	return () => {
		builder.build = build;
	};
}

test("a function that waits for its start leaves its bundle to the store, and the memory to others", async () => {
	const app = await TestApp.open("bundle-memory", { KEY: "v" });
	const built: WeakRef<Uint8Array>[] = [];
	const restore = noteBundles(built);
	const { deploy } = AppFunctions.prototype;
	let inMemory: number | undefined;
	const starts = vi.spyOn(AppFunctions.prototype, "deploy").mockImplementation(async function (
		this: AppFunctions,
		deployment,
	) {
		await collectGarbage();
		inMemory = built.filter((each) => each.deref() !== undefined).length;
		return await deploy.call(this, deployment);
	});
	try {
		const events = await client.deploy(app.id, { "functions/one/index.ts": SHOW("KEY") });
		expect(statusesOf(events)).toEqual({ one: "deployed" });
	} finally {
		restore();
		starts.mockRestore();
	}
	expect(built).toHaveLength(2);
	expect(inMemory).toBe(0);
	expect(await app.fetch("one")).toContain("v");
});
