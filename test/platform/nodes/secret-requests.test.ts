/** Several nodes: requests for secrets that one gets, all list, also after a restart; each can change the list. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTES } from "../../../src/protocol/routes.ts";
import type { SecretRequestList } from "../../../src/protocol/secret-requests/messages.ts";
import { EtcdCluster } from "../store/etcd/cluster.ts";
import { APP, NodeStory, type TestNode } from "./node-story.ts";

let cluster: EtcdCluster;
beforeAll(async () => {
	cluster = await EtcdCluster.start();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function names(node: TestNode): Promise<string[]> {
	const answer = await node.client.call(ROUTES.listSecretRequests, { app: APP });
	return ((await answer.json()) as SecretRequestList).requests.map(({ name }) => name);
}

test("each node lists what any of them got, and none loses what another one got", async () => {
	await using story = new NodeStory();
	const storeUrl = cluster.url("/requests");
	const [a, b] = [await story.start({ storeUrl }), await story.start({ storeUrl })];
	await story.send(a, [["A", 1, "a1"]]);
	const ask = (node: TestNode, name: string) =>
		node.client.call(
			ROUTES.sendSecretRequests,
			{ app: APP },
			{ entries: [story.vault.request(name, "It is missing")] },
		);
	expect((await ask(a, "FROM_A")).status).toBe(200);
	expect((await ask(b, "FROM_B")).status).toBe(200);
	for (const node of [a, b]) expect(await names(node)).toEqual(["FROM_A", "FROM_B"]);
	await story.send(b, [["FROM_A", 1, "value"]]);
	for (const node of [a, b]) expect(await names(node)).toEqual(["FROM_B"]);
	const later = await story.start({ storeUrl });
	expect(await names(later)).toEqual(["FROM_B"]);
});
