/** Which bundles are read from the store for a start. */
import { expect, test } from "vitest";
import type { Deployment } from "../../../src/platform/functions/function.ts";
import { Bundles } from "../../../src/platform/redeploy/bundles.ts";

const APP = { lifetimeId: "app" };

/** Deployments, each with a bundle of 10 bytes in a store that counts its reads. */
function stored(bytesMax?: number) {
	const read: string[] = [];
	const store = {
		getBlob: async (_owner: string, hash: string) => {
			read.push(hash);
			return hash === "missing" ? undefined : new Uint8Array(hash.startsWith("map") ? 3 : 7);
		},
	};
	const bundles = new Bundles(store, bytesMax);
	const start = async (bundle: string) => {
		const deployment = { function: "one", bundle, sourceMap: `map-${bundle}` } as Deployment;
		const { code, map } = await bundles.read(APP, deployment);
		expect([code.length, map.length]).toEqual([7, 3]);
		return read.splice(0);
	};
	return { start };
}

test("a bundle that was read is not read again until others have taken its place", async () => {
	const { start } = stored(25);
	expect(await start("a")).toEqual(["a", "map-a"]);
	expect(await start("b")).toEqual(["b", "map-b"]);
	expect(await start("a")).toEqual([]);
	expect(await start("c")).toEqual(["c", "map-c"]);
	expect(await start("a")).toEqual([]);
	expect(await start("b")).toEqual(["b", "map-b"]);
});

test("nothing stays if nothing may, or if one bundle is larger than all that may", async () => {
	for (const bytesMax of [0, 9]) {
		const { start } = stored(bytesMax);
		expect(await start("a")).toHaveLength(2);
		expect(await start("a")).toHaveLength(2);
	}
});

test("a bundle that is missing is refused each time", async () => {
	const { start } = stored();
	for (let count = 0; count < 2; count++)
		await expect(start("missing")).rejects.toMatchObject({ code: "BUNDLE_MISSING" });
});
