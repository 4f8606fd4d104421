/** Which apps a node follows after an interruption. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { NO_LOG } from "../../../src/platform/faults/log.ts";
import type { Progress } from "../../../src/platform/nodes/announcement.ts";
import { Following } from "../../../src/platform/nodes/following.ts";
import type { SealedStore } from "../../../src/platform/store/sealed/sealed-store.ts";
import type { SharedStore, StoreMoment } from "../../../src/platform/store/several-nodes.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { SharedPlatform } from "./node-core.ts";

const APP = "shop";

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

test("an app is followed although a request has read its streams already, and not again without news", async () => {
	const shared = new SharedPlatform(cluster.url("/following"));
	await using node = await shared.open();
	await node.client.createApp(APP, shared.vault);
	const app = node.core.apps.get(APP);
	await node.client.deploy(APP, { "functions/one/index.ts": 'export default () => new Response("one");' });
	const heads = await node.core.store.heads();
	const complete: StoreMoment = { isComplete: true, heads, removed: [], seal: undefined };
	const reported: Progress[] = [];
	const end = new AbortController();
	const store = {
		async *moments() {
			yield complete;
			await vi.waitFor(() => expect(reported).toHaveLength(1));
			yield complete;
			end.abort();
		},
	};
	const following = new Following({
		store: store as unknown as SharedStore,
		sealed: { follow: async () => undefined } as unknown as SealedStore,
		apps: node.core.apps,
		functionsOf: (each) => node.core.functionsOf(each),
		catchUpPlatform: async () => undefined,
		onFollowed: async (progress) => void reported.push(progress),
		log: NO_LOG,
	});
	await following.run(end.signal);
	expect(reported).toEqual([{ app: APP, revision: app.eventRevision, failed: [] }]);
});
