/** Checkpoints in etcd, of several nodes at once, and of a platform that starts again. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../../../src/platform/store/open.ts";
import { openTestCoreIn, testPlace } from "../../fixtures/core.ts";
import { newTestIdentity } from "../../fixtures/vault.ts";
import { EtcdCluster } from "../../store/etcd/cluster.ts";
import { happen, Place, plain } from "./platform.ts";

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

test("nodes that write checkpoints at once, while others append, leave one that a node can use", async () => {
	using place = new Place();
	const node = async (uses = true) =>
		await place.openOn(await openStore(cluster.url()), uses, { isShared: true });
	await using one = await node();
	for (const kind of ["set", "deployed", "set"] as const) await happen(place, one.app, kind, "A", "first");
	await one.checkpoints.write([one.app]);
	await using two = await node();
	expect([two.entriesRead(), two.app.entryCount, two.unused]).toEqual([0, 5, []]);
	for (let round = 0; round < 6; round++) {
		const [writer, other] = round % 2 === 0 ? [one, two] : [two, one];
		await Promise.all([
			happen(place, writer.app, "set", "B", "x"),
			one.checkpoints.write([one.app]),
			two.checkpoints.write([two.app]),
		]);
		await other.app.catchUp();
	}
	await using three = await node();
	expect(three.unused).toEqual([]);
	expect(three.app.openedFrom).toBeGreaterThan(0);
	await three.app.readHistory();
	await using whole = await node(false);
	expect(plain(three.app.state)).toEqual(plain(whole.app.state));
});

test("a platform that starts again uses what it wrote, and deletes the checkpoints of apps that are gone", async () => {
	using place = testPlace();
	const identity = newTestIdentity();
	{
		await using first = await openTestCoreIn(place, { identity });
		const { checkpointing } = first.core;
		const app = await first.core.createApp("shop", { vaultId: "v".repeat(22), environment: "production" });
		await app.record(() => ({ type: "deleted", functions: [], atMs: 1 }));
		checkpointing.start();
		await checkpointing.turn();
		await checkpointing.close();
	}
	{
		await using second = await openTestCoreIn(place, { identity });
		const app = second.core.apps.get("shop");
		expect([app.openedFrom, app.entryCount]).toEqual([1, 1]);
		await second.core.store.checkpoints.write([{ stream: "platform", text: "stays" }]);
		await second.core.deleteApp("shop");
		for await (const found of second.core.store.checkpoints.read("apps/")) expect(found).toBe("deleted");
	}
});
