import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import type { Transport } from "../../../src/http/request.ts";
import type { Change } from "../../../src/protocol/change.ts";
import type { NodeEvent } from "../../../src/protocol/nodes.ts";
import { Remote } from "../../../src/sync/client/platform-client.ts";

const HASH = "A".repeat(43);
const CHANGE: Change = {
	operation: HASH,
	base: { revision: 0, head: HASH },
	header: null,
	records: [],
	author: HASH,
	signature: HASH,
};

test("a platform that accepts a change and then stays silent is given up, whatever time a redeploy may take", async () => {
	const server = createServer((socket) => socket.on("error", () => {}).resume());
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	const remote = new Remote({ url: `http://127.0.0.1:${port}`, token: undefined, answerMs: 50 });
	await expect(remote.appendChange("shop", CHANGE).next()).rejects.toMatchObject({
		code: "PLATFORM_TIMEOUT",
		exit: 6,
	});
	await expect(remote.readChanges("shop", 0)).rejects.toMatchObject({ code: "PLATFORM_TIMEOUT" });
	server.close();
});

/** A client whose platform answers with a text, and the queries that it sends. */
function answeredWith(text: string | null, status = 200) {
	const { body } = new Response(text);
	const asked: string[] = [];
	const transport: Transport = async (url) => {
		asked.push(url.search);
		return { ok: true, status, body };
	};
	return { asked, remote: new Remote({ url: "http://127.0.0.1:1", token: undefined, transport }) };
}

const node = { type: "node", node: "a", status: "followed", failed: [] } as const;
const linesOf = (lines: readonly object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

describe("a change of a host that waits for the nodes", () => {
	const mapped = { host: "shop.example", app: "shop" };

	test("reports each node, and is an error if the answer ends before it names the host", async () => {
		const nodes: NodeEvent[] = [];
		const { asked, remote } = answeredWith(linesOf([node, mapped]));
		expect(await remote.addHost(mapped.host, "shop", (event) => nodes.push(event))).toEqual(mapped);
		expect([asked, nodes]).toEqual([["?wait=30"], [node]]);
		const cut = answeredWith(linesOf([node])).remote.removeHost(mapped.host, () => undefined);
		await expect(cut).rejects.toMatchObject({ code: "PLATFORM_ANSWER_CUT", exit: 6 });
	});

	test("is done with a platform of an earlier version, whose answer is the host alone", async () => {
		const whole = JSON.stringify(mapped);
		const { remote } = answeredWith(whole);
		expect(await remote.removeHost(mapped.host, () => undefined)).toEqual(mapped);
		const cut = answeredWith(whole.slice(0, -1)).remote.removeHost(mapped.host, () => undefined);
		await expect(cut).rejects.toMatchObject({ exit: 6 });
	});
});

describe("a deletion that waits for the nodes", () => {
	const seen = (lines: readonly object[], status = 200) =>
		answeredWith(status === 204 ? null : linesOf(lines), status);

	test("reports each node, and is an error if the answer ends without its last line", async () => {
		const nodes: NodeEvent[] = [];
		const { asked, remote } = seen([node, { type: "done" }]);
		await remote.deleteFunctions("shop", ["pay"], (event) => nodes.push(event));
		expect([asked, nodes]).toEqual([["?name=pay&wait=30"], [node]]);
		const cut = seen([node]).remote.deleteApp("shop", () => undefined);
		await expect(cut).rejects.toMatchObject({ code: "PLATFORM_ANSWER_CUT", exit: 6 });
	});

	test("is done with a platform of an earlier version, whose answer has no content", async () => {
		await seen([], 204).remote.deleteApp("shop", () => undefined);
	});
});
